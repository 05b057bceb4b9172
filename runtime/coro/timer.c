/* SPDX-License-Identifier: MIT */
/*
 * Owns the deadlines: a wheel of wheels.  A deadline is a number of digits of
 * six bits, and so is the time up to which all have been dealt with, `base`.
 * The highest digit in which the two differ says in which wheel the deadline
 * is kept, and its own digit there in which of the 64 slots.  So all of one
 * slot come before all of the next, and all of one wheel before those of a
 * higher one; when a slot's time begins, its deadlines are dealt out to lower
 * wheels, until in the lowest a slot is a single nanosecond.  A slot with one
 * deadline only is not dealt out but taken as it is.
 *
 * Adding and removing cost the same whatever the number of deadlines, and
 * coming due a few moves, where a heap's depth grows, and each step of it is
 * a cache miss.  Deadlines of 1 000 000 sleepers come due in order of time,
 * and equal ones in order of arrival.
 *
 * The slots are doubly linked rings through one dense array, indexed by number
 * rather than in the tasks, each of which lies in a page of its own: first the
 * slots' own entries, then one per task.
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
#include "doze.h"
#include "stack.h"

enum {
    NS_PER_MS = 1000000,
    DIGIT_BITS = 6,
    SLOTS = 1 << DIGIT_BITS,
    WHEELS = 11, /* for all 63 bits */
    FIRST_TASK = WHEELS * SLOTS,
    /* Of a slot with more the beginning stands for the earliest deadline. */
    LOOK_THROUGH = 16
};

struct entry {
    int64_t when;
    uint32_t next; /* in its slot's ring */
    uint32_t prev;
};

static struct {
    struct entry *entries;
    size_t room;            /* in tasks */
    int64_t base;           /* no deadline lies before it */
    unsigned used;          /* a bit for each wheel that is not empty */
    uint64_t slots[WHEELS]; /* a bit for each slot that is not */
    int64_t armed;          /* what the uv_timer is set for */
    uv_timer_t uv;
} timers;

static void clear(uint32_t head)
{
    unsigned wheel = head / SLOTS;
    timers.slots[wheel] &= ~((uint64_t)1 << head % SLOTS);
    if (!timers.slots[wheel])
        timers.used &= ~(1U << wheel);
}

static void insert(uint32_t at)
{
    struct entry *entry = &timers.entries[at];
    uint64_t differing = (uint64_t)(entry->when ^ timers.base) | 1;
    unsigned wheel = (63 - (unsigned)__builtin_clzll(differing)) / DIGIT_BITS;
    unsigned slot = (unsigned)(entry->when >> wheel * DIGIT_BITS) % SLOTS;
    uint32_t head = wheel * SLOTS + slot;
    uint32_t last = timers.entries[head].prev;
    entry->next = head;
    entry->prev = last;
    timers.entries[last].next = at;
    timers.entries[head].prev = at;
    timers.slots[wheel] |= (uint64_t)1 << slot;
    timers.used |= 1U << wheel;
}

/* The slot in which the earliest deadline is; there is one. */
static uint32_t first_slot(void)
{
    unsigned wheel = (unsigned)__builtin_ctz(timers.used);
    return wheel * SLOTS + (unsigned)__builtin_ctzll(timers.slots[wheel]);
}

/* When a slot's time begins. */
static int64_t beginning(uint32_t head)
{
    unsigned shift = head / SLOTS * DIGIT_BITS;
    uint64_t above = (uint64_t)timers.base >> shift & ~(uint64_t)(SLOTS - 1);
    return (int64_t)((above | head % SLOTS) << shift);
}

/* Whether all deadlines of the slot are one. */
static bool at_once(uint32_t head)
{
    const struct entry *slot = &timers.entries[head];
    return head < SLOTS || slot->next == slot->prev;
}

/* Deals the slot's deadlines out to lower wheels; its time begins. */
static void deal_out(uint32_t head)
{
    struct entry *entries = timers.entries;
    uint32_t at = entries[head].next;
    timers.base = beginning(head);
    entries[head].next = entries[head].prev = head;
    clear(head);
    while (at != head) {
        uint32_t next = entries[at].next;
        insert(at);
        at = next;
    }
}

/* Wakes those of a slot whose deadlines are one. */
static void wake_slot(uint32_t head)
{
    uint32_t at = timers.entries[head].next;
    while (at != head) {
        uint32_t next = timers.entries[at].next;
        if (co.doze_ns > 0)
            co_doze_rouse(at - FIRST_TASK);
        struct rt_task *task = co_task(at - FIRST_TASK);
        co_wake(task, task->reason == CO_SLEEP ? 0 : -ETIMEDOUT);
        at = next;
    }
}

/* Wakes everybody whose deadline has come. */
static void expire(uv_timer_t *uv)
{
    (void)uv;
    int64_t now = rt_now();
    timers.armed = RT_FOREVER;
    while (timers.used) {
        uint32_t head = first_slot();
        uint32_t first = timers.entries[head].next;
        if (at_once(head) && timers.entries[first].when <= now)
            wake_slot(head);
        else if (beginning(head) <= now)
            deal_out(head);
        else
            break;
    }
    timers.base = now;
}

int co_timers_init(uv_loop_t *loop)
{
    timers.base = rt_now();
    timers.used = 0;
    for (unsigned wheel = 0; wheel < WHEELS; wheel++)
        timers.slots[wheel] = 0;
    timers.armed = RT_FOREVER;
    return uv_timer_init(loop, &timers.uv);
}

void co_timers_close(void)
{
    uv_close((uv_handle_t *)&timers.uv, NULL);
}

void co_timers_free(void)
{
    free(timers.entries);
    timers.entries = NULL;
    timers.room = 0;
}

int co_timers_reserve(size_t n)
{
    if (n <= timers.room)
        return 0;
    struct entry *entries =
        realloc(timers.entries, (FIRST_TASK + n) * sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    for (uint32_t head = 0; timers.room == 0 && head < FIRST_TASK; head++)
        entries[head] = (struct entry){ .next = head, .prev = head };
    timers.entries = entries;
    timers.room = n;
    return 0;
}

void co_timer_add(struct rt_task *task, int64_t when)
{
    uint32_t at = FIRST_TASK + co_number(task);
    task->marks |= CO_TIMED;
    timers.entries[at].when = when < timers.base ? timers.base : when;
    insert(at);
}

void co_timer_remove(struct rt_task *task)
{
    const struct entry *entry = &timers.entries[FIRST_TASK + co_number(task)];
    task->marks &= (uint8_t)~CO_TIMED;
    timers.entries[entry->prev].next = entry->next;
    timers.entries[entry->next].prev = entry->prev;
    /* Both of one that was alone are the slot itself. */
    if (entry->prev == entry->next)
        clear(entry->next);
}

bool co_timers_pending(void)
{
    return timers.used != 0;
}

/* When to look again: no later than the earliest deadline, and not before the
 * deadlines of its slot can be dealt out. */
static int64_t next_look(void)
{
    uint32_t head = first_slot();
    uint32_t at = timers.entries[head].next;
    int64_t earliest = RT_FOREVER;
    for (unsigned n = 0; n < LOOK_THROUGH; n++) {
        if (timers.entries[at].when < earliest)
            earliest = timers.entries[at].when;
        at = timers.entries[at].next;
        if (at == head)
            return earliest;
    }
    return beginning(head);
}

void co_timers_arm(void)
{
    if (!timers.used || beginning(first_slot()) >= timers.armed)
        return;
    int64_t look = next_look();
    if (look >= timers.armed)
        return;
    timers.armed = look;
    /* Never early: the loop's clock is the same one, in whole milliseconds
     * rounded down, so the deadline is rounded up. */
    int64_t due = look / NS_PER_MS + (look % NS_PER_MS > 0);
    int64_t now = (int64_t)uv_now(timers.uv.loop);
    uv_timer_start(&timers.uv, expire, due > now ? (uint64_t)(due - now) : 0,
                   0);
}
