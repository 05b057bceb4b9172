/* SPDX-License-Identifier: MIT */
/*
 * cancel: tasks that wait for what never comes are cancelled and joined, which
 * is what is timed.  Each has a clean-up that must not be cut short; one that
 * was run is one operation.
 */

#include "workload.h"

static int clean_up(void *arg)
{
    struct share *my = arg;
    int status = rt_yield();
    my->ops++;
    return status;
}

static int run(void *arg)
{
    int status = rt_event_wait(common.events[0], RT_FOREVER);
    return status == -ECANCELED ? rt_shield(clean_up, arg) : -EPROTO;
}

const struct workload workload_cancel = {
    .name = "cancel",
    .question = "What does it cost to cancel a waiting task?",
    .op = "task",
    .axis = "tasks",
    .params = { { "tasks", "100", 1, 1e6 } },
    .cells = { { "coro", NULL, "tasks=10000", "tasks=100,10000,100000" },
               { "thread", NULL, NULL, "tasks=100,10000" },
               { "thread:tuned", NULL, NULL, "tasks=10000" },
               { "coro,thread", NULL, NULL, NULL,
                 "tasks=10,100,1000,10000,100000,1000000" } },
    .live = "tasks",
    .region = REGION_CANCEL,
    .uses = { .events = 1 },
    .run = run,
};
