/* SPDX-License-Identifier: MIT */
/* waitq.c: queues of waiting tasks.  A waiter is marked woken under the lock
 * that takes it out, so one that finds itself out knows its result is set. */

#include "os/waitq.h"

#include <errno.h>

#include "os/seat.h"

static void put_last(struct os_waitq *queue, struct os_waiter *waiter)
{
    waiter->next = NULL;
    waiter->prev = queue->last;
    *(queue->last ? &queue->last->next : &queue->first) = waiter;
    queue->last = waiter;
}

static void put_first(struct os_waitq *queue, struct os_waiter *waiter)
{
    waiter->prev = NULL;
    waiter->next = queue->first;
    *(queue->first ? &queue->first->prev : &queue->last) = waiter;
    queue->first = waiter;
}

static void take_out(struct os_waitq *queue, struct os_waiter *waiter)
{
    *(waiter->prev ? &waiter->prev->next : &queue->first) = waiter->next;
    *(waiter->next ? &waiter->next->prev : &queue->last) = waiter->prev;
    waiter->queued = false;
}

void os_waitq_fini(struct os_waitq *queue)
{
    os_lock_take(&queue->lock);
    os_lock_give(&queue->lock);
}

void os_waitq_enter(struct os_waitq *queue, struct os_waiter *waiter,
                    bool in_front)
{
    waiter->task = os_self;
    waiter->queued = true;
    /* To sleep on two words costs more: not who may be the only one. */
    waiter->by_bell = waiter->by_bell && queue->first && os_bells;
    waiter->rung = atomic_load(&queue->bell);
    if (in_front)
        put_first(queue, waiter);
    else
        put_last(queue, waiter);
}

int os_waitq_stay(struct os_waitq *queue, struct os_waiter *waiter,
                  int64_t deadline)
{
    os_seat->bell = waiter->by_bell ? &queue->bell : NULL;
    os_seat->rung = waiter->rung;
    int err = os_park(waiter->what, deadline, true);
    os_seat->bell = NULL;
    if (err == 0)
        return waiter->result;
    os_lock_take(&queue->lock);
    if (waiter->queued) {
        take_out(queue, waiter);
    } else {
        err = waiter->result;
        os_unwake();
    }
    os_lock_give(&queue->lock);
    return err == -ECANCELED ? os_cancel_deliver() : err;
}

int os_waitq_wait(struct os_waitq *queue, struct os_waiter *waiter,
                  bool in_front, int64_t deadline)
{
    os_waitq_enter(queue, waiter, in_front);
    os_lock_give(&queue->lock);
    return os_waitq_stay(queue, waiter, deadline);
}

atomic_uint *os_waitq_wake(struct os_waitq *queue, int result)
{
    struct os_waiter *waiter = queue->first;
    if (!waiter)
        return NULL;
    struct os_task *task = waiter->task;
    take_out(queue, waiter);
    waiter->result = result;
    return os_rouse(task);
}

atomic_uint *os_waitq_wake_all(struct os_waitq *queue, int result)
{
    atomic_uint *sleeper = NULL;
    bool ring = false;
    while (queue->first) {
        bool by_bell = queue->first->by_bell;
        atomic_uint *word = os_waitq_wake(queue, result);
        if (by_bell) {
            ring = ring || word;
        } else {
            os_kick(sleeper);
            sleeper = word;
        }
    }
    if (ring)
        os_ring(&queue->bell);
    return sleeper;
}
