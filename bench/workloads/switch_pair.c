/* SPDX-License-Identifier: MIT */
/*
 * switch_pair: two tasks hand one token to and fro.  One operation is one
 * hand-over.  Timed: from letting the two go until both have ended.
 */

#include "workload.h"

enum {
    VIA_YIELD,
    VIA_CHAN,
    VIA_PIPE
};

struct side {
    struct work_link link;
    uint64_t token; /* the last one it sent */
};

/* Whose turn it is: the hand-over itself.  Release and acquire, so that the
 * token travels with it. */
static _Atomic uint64_t turn;

static int yield_side(struct side *side)
{
    struct share *my = &side->link.my;
    uint64_t me = my->index, yields = 0;
    const struct side *other = work_item(my->work, me + 1);
    for (uint64_t i = 0; i < my->rounds; i++) {
        while (atomic_load_explicit(&turn, memory_order_acquire) != me) {
            rt_yield();
            yields++;
        }
        side->token = other->token + 1;
        atomic_store_explicit(&turn, !me, memory_order_release);
    }
    my->sum = yields;
    return 0;
}

/* The first side starts with the token. */
static int chan_side(struct side *side)
{
    struct share *my = &side->link.my;
    for (uint64_t i = 0; i < my->rounds; i++) {
        uint64_t token = 0;
        int status = 0;
        if (i + my->index > 0)
            status = rt_chan_recv(side->link.in, &token, RT_FOREVER);
        side->token = token + 1;
        if (status == 0)
            status = rt_chan_send(side->link.out, &side->token, RT_FOREVER);
        if (status != 0)
            return status;
    }
    return 0;
}

static int pipe_side(struct side *side)
{
    struct share *my = &side->link.my;
    unsigned char byte = 0;
    for (uint64_t i = 0; i < my->rounds; i++) {
        int status = 0;
        if (i + my->index > 0)
            status = work_link_recv(&side->link, &byte);
        side->token = 2 * i + my->index + 1;
        if (status == 0 && ++byte != (unsigned char)side->token)
            status = -EBADMSG;
        if (status == 0)
            status = work_link_send(&side->link, byte);
        if (status != 0)
            return status;
    }
    return 0;
}

static int open_side(void *arg)
{
    struct work_link *link = arg;
    switch (given.via) {
    case VIA_CHAN:
        return work_link_chan(link);
    case VIA_PIPE:
        return work_link_pipe(link);
    default:
        return 0;
    }
}

static int run(void *arg)
{
    static int (*const fns[])(struct side *) = { yield_side, chan_side,
                                                 pipe_side };
    struct side *side = arg;
    int status = fns[given.via](side);
    side->link.my.ops = side->link.my.rounds;
    return status;
}

static int check(struct work *work, struct share *total)
{
    const struct side *last = work_item(work, total->rounds + 1);
    if (given.via == VIA_YIELD)
        work_count(work, "yields", total->sum);
    if (last->token == total->rounds)
        return 0;
    return work_fail(work, -EBADMSG, "the token says %llu",
                     (unsigned long long)last->token);
}

const struct workload workload_switch_pair = {
    .name = "switch_pair",
    .question = "How long does it take to hand over to another task?",
    .op = "hand-over",
    .calibrated = "rounds",
    .params = { { "via", "yield", 0, 0, "yield,chan,pipe",
                  "what the token travels by" },
                { "rounds", "10000", 2 } },
    .cells = { { "coro,thread", "via=yield,chan,pipe", "via=yield,chan,pipe",
                 "via=yield,chan,pipe cpus=1,all" },
               { "pool:2", NULL, NULL, "via=yield,chan,pipe cpus=1,all" } },
    .live = "2",
    .fds = "4",
    .item = { sizeof(struct side), open_side, work_link_close },
    .run = run,
    .check = check,
};
