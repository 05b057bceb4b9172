/* SPDX-License-Identifier: MIT */
/*
 * timers: each task sleeps ten times, for 10 to 100 ms by a fixed seed.  The
 * latency is how much too late it woke; CPU time per operation is what a
 * timer and a wake-up cost.
 */

#include <errno.h>
#include <stdlib.h>

#include "workload.h"

enum {
    SLEEPS = 10,
    SHORTEST_NS = 10000000,
    LONGEST_NS = 100000000
};

static struct work *work_of_all;

struct sleeper {
    uint64_t seed, ops, digest;
};

static int sleeper_run(void *arg)
{
    struct sleeper *sleeper = arg;
    while (sleeper->ops < SLEEPS) {
        uint64_t random = work_hash(sleeper->seed + sleeper->ops);
        int64_t ns =
            SHORTEST_NS + (int64_t)(random % (LONGEST_NS - SHORTEST_NS + 1));
        int64_t until = rt_in(ns);
        int status = rt_sleep(until);
        int64_t late = rt_now() - until;
        if (status != 0)
            return status;
        if (late < 0)
            return work_fail(work_of_all, -ETIME, "woken %lld ns too early",
                             (long long)-late);
        work_latency(work_of_all, WORK_LATENCY, late);
        sleeper->digest += work_hash((uint64_t)ns);
        sleeper->ops++;
    }
    return 0;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "tasks");
    struct sleeper *sleepers = calloc(n, sizeof(*sleepers));
    struct receipt receipt = { 0 };
    if (sleepers == NULL)
        return -ENOMEM;
    work_of_all = work;
    for (size_t i = 0; i < n; i++)
        sleepers[i].seed = i * SLEEPS;
    int status =
        work_crew(work, sleeper_run, sleepers, sizeof(*sleepers), n, &receipt);
    for (size_t i = 0; i < n; i++) {
        receipt.ops += sleepers[i].ops;
        receipt.digest += sleepers[i].digest;
    }
    free(sleepers);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = (uint64_t)work_int(work, "tasks");
}

const struct workload workload_timers = {
    .name = "timers",
    .question = "How late do sleeping tasks wake, and what does it cost?",
    .op = "sleep",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", PARAM_INT, "100", 1, 1e6, NULL, "tasks" } },
    .cells = { { "coro,thread", "tasks=100", NULL, "tasks=100,1000,10000" },
               { "coro", NULL, NULL, "tasks=100000" } },
    .needs = needs,
    .body = body,
};
