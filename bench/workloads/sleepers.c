/* SPDX-License-Identifier: MIT */
/*
 * sleepers: many tasks asleep at the same time.  Timed: creating them, their
 * sleep, joining them.  Memory is read when all are asleep; a trial in which
 * they never were all together fails.  The latency is the oversleep.
 */

#include "workload.h"

static int run(void *arg)
{
    struct share *my = arg;
    int64_t until = rt_in((int64_t)(given.sleep_s * 1e9)), late;
    int status = work_sleep(my->work, until, &late);
    work_latency(my->work, WORK_LATENCY, late);
    my->ops = status == 0;
    return status;
}

const struct workload workload_sleepers = {
    .name = "sleepers",
    .question = "How much memory does a waiting task hold?",
    .op = "task",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "1000" }, { "sleep_s", "1" } },
    .cells = { { "coro", "tasks=1000,10000", "tasks=1000,10000,30000,100000",
                 "tasks=1000,10000,30000,100000 | "
                 "tasks=30000,1000000 sleep_s=10" },
               { "coro:doze", NULL, NULL,
                 "tasks=1000,10000,30000,100000 sleep_s=3" },
               { "uv", NULL, NULL, "tasks=10000 | tasks=1000000 sleep_s=10" },
               { "thread", "tasks=1000", "tasks=1000,2000,5000,10000",
                 "tasks=1000,2000,5000,10000 | tasks=30000 sleep_s=10" },
               { "thread:tuned", NULL, NULL,
                 "tasks=1000,2000,5000,10000 | tasks=30000 sleep_s=10" } },
    .live = "tasks",
    .region = REGION_ASLEEP,
    .run = run,
};
