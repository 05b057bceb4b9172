/* SPDX-License-Identifier: MIT */
/*
 * timers: each task sleeps ten times, for 10 to 100 ms by a fixed seed.  The
 * latency is how late it woke; CPU per operation is a timer and a wake-up.
 */

#include "workload.h"

enum {
    SHORTEST_NS = 10000000,
    LONGEST_NS = 100000000
};

static int run(void *arg)
{
    struct share *my = arg;
    while (my->ops < my->rounds) {
        uint64_t random = work_hash(my->index * 10 + my->ops);
        int64_t ns =
            SHORTEST_NS + (int64_t)(random % (LONGEST_NS - SHORTEST_NS + 1));
        int64_t late;
        int status = work_sleep(my->work, rt_in(ns), &late);
        if (status != 0)
            return status;
        work_latency(my->work, WORK_LATENCY, late);
        my->digest += work_hash((uint64_t)ns);
        my->ops++;
    }
    return 0;
}

const struct workload workload_timers = {
    .name = "timers",
    .question = "How late do sleeping tasks wake, and what does it cost?",
    .op = "sleep",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "100", 1, 1e6 } },
    .cells = { { "coro,thread", NULL, NULL, "tasks=10,100,1000,10000" },
               { "coro", NULL, NULL, "tasks=100000,1000000" },
               { "coro,thread", NULL, NULL, NULL,
                 "tasks=10,100,1000,10000,100000,1000000" } },
    .tasks = "tasks",
    .ops = "10*tasks",
    .run = run,
};
