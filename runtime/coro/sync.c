/* SPDX-License-Identifier: MIT */
/*
 * Owns mutex, condition, semaphore and event.  Each hands over directly: who
 * releases gives what it held to the first waiter, who finds it his own when
 * he runs.  So nobody barges in, and a waiter whose deadline comes later loses
 * nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "core.h"
#include "waiters.h"

struct rt_mutex {
    bool locked;
    struct co_waiters waiters;
};

struct rt_cond {
    struct co_waiters waiters;
};

struct rt_sem {
    unsigned count; /* 0 while anybody waits */
    struct co_waiters waiters;
};

struct rt_event {
    bool set;
    struct co_waiters waiters;
};

int rt_mutex_new(struct rt_mutex **out)
{
    struct rt_mutex *mutex = calloc(1, sizeof(*mutex));
    if (!mutex)
        return -ENOMEM;
    *out = mutex;
    return 0;
}

void rt_mutex_free(struct rt_mutex *mutex)
{
    free(mutex);
}

int rt_mutex_lock(struct rt_mutex *mutex, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (mutex->locked)
        return co_wait(&mutex->waiters, CO_MUTEX, NULL, deadline);
    mutex->locked = true;
    return 0;
}

void rt_mutex_unlock(struct rt_mutex *mutex)
{
    if (mutex->waiters.first)
        co_wake_first(&mutex->waiters, 0);
    else
        mutex->locked = false;
}

int rt_cond_new(struct rt_cond **out)
{
    struct rt_cond *cond = calloc(1, sizeof(*cond));
    if (!cond)
        return -ENOMEM;
    *out = cond;
    return 0;
}

void rt_cond_free(struct rt_cond *cond)
{
    free(cond);
}

int rt_cond_wait(struct rt_cond *cond, struct rt_mutex *mutex, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    rt_mutex_unlock(mutex);
    int error = co_wait(&cond->waiters, CO_COND, NULL, deadline);
    co_shield();
    rt_mutex_lock(mutex, RT_FOREVER);
    co_unshield();
    return error;
}

void rt_cond_signal(struct rt_cond *cond)
{
    if (cond->waiters.first)
        co_wake_first(&cond->waiters, 0);
}

void rt_cond_broadcast(struct rt_cond *cond)
{
    co_wake_all(&cond->waiters, 0);
}

int rt_sem_new(struct rt_sem **out, unsigned count)
{
    struct rt_sem *sem = calloc(1, sizeof(*sem));
    if (!sem)
        return -ENOMEM;
    sem->count = count;
    *out = sem;
    return 0;
}

void rt_sem_free(struct rt_sem *sem)
{
    free(sem);
}

int rt_sem_acquire(struct rt_sem *sem, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (sem->count == 0)
        return co_wait(&sem->waiters, CO_SEM, NULL, deadline);
    sem->count--;
    return 0;
}

void rt_sem_release(struct rt_sem *sem)
{
    if (sem->waiters.first)
        co_wake_first(&sem->waiters, 0);
    else
        sem->count++;
}

int rt_event_new(struct rt_event **out)
{
    struct rt_event *event = calloc(1, sizeof(*event));
    if (!event)
        return -ENOMEM;
    *out = event;
    return 0;
}

void rt_event_free(struct rt_event *event)
{
    free(event);
}

void rt_event_set(struct rt_event *event)
{
    event->set = true;
    co_wake_all(&event->waiters, 0);
}

void rt_event_clear(struct rt_event *event)
{
    event->set = false;
}

bool rt_event_is_set(const struct rt_event *event)
{
    return event->set;
}

int rt_event_wait(struct rt_event *event, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (event->set)
        return 0;
    return co_wait(&event->waiters, CO_EVENT, NULL, deadline);
}
