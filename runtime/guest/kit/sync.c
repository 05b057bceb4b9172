/* SPDX-License-Identifier: MIT */
/* sync.c: what tasks share, out of waiting in order and waking.  A unit of a
 * semaphore is handed over by whoever wakes; a place in a channel and an item
 * are there for who comes first. */

#include "guest/kit/kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A semaphore is also the mutex: of one unit. */
struct rt_sem {
    unsigned count;
    struct kit_list waiters;
};
struct rt_mutex {
    struct rt_sem sem;
};
struct rt_cond {
    struct kit_list waiters;
};
struct rt_event {
    bool set;
    struct kit_list waiters;
};
struct rt_chan {
    size_t item_bytes, capacity, n, first;
    bool closed;
    struct kit_list senders, receivers;
    char ring[];
};

static void sem_init(struct rt_sem *sem, unsigned count)
{
    sem->count = count;
    TAILQ_INIT(&sem->waiters);
}

int rt_sem_new(struct rt_sem **out, unsigned count)
{
    struct rt_sem *sem = malloc(sizeof *sem);
    if (!sem)
        return -ENOMEM;
    sem_init(sem, count);
    *out = sem;
    return 0;
}

void rt_sem_free(struct rt_sem *sem)
{
    free(sem);
}

int rt_sem_acquire(struct rt_sem *sem, int64_t deadline)
{
    if (kit_deliver())
        return -ECANCELED;
    if (sem->count == 0)
        return kit_wait(&sem->waiters, deadline);
    sem->count--;
    return 0;
}

void rt_sem_release(struct rt_sem *sem)
{
    if (TAILQ_EMPTY(&sem->waiters))
        sem->count++;
    else
        kit_wake_first(&sem->waiters);
}

int rt_mutex_new(struct rt_mutex **out)
{
    struct rt_mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return -ENOMEM;
    sem_init(&mutex->sem, 1);
    *out = mutex;
    return 0;
}

void rt_mutex_free(struct rt_mutex *mutex)
{
    free(mutex);
}

int rt_mutex_lock(struct rt_mutex *mutex, int64_t deadline)
{
    return rt_sem_acquire(&mutex->sem, deadline);
}

void rt_mutex_unlock(struct rt_mutex *mutex)
{
    rt_sem_release(&mutex->sem);
}

int rt_cond_new(struct rt_cond **out)
{
    struct rt_cond *cond = malloc(sizeof *cond);
    if (!cond)
        return -ENOMEM;
    TAILQ_INIT(&cond->waiters);
    *out = cond;
    return 0;
}

void rt_cond_free(struct rt_cond *cond)
{
    free(cond);
}

int rt_cond_wait(struct rt_cond *cond, struct rt_mutex *mutex, int64_t deadline)
{
    if (kit_deliver())
        return -ECANCELED;
    rt_mutex_unlock(mutex);
    int status = kit_wait(&cond->waiters, deadline);
    kit_self->shields++;
    rt_mutex_lock(mutex, RT_FOREVER);
    kit_self->shields--;
    return status;
}

void rt_cond_signal(struct rt_cond *cond)
{
    if (!TAILQ_EMPTY(&cond->waiters))
        kit_wake_first(&cond->waiters);
}

void rt_cond_broadcast(struct rt_cond *cond)
{
    kit_wake_all(&cond->waiters, 0);
}

int rt_event_new(struct rt_event **out)
{
    struct rt_event *event = malloc(sizeof *event);
    if (!event)
        return -ENOMEM;
    event->set = false;
    TAILQ_INIT(&event->waiters);
    *out = event;
    return 0;
}

void rt_event_free(struct rt_event *event)
{
    free(event);
}

void rt_event_set(struct rt_event *event)
{
    event->set = true;
    kit_wake_all(&event->waiters, 0);
}

void rt_event_clear(struct rt_event *event)
{
    event->set = false;
}

bool rt_event_is_set(const struct rt_event *event)
{
    return event->set;
}

int rt_event_wait(struct rt_event *event, int64_t deadline)
{
    if (kit_deliver())
        return -ECANCELED;
    return event->set ? 0 : kit_wait(&event->waiters, deadline);
}

/* ---- channels ---- */

int rt_chan_new(struct rt_chan **out, size_t item_bytes, size_t capacity)
{
    size_t bytes;
    if (item_bytes == 0 || capacity == 0)
        return -EINVAL;
    if (__builtin_mul_overflow(item_bytes, capacity, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct rt_chan), &bytes))
        return -ENOMEM;
    struct rt_chan *chan = malloc(bytes);
    if (!chan)
        return -ENOMEM;
    *chan = (struct rt_chan){ .item_bytes = item_bytes, .capacity = capacity };
    TAILQ_INIT(&chan->senders);
    TAILQ_INIT(&chan->receivers);
    *out = chan;
    return 0;
}

void rt_chan_free(struct rt_chan *chan)
{
    free(chan);
}

static char *place(struct rt_chan *chan, size_t i)
{
    return chan->ring + (chan->first + i) % chan->capacity * chan->item_bytes;
}

int rt_chan_send(struct rt_chan *chan, const void *item, int64_t deadline)
{
    int status = kit_deliver();
    while (status == 0 && !chan->closed && chan->n == chan->capacity)
        status = kit_wait(&chan->senders, deadline);
    if (status || chan->closed)
        return status ? status : -EPIPE;
    memcpy(place(chan, chan->n++), item, chan->item_bytes);
    if (!TAILQ_EMPTY(&chan->receivers))
        kit_wake_first(&chan->receivers);
    return 0;
}

int rt_chan_recv(struct rt_chan *chan, void *item, int64_t deadline)
{
    int status = kit_deliver();
    while (status == 0 && !chan->closed && chan->n == 0)
        status = kit_wait(&chan->receivers, deadline);
    if (status || chan->n == 0)
        return status ? status : -EPIPE;
    memcpy(item, place(chan, 0), chan->item_bytes);
    chan->first = (chan->first + 1) % chan->capacity;
    chan->n--;
    if (!TAILQ_EMPTY(&chan->senders))
        kit_wake_first(&chan->senders);
    return 0;
}

void rt_chan_close(struct rt_chan *chan)
{
    chan->closed = true;
    kit_wake_all(&chan->senders, 0);
    kit_wake_all(&chan->receivers, 0);
}
