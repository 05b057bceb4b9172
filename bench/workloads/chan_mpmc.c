/* SPDX-License-Identifier: MIT */
/*
 * chan_mpmc: four producers and four consumers share one bounded channel.
 * One operation is one item sent and received.  Timed: from letting them go
 * until the channel is drained and all have ended.
 */

#include "workload.h"

enum {
    PRODUCERS = 4
};

static _Atomic int producing = PRODUCERS; /* the last one closes the channel */

/* Sends index, index + 4, index + 8, ... below rounds. */
static int produce(uint64_t index)
{
    int status = 0;
    for (uint64_t i = index; i < (uint64_t)given.rounds && status == 0;
         i += PRODUCERS)
        status = rt_chan_send(common.chan, &i, RT_FOREVER);
    if (atomic_fetch_sub(&producing, 1) == 1)
        rt_chan_close(common.chan);
    return status;
}

static int run(void *arg)
{
    struct share *my = arg;
    uint64_t item;
    int status;
    if (my->index < PRODUCERS)
        return produce(my->index);
    while ((status = rt_chan_recv(common.chan, &item, RT_FOREVER)) == 0) {
        my->ops++;
        my->sum += item;
    }
    return status == -EPIPE ? 0 : status;
}

const struct workload workload_chan_mpmc = {
    .name = "chan_mpmc",
    .question = "How fast do items pass through a channel?",
    .op = "item",
    .calibrated = "rounds",
    .params = { { "capacity", "1024" }, { "rounds", "10000" } },
    .cells = { { "coro,thread", "capacity=1024", "capacity=1,1024",
                 "capacity=1,1024 cpus=1,all" },
               { "pool:20", NULL, "capacity=1024",
                 "capacity=1,1024 cpus=1,all" } },
    .live = "8",
    .sum = "rounds-1*rounds/2",
    .uses = { .channel = "capacity" },
    .run = run,
};
