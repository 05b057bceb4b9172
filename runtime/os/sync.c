/* SPDX-License-Identifier: MIT */
/* sync.c: queues of waiting tasks.  A waiter is marked woken under the lock
 * that takes it out, so one that finds itself out knows its result is set. */

#include "os/sync.h"

#include <errno.h>

#include "os/seat.h"

/* With the lock held. */
static void enter(struct sync_queue *queue, struct os_waiter *waiter)
{
    waiter->task = os_self;
    waiter->queued = true;
    /* To sleep on two words costs more: not who may be the only one. */
    waiter->by_bell = waiter->by_bell && sync_awaited(queue) && os_bells;
    waiter->rung = atomic_load(&queue->bell);
    if (!sync_awaited(queue))
        TAILQ_INIT(&queue->waiters);
    if (waiter->in_front)
        TAILQ_INSERT_HEAD(&queue->waiters, waiter, link);
    else
        TAILQ_INSERT_TAIL(&queue->waiters, waiter, link);
}

/* With the lock held. */
static void leave(struct sync_queue *queue, struct os_waiter *waiter)
{
    TAILQ_REMOVE(&queue->waiters, waiter, link);
    waiter->queued = false;
}

/* With the lock released, waits as the waiter entered before. */
static int stay(struct sync_queue *queue, struct os_waiter *waiter,
                int64_t deadline)
{
    os_seat->bell = waiter->by_bell ? &queue->bell : NULL;
    os_seat->rung = waiter->rung;
    int err = os_park(waiter->what, deadline, true);
    os_seat->bell = NULL;
    if (err == 0)
        return waiter->result;
    sync_lock(queue);
    if (waiter->queued) {
        leave(queue, waiter);
    } else {
        err = waiter->result;
        os_unwake();
    }
    sync_unlock(queue);
    return err == -ECANCELED ? os_cancel_deliver() : err;
}

int os_wait_as(struct sync_queue *queue, struct os_waiter *waiter,
               int64_t deadline)
{
    enter(queue, waiter);
    sync_unlock(queue);
    return stay(queue, waiter, deadline);
}

int sync_wait(struct sync_queue *queue, const char *what, void *item,
              int64_t deadline)
{
    /* Who waits for no item may be woken with others. */
    struct os_waiter waiter = { .what = what, .item = item, .by_bell = !item };
    return os_wait_as(queue, &waiter, deadline);
}

int sync_wait_unlocked(struct sync_queue *queue, struct rt_mutex *mutex,
                       int64_t deadline)
{
    struct os_waiter waiter = { .what = SYNC_COND, .by_bell = true };
    sync_lock(queue);
    enter(queue, &waiter);
    sync_unlock(queue);
    rt_mutex_unlock(mutex);
    return stay(queue, &waiter, deadline);
}

/* With the lock held and somebody there: takes the first out and wakes it.  The
 * value goes to os_kick() once the lock is released. */
static atomic_uint *rouse_first(struct sync_queue *queue, int result)
{
    struct os_waiter *waiter = TAILQ_FIRST(&queue->waiters);
    struct os_task *task = waiter->task;
    leave(queue, waiter);
    waiter->result = result;
    return os_rouse(task);
}

void sync_wake(struct sync_queue *queue)
{
    atomic_uint *sleeper = sync_awaited(queue) ? rouse_first(queue, 0) : NULL;
    sync_unlock(queue);
    os_kick(sleeper);
}

/* The last not woken by the bell may be the only one: for him the system call
 * is made with the lock released. */
void sync_wake_all(struct sync_queue *queue, int result)
{
    atomic_uint *sleeper = NULL;
    bool ring = false;
    while (sync_awaited(queue)) {
        bool by_bell = TAILQ_FIRST(&queue->waiters)->by_bell;
        atomic_uint *word = rouse_first(queue, result);
        if (by_bell) {
            ring = ring || word;
        } else {
            os_kick(sleeper);
            sleeper = word;
        }
    }
    if (ring)
        os_ring(&queue->bell);
    sync_unlock(queue);
    os_kick(sleeper);
}
