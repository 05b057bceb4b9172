/* SPDX-License-Identifier: MIT */
/*
 * chan.c: bounded first-in first-out queues.  Tasks wait in order and are
 * served by hand-over: a waiting receiver means the ring is empty and gets
 * the next item straight into its buffer; a waiting sender means the ring is
 * full, and its item enters the ring when one leaves.  So a woken task has
 * nothing left to do, and one that gives up leaves nothing behind.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/waitq.h"

struct rt_chan {
    struct os_lock lock; /* everything below */
    bool closed;
    struct os_waitq senders, receivers;
    size_t item_bytes, capacity;
    size_t head, count; /* oldest item, items in the ring */
    unsigned char ring[];
};

int rt_chan_new(struct rt_chan **out, size_t item_bytes, size_t capacity)
{
    if (item_bytes == 0 || capacity == 0)
        return -EINVAL;
    size_t bytes;
    if (__builtin_mul_overflow(item_bytes, capacity, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct rt_chan), &bytes))
        return -ENOMEM;
    struct rt_chan *chan = malloc(bytes);
    if (!chan)
        return -ENOMEM;
    *chan = (struct rt_chan){ .item_bytes = item_bytes, .capacity = capacity };
    *out = chan;
    return 0;
}

void rt_chan_free(struct rt_chan *chan)
{
    if (!chan)
        return;
    /* The task served last may be here before its peer has let go. */
    os_lock_take(&chan->lock);
    os_lock_give(&chan->lock);
    free(chan);
}

static void ring_put(struct rt_chan *chan, const void *item)
{
    size_t at = chan->head + chan->count++;
    if (at >= chan->capacity)
        at -= chan->capacity;
    memcpy(chan->ring + at * chan->item_bytes, item, chan->item_bytes);
}

static void ring_take(struct rt_chan *chan, void *item)
{
    memcpy(item, chan->ring + chan->head * chan->item_bytes, chan->item_bytes);
    chan->head = chan->head + 1 == chan->capacity ? 0 : chan->head + 1;
    chan->count--;
}

int rt_chan_send(struct rt_chan *chan, const void *item, int64_t deadline)
{
    atomic_uint *sleeper = NULL;
    if (os_cancel_check())
        return -ECANCELED;
    os_lock_take(&chan->lock);
    if (chan->closed) {
        os_lock_give(&chan->lock);
        return -EPIPE;
    }
    if (chan->receivers.first) {
        memcpy(chan->receivers.first->item, item, chan->item_bytes);
        sleeper = os_waitq_wake(&chan->receivers, 0);
    } else if (chan->count < chan->capacity) {
        ring_put(chan, item);
    } else {
        /* The waiter's item is only read from. */
        struct os_waiter waiter = { .what = "chan",
                                    .item = (void *)(uintptr_t)item };
        return os_waitq_wait(&chan->senders, &chan->lock, &waiter, false,
                             deadline);
    }
    os_lock_give(&chan->lock);
    os_kick(sleeper);
    return 0;
}

int rt_chan_recv(struct rt_chan *chan, void *item, int64_t deadline)
{
    atomic_uint *sleeper = NULL;
    if (os_cancel_check())
        return -ECANCELED;
    os_lock_take(&chan->lock);
    if (chan->count == 0) {
        if (chan->closed) {
            os_lock_give(&chan->lock);
            return -EPIPE;
        }
        struct os_waiter waiter = { .what = "chan", .item = item };
        return os_waitq_wait(&chan->receivers, &chan->lock, &waiter, false,
                             deadline);
    }
    ring_take(chan, item);
    if (chan->senders.first) {
        ring_put(chan, chan->senders.first->item);
        sleeper = os_waitq_wake(&chan->senders, 0);
    }
    os_lock_give(&chan->lock);
    os_kick(sleeper);
    return 0;
}

void rt_chan_close(struct rt_chan *chan)
{
    os_lock_take(&chan->lock);
    chan->closed = true;
    atomic_uint *sender = os_waitq_wake_all(&chan->senders, -EPIPE);
    atomic_uint *receiver = os_waitq_wake_all(&chan->receivers, -EPIPE);
    os_lock_give(&chan->lock);
    os_kick(sender);
    os_kick(receiver);
}
