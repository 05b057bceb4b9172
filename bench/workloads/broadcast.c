/* SPDX-License-Identifier: MIT */
/*
 * broadcast: all tasks wait but the last to come, which wakes the others by an
 * event or a condition; then the next round.  One operation is one task in one
 * round.
 */

#include "workload.h"

static _Atomic uint64_t came; /* over all rounds */

/* Events take turns: when all have come to one round, none waits for the one of
 * the last. */
static int by_event(uint64_t round, uint64_t all)
{
    struct rt_event *event = common.events[round % 2];
    if (atomic_fetch_add(&came, 1) + 1 < all) {
        int status = rt_event_wait(event, RT_FOREVER);
        return status == 0 && atomic_load(&came) < all ? -EPROTO : status;
    }
    rt_event_clear(common.events[(round + 1) % 2]);
    rt_event_set(event);
    return 0;
}

static int by_cond(uint64_t all)
{
    int status = rt_mutex_lock(common.mutex, RT_FOREVER);
    if (status != 0)
        return status;
    if (++came == all)
        rt_cond_broadcast(common.cond);
    while (came < all && status == 0)
        status = rt_cond_wait(common.cond, common.mutex, RT_FOREVER);
    rt_mutex_unlock(common.mutex);
    return status;
}

static int run(void *arg)
{
    struct share *my = arg;
    int status = 0;
    for (; my->ops < my->rounds && status == 0; my->ops++) {
        uint64_t all = (uint64_t)given.tasks * (my->ops + 1);
        status = given.via ? by_cond(all) : by_event(my->ops, all);
    }
    return status;
}

const struct workload workload_broadcast = {
    .name = "broadcast",
    .question = "What does it cost to wake many tasks at once?",
    .op = "wake-up",
    .axis = "tasks",
    .calibrated = "rounds",
    .params = { { "tasks", "100", 2, 1e5 },
                { "via", "event", .choices = "event,cond" },
                { "rounds", "100", 1, 1e7 } },
    .cells = { { "coro,thread", NULL, NULL,
                 "tasks=100,1000,10000 via=event,cond cpus=1,all" } },
    .live = "tasks",
    .ops = "tasks*rounds",
    .uses = { .events = 2, .mutex = true, .cond = true },
    .run = run,
};
