/* SPDX-License-Identifier: MIT */
/*
 * chan.c: bounded first-in first-out queues.  Receivers wait only while the
 * ring is empty, senders only while it is full: so those who wait are all of
 * one kind, and items pass in the order in which they were sent.  Whoever wakes
 * a waiter has copied its item, which leaves nothing to do for one that is
 * woken, and nothing behind of one that gives up.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

struct rt_chan {
    struct sync_queue waiters; /* its lock guards the rest */
    size_t item_bytes;
    size_t capacity;
    size_t n;     /* items in the ring */
    size_t first; /* index of the oldest */
    bool closed;
    char ring[];
};

/* The place of the i-th item from the oldest on, i <= capacity. */
static char *place(struct rt_chan *chan, size_t i)
{
    size_t index = chan->first + i;
    if (index >= chan->capacity)
        index -= chan->capacity;
    return chan->ring + index * chan->item_bytes;
}

/* Items are mostly a pointer or a number: no call for those. */
static void copy(const struct rt_chan *chan, void *to, const void *from)
{
    if (chan->item_bytes == sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
    else
        memcpy(to, from, chan->item_bytes);
}

static void push(struct rt_chan *chan, const void *item)
{
    copy(chan, place(chan, chan->n), item);
    chan->n++;
}

static void pop(struct rt_chan *chan, void *item)
{
    copy(chan, item, place(chan, 0));
    if (++chan->first == chan->capacity)
        chan->first = 0;
    chan->n--;
}

int rt_chan_new(struct rt_chan **out, size_t item_bytes, size_t capacity)
{
    if (item_bytes == 0 || capacity == 0)
        return -EINVAL;
    size_t bytes;
    struct rt_chan *chan;
    if (__builtin_mul_overflow(item_bytes, capacity, &bytes) ||
        __builtin_add_overflow(bytes, sizeof *chan, &bytes))
        return -ENOMEM;
    chan = malloc(bytes);
    if (!chan)
        return -ENOMEM;
    *chan = (struct rt_chan){ .item_bytes = item_bytes, .capacity = capacity };
    *out = chan;
    return 0;
}

void rt_chan_free(struct rt_chan *chan)
{
    if (chan)
        sync_fini(&chan->waiters);
    free(chan);
}

int rt_chan_send(struct rt_chan *chan, const void *item, int64_t deadline)
{
    struct sync_queue *waiters = &chan->waiters;
    if (sync_check())
        return -ECANCELED;
    sync_lock(waiters);
    if (chan->closed) {
        sync_unlock(waiters);
        return -EPIPE;
    }
    if (chan->n == chan->capacity)
        /* Only read from, by whoever makes room. */
        return sync_wait(waiters, SYNC_CHAN, (void *)(uintptr_t)item, deadline);
    if (chan->n == 0 && sync_awaited(waiters)) {
        copy(chan, sync_item(waiters), item);
        sync_wake(waiters);
        return 0;
    }
    push(chan, item);
    sync_unlock(waiters);
    return 0;
}

int rt_chan_recv(struct rt_chan *chan, void *item, int64_t deadline)
{
    struct sync_queue *waiters = &chan->waiters;
    if (sync_check())
        return -ECANCELED;
    sync_lock(waiters);
    if (chan->n == 0 && chan->closed) {
        sync_unlock(waiters);
        return -EPIPE;
    }
    if (chan->n == 0)
        return sync_wait(waiters, SYNC_CHAN, item, deadline);
    pop(chan, item);
    if (!sync_awaited(waiters)) {
        sync_unlock(waiters);
        return 0;
    }
    push(chan, sync_item(waiters));
    sync_wake(waiters);
    return 0;
}

void rt_chan_close(struct rt_chan *chan)
{
    sync_lock(&chan->waiters);
    chan->closed = true;
    sync_wake_all(&chan->waiters, -EPIPE);
}
