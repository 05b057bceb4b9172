/* SPDX-License-Identifier: MIT */
/*
 * Owns the deadlines: a heap with four children per node, ordered by time,
 * and for each task the place of its entry there.  Both are dense arrays
 * indexed by number rather than fields in the tasks, because sifting touches
 * entries of many tasks, and each task lies in a page of its own.
 *
 * Only one uv_timer is used.  It is moved when the earliest deadline becomes
 * earlier, not when it becomes later: it then fires once for nothing and is
 * set again, which is cheaper than following deadlines that are nearly always
 * removed before they come.
 */
#include "timer.h"

#include <errno.h>
#include <stdlib.h>

#include "core.h"
#include "stack.h"

struct entry {
    int64_t when;
    uint32_t id; /* of the task's stack */
};

enum {
    NS_PER_MS = 1000000
};

static struct {
    struct entry *heap;
    uint32_t *place; /* by task id; valid while the task is CO_TIMED */
    size_t room;     /* of both, in entries */
    uint32_t n;
    int64_t armed; /* what the uv_timer is set for */
    uv_timer_t uv;
} timers;

static void put(uint32_t place, struct entry entry)
{
    timers.heap[place] = entry;
    timers.place[entry.id] = place;
}

static void sift_up(uint32_t place, struct entry entry)
{
    while (place > 0) {
        uint32_t parent = (place - 1) / 4;
        if (timers.heap[parent].when <= entry.when)
            break;
        put(place, timers.heap[parent]);
        place = parent;
    }
    put(place, entry);
}

/* The earliest of the children that start at first, which exists. */
static uint32_t earliest(uint32_t first)
{
    uint32_t best = first;
    uint32_t end = first + 4 < timers.n ? first + 4 : timers.n;
    for (uint32_t child = first + 1; child < end; child++)
        if (timers.heap[child].when < timers.heap[best].when)
            best = child;
    return best;
}

static void sift_down(uint32_t place, struct entry entry)
{
    for (uint32_t child; (child = 4 * place + 1) < timers.n; place = child) {
        child = earliest(child);
        if (entry.when <= timers.heap[child].when)
            break;
        put(place, timers.heap[child]);
    }
    put(place, entry);
}

/* Wakes everybody whose deadline has come. */
static void expire(uv_timer_t *uv)
{
    (void)uv;
    int64_t now = rt_now();
    timers.armed = RT_FOREVER;
    while (timers.n > 0 && timers.heap[0].when <= now) {
        struct rt_task *task = co_stack_task(timers.heap[0].id);
        co_wake(task, task->reason == CO_SLEEP ? 0 : -ETIMEDOUT);
    }
}

int co_timers_init(uv_loop_t *loop)
{
    timers.n = 0;
    timers.armed = RT_FOREVER;
    return uv_timer_init(loop, &timers.uv);
}

void co_timers_close(void)
{
    uv_close((uv_handle_t *)&timers.uv, NULL);
}

void co_timers_free(void)
{
    free(timers.heap);
    free(timers.place);
    timers.heap = NULL;
    timers.place = NULL;
    timers.room = 0;
}

int co_timers_reserve(size_t n)
{
    if (n <= timers.room)
        return 0;
    struct entry *heap = realloc(timers.heap, n * sizeof(*heap));
    if (!heap)
        return -ENOMEM;
    timers.heap = heap;
    uint32_t *place = realloc(timers.place, n * sizeof(*place));
    if (!place)
        return -ENOMEM;
    timers.place = place;
    timers.room = n;
    return 0;
}

void co_timer_add(struct rt_task *task, int64_t when)
{
    task->marks |= CO_TIMED;
    sift_up(timers.n++, (struct entry){ when, task->id });
}

void co_timer_remove(struct rt_task *task)
{
    uint32_t place = timers.place[task->id];
    struct entry last = timers.heap[--timers.n];
    task->marks &= (uint8_t)~CO_TIMED;
    if (place == timers.n)
        return;
    if (place > 0 && last.when < timers.heap[(place - 1) / 4].when)
        sift_up(place, last);
    else
        sift_down(place, last);
}

bool co_timers_pending(void)
{
    return timers.n > 0;
}

void co_timers_arm(void)
{
    if (timers.n == 0 || timers.heap[0].when >= timers.armed)
        return;
    timers.armed = timers.heap[0].when;
    /* Never early: the loop's clock is the same one, in whole milliseconds
     * rounded down, so the deadline is rounded up. */
    int64_t due = timers.armed / NS_PER_MS + (timers.armed % NS_PER_MS > 0);
    int64_t now = (int64_t)uv_now(timers.uv.loop);
    uv_timer_start(&timers.uv, expire, due > now ? (uint64_t)(due - now) : 0,
                   0);
}
