/* SPDX-License-Identifier: MIT */
/*
 * timeout: tasks wait under a deadline, each for an item in a channel of its
 * own.  One in ten is there before; the others must run into the deadline, and
 * not early.
 */

#include "workload.h"

static int run(void *arg)
{
    struct work_link *link = arg;
    int64_t deadline = rt_in(given.delay_ms * 1000000);
    uint64_t item = 0;
    bool sent = link->my.index % 10 == 0;
    if (sent)
        rt_chan_send(link->in, &item, RT_FOREVER);
    int status = rt_chan_recv(link->in, &item, deadline);
    bool late = status == -ETIMEDOUT && rt_now() >= deadline;
    link->my.ops = sent ? status == 0 : late;
    return 0;
}

const struct workload workload_timeout = {
    .name = "timeout",
    .question = "What does a deadline cost?",
    .op = "wait",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "1000", 1, 1e6 },
                { "delay_ms", "10",
                  .help = "deadline of each, from its start" } },
    .cells = { { "coro", NULL, "tasks=10000", "tasks=1000,10000,100000" },
               { "thread", NULL, NULL, "tasks=1000,10000" } },
    .tasks = "tasks",
    .item = WORK_CHANNELS,
    .run = run,
};
