/* SPDX-License-Identifier: MIT */
/*
 * thread.c: State Threads (Debian: libst-dev), user-level threads on one
 * kernel thread with a scheduler of their own, as threads of the kit.  Each
 * waits on a condition variable of its own.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <st.h>
#include <unistd.h>

#include "guest/kit/kit.h"

enum {
    NS_PER_US = 1000,
    STACK_BYTES = 64 << 10,
    STACK_MOST = 1 << 30, /* the library counts in an int */
    ROUNDS = 64           /* of yields until the library looks at the outside */
};

static bool started;
static size_t stack_bytes = STACK_BYTES;

static struct kit_list yielding;
static st_cond_t ferry_wanted;
static bool ferry_queued;

static st_utime_t now_us(void)
{
    return (st_utime_t)(rt_now() / NS_PER_US);
}

/* The library's form of a deadline: microseconds from now on, rounded up. */
static st_utime_t timeout_of(int64_t deadline)
{
    if (deadline == RT_FOREVER)
        return ST_UTIME_NO_TIMEOUT;
    int64_t left = deadline - rt_now();
    return left <= 0 ? 0 : (st_utime_t)((left - 1) / NS_PER_US + 1);
}

/* The library has no call that goes to the back of its queue.  So a thread of
 * ours goes there, and wakes all who have yielded before its turn comes. */
static void *ferry(void *arg)
{
    for (unsigned round = 1;; round++) {
        /* With all of them parked the library looks at clock and
         * descriptors, which it does when nobody is ready. */
        if (round % ROUNDS == 0)
            st_usleep(0);
        kit_wake_all(&yielding, 0);
        ferry_queued = false;
        st_cond_wait(ferry_wanted);
    }
    return arg;
}

int rt_yield(void)
{
    if (!ferry_queued)
        st_cond_signal(ferry_wanted);
    ferry_queued = true;
    return kit_wait(&yielding, RT_FOREVER);
}

/* Ignores SIGPIPE, which belongs to the run, not to the library. */
static int start_library(void)
{
    struct sigaction before;
    sigaction(SIGPIPE, NULL, &before);
    st_set_utime_function(now_us); /* not the time of day */
    st_set_eventsys(ST_EVENTSYS_ALT);
    int failed = st_init();
    sigaction(SIGPIPE, &before, NULL);
    if (failed)
        return -errno;
    TAILQ_INIT(&yielding);
    ferry_wanted = st_cond_new();
    if (!ferry_wanted || !st_thread_create(ferry, NULL, 0, STACK_BYTES))
        return -ENOMEM;
    return 0;
}

int guest_start(const struct rt_options *options)
{
    size_t wanted = options && options->stack_bytes ? options->stack_bytes
                                                    : (size_t)STACK_BYTES;
    if (wanted > STACK_MOST)
        return -EINVAL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    stack_bytes = (wanted + page - 1) / page * page;
    int error = started ? 0 : start_library();
    started = error == 0; /* and stays so: there is no way to stop it */
    return error;
}

int guest_adopt(struct rt_task *task)
{
    task->thread = st_thread_self();
    task->own = st_cond_new();
    return task->own ? 0 : -ENOMEM;
}

static void *body(void *arg)
{
    struct rt_task *task = arg;
    task->thread = st_thread_self();
    kit_body(task);
    return NULL;
}

int guest_create(struct rt_task *task)
{
    task->own = st_cond_new();
    if (!task->own)
        return -ENOMEM;
    if (st_thread_create(body, task, 0, (int)stack_bytes))
        return 0;
    guest_release(task);
    return -ENOMEM;
}

void guest_release(struct rt_task *task)
{
    st_cond_destroy(task->own);
}

void guest_park(struct rt_task *task, int64_t deadline)
{
    st_cond_timedwait(task->own, timeout_of(deadline));
}

void guest_unpark(struct rt_task *task)
{
    st_cond_signal(task->own);
}

int guest_poll(int fd, short events, int64_t deadline)
{
    struct pollfd poll = { .fd = fd, .events = events };
    if (st_poll(&poll, 1, timeout_of(deadline)) < 0)
        return -errno;
    return poll.revents ? 0 : -ETIMEDOUT;
}

void guest_interrupt(struct rt_task *task)
{
    st_thread_interrupt(task->thread);
}

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){
        .name = "st",
        .summary = "State Threads: user-level threads on one kernel thread",
        .options = "stack",
        .guard = "none",
        .third_party = true,
        .stack_bytes = stack_bytes,
        .tasks = kit_spawned(),
    };
}
