/* SPDX-License-Identifier: MIT */
/*
 * ring: tasks in a ring pass a token on, each over a channel to the next, and
 * touch `bytes` of their own memory per hop.  One operation is one hop;
 * `rounds` are laps.
 */

#include "workload.h"

static unsigned char memory[1000][16384];

static int run(void *arg)
{
    struct work_link *link = arg;
    struct share *my = &link->my;
    int status = 0;
    for (; my->ops < my->rounds && status == 0; my->ops++) {
        uint64_t token = 0; /* hops so far; the first task starts with it */
        if (my->ops + my->index > 0)
            status = rt_chan_recv(link->in, &token, RT_FOREVER);
        my->sum += token++;
        for (int64_t i = 0; i < given.bytes; i += 64)
            memory[my->index][i]++;
        if (status == 0)
            status = rt_chan_send(link->out, &token, RT_FOREVER);
    }
    return status;
}

const struct workload workload_ring = {
    .name = "ring",
    .question = "What does a switch cost when tasks use their memory?",
    .op = "hop",
    .axis = "bytes",
    .calibrated = "rounds",
    .params = { { "tasks", "503", 2, 1000 },
                { "bytes", "0", 0, 16384 },
                { "rounds", "100", 1, 1e7 } },
    .cells = { { "coro,thread", NULL, NULL, "bytes=0,4096,16384 cpus=1,all" } },
    .live = "tasks",
    .ops = "tasks*rounds",
    .sum = "tasks*rounds-1*tasks*rounds/2", /* of 0, 1, 2, ... */
    .item = WORK_CHANNELS,
    .run = run,
};
