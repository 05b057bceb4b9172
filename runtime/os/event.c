/* SPDX-License-Identifier: MIT */
/* event.c: a flag tasks can wait for.  Whoever is queued is queued because
 * the flag was clear, and is taken out by the next set. */

#include <errno.h>
#include <stdlib.h>

#include "os/waitq.h"

struct rt_event {
    struct os_lock lock;
    struct os_waitq waiters; /* lock */
    atomic_bool set;         /* written with the lock held; set releases to
                                whoever reads it true */
};

int rt_event_new(struct rt_event **out)
{
    struct rt_event *event = calloc(1, sizeof *event);
    if (!event)
        return -ENOMEM;
    *out = event;
    return 0;
}

void rt_event_free(struct rt_event *event)
{
    if (!event)
        return;
    /* The task woken last may be here before its waker has let go. */
    os_lock_take(&event->lock);
    os_lock_give(&event->lock);
    free(event);
}

void rt_event_set(struct rt_event *event)
{
    os_lock_take(&event->lock);
    atomic_store_explicit(&event->set, true, memory_order_release);
    atomic_uint *sleeper = os_waitq_wake_all(&event->waiters, 0);
    os_lock_give(&event->lock);
    os_kick(sleeper);
}

void rt_event_clear(struct rt_event *event)
{
    os_lock_take(&event->lock);
    atomic_store_explicit(&event->set, false, memory_order_relaxed);
    os_lock_give(&event->lock);
}

bool rt_event_is_set(const struct rt_event *event)
{
    return atomic_load_explicit(&event->set, memory_order_acquire);
}

int rt_event_wait(struct rt_event *event, int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    if (rt_event_is_set(event))
        return 0;
    os_lock_take(&event->lock);
    if (rt_event_is_set(event)) {
        os_lock_give(&event->lock);
        return 0;
    }
    struct os_waiter waiter = { .what = "event", .by_bell = true };
    return os_waitq_wait(&event->waiters, &event->lock, &waiter, false,
                         deadline);
}
