/* SPDX-License-Identifier: MIT */
/* cond.c: condition variables.  A waiter is queued before anybody else can
 * have the mutex, so whoever changes the condition under it finds him. */

#include <errno.h>
#include <stdlib.h>

#include "sync.h"

struct rt_cond {
    struct sync_queue waiters;
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
    if (cond)
        sync_fini(&cond->waiters);
    free(cond);
}

static int lock_again(void *mutex)
{
    return rt_mutex_lock(mutex, RT_FOREVER);
}

int rt_cond_wait(struct rt_cond *cond, struct rt_mutex *mutex, int64_t deadline)
{
    if (sync_check())
        return -ECANCELED;
    int error = sync_wait_unlocked(&cond->waiters, mutex, deadline);
    rt_shield(lock_again, mutex);
    return error;
}

void rt_cond_signal(struct rt_cond *cond)
{
    sync_lock(&cond->waiters);
    sync_wake(&cond->waiters);
}

void rt_cond_broadcast(struct rt_cond *cond)
{
    sync_lock(&cond->waiters);
    sync_wake_all(&cond->waiters, 0);
}
