/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_WAITQ_H
#define RT_OS_WAITQ_H

/*
 * waitq.h: the tasks that wait for one thing, first come first.  A queue's lock
 * guards its owner's data as well, and is held wherever not said otherwise.
 */

#include "os/lock.h"

/* On the waiting task's stack. */
struct os_waiter {
    struct os_waiter *next, *prev; /* the queue's lock */
    struct os_task *task;
    const char *what; /* it waits for: one of rt_trace_event's words */
    void *item;       /* the owner's own business */
    int result;       /* the queue's lock; what the wait returns */
    bool queued;      /* the queue's lock */
    bool by_bell;     /* the queue's lock; sleeps by the queue's bell as well.
                         Set before it enters: it is likely to be woken with
                         many others */
    unsigned rung;    /* the bell, as it was when the waiter entered */
};

/*
 * The bell is one futex word for all: a thread that sleeps on it and on its
 * task's own word can be woken, cancelled or time out as any other, but wakes
 * with everybody else by one system call.  One call for each would be as many
 * chances for those woken to take the waker's CPU away: with a thousand waiters
 * of an event that takes a quarter more time.
 */
struct os_waitq {
    struct os_lock lock;
    struct os_waiter *first, *last; /* lock */
    atomic_uint bell;               /* changes under the lock */
};

/* Before the memory goes: waits until whoever woke somebody last, who may be
 * here to free it, has let go of the lock.  It is not held. */
void os_waitq_fini(struct os_waitq *queue);

/* Puts the running task at the end of the queue (in front: at its head).  The
 * waiter's `what` is set. */
void os_waitq_enter(struct os_waitq *queue, struct os_waiter *waiter,
                    bool in_front);

/*
 * With the lock released, waits as the waiter entered before.  Returns the
 * result given by the waker, or -ETIMEDOUT, -ECANCELED (delivered) or
 * -EDEADLK after taking the waiter out.  The lock is not held on return.
 */
int os_waitq_stay(struct os_waitq *queue, struct os_waiter *waiter,
                  int64_t deadline);

/* Enters, releases the lock and stays. */
int os_waitq_wait(struct os_waitq *queue, struct os_waiter *waiter,
                  bool in_front, int64_t deadline);

/* Takes the first waiter out, if there is one, and wakes it with that result.
 * The value goes to os_kick() once the lock is released. */
atomic_uint *os_waitq_wake(struct os_waitq *queue, int result);

/* Wakes everybody, system calls included but for that of the last not woken by
 * the bell, which may be the only one: again the value goes to os_kick(). */
atomic_uint *os_waitq_wake_all(struct os_waitq *queue, int result);

#endif
