/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_SYNC_H
#define RT_OS_SYNC_H

/*
 * sync.h: what sync/ is made of, on kernel threads.  Each folder whose tasks
 * have a way of their own to wait has such a header, of the same functions:
 * tasks queue up in order, and whoever wakes one takes it out.
 */

#include <sys/queue.h>

#include "os/lock.h"

/* What a task waits for; here in rt_trace_event's words. */
#define SYNC_MUTEX "mutex"
#define SYNC_COND  "cond"
#define SYNC_SEM   "sem"
#define SYNC_EVENT "event"
#define SYNC_CHAN  "chan"

/* On the waiting task's stack. */
struct os_waiter {
    TAILQ_ENTRY(os_waiter) link; /* the queue's lock */
    struct os_task *task;
    const char *what;
    void *item;    /* the owner's own business */
    int result;    /* the queue's lock; what the wait returns */
    bool queued;   /* the queue's lock */
    bool in_front; /* enters at the head */
    bool by_bell;  /* the queue's lock; sleeps by the queue's bell as well.  Set
                      before it enters: is likely to be woken with many others */
    unsigned rung; /* the bell, as it was when the waiter entered */
};

/*
 * The bell is one futex word for all: a thread that
 * sleeps on it and on its task's own word can be woken, cancelled or time out
 * as any other, but wakes with everybody else by one system call.  One call for
 * each would be as many chances for those woken to take the waker's CPU away:
 * with a thousand waiters of an event that takes a quarter more time.
 */
struct sync_queue {
    struct os_lock lock;             /* guards what its owner says as well */
    TAILQ_HEAD(, os_waiter) waiters; /* lock; all zero until somebody waits */
    atomic_uint bell;                /* changes under the lock */
};

/* What every waiting call begins with: 0, or -ECANCELED, delivered. */
static inline int sync_check(void)
{
    return os_cancel_check();
}

static inline void sync_lock(struct sync_queue *queue)
{
    os_lock_take(&queue->lock);
}

static inline void sync_unlock(struct sync_queue *queue)
{
    os_lock_give(&queue->lock);
}

/* Before the memory goes, when nobody waits: the task woken last may be here
 * before its waker has let go of the lock. */
static inline void sync_fini(struct sync_queue *queue)
{
    sync_lock(queue);
    sync_unlock(queue);
}

/* Locked: whether anybody waits. */
static inline bool sync_awaited(const struct sync_queue *queue)
{
    return !TAILQ_EMPTY(&queue->waiters);
}

/* Locked: whether more than one task waits. */
static inline bool os_awaited_by_two(const struct sync_queue *queue)
{
    return sync_awaited(queue) &&
           TAILQ_NEXT(TAILQ_FIRST(&queue->waiters), link);
}

/* Locked: what the first of them has given to sync_wait(). */
static inline void *sync_item(const struct sync_queue *queue)
{
    return TAILQ_FIRST(&queue->waiters)->item;
}

/* Locked, and unlocks: waits at the end of the queue.  Returns what the waker
 * says, or -ETIMEDOUT, -ECANCELED (delivered) or -EDEADLK.  Suspends. */
int sync_wait(struct sync_queue *queue, const char *what, void *item,
              int64_t deadline);
/* The same for a condition, not locked; once in the queue, unlocks the mutex.
 */
int sync_wait_unlocked(struct sync_queue *queue, struct rt_mutex *mutex,
                       int64_t deadline);
/* The same as a waiter who may be in front. */
int os_wait_as(struct sync_queue *queue, struct os_waiter *waiter,
               int64_t deadline);

/* Locked, and unlocks: wakes the first with 0, if anybody waits. */
void sync_wake(struct sync_queue *queue);
/* Locked, and unlocks: wakes everybody with that result. */
void sync_wake_all(struct sync_queue *queue, int result);

#include "os/sem.h"

#endif
