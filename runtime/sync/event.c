/* SPDX-License-Identifier: MIT */
/* event.c: a flag tasks can wait for.  Whoever is queued is queued because
 * the flag was clear, and is taken out by the next set. */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sync.h"

struct rt_event {
    struct sync_queue waiters;
    atomic_bool set; /* written with the queue locked; set releases to whoever
                        reads it true */
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
    if (event)
        sync_fini(&event->waiters);
    free(event);
}

void rt_event_set(struct rt_event *event)
{
    sync_lock(&event->waiters);
    atomic_store_explicit(&event->set, true, memory_order_release);
    sync_wake_all(&event->waiters, 0);
}

void rt_event_clear(struct rt_event *event)
{
    sync_lock(&event->waiters);
    atomic_store_explicit(&event->set, false, memory_order_relaxed);
    sync_unlock(&event->waiters);
}

bool rt_event_is_set(const struct rt_event *event)
{
    return atomic_load_explicit(&event->set, memory_order_acquire);
}

int rt_event_wait(struct rt_event *event, int64_t deadline)
{
    if (sync_check())
        return -ECANCELED;
    if (rt_event_is_set(event))
        return 0;
    sync_lock(&event->waiters);
    if (rt_event_is_set(event)) {
        sync_unlock(&event->waiters);
        return 0;
    }
    return sync_wait(&event->waiters, SYNC_EVENT, NULL, deadline);
}
