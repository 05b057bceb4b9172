/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_WAITERS_H
#define RT_CORO_WAITERS_H

/*
 * Tasks that wait in order of arrival for a shared object.  Being woken and
 * leaving the list are one step, whoever does it: the object's owner handing
 * something over, or the deadline.  So nothing is ever handed to a task that
 * has given up.
 */

#include <stdint.h>

#include "sched.h"

struct co_waiters {
    struct rt_task *first; /* NULL when nobody waits */
    struct rt_task *last;
};

/* Parks at the end of the list; see co_park_checked().  The reason is one that
 * another task must end.  item is for the one who wakes.  Suspends. */
int co_wait(struct co_waiters *list, enum co_reason reason, void *item,
            int64_t deadline);

/* Wakes the first waiter with this status.  The list must not be empty. */
void co_wake_first(struct co_waiters *list, int status);
void co_wake_all(struct co_waiters *list, int status);

/* Takes a task out of the list it waits in: co_wake()'s part. */
void co_waiters_remove(struct rt_task *task);

#endif
