/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_WAITQ_H
#define RT_OS_WAITQ_H

/*
 * waitq.h: the tasks that wait for one thing, first come first.  A queue has
 * no lock of its own: everything here is called with the owner's lock held.
 */

#include "os/lock.h"

/* On the waiting task's stack. */
struct os_waiter {
    struct os_waiter *next, *prev; /* the owner's lock */
    struct os_task *task;
    const char *what; /* it waits for: one of rt_trace_event's words */
    void *item;       /* the owner's own business */
    int result;       /* the owner's lock; what the wait returns */
    bool queued;      /* the owner's lock */
};

struct os_waitq {
    struct os_waiter *first, *last; /* the owner's lock */
};

/* Puts the running task at the end of the queue (in front: at its head).  The
 * waiter's `what` is set. */
void os_waitq_enter(struct os_waitq *queue, struct os_waiter *waiter,
                    bool in_front);

/*
 * With the lock released, waits as the waiter entered before.  Returns the
 * result given by the waker, or -ETIMEDOUT, -ECANCELED (delivered) or
 * -EDEADLK after taking the waiter out.  The lock is not held on return.
 */
int os_waitq_stay(struct os_waitq *queue, struct os_lock *lock,
                  struct os_waiter *waiter, int64_t deadline);

/* Enters, releases the lock and stays. */
int os_waitq_wait(struct os_waitq *queue, struct os_lock *lock,
                  struct os_waiter *waiter, bool in_front, int64_t deadline);

/* Takes the first waiter out and wakes it with that result.  The value goes
 * to os_kick() once the lock is released. */
atomic_uint *os_waitq_wake(struct os_waitq *queue, int result);

/* Wakes everybody, system calls included but for that of the last, which may
 * be the only one: again the value goes to os_kick(). */
atomic_uint *os_waitq_wake_all(struct os_waitq *queue, int result);

#endif
