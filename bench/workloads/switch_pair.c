/* SPDX-License-Identifier: MIT */
/*
 * switch_pair: two tasks hand one token to and fro.  One operation is one
 * hand-over.  Timed: from letting the two go until both have ended.
 */

#include <errno.h>
#include <stdatomic.h>

#include "workload.h"

enum {
    VIA_YIELD,
    VIA_CHAN,
    VIA_PIPE
};

struct side {
    uint64_t turns;  /* hand-overs of this side */
    uint64_t token;  /* the last one it sent */
    uint64_t yields; /* yields it took */
    struct rt_chan *out, *in;
    struct rt_sock *writer, *reader;
};

static struct side sides[2];

/* Whose turn it is: the hand-over itself.  Release and acquire, so that the
 * token travels with it. */
static _Atomic int turn;

static int yield_side(void *arg)
{
    struct side *side = arg;
    int me = side != sides;
    for (uint64_t i = 0; i < side->turns; i++) {
        while (atomic_load_explicit(&turn, memory_order_acquire) != me) {
            rt_yield();
            side->yields++;
        }
        side->token = sides[!me].token + 1;
        atomic_store_explicit(&turn, !me, memory_order_release);
    }
    return 0;
}

static int chan_side(void *arg)
{
    struct side *side = arg;
    bool first = side == sides; /* starts with the token */
    for (uint64_t i = 0; i < side->turns; i++) {
        uint64_t token = 0;
        int status = 0;
        if (i > 0 || !first)
            status = rt_chan_recv(side->in, &token, RT_FOREVER);
        side->token = token + 1;
        if (status == 0)
            status = rt_chan_send(side->out, &side->token, RT_FOREVER);
        if (status != 0)
            return status;
    }
    return 0;
}

static int pipe_side(void *arg)
{
    struct side *side = arg;
    bool first = side == sides;
    unsigned char byte = 0;
    for (uint64_t i = 0; i < side->turns; i++) {
        ssize_t n = 1;
        if (i > 0 || !first) {
            n = rt_sock_read(side->reader, &byte, 1, RT_FOREVER);
            if (n == 1 && byte != (unsigned char)(first ? 2 * i : 2 * i + 1))
                return -EBADMSG;
        }
        side->token = 2 * i + (first ? 1 : 2);
        byte = (unsigned char)side->token;
        if (n == 1)
            n = rt_sock_write(side->writer, &byte, 1, RT_FOREVER);
        if (n != 1)
            return n < 0 ? (int)n : -EPIPE;
    }
    return 0;
}

static int open_sides(int via)
{
    int status = 0;
    for (int i = 0; i < 2 && status == 0; i++) {
        if (via == VIA_CHAN) {
            status = rt_chan_new(&sides[i].out, sizeof(uint64_t), 1);
            sides[!i].in = sides[i].out;
        } else if (via == VIA_PIPE) {
            status = rt_sock_pipe(&sides[!i].reader, &sides[i].writer);
        }
    }
    return status;
}

static void close_sides(void)
{
    for (int i = 0; i < 2; i++) {
        rt_chan_free(sides[i].out);
        if (sides[i].writer != NULL)
            rt_sock_close(sides[i].writer);
        if (sides[i].reader != NULL)
            rt_sock_close(sides[i].reader);
    }
}

static int body(struct work *work)
{
    static const rt_task_fn fns[] = { yield_side, chan_side, pipe_side };
    int via = work_choice(work, "via");
    uint64_t rounds = (uint64_t)work_int(work, "rounds");
    struct receipt receipt = { .ops = rounds, .digest = rounds * work_hash(1) };
    sides[0].turns = work_share(rounds, 2, 0);
    sides[1].turns = work_share(rounds, 2, 1);
    int status = open_sides(via);
    if (status == 0)
        status = work_crew(work, fns[via], sides, sizeof(*sides), 2, &receipt);
    close_sides();
    if (status != 0)
        return status;
    uint64_t token = sides[rounds % 2 == 0].token;
    if (token != rounds)
        return work_fail(work, -EBADMSG, "the token says %llu, not %llu",
                         (unsigned long long)token, (unsigned long long)rounds);
    if (via == VIA_YIELD)
        work_count(work, "yields", sides[0].yields + sides[1].yields);
    work_receipt(work, &receipt);
    return 0;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->live = needs->tasks = 2;
    needs->fds = work_choice(work, "via") == VIA_PIPE ? 4 : 0;
}

const struct workload workload_switch_pair = {
    .name = "switch_pair",
    .question = "How long does it take to hand over to another task?",
    .op = "hand-over",
    .calibrated = "rounds",
    .params = { { "via", PARAM_CHOICE, "yield", 0, 0, "yield,chan,pipe",
                  "what the token travels by" },
                { "rounds", PARAM_INT, "10000", 2, 1e9, NULL, "hand-overs" } },
    .cells = { { "coro,thread", "via=yield,chan,pipe", "via=yield,chan,pipe",
                 "via=yield,chan,pipe cpus=1,all" },
               { "pool:2", NULL, "via=chan",
                 "via=yield,chan,pipe cpus=1,all" } },
    .needs = needs,
    .body = body,
};
