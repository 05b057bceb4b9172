/* SPDX-License-Identifier: MIT */
/*
 * wait.c: waiting for several tasks.  The waiter enters itself as the joiner
 * of each; every one that ends from then on sends one wake-up.  It leaves
 * only after it has used up all it is owed, because the ending tasks hold its
 * address.
 */

#include <errno.h>

#include "os/os.h"

struct crowd {
    struct os_blocking base; /* first */
    enum rt_wait_mode mode;
    size_t before; /* had ended when the wait began */
    size_t wakes;  /* have come since */
    bool failed;   /* one of either has failed */
};

static bool has_failed(const struct os_task *ended)
{
    return ended->status < 0;
}

static void enter(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->base.n; i++) {
        struct os_task *task = (struct os_task *)crowd->base.tasks[i];
        if (os_task_enter(task))
            continue;
        crowd->before++;
        crowd->failed = crowd->failed || has_failed(task);
    }
}

static bool satisfied(const struct crowd *crowd, size_t ended)
{
    return ended == crowd->base.n ||
           (crowd->mode == RT_WAIT_FIRST && ended > 0) ||
           (crowd->mode == RT_WAIT_FIRST_FAILED && crowd->failed);
}

static int stay(struct os_blocking *base, int64_t deadline)
{
    struct crowd *crowd = (struct crowd *)base;
    int err = 0;
    while (!satisfied(crowd, crowd->before + crowd->wakes) && err == 0)
        err = os_park_counting(deadline, &crowd->wakes, &crowd->failed);
    return err;
}

/* Returns how many have ended. */
static size_t leave(struct crowd *crowd, bool *done)
{
    size_t ended = 0;
    for (size_t i = 0; i < crowd->base.n; i++) {
        bool has_ended = !os_task_leave((struct os_task *)crowd->base.tasks[i]);
        ended += has_ended;
        if (done)
            done[i] = has_ended;
    }
    os_hold();
    while (crowd->before + crowd->wakes < ended)
        os_park_counting(RT_FOREVER, &crowd->wakes, &crowd->failed);
    os_release();
    return ended;
}

int rt_wait(struct rt_task *const *tasks, size_t n, enum rt_wait_mode mode,
            bool *done, int64_t deadline)
{
    struct crowd crowd = { .base = { stay, tasks, n }, .mode = mode };
    bool canceled = os_cancel_check() != 0;
    int err = canceled ? -ECANCELED : 0;
    enter(&crowd);
    if (!canceled && !satisfied(&crowd, crowd.before))
        err = os_blocked(&crowd.base, deadline);
    size_t ended = leave(&crowd, done);
    if (!canceled && (err == 0 || satisfied(&crowd, ended)))
        return (int)ended;
    if (!canceled && err == -ECANCELED)
        os_cancel_deliver();
    return err;
}
