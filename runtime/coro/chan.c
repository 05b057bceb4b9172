/* SPDX-License-Identifier: MIT */
/*
 * Owns channels: a ring of items and two lists of waiters.  Receivers wait
 * only while the ring is empty, senders only while it is full, so at most one
 * list is in use and items pass in the order in which they were sent.  A
 * waiter's item is copied by whoever wakes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "waiters.h"

struct rt_chan {
    size_t item_bytes;
    size_t capacity;
    size_t n;     /* items in the ring */
    size_t first; /* index of the oldest */
    bool closed;
    struct co_waiters senders;
    struct co_waiters receivers;
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
        __builtin_add_overflow(bytes, sizeof(*chan), &bytes))
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
    free(chan);
}

int rt_chan_send(struct rt_chan *chan, const void *item, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (chan->closed)
        return -EPIPE;
    if (chan->receivers.first) {
        copy(chan, co_wake_first(&chan->receivers, 0), item);
        return 0;
    }
    if (chan->n == chan->capacity)
        /* Only read from, by whoever makes room. */
        return co_wait(&chan->senders, CO_CHAN, (void *)(uintptr_t)item,
                       deadline);
    push(chan, item);
    return 0;
}

int rt_chan_recv(struct rt_chan *chan, void *item, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (chan->n == 0) {
        if (chan->closed)
            return -EPIPE;
        return co_wait(&chan->receivers, CO_CHAN, item, deadline);
    }
    pop(chan, item);
    if (chan->senders.first)
        push(chan, co_wake_first(&chan->senders, 0));
    return 0;
}

void rt_chan_close(struct rt_chan *chan)
{
    chan->closed = true;
    co_wake_all(&chan->senders, -EPIPE);
    co_wake_all(&chan->receivers, -EPIPE);
}
