/* SPDX-License-Identifier: MIT */
/*
 * fanin_ready: a reader waits on each of many socket pairs.  In each round the
 * last task makes some of them readable, a byte each, and waits for the echoes.
 * One operation is one byte and its echo: what does it cost when more sockets
 * are ready at once?
 */

#include "workload.h"

/* A pair: the reader's end (in) and the other one (out). */
static int open_pair(void *arg)
{
    struct work_link *link = arg;
    return rt_sock_pair(&link->reader, &link->writer);
}

static int echo(struct work_link *link, uint64_t bytes)
{
    int status = 0;
    char byte;
    while (bytes-- > 0 && status == 0) {
        ssize_t n = rt_sock_read(link->reader, &byte, 1, RT_FOREVER);
        if (n == 1)
            n = rt_sock_write(link->reader, &byte, 1, RT_FOREVER);
        status = n == 1 ? 0 : n == 0 ? -EPIPE : (int)n;
    }
    return status;
}

/* One round: bytes first to end - 1, each to the next pair. */
static int drive(struct share *my, uint64_t end)
{
    int status = 0;
    uint64_t pairs = (uint64_t)given.conns;
    for (uint64_t i = my->ops; i < end && status == 0; i++) {
        struct work_link *link = work_item(my->work, i % pairs);
        unsigned char byte = (unsigned char)i;
        ssize_t n = rt_sock_write(link->writer, &byte, 1, RT_FOREVER);
        status = n < 0 ? (int)n : 0;
    }
    for (; my->ops < end && status == 0; my->ops++) {
        struct work_link *link = work_item(my->work, my->ops % pairs);
        unsigned char byte = (unsigned char)~my->ops;
        ssize_t n = rt_sock_read(link->writer, &byte, 1, RT_FOREVER);
        status = n == 1 ? 0 : n == 0 ? -EPIPE : (int)n;
        if (n == 1 && byte != (unsigned char)my->ops)
            status = -EBADMSG;
    }
    return status;
}

static int run(void *arg)
{
    struct work_link *link = arg;
    uint64_t pairs = (uint64_t)given.conns, rounds = (uint64_t)given.rounds;
    uint64_t ready = (uint64_t)((double)pairs * given.frac + 0.5);
    int status = 0;
    if (link->my.index < pairs)
        return echo(link, work_share(rounds, pairs, link->my.index));
    while (link->my.ops < rounds && status == 0) {
        uint64_t end = link->my.ops + (ready > 0 ? ready : 1);
        status = drive(&link->my, end < rounds ? end : rounds);
    }
    return status;
}

const struct workload workload_fanin_ready = {
    .name = "fanin_ready",
    .question = "What does it cost when many sockets are ready at once?",
    .op = "byte",
    .axis = "frac",
    .calibrated = "rounds",
    .params = { { "conns", "1000", 1, 10000, NULL, "socket pairs" },
                { "frac", "0.1", .help = "of them ready at once, or just one" },
                { "rounds", "10000", 1, 1e8 } },
    .cells = { { "coro,thread", NULL, NULL,
                 "conns=100 frac=0.01,0.1,1 | conns=1000 frac=0.001,0.01,0.1,1 | conns=10000 frac=0.0001,0.01,0.1,1" } },
    .live = "conns+1",
    .fds = "2*conns+2",
    .item = { sizeof(struct work_link), open_pair, work_link_close },
    .run = run,
};
