/* SPDX-License-Identifier: MIT */
/*
 * switch_pair: two tasks hand one token to and fro.  One operation is one
 * hand-over.  Timed: from letting the two go until both have ended.
 */

#include <errno.h>

#include "workload.h"

enum {
    VIA_YIELD,
    VIA_CHAN,
    VIA_PIPE
};

static struct side {
    uint64_t token;  /* the last one it sent */
    uint64_t yields; /* yields it took */
    struct rt_chan *out;
    struct rt_sock *writer, *reader;
} sides[2];

static int via;

/* Whose turn it is: the hand-over itself.  Release and acquire, so that the
 * token travels with it. */
static _Atomic int turn;

static int yield_side(const struct share *my, int me)
{
    for (uint64_t i = 0; i < my->rounds; i++) {
        while (atomic_load_explicit(&turn, memory_order_acquire) != me) {
            rt_yield();
            sides[me].yields++;
        }
        sides[me].token = sides[!me].token + 1;
        atomic_store_explicit(&turn, !me, memory_order_release);
    }
    return 0;
}

/* The first side starts with the token. */
static int chan_side(const struct share *my, int me)
{
    for (uint64_t i = 0; i < my->rounds; i++) {
        uint64_t token = 0;
        int status = 0;
        if (i > 0 || me == 1)
            status = rt_chan_recv(sides[!me].out, &token, RT_FOREVER);
        sides[me].token = token + 1;
        if (status == 0)
            status = rt_chan_send(sides[me].out, &sides[me].token, RT_FOREVER);
        if (status != 0)
            return status;
    }
    return 0;
}

static int pipe_side(const struct share *my, int me)
{
    unsigned char byte = 0;
    for (uint64_t i = 0; i < my->rounds; i++) {
        ssize_t n = 1;
        if (i > 0 || me == 1) {
            n = rt_sock_read(sides[me].reader, &byte, 1, RT_FOREVER);
            if (n == 1 && byte != (unsigned char)(2 * i + (uint64_t)me))
                return -EBADMSG;
        }
        sides[me].token = 2 * i + (uint64_t)me + 1;
        byte = (unsigned char)sides[me].token;
        if (n == 1)
            n = rt_sock_write(sides[me].writer, &byte, 1, RT_FOREVER);
        if (n != 1)
            return n < 0 ? (int)n : -EPIPE;
    }
    return 0;
}

static int run(void *arg)
{
    static int (*const fns[])(const struct share *my,
                              int me) = { yield_side, chan_side, pipe_side };
    struct share *my = arg;
    int status = fns[via](my, (int)my->index);
    my->ops = my->rounds;
    return status;
}

static int open_side(void *arg)
{
    const struct share *my = arg;
    struct side *side = &sides[my->index];
    via = work_choice(my->work, "via");
    if (via == VIA_CHAN)
        return rt_chan_new(&side->out, sizeof(uint64_t), 1);
    return rt_sock_pipe(&sides[!my->index].reader, &side->writer);
}

static void close_side(void *arg)
{
    struct side *side = &sides[((struct share *)arg)->index];
    rt_chan_free(side->out);
    if (side->writer != NULL)
        rt_sock_close(side->writer);
    if (side->reader != NULL)
        rt_sock_close(side->reader);
}

static int check(struct work *work, struct share *total)
{
    uint64_t token = sides[total->rounds % 2 == 0].token;
    if (via == VIA_YIELD)
        work_count(work, "yields", sides[0].yields + sides[1].yields);
    if (token == total->rounds)
        return 0;
    return work_fail(work, -EBADMSG, "the token says %llu",
                     (unsigned long long)token);
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
               { "pool:2", NULL, "via=chan",
                 "via=yield,chan,pipe cpus=1,all" } },
    .live = "2",
    .fds = "4",
    .open = open_side,
    .run = run,
    .close = close_side,
    .check = check,
    .body = work_group,
};
