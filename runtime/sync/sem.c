/* SPDX-License-Identifier: MIT */
/* sem.c: semaphores, and the mutex, which is one of a single unit. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "sync.h"

struct rt_sem {
    struct sync_sem units;
};

struct rt_mutex {
    struct sync_sem unit;
};

int rt_sem_new(struct rt_sem **out, unsigned count)
{
    struct rt_sem *sem = malloc(sizeof *sem);
    if (!sem)
        return -ENOMEM;
    sync_sem_init(&sem->units, count);
    *out = sem;
    return 0;
}

void rt_sem_free(struct rt_sem *sem)
{
    if (sem)
        sync_sem_fini(&sem->units);
    free(sem);
}

int rt_sem_acquire(struct rt_sem *sem, int64_t deadline)
{
    return sync_sem_take(&sem->units, SYNC_SEM, deadline);
}

void rt_sem_release(struct rt_sem *sem)
{
    sync_sem_give(&sem->units);
}

int rt_mutex_new(struct rt_mutex **out)
{
    struct rt_mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return -ENOMEM;
    sync_sem_init(&mutex->unit, 1);
    *out = mutex;
    return 0;
}

void rt_mutex_free(struct rt_mutex *mutex)
{
    if (mutex)
        sync_sem_fini(&mutex->unit);
    free(mutex);
}

int rt_mutex_lock(struct rt_mutex *mutex, int64_t deadline)
{
    return sync_sem_take(&mutex->unit, SYNC_MUTEX, deadline);
}

void rt_mutex_unlock(struct rt_mutex *mutex)
{
    assert(sync_sem_empty(&mutex->unit));
    sync_sem_give(&mutex->unit);
}
