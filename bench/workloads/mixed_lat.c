/* SPDX-License-Identifier: MIT */
/*
 * mixed_lat: requests come in by a schedule of their own (Poisson), whether
 * or not those before are done; each waits 10 ms, computes, waits 10 ms.
 * Latency counts from the time it should have started.  Meanwhile one task
 * has a heartbeat every millisecond: how late that is shows what the computing
 * does to the others.  With offload=1 it is done by rt_offload().
 *
 * cpu_us is an amount of work as in mixed: passes of FNV-1a over a KiB.
 */

#include <errno.h>
#include <stdlib.h>

#include "kernels.h"
#include "workload.h"

enum {
    WAIT_NS = 10000000,
    BEAT_NS = 1000000
};

static struct {
    struct work *work;
    int64_t passes;
    uint64_t expected; /* what each request must come to */
    bool offload;
    struct gauge gauge;
    atomic_bool done;
} shared;

struct request {
    struct rt_task *task;
    int64_t start; /* intended */
    uint64_t hash;
};

static int compute(void *arg)
{
    static const char page[1024] = "a page of a request";
    uint64_t *hash = arg;
    for (int64_t i = 0; i < shared.passes; i++)
        *hash = kernel_fnv(*hash, page, sizeof(page));
    return 0;
}

static int request_run(void *arg)
{
    struct request *request = arg;
    gauge_enter(&shared.gauge);
    int status = work_sleep(shared.work, rt_in(WAIT_NS), NULL);
    if (status == 0)
        status = shared.offload ? rt_offload(compute, &request->hash, NULL)
                                : compute(&request->hash);
    if (status == 0)
        status = work_sleep(shared.work, rt_in(WAIT_NS), NULL);
    if (status == 0 && request->hash != shared.expected)
        status = work_fail(shared.work, -EBADMSG, "a hash is wrong");
    work_latency(shared.work, WORK_LATENCY, rt_now() - request->start);
    gauge_leave(&shared.gauge);
    return status;
}

static int heartbeat(void *arg)
{
    int64_t next = rt_now();
    int status = 0;
    (void)arg;
    gauge_enter(&shared.gauge);
    while (status == 0 && !atomic_load(&shared.done))
        status = work_beat(shared.work, &next, BEAT_NS);
    gauge_leave(&shared.gauge);
    return status;
}

/* Starts requests as they come in, n at most; returns their number. */
static uint64_t start_all(struct request *requests, uint64_t n, int *error)
{
    struct arrivals arrivals;
    uint64_t started = 0;
    arrivals_init(&arrivals, shared.work, WORK_POISSON,
                  work_int(shared.work, "rate"), n);
    for (;;) {
        struct request *request = &requests[started];
        *error = arrivals_next(&arrivals, &request->start);
        if (*error <= 0)
            break;
        request->hash = KERNEL_FNV_START;
        *error = rt_spawn(&request->task, request_run, request);
        if (*error != 0)
            break;
        started++;
    }
    arrivals_count(&arrivals, shared.work, started);
    return started;
}

static int run(struct request *requests, uint64_t n, struct receipt *receipt)
{
    struct rt_task *beat;
    int error = 0, status = 0, result;
    status = rt_spawn(&beat, heartbeat, NULL);
    if (status != 0)
        return status;
    receipt->ops = start_all(requests, n, &error);
    for (uint64_t i = 0; i < receipt->ops; i++) {
        rt_join(requests[i].task, &result, RT_FOREVER);
        receipt->digest += work_hash(requests[i].hash);
        status = status == 0 ? result : status;
    }
    atomic_store(&shared.done, true);
    rt_join(beat, &result, RT_FOREVER);
    receipt->units = atomic_load(&shared.gauge.ended);
    receipt->peak = atomic_load(&shared.gauge.peak);
    return error != 0 ? error : status != 0 ? status : result;
}

static int body(struct work *work)
{
    uint64_t n = (uint64_t)work_int(work, "requests");
    struct receipt receipt = { 0 };
    /* Room for the start of the one that does not come. */
    struct request *requests = calloc(n + 1, sizeof(*requests));
    if (requests == NULL)
        return -ENOMEM;
    shared.work = work;
    shared.passes = work_int(work, "cpu_us");
    shared.expected = KERNEL_FNV_START;
    compute(&shared.expected);
    shared.offload = work_int(work, "offload") != 0;
    work_begin(work);
    int status = run(requests, n, &receipt);
    work_end(work);
    free(requests);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

const struct workload workload_mixed_lat = {
    .name = "mixed_lat",
    .question = "When does a burst of computing ruin everybody's latency?",
    .op = "request",
    .version = 1, /* 0: each request began with another hash */
    .axis = "cpu_us",
    .flags = WORK_WAITS,
    .params = { { "rate", "50", 1, 1e6, NULL, "requests coming in per second" },
                { "requests", "12", 1, 1e6 },
                { "cpu_us", "10000", 1 },
                { "offload", "0" } },
    .cells = { { "coro", NULL, "offload=0,1",
                 "requests=150 offload=0,1 | "
                 "cpu_us=1000 rate=500 requests=1500 offload=0,1 | "
                 "cpu_us=100 rate=5000 requests=15000 offload=0,1" },
               { "thread", NULL, "",
                 "requests=150 | cpu_us=1000 rate=500 requests=1500 | "
                 "cpu_us=100 rate=5000 requests=15000" },
               { "pool:20", NULL, NULL,
                 "requests=150 | cpu_us=1000 rate=500 requests=1500" } },
    .live = "2", /* a request and the heartbeat */
    .tasks = "requests",
    .body = body,
};
