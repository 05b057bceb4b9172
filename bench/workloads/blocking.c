/* SPDX-License-Identifier: MIT */
/*
 * blocking: of many tasks one does what must not be done on an event loop: in
 * every 100 ms it blocks its thread for 50, by a sleep that the runtime does
 * not know of or by computing.  The others have a heartbeat every 10 ms, and
 * how late it is shows what they suffer.  With offload=1 the same is done by
 * rt_offload().  One operation is one heartbeat.
 */

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "kernels.h"
#include "workload.h"

enum {
    CYCLE_NS = 100000000,
    BLOCK_NS = 50000000,
    BEAT_NS = 10000000
};

static struct {
    struct work *work;
    bool computes, offload;
    int64_t cycles;
    _Atomic int64_t start;
} shared;

struct member {
    size_t index, of; /* 0 is the one that blocks */
    uint64_t ops, hash;
};

/* 50 ms: of sleep, or of passes that take about a microsecond each. */
static int block(void *arg)
{
    static const char page[1024] = "computing";
    struct member *member = arg;
    struct timespec time = { .tv_nsec = BLOCK_NS };
    for (int i = 0; shared.computes && i < BLOCK_NS / 1000; i++)
        member->hash = kernel_fnv(member->hash, page, sizeof(page));
    return shared.computes || nanosleep(&time, NULL) == 0 ? 0 : -errno;
}

/* In the second half of each cycle. */
static int block_all(struct member *member, int64_t next)
{
    int status = 0;
    for (int64_t i = 0; i < shared.cycles && status == 0; i++) {
        status = rt_sleep(next + BLOCK_NS);
        if (status == 0 && shared.offload)
            rt_offload(block, member, &status);
        else if (status == 0)
            status = block(member);
        next += CYCLE_NS;
    }
    return status;
}

static int beat_all(struct member *member, int64_t next)
{
    int status = 0;
    int64_t beats = shared.cycles * (CYCLE_NS / BEAT_NS);
    next += (int64_t)member->index * BEAT_NS / (int64_t)member->of;
    for (int64_t i = 0; i < beats && status == 0; i++) {
        status = work_beat(shared.work, &next, BEAT_NS);
        member->ops++;
    }
    return status;
}

static int member_run(void *arg)
{
    struct member *member = arg;
    int64_t start = 0, now = rt_now();
    if (atomic_compare_exchange_strong(&shared.start, &start, now))
        start = now;
    return member->index == 0 ? block_all(member, start)
                              : beat_all(member, start);
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "tasks");
    struct member *members = calloc(n, sizeof(*members));
    struct receipt receipt = { 0 };
    if (members == NULL)
        return -ENOMEM;
    shared.work = work;
    shared.computes = work_choice(work, "via") == 1;
    shared.offload = work_int(work, "offload") != 0;
    shared.cycles = work_int(work, "rounds");
    for (size_t i = 0; i < n; i++)
        members[i] = (struct member){ .index = i, .of = n };
    int status =
        work_crew(work, member_run, members, sizeof(*members), n, &receipt);
    for (size_t i = 0; i < n; i++) {
        receipt.ops += members[i].ops;
        receipt.digest += members[i].ops * work_hash(members[i].hash);
    }
    receipt.digest += work_hash(members[0].hash);
    free(members);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

/* All must be there, or some have no heartbeat. */
static void needs(const struct work *work, struct needs *needs)
{
    needs->live = needs->tasks = (uint64_t)work_int(work, "tasks");
}

const struct workload workload_blocking = {
    .name = "blocking",
    .question = "What do others suffer when one task blocks its thread?",
    .op = "heartbeat",
    .flags = WORK_WAITS,
    .params = { { "tasks", PARAM_INT, "100", 2, 10000, NULL,
                  "one that blocks, and others with a heartbeat" },
                { "rounds", PARAM_INT, "2", 1, 1000, NULL,
                  "times it blocks, 100 ms apart" },
                { "via", PARAM_CHOICE, "sleep", 0, 0, "sleep,compute",
                  "how it blocks for 50 ms" },
                { "offload", PARAM_INT, "0", 0, 1, NULL,
                  "1: by rt_offload(), off the event loop" } },
    .cells = { { "coro", "offload=0,1", "offload=0,1",
                 "rounds=11 via=sleep,compute offload=0,1" },
               { "thread,pool:128", NULL, NULL,
                 "rounds=11 via=sleep,compute" } },
    .needs = needs,
    .body = body,
};
