/* SPDX-License-Identifier: MIT */
/* mutex.c: a mutex is a semaphore of one unit. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "os/sem.h"

struct rt_mutex {
    struct os_sem sem;
};

int rt_mutex_new(struct rt_mutex **out)
{
    struct rt_mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return -ENOMEM;
    os_sem_init(&mutex->sem, 1);
    *out = mutex;
    return 0;
}

void rt_mutex_free(struct rt_mutex *mutex)
{
    if (mutex)
        os_sem_fini(&mutex->sem);
    free(mutex);
}

int rt_mutex_lock(struct rt_mutex *mutex, int64_t deadline)
{
    return os_sem_take(&mutex->sem, "mutex", deadline);
}

void rt_mutex_unlock(struct rt_mutex *mutex)
{
    assert(os_sem_empty(&mutex->sem));
    os_sem_give(&mutex->sem);
}
