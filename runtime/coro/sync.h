/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SYNC_H
#define RT_CORO_SYNC_H

/* sync.h: what sync/ is made of, on coroutines; os/sync.h tells the contracts.
 */

#include "core.h"
#include "waiters.h"

enum sync_what {
    SYNC_MUTEX = CO_MUTEX,
    SYNC_COND = CO_COND,
    SYNC_SEM = CO_SEM,
    SYNC_EVENT = CO_EVENT,
    SYNC_CHAN = CO_CHAN
};

struct sync_queue {
    struct co_waiters tasks;
};

static inline int sync_check(void)
{
    return co_check();
}

static inline bool sync_awaited(const struct sync_queue *queue)
{
    return queue->tasks.first != NULL;
}

static inline void *sync_item(const struct sync_queue *queue)
{
    return queue->tasks.first->item;
}

static inline int sync_wait(struct sync_queue *queue, enum sync_what what,
                            void *item, int64_t deadline)
{
    return co_wait(&queue->tasks, (enum co_reason)what, item, deadline);
}

static inline void sync_wake(struct sync_queue *queue)
{
    if (sync_awaited(queue))
        co_wake_first(&queue->tasks, 0);
}

static inline void sync_wake_all(struct sync_queue *queue, int result)
{
    co_wake_all(&queue->tasks, result);
}

#include "sync/alone.h"

#endif
