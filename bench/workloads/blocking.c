/* SPDX-License-Identifier: MIT */
/*
 * blocking: of many tasks one does what must not be done on an event loop: in
 * every 100 ms it blocks its thread for 50, by a sleep that the runtime does
 * not know of or by computing.  The others have a heartbeat every 10 ms, and
 * how late it is shows what they suffer.  With offload=1 the same is done by
 * rt_offload().  One operation is one heartbeat.
 */

#include <time.h>

#include "kernels.h"
#include "workload.h"

enum {
    CYCLE_NS = 100000000,
    BLOCK_NS = 50000000,
    BEAT_NS = 10000000
};

static _Atomic int64_t first; /* start of the one that came first */

struct member {
    struct share my;
    uint64_t hash;
};

/* 50 ms: of sleep, or of passes that take about a microsecond each. */
static int block(void *arg)
{
    static const char page[1024] = "computing";
    struct member *member = arg;
    struct timespec time = { .tv_nsec = BLOCK_NS };
    for (int i = 0; given.via && i < BLOCK_NS / 1000; i++)
        member->hash = kernel_fnv(member->hash, page, sizeof(page));
    member->my.sum++;
    return given.via || nanosleep(&time, NULL) == 0 ? 0 : -errno;
}

/* In the second half of each cycle. */
static int block_all(struct member *member, int64_t next)
{
    int status = 0;
    for (int64_t i = 0; i < given.rounds && status == 0; i++) {
        status = rt_sleep(next + BLOCK_NS);
        if (status == 0 && given.offload)
            rt_offload(block, member, &status);
        else if (status == 0)
            status = block(member);
        next += CYCLE_NS;
    }
    return status;
}

static int beat_all(struct share *my, int64_t next)
{
    int status = 0;
    int64_t beats = given.rounds * (CYCLE_NS / BEAT_NS);
    next += ((int64_t)my->index * BEAT_NS / given.tasks);
    for (int64_t i = 0; i < beats && status == 0; i++) {
        status = work_beat(my->work, &next, BEAT_NS);
        my->ops++;
    }
    return status;
}

static int run(void *arg)
{
    struct member *member = arg;
    int64_t start = 0, now = rt_now();
    if (atomic_compare_exchange_strong(&first, &start, now))
        start = now;
    int status = member->my.index == 0 ? block_all(member, start)
                                       : beat_all(&member->my, start);
    member->my.digest =
        (member->my.index == 0 ? 1 : member->my.ops) * work_hash(member->hash);
    return status;
}

/* All but one have a heartbeat. */
static int check(struct work *work, struct share *total)
{
    (void)work;
    total->rounds -= (uint64_t)given.rounds * (CYCLE_NS / BEAT_NS);
    return 0;
}

const struct workload workload_blocking = {
    .name = "blocking",
    .question = "What do others suffer when one task blocks its thread?",
    .op = "heartbeat",
    .flags = WORK_WAITS | WORK_STALLS,
    .params = { { "tasks", "100", 2, 10000, NULL,
                  "one that blocks, and others with a heartbeat" },
                { "rounds", "2", 1, 1000, NULL,
                  "times it blocks, 100 ms apart" },
                { "via", "sleep", 0, 0, "sleep,compute",
                  "how it blocks for 50 ms" },
                { "offload", "0" } },
    .cells = { { "coro", "offload=0,1", "offload=0,1",
                 "rounds=11 via=sleep,compute offload=0,1" },
               { "thread,pool:128", NULL, NULL,
                 "rounds=11 via=sleep,compute" } },
    .live = "tasks", /* all must be there, or some have no heartbeat */
    .ops = "10*rounds*tasks",
    .sum = "rounds", /* times it blocked */
    .item.bytes = sizeof(struct member),
    .run = run,
    .check = check,
};
