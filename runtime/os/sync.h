/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_SYNC_H
#define RT_OS_SYNC_H

/*
 * sync.h: what sync/ is made of, on kernel threads.  Each folder whose tasks
 * have a way of their own to wait has such a header, of the same functions:
 * tasks queue up in order, and whoever wakes one takes it out.
 */

#include "os/sem.h"
#include "os/waitq.h"

/* What a task waits for; here in rt_trace_event's words. */
#define SYNC_MUTEX "mutex"
#define SYNC_COND  "cond"
#define SYNC_SEM   "sem"
#define SYNC_EVENT "event"
#define SYNC_CHAN  "chan"

/* All zero: nobody waits. */
struct sync_queue {
    struct os_waitq tasks;
};

/* What every waiting call begins with: 0, or -ECANCELED, delivered. */
static inline int sync_check(void)
{
    return os_cancel_check();
}

/* Guards the queue and what its owner says. */
static inline void sync_lock(struct sync_queue *queue)
{
    os_lock_take(&queue->tasks.lock);
}

static inline void sync_unlock(struct sync_queue *queue)
{
    os_lock_give(&queue->tasks.lock);
}

/* Before the memory goes, when nobody waits. */
static inline void sync_fini(struct sync_queue *queue)
{
    os_waitq_fini(&queue->tasks);
}

/* Locked: whether anybody waits. */
static inline bool sync_awaited(const struct sync_queue *queue)
{
    return queue->tasks.first != NULL;
}

/* Locked: what the first of them has given to sync_wait(). */
static inline void *sync_item(const struct sync_queue *queue)
{
    return queue->tasks.first->item;
}

/* Locked, and unlocks: waits at the end of the queue.  Returns what the waker
 * says, or -ETIMEDOUT or -ECANCELED.  Suspends.  Who waits for no item may be
 * woken with many others. */
static inline int sync_wait(struct sync_queue *queue, const char *what,
                            void *item, int64_t deadline)
{
    struct os_waiter waiter = { .what = what, .item = item, .by_bell = !item };
    return os_waitq_wait(&queue->tasks, &waiter, false, deadline);
}

/* The same for a condition, not locked; once in the queue, unlocks the mutex.
 */
static inline int sync_wait_unlocked(struct sync_queue *queue,
                                     struct rt_mutex *mutex, int64_t deadline)
{
    struct os_waiter waiter = { .what = SYNC_COND, .by_bell = true };
    sync_lock(queue);
    os_waitq_enter(&queue->tasks, &waiter, false);
    sync_unlock(queue);
    rt_mutex_unlock(mutex);
    return os_waitq_stay(&queue->tasks, &waiter, deadline);
}

/* Locked, and unlocks: wakes the first with 0, if anybody waits. */
static inline void sync_wake(struct sync_queue *queue)
{
    atomic_uint *sleeper = os_waitq_wake(&queue->tasks, 0);
    sync_unlock(queue);
    os_kick(sleeper);
}

/* Locked, and unlocks: wakes everybody with that result. */
static inline void sync_wake_all(struct sync_queue *queue, int result)
{
    atomic_uint *sleeper = os_waitq_wake_all(&queue->tasks, result);
    sync_unlock(queue);
    os_kick(sleeper);
}

#endif
