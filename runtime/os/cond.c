/* SPDX-License-Identifier: MIT */
/* cond.c: condition variables.  A waiter is queued before it gives the mutex
 * up, so whoever changes the condition under the mutex finds it. */

#include <errno.h>
#include <stdlib.h>

#include "os/waitq.h"

struct rt_cond {
    struct os_lock lock;
    struct os_waitq waiters; /* lock */
};

int rt_cond_new(struct rt_cond **out)
{
    struct rt_cond *cond = calloc(1, sizeof *cond);
    if (!cond)
        return -ENOMEM;
    *out = cond;
    return 0;
}

void rt_cond_free(struct rt_cond *cond)
{
    if (!cond)
        return;
    /* The task woken last may be here before its waker has let go. */
    os_lock_take(&cond->lock);
    os_lock_give(&cond->lock);
    free(cond);
}

int rt_cond_wait(struct rt_cond *cond, struct rt_mutex *mutex, int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    struct os_waiter waiter = { .what = "cond", .by_bell = true };
    os_lock_take(&cond->lock);
    os_waitq_enter(&cond->waiters, &waiter, false);
    os_lock_give(&cond->lock);
    rt_mutex_unlock(mutex);
    int err = os_waitq_stay(&cond->waiters, &cond->lock, &waiter, deadline);
    os_hold();
    rt_mutex_lock(mutex, RT_FOREVER);
    os_release();
    return err;
}

void rt_cond_signal(struct rt_cond *cond)
{
    atomic_uint *sleeper = NULL;
    os_lock_take(&cond->lock);
    if (cond->waiters.first)
        sleeper = os_waitq_wake(&cond->waiters, 0);
    os_lock_give(&cond->lock);
    os_kick(sleeper);
}

void rt_cond_broadcast(struct rt_cond *cond)
{
    os_lock_take(&cond->lock);
    atomic_uint *sleeper = os_waitq_wake_all(&cond->waiters, 0);
    os_lock_give(&cond->lock);
    os_kick(sleeper);
}
