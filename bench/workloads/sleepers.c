/* SPDX-License-Identifier: MIT */
/*
 * sleepers: many tasks asleep at the same time.  Timed: creating them, their
 * sleep, joining them.  Memory is read when all are asleep; a trial in which
 * they never were all together fails.
 */

#include <errno.h>
#include <stdlib.h>

#include "workload.h"

static struct {
    struct gauge gauge;
    struct rt_event *all_in;
    uint64_t tasks;
    int64_t sleep_ns;
    _Atomic int64_t latest_ns; /* the longest oversleep */
} shared;

static int sleeper(void *arg)
{
    (void)arg;
    int64_t until = rt_in(shared.sleep_ns);
    if (gauge_enter(&shared.gauge) == shared.tasks)
        rt_event_set(shared.all_in);
    int status = rt_sleep(until);
    int64_t late = rt_now() - until;
    int64_t latest = atomic_load(&shared.latest_ns);
    while (late > latest &&
           !atomic_compare_exchange_weak(&shared.latest_ns, &latest, late))
        ;
    gauge_leave(&shared.gauge);
    return late < 0 ? -ETIME : status;
}

/* Nobody may have left before all had come and their memory was read. */
static int all_together(struct work *work)
{
    int status = rt_event_wait(shared.all_in, rt_in(shared.sleep_ns));
    if (status == 0)
        work_parked(work, shared.tasks);
    uint64_t left = atomic_load(&shared.gauge.ended);
    if (status == 0 && left == 0)
        return 0;
    return work_fail(work, -ETIME,
                     "of %llu tasks %llu were asleep at once and %llu left too "
                     "early: raise sleep_s",
                     (unsigned long long)shared.tasks,
                     (unsigned long long)atomic_load(&shared.gauge.peak),
                     (unsigned long long)left);
}

static int run(struct work *work, struct rt_task **tasks)
{
    size_t n = 0;
    int status = 0, joined = 0;
    work_begin(work);
    while (status == 0 && n < shared.tasks) {
        status = rt_spawn(&tasks[n], sleeper, NULL);
        n += status == 0;
    }
    if (status == 0)
        status = all_together(work);
    for (size_t i = 0; i < n; i++) {
        int result = 0;
        joined = rt_join(tasks[i], &result, RT_FOREVER);
        if (status == 0)
            status = joined != 0 ? joined : result;
    }
    work_end(work);
    return status;
}

static int body(struct work *work)
{
    shared.tasks = (uint64_t)work_int(work, "tasks");
    shared.sleep_ns = (int64_t)(work_real(work, "sleep_s") * 1e9);
    struct rt_task **tasks = calloc(shared.tasks, sizeof(struct rt_task *));
    int status = tasks == NULL ? -ENOMEM : rt_event_new(&shared.all_in);
    if (status == 0)
        status = run(work, tasks);
    rt_event_free(shared.all_in);
    free(tasks);
    if (status != 0)
        return status;
    uint64_t ended = atomic_load(&shared.gauge.ended);
    work_count(work, "oversleep_max_ns",
               (uint64_t)atomic_load(&shared.latest_ns));
    struct receipt receipt = { .units = ended,
                               .ops = ended,
                               .digest = ended * work_hash(1),
                               .peak = atomic_load(&shared.gauge.peak) };
    work_receipt(work, &receipt);
    return 0;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->live = needs->tasks = (uint64_t)work_int(work, "tasks");
}

const struct workload workload_sleepers = {
    .name = "sleepers",
    .question = "How much memory does a waiting task hold?",
    .op = "task",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", PARAM_INT, "1000", 1, 1e7, NULL,
                  "tasks asleep at once" },
                { "sleep_s", PARAM_REAL, "1", 0.001, 3600, NULL,
                  "seconds each sleeps, at least twice the time it takes to "
                  "create them" } },
    .cells = { { "coro", "tasks=1000,10000", "tasks=1000,10000,30000,100000",
                 "tasks=1000,10000,30000,100000,300000,1000000 sleep_s=10" },
               { "thread", "tasks=1000", "tasks=1000,2000,5000,10000",
                 "tasks=1000,2000,5000,10000,20000 sleep_s=10" },
               { "thread:64k", NULL, NULL,
                 "tasks=1000,2000,5000,10000,20000 sleep_s=10" } },
    .needs = needs,
    .body = body,
};
