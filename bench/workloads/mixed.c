/* SPDX-License-Identifier: MIT */
/*
 * mixed: each task fetches a KiB from a server that takes its time, computes
 * on it, and fetches again.  The connections are open and the tasks created
 * before the timed part.
 *
 * cpu_us stands for an amount of work, not of time, so that every runtime
 * does the same: passes of FNV-1a over the KiB, of about a microsecond each.
 * The record says what a pass took here (pass_ns).
 */

#include "kernels.h"
#include "workload.h"

enum {
    BYTES = 1024
};

static uint64_t expected; /* what each task must come to */

struct unit {
    struct work_client client;
    const char *body;
    uint64_t hash;
};

static int compute(void *arg)
{
    struct unit *unit = arg;
    for (int64_t i = 0; i < given.cpu_us; i++)
        unit->hash = kernel_fnv(unit->hash, unit->body, BYTES);
    return 0;
}

static int setup(struct work *work)
{
    char body[BYTES];
    struct unit unit = { .body = body, .hash = KERNEL_FNV_START };
    for (int i = 0; i < BYTES; i++)
        body[i] = (char)('a' + i % 26);
    int64_t start = rt_now();
    compute(&unit);
    work_count(work, "pass_ns", (uint64_t)((rt_now() - start) / given.cpu_us));
    expected = kernel_fnv(unit.hash, body, BYTES);
    return 0;
}

static int run(void *arg)
{
    struct unit *unit = arg;
    struct share *my = &unit->client.my;
    int status = work_fetch(&unit->client);
    unit->body = unit->client.reply.body;
    unit->hash = KERNEL_FNV_START;
    if (status == 0)
        status =
            given.offload ? rt_offload(compute, unit, NULL) : compute(unit);
    if (status == 0)
        status = work_fetch(&unit->client);
    if (status != 0)
        return status;
    unit->hash = kernel_fnv(unit->hash, unit->client.reply.body, BYTES);
    my->ops = unit->hash == expected;
    my->bytes = (uint64_t)2 * BYTES;
    my->digest = work_hash(unit->hash);
    return 0;
}

const struct workload workload_mixed = {
    .name = "mixed",
    .question = "What if tasks both wait and compute?",
    .op = "task",
    .axis = "cpu_us",
    .flags = WORK_ORIGIN | WORK_HTTP,
    .params = { { "tasks", "100", 1, 10000 },
                { "cpu_us", "100", 1 },
                { "delay_ms", "10" },
                { "offload", "0" } },
    .cells = { { "coro,pool:20,thread", "cpu_us=100", "cpu_us=10,100,1000",
                 "cpu_us=10,100,1000,10000 cpus=1,all | cpu_us=10,100,1000,10000 offload=1 cpus=all" } },
    .tasks = "tasks",
    .clients = "tasks",
    .item = { sizeof(struct unit), work_client_open, work_client_close },
    .setup = setup,
    .run = run,
};
