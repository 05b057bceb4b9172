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

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels.h"
#include "workload.h"

enum {
    BYTES = 1024
};

static struct {
    struct work *work;
    char url[96];
    int64_t passes;
} shared;

struct unit {
    struct rt_http *http;
    uint64_t hash;
};

static int fetch(struct unit *unit, struct rt_http_reply *reply)
{
    int status = rt_http_get(unit->http, shared.url, reply, RT_FOREVER);
    if (status == 0 && (reply->status != 200 || reply->body_bytes != BYTES))
        status = work_fail(shared.work, -EBADMSG,
                           "HTTP status %d, %zu bytes, for %s", reply->status,
                           reply->body_bytes, shared.url);
    return status;
}

/* Opens the connection with a first request that is not counted. */
static int unit_open(void *arg)
{
    struct unit *unit = arg;
    struct rt_http_reply reply;
    int status = rt_http_new(&unit->http);
    return status != 0 ? status : fetch(unit, &reply);
}

static uint64_t compute(uint64_t hash, const char *body)
{
    for (int64_t i = 0; i < shared.passes; i++)
        hash = kernel_fnv(hash, body, BYTES);
    return hash;
}

static int unit_run(void *arg)
{
    struct unit *unit = arg;
    struct rt_http_reply reply;
    int status = fetch(unit, &reply);
    if (status == 0) {
        unit->hash = compute(KERNEL_FNV_START, reply.body);
        status = fetch(unit, &reply);
    }
    if (status == 0)
        unit->hash = kernel_fnv(unit->hash, reply.body, BYTES);
    return status;
}

/* The hash each unit must come to; and what a pass takes. */
static uint64_t expect(struct work *work)
{
    char body[BYTES];
    for (int i = 0; i < BYTES; i++)
        body[i] = (char)('a' + i % 26);
    int64_t start = rt_now();
    uint64_t hash = compute(KERNEL_FNV_START, body);
    work_count(work, "pass_ns", (uint64_t)((rt_now() - start) / shared.passes));
    return kernel_fnv(hash, body, BYTES);
}

static int run(struct work *work, struct unit *units, size_t n,
               struct receipt *receipt)
{
    uint64_t expected = expect(work);
    int status = work_waves(unit_open, units, sizeof(*units), n);
    if (status == 0)
        status = work_crew(work, unit_run, units, sizeof(*units), n, receipt);
    for (size_t i = 0; i < n; i++) {
        receipt->ops += units[i].hash == expected;
        receipt->digest += work_hash(units[i].hash);
        rt_http_free(units[i].http);
    }
    if (status == 0 && receipt->ops != n)
        status = work_fail(work, -EBADMSG, "%zu of %zu hashes are wrong",
                           n - (size_t)receipt->ops, n);
    return status;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "tasks");
    struct unit *units = calloc(n, sizeof(*units));
    struct receipt receipt = { .bytes = 2 * BYTES * n, .connections = n };
    if (units == NULL)
        return -ENOMEM;
    shared.work = work;
    shared.passes = work_int(work, "cpu_us");
    snprintf(shared.url, sizeof(shared.url),
             "http://" WORK_HOST ":%u/bytes/%d?delay_ms=%d",
             work_http_port(work), BYTES, (int)work_int(work, "delay_ms"));
    int status = run(work, units, n, &receipt);
    free(units);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = (uint64_t)work_int(work, "tasks");
    needs->fds = 3 * needs->tasks; /* a socket, and what curl wakes up by */
}

const struct workload workload_mixed = {
    .name = "mixed",
    .question = "What if tasks both wait and compute?",
    .op = "task",
    .axis = "cpu_us",
    .flags = WORK_ORIGIN,
    .params = { { "tasks", PARAM_INT, "100", 1, 10000, NULL, "tasks" },
                { "cpu_us", PARAM_INT, "100", 1, 1e6, NULL,
                  "computing between the two fetches, about microseconds" },
                { "delay_ms", PARAM_INT, "10", 0, 10000, NULL,
                  "the server answers after so many milliseconds" },
                { "offload", PARAM_INT, "0", 0, 0, NULL,
                  "compute on the task itself" } },
    .cells = { { "coro,pool:20,thread", "cpu_us=100", "cpu_us=10,100,1000",
                 "cpu_us=10,100,1000,10000 cpus=1,all" } },
    .needs = needs,
    .body = body,
};
