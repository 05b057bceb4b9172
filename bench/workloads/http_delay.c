/* SPDX-License-Identifier: MIT */
/*
 * http_delay: the classic demonstration.  GET number i asks for an answer
 * after (i mod 3) + 1 seconds times scale.  One task, one client and one
 * connection per request; all of it is timed.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "workload.h"

struct request {
    struct work *work;
    double delay_s;
    bool done;
};

static int request_run(void *arg)
{
    struct request *request = arg;
    struct rt_http *http = NULL;
    struct rt_http_reply reply;
    char url[96];
    snprintf(url, sizeof(url), "http://" WORK_HOST ":%u/delay/%.6f",
             work_http_port(request->work), request->delay_s);
    int64_t earliest = rt_in((int64_t)(request->delay_s * 1e9));
    int status = rt_http_new(&http);
    if (status == 0)
        status = rt_http_get(http, url, &reply, RT_FOREVER);
    if (status == 0 && reply.status != 200)
        status = work_fail(request->work, -EPROTO, "HTTP status %d for %s",
                           reply.status, url);
    if (status == 0 && rt_now() < earliest)
        status = work_fail(request->work, -ETIME, "early answer to %s", url);
    request->done = status == 0;
    rt_http_free(http);
    return status;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "requests");
    struct request *requests = calloc(n, sizeof(*requests));
    struct receipt receipt = { .connections = n };
    if (requests == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        requests[i] = (struct request){ .work = work,
                                        .delay_s = (double)(i % 3 + 1) *
                                                   work_real(work, "scale") };
    int status =
        work_tasks(work, request_run, requests, sizeof(*requests), n, &receipt);
    for (size_t i = 0; i < n; i++) {
        receipt.ops += requests[i].done;
        receipt.digest += requests[i].done * work_hash(i % 3 + 1);
    }
    free(requests);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = (uint64_t)work_int(work, "requests");
    needs->fds = 3 * needs->tasks; /* a socket, and what curl wakes up by */
}

const struct workload workload_http_delay = {
    .name = "http_delay",
    .question = "How much waiting for a slow server can overlap?",
    .op = "request",
    .flags = WORK_ORIGIN,
    .params = { { "requests", PARAM_INT, "50", 1, 10000, NULL,
                  "GETs, one task each" },
                { "scale", PARAM_REAL, "1", 0.001, 10, NULL,
                  "seconds in a second" } },
    .cells = { { "coro,pool:20,pool:50,thread", "scale=0.02", "scale=0.1",
                 "scale=0.1,1" },
               { "seq", "requests=10 scale=0.02", "requests=10 scale=0.1",
                 "requests=10 scale=0.1,1" } },
    .needs = needs,
    .body = body,
};
