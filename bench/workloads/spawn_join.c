/* SPDX-License-Identifier: MIT */
/*
 * spawn_join: empty tasks.  One operation is one task created and joined.
 * alive=0: one after the other.  alive=1: all wait behind a barrier until the
 * last is there, memory is read, then all are joined.  All of it is timed.
 */

#include <errno.h>
#include <stdlib.h>

#include "workload.h"

static struct {
    struct gauge gauge;
    struct rt_event *all_in, *go;
    uint64_t tasks;
} shared;

/* The status is the proof of work: no counter in the task itself. */
static int empty(void *arg)
{
    (void)arg;
    return 1;
}

static int in_turn(struct work *work, struct receipt *receipt)
{
    int status = 0;
    work_begin(work);
    for (uint64_t i = 0; i < shared.tasks && status == 0; i++) {
        struct rt_task *task;
        int result = 0;
        status = rt_spawn(&task, empty, NULL);
        if (status == 0)
            status = rt_join(task, &result, RT_FOREVER);
        receipt->units += (uint64_t)result;
    }
    work_end(work);
    receipt->peak = 1; /* each has been joined before the next is created */
    return status;
}

static int waiting(void *arg)
{
    (void)arg;
    if (gauge_enter(&shared.gauge) == shared.tasks)
        rt_event_set(shared.all_in);
    int status = rt_event_wait(shared.go, RT_FOREVER);
    gauge_leave(&shared.gauge);
    return status == 0 ? 1 : status;
}

static int run_alive(struct work *work, struct rt_task **tasks,
                     struct receipt *receipt)
{
    int status = 0;
    size_t n = 0;
    work_begin(work);
    while (status == 0 && n < shared.tasks) {
        status = rt_spawn(&tasks[n], waiting, NULL);
        n += status == 0;
    }
    if (status == 0)
        status = rt_event_wait(shared.all_in, RT_FOREVER);
    if (status == 0)
        work_parked(work, n);
    rt_event_set(shared.go);
    for (size_t i = 0; i < n; i++) {
        int result = 0;
        int error = rt_join(tasks[i], &result, RT_FOREVER);
        receipt->units += result == 1;
        if (status == 0)
            status = error;
    }
    work_end(work);
    receipt->peak = atomic_load(&shared.gauge.peak);
    return status;
}

static int all_alive(struct work *work, struct receipt *receipt)
{
    struct rt_task **tasks = calloc(shared.tasks, sizeof(struct rt_task *));
    int status = tasks == NULL ? -ENOMEM : rt_event_new(&shared.all_in);
    if (status == 0)
        status = rt_event_new(&shared.go);
    if (status == 0)
        status = run_alive(work, tasks, receipt);
    rt_event_free(shared.go);
    rt_event_free(shared.all_in);
    free(tasks);
    return status;
}

static int body(struct work *work)
{
    struct receipt receipt = { 0 };
    shared.tasks = (uint64_t)work_int(work, "tasks");
    int status = work_int(work, "alive") ? all_alive(work, &receipt)
                                         : in_turn(work, &receipt);
    if (status != 0)
        return status;
    if (receipt.units != shared.tasks)
        return work_fail(work, -EBADMSG, "%llu of %llu tasks ran",
                         (unsigned long long)receipt.units,
                         (unsigned long long)shared.tasks);
    receipt.ops = receipt.units;
    receipt.digest = receipt.ops * work_hash(1);
    work_receipt(work, &receipt);
    return 0;
}

static void needs(const struct work *work, struct needs *needs)
{
    bool alive = work_int(work, "alive") != 0;
    needs->tasks = alive ? (uint64_t)work_int(work, "tasks") : 1;
    needs->live = alive ? needs->tasks : 0;
}

const struct workload workload_spawn_join = {
    .name = "spawn_join",
    .question = "What does it cost to create and join a task?",
    .op = "task",
    .axis = "tasks",
    .calibrated = "tasks",
    .params = { { "alive", PARAM_INT, "0", 0, 1, NULL,
                  "1: all alive before the first is joined" },
                { "tasks", PARAM_INT, "10000", 1, 1e7, NULL, "tasks in all" } },
    .cells = { { "coro,thread", "alive=0", "alive=0", "alive=0" },
               { "pool:20", NULL, "alive=0", "alive=0" },
               { "thread:64k,seq", NULL, NULL, "alive=0" },
               { "coro,thread,thread:64k", "alive=1 tasks=1000",
                 "alive=1 tasks=1000", "alive=1 tasks=1000,10000" },
               { "coro", NULL, "alive=1 tasks=10000",
                 "alive=1 tasks=100000,1000000" } },
    .needs = needs,
    .body = body,
};
