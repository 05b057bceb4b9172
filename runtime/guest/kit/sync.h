/* SPDX-License-Identifier: MIT */
#ifndef RT_GUEST_KIT_SYNC_H
#define RT_GUEST_KIT_SYNC_H

/* sync.h: what sync/ is made of, on the kit; os/sync.h tells the contracts. */

#include "guest/kit/kit.h"

/* Nobody asks what a task waits for. */
enum sync_what {
    SYNC_MUTEX,
    SYNC_COND,
    SYNC_SEM,
    SYNC_EVENT,
    SYNC_CHAN
};

struct sync_queue {
    struct kit_list tasks; /* all zero until somebody waits */
};

static inline int sync_check(void)
{
    return kit_deliver();
}

static inline bool sync_awaited(const struct sync_queue *queue)
{
    return !TAILQ_EMPTY(&queue->tasks);
}

static inline void *sync_item(const struct sync_queue *queue)
{
    return TAILQ_FIRST(&queue->tasks)->item;
}

static inline int sync_wait(struct sync_queue *queue, enum sync_what what,
                            void *item, int64_t deadline)
{
    (void)what;
    if (!sync_awaited(queue))
        TAILQ_INIT(&queue->tasks);
    kit_self->item = item;
    return kit_wait(&queue->tasks, deadline);
}

static inline void sync_wake(struct sync_queue *queue)
{
    if (sync_awaited(queue))
        kit_wake(TAILQ_FIRST(&queue->tasks), 0);
}

static inline void sync_wake_all(struct sync_queue *queue, int result)
{
    kit_wake_all(&queue->tasks, result);
}

#include "sync/alone.h"

#endif
