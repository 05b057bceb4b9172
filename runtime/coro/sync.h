/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SYNC_H
#define RT_CORO_SYNC_H

/*
 * sync.h: what sync/ is made of, on coroutines; os/sync.h tells the contracts.
 * Being woken and leaving the queue are one step, whoever does it: the object's
 * owner handing something over, or the deadline.  So nothing is ever handed to
 * a task that has given up.
 */

#include "core.h"

enum sync_what {
    SYNC_MUTEX = CO_MUTEX,
    SYNC_COND = CO_COND,
    SYNC_SEM = CO_SEM,
    SYNC_EVENT = CO_EVENT,
    SYNC_CHAN = CO_CHAN
};

struct sync_queue {
    struct rt_task *first; /* NULL when nobody waits */
    struct rt_task *last;
};

static inline int sync_check(void)
{
    return co_check();
}

static inline bool sync_awaited(const struct sync_queue *queue)
{
    return queue->first != NULL;
}

static inline void *sync_item(const struct sync_queue *queue)
{
    return co_rest(queue->first)->item;
}

int sync_wait(struct sync_queue *queue, enum sync_what what, void *item,
              int64_t deadline);
void sync_wake(struct sync_queue *queue);
void sync_wake_all(struct sync_queue *queue, int result);

/* Takes a task out of the queue it waits in: co_wake()'s part. */
void co_leave_queue(struct rt_task *task);

#include "sync/alone.h"

#endif
