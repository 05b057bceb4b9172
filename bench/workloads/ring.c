/* SPDX-License-Identifier: MIT */
/*
 * ring: tasks in a ring pass a token on, each over a channel to the next, and
 * touch `bytes` of their own memory per hop.  One operation is one hop;
 * `rounds` are laps.
 */

#include <stdlib.h>

#include "workload.h"

struct member {
    struct work_link link;
    unsigned char *memory;
};

static int open_member(void *arg)
{
    struct member *member = arg;
    member->memory = calloc((size_t)given.bytes + 1, 1);
    return member->memory == NULL ? -ENOMEM : work_link_chan(&member->link);
}

static void close_member(void *arg)
{
    struct member *member = arg;
    free(member->memory);
    work_link_close(&member->link);
}

static int run(void *arg)
{
    struct member *member = arg;
    struct share *my = &member->link.my;
    size_t bytes = (size_t)given.bytes;
    for (; my->ops < my->rounds; my->ops++) {
        uint64_t token = 0; /* hops so far; the first task starts with it */
        int status = 0;
        if (my->ops + my->index > 0)
            status = rt_chan_recv(member->link.in, &token, RT_FOREVER);
        if (status == 0 &&
            token++ != my->ops * (uint64_t)given.tasks + my->index)
            status = -EBADMSG;
        for (size_t i = 0; i < bytes; i += 64)
            member->memory[i]++;
        if (status == 0)
            status = rt_chan_send(member->link.out, &token, RT_FOREVER);
        if (status != 0)
            return status;
    }
    return 0;
}

const struct workload workload_ring = {
    .name = "ring",
    .question = "What does a switch cost when tasks use their memory?",
    .op = "hop",
    .axis = "bytes",
    .calibrated = "rounds",
    .params = { { "tasks", "503", 2, 10000 },
                { "bytes", "0" },
                { "rounds", "100", 1, 1e7, NULL, "laps" } },
    .cells = { { "coro,thread", NULL, NULL, "bytes=0,4096,16384 cpus=1,all" } },
    .live = "tasks",
    .ops = "tasks*rounds",
    .item = { sizeof(struct member), open_member, close_member },
    .run = run,
};
