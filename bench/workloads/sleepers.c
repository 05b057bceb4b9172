/* SPDX-License-Identifier: MIT */
/*
 * sleepers: many tasks asleep at the same time.  Timed: creating them, their
 * sleep, joining them.  Memory is read when all are asleep; a trial in which
 * they never were all together fails.
 */

#include "workload.h"

static int64_t sleep_ns;
static _Atomic int64_t latest_ns; /* the longest oversleep */

static int setup(struct work *work)
{
    sleep_ns = (int64_t)(work_real(work, "sleep_s") * 1e9);
    return 0;
}

static int run(void *arg)
{
    struct share *my = arg;
    int64_t until = rt_in(sleep_ns);
    int status = rt_sleep(until);
    int64_t late = rt_now() - until;
    int64_t latest = atomic_load(&latest_ns);
    while (late > latest &&
           !atomic_compare_exchange_weak(&latest_ns, &latest, late))
        ;
    my->ops = late >= 0;
    return status;
}

static int check(struct work *work, struct share *total)
{
    (void)total;
    work_count(work, "oversleep_max_ns", (uint64_t)atomic_load(&latest_ns));
    return 0;
}

const struct workload workload_sleepers = {
    .name = "sleepers",
    .question = "How much memory does a waiting task hold?",
    .op = "task",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "1000" },
                { "sleep_s", "1",
                  .help = "seconds each sleeps, at least twice "
                          "the time it takes to create them" } },
    .cells = { { "coro", "tasks=1000,10000", "tasks=1000,10000,30000,100000",
                 "tasks=1000,10000,30000,100000,300000,1000000 sleep_s=10" },
               { "uv", NULL, NULL, "tasks=10000,1000000 sleep_s=10" },
               { "thread", "tasks=1000", "tasks=1000,2000,5000,10000",
                 "tasks=1000,2000,5000,10000,20000 sleep_s=10" },
               { "thread:64k", NULL, NULL,
                 "tasks=1000,2000,5000,10000,20000 sleep_s=10" } },
    .live = "tasks",
    .region = REGION_ASLEEP,
    .setup = setup,
    .run = run,
    .check = check,
    .body = work_group,
};
