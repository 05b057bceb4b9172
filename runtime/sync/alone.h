/* SPDX-License-Identifier: MIT */
#ifndef RT_SYNC_ALONE_H
#define RT_SYNC_ALONE_H

/*
 * alone.h: for the sync.h of a runtime whose tasks run on one thread and
 * switch only where they wait: there is nothing to lock, and who gives a unit
 * hands it to the first waiter, who finds it his own when he runs.  So nobody
 * barges in, and a waiter whose deadline comes later loses nothing.  Included
 * behind what a queue is.
 */

static inline void sync_lock(struct sync_queue *queue)
{
    (void)queue;
}

static inline void sync_unlock(struct sync_queue *queue)
{
    (void)queue;
}

static inline void sync_fini(struct sync_queue *queue)
{
    (void)queue;
}

/* Nobody runs between the two, so they may be in this order. */
static inline int sync_wait_unlocked(struct sync_queue *queue,
                                     struct rt_mutex *mutex, int64_t deadline)
{
    rt_mutex_unlock(mutex);
    return sync_wait(queue, SYNC_COND, NULL, deadline);
}

struct sync_sem {
    unsigned count; /* 0 while anybody waits */
    struct sync_queue waiters;
};

static inline void sync_sem_init(struct sync_sem *sem, unsigned count)
{
    *sem = (struct sync_sem){ .count = count };
}

static inline void sync_sem_fini(struct sync_sem *sem)
{
    (void)sem;
}

static inline int sync_sem_take(struct sync_sem *sem, enum sync_what what,
                                int64_t deadline)
{
    if (sync_check())
        return -ECANCELED;
    if (sem->count == 0)
        return sync_wait(&sem->waiters, what, NULL, deadline);
    sem->count--;
    return 0;
}

static inline void sync_sem_give(struct sync_sem *sem)
{
    if (sync_awaited(&sem->waiters))
        sync_wake(&sem->waiters);
    else
        sem->count++;
}

static inline bool sync_sem_empty(const struct sync_sem *sem)
{
    return sem->count == 0;
}

#endif
