/* SPDX-License-Identifier: MIT */
/*
 * chan_mpmc: four producers and four consumers share one bounded channel.
 * One operation is one item sent and received.  Timed: from letting them go
 * until the channel is drained and all have ended.
 */

#include <errno.h>

#include "workload.h"

enum {
    PRODUCERS = 4
};

static uint64_t rounds;
static _Atomic int producing = PRODUCERS; /* the last one closes the channel */

static int setup(struct work *work)
{
    rounds = (uint64_t)work_int(work, "rounds");
    return rt_chan_new(&common.chan, sizeof(uint64_t),
                       (size_t)work_int(work, "capacity"));
}

/* Sends index, index + 4, index + 8, ... below rounds. */
static int produce(uint64_t index)
{
    int status = 0;
    for (uint64_t i = index; i < rounds && status == 0; i += PRODUCERS)
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

static int check(struct work *work, struct share *total)
{
    if (total->sum == rounds * (rounds - 1) / 2)
        return 0;
    return work_fail(work, -EBADMSG, "the sum of the items is wrong");
}

const struct workload workload_chan_mpmc = {
    .name = "chan_mpmc",
    .question = "How fast do items pass through a channel?",
    .op = "item",
    .calibrated = "rounds",
    .params = { { "capacity", "1024", 1, 1e6, NULL, "items the channel holds" },
                { "rounds", "10000" } },
    .cells = { { "coro,thread", "capacity=1024", "capacity=1,1024",
                 "capacity=1,1024 cpus=1,all" },
               { "pool:20", NULL, "capacity=1024",
                 "capacity=1,1024 cpus=1,all" } },
    .live = "8",
    .setup = setup,
    .run = run,
    .check = check,
    .body = work_group,
};
