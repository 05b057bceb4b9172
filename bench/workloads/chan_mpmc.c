/* SPDX-License-Identifier: MIT */
/*
 * chan_mpmc: four producers and four consumers share one bounded channel.
 * One operation is one item sent and received.  Timed: from letting them go
 * until the channel is drained and all have ended.
 */

#include <errno.h>

#include "workload.h"

enum {
    PRODUCERS = 4,
    CONSUMERS = 4
};

static struct {
    struct rt_chan *chan;
    uint64_t rounds;
    _Atomic int producing; /* the last one to stop closes the channel */
} shared;

struct party {
    uint64_t index;
    uint64_t items, sum;
};

/* Sends index, index + 4, index + 8, ... below rounds. */
static int produce(struct party *party)
{
    int status = 0;
    for (uint64_t i = party->index; i < shared.rounds && status == 0;
         i += PRODUCERS)
        status = rt_chan_send(shared.chan, &i, RT_FOREVER);
    if (atomic_fetch_sub(&shared.producing, 1) == 1)
        rt_chan_close(shared.chan);
    return status;
}

static int consume(struct party *party)
{
    uint64_t item;
    int status;
    while ((status = rt_chan_recv(shared.chan, &item, RT_FOREVER)) == 0) {
        party->items++;
        party->sum += item;
    }
    return status == -EPIPE ? 0 : status;
}

static int party_run(void *arg)
{
    struct party *party = arg;
    return party->index < PRODUCERS ? produce(party) : consume(party);
}

static int body(struct work *work)
{
    struct party parties[PRODUCERS + CONSUMERS] = { 0 };
    struct receipt receipt = { 0 };
    uint64_t sum = 0;
    shared.rounds = (uint64_t)work_int(work, "rounds");
    shared.producing = PRODUCERS;
    int status = rt_chan_new(&shared.chan, sizeof(uint64_t),
                             (size_t)work_int(work, "capacity"));
    for (uint64_t i = 0; i < PRODUCERS + CONSUMERS; i++)
        parties[i].index = i;
    if (status == 0)
        status = work_crew(work, party_run, parties, sizeof(*parties),
                           PRODUCERS + CONSUMERS, &receipt);
    rt_chan_free(shared.chan);
    if (status != 0)
        return status;
    for (int i = PRODUCERS; i < PRODUCERS + CONSUMERS; i++) {
        receipt.ops += parties[i].items;
        sum += parties[i].sum;
    }
    if (receipt.ops != shared.rounds ||
        sum != shared.rounds * (shared.rounds - 1) / 2)
        return work_fail(work, -EBADMSG, "%llu items with the sum %llu",
                         (unsigned long long)receipt.ops,
                         (unsigned long long)sum);
    receipt.digest = receipt.ops * work_hash(1);
    work_receipt(work, &receipt);
    return 0;
}

static void needs(const struct work *work, struct needs *needs)
{
    (void)work;
    needs->live = needs->tasks = PRODUCERS + CONSUMERS;
}

const struct workload workload_chan_mpmc = {
    .name = "chan_mpmc",
    .question = "How fast do items pass through a channel?",
    .op = "item",
    .calibrated = "rounds",
    .params = { { "capacity", PARAM_INT, "1024", 1, 1e6, NULL,
                  "items the channel holds" },
                { "rounds", PARAM_INT, "10000", 1, 1e9, NULL,
                  "items in all" } },
    .cells = { { "coro,thread", "capacity=1024", "capacity=1,1024",
                 "capacity=1,1024 cpus=1,all" },
               { "pool:20", NULL, "capacity=1024",
                 "capacity=1,1024 cpus=1,all" } },
    .needs = needs,
    .body = body,
};
