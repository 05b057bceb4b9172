/* SPDX-License-Identifier: MIT */
/*
 * spawn_join: empty tasks.  One operation is one task created and joined.
 * alive=0: one after the other.  alive=1: all wait behind a barrier until the
 * last is there, memory is read, then all are joined.  All of it is timed.
 */

#include "workload.h"

/* The status is the proof of work: no counter in the task itself. */
static int empty(void *arg)
{
    (void)arg;
    return 1;
}

static int run(void *arg)
{
    struct share *my = arg;
    my->ops = 1;
    return 0;
}

static int body(struct work *work)
{
    uint64_t tasks = (uint64_t)given.tasks, ran = 0;
    int status = 0;
    if (given.alive)
        return work_group(work);
    work_begin(work);
    for (uint64_t i = 0; i < tasks && status == 0; i++) {
        struct rt_task *task;
        int result = 0;
        status = rt_spawn(&task, empty, NULL);
        if (status == 0)
            status = rt_join(task, &result, RT_FOREVER);
        ran += (uint64_t)result;
    }
    work_end(work);
    if (status != 0)
        return status;
    if (ran != tasks)
        return work_fail(work, -EBADMSG, "not every task ran");
    struct receipt receipt = { .units = ran,
                               .ops = ran,
                               .digest = ran * work_hash(1),
                               .peak = 1 /* each is joined before the next */ };
    work_receipt(work, &receipt);
    return 0;
}

const struct workload workload_spawn_join = {
    .name = "spawn_join",
    .question = "What does it cost to create and join a task?",
    .op = "task",
    .axis = "tasks",
    .calibrated = "tasks",
    .params = { { "alive", "0" }, { "tasks", "10000" } },
    .cells = { { "coro,thread", "alive=0", "alive=0", "alive=0" },
               { "pool:20", NULL, "alive=0", "alive=0" },
               { "thread:tuned,seq", NULL, NULL, "alive=0" },
               { "coro,thread,thread:tuned", "alive=1 tasks=1000",
                 "alive=1 tasks=1000", "alive=1 tasks=10,100,1000,10000" },
               { "futex", NULL, NULL, "alive=0 | alive=1 tasks=1000,10000" },
               { "coro", NULL, "alive=1 tasks=10000",
                 "alive=1 tasks=100000,1000000" },
               { "coro,thread", NULL, NULL, NULL,
                 "alive=1 tasks=10,100,1000,10000,100000,1000000" } },
    .live = "tasks*alive",
    .region = REGION_ALIVE,
    .run = run,
    .body = body,
};
