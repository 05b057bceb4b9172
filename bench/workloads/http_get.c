/* SPDX-License-Identifier: MIT */
/*
 * http_get: many small GETs over keep-alive connections, the server answering
 * after delay_ms.  The connections are open and the tasks created before the
 * timed part, which ends when all have been answered.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

static struct {
    struct work *work;
    char url[96];
    char *expected; /* the body of every answer */
    size_t bytes;
} shared;

struct client {
    struct rt_http *http;
    uint64_t requests; /* its share */
    uint64_t ops, digest;
};

static int get(struct client *client)
{
    struct rt_http_reply reply;
    int status = rt_http_get(client->http, shared.url, &reply, RT_FOREVER);
    if (status != 0)
        return status;
    if (reply.status != 200 || reply.body_bytes != shared.bytes ||
        memcmp(reply.body, shared.expected, shared.bytes) != 0)
        return work_fail(shared.work, -EBADMSG,
                         "HTTP status %d, %zu bytes, for %s", reply.status,
                         reply.body_bytes, shared.url);
    client->ops++;
    client->digest +=
        work_hash(shared.bytes * 256 + (unsigned char)reply.body[0]);
    return 0;
}

/* Opens the connection with a first request that is not counted. */
static int client_open(void *arg)
{
    struct client *client = arg;
    int status = rt_http_new(&client->http);
    if (status == 0)
        status = get(client);
    client->ops = client->digest = 0;
    return status;
}

static int client_run(void *arg)
{
    struct client *client = arg;
    int status = 0;
    for (uint64_t i = 0; i < client->requests && status == 0; i++)
        status = get(client);
    return status;
}

static int run(struct work *work, struct client *clients, size_t n)
{
    struct receipt receipt = { .connections = n };
    int delay_ms = (int)work_int(work, "delay_ms");
    uint64_t requests = (uint64_t)work_int(work, "requests");
    for (size_t i = 0; i < n; i++)
        clients[i].requests = work_share(requests, n, i);
    for (size_t i = 0; i < shared.bytes; i++)
        shared.expected[i] = (char)('a' + i % 26);
    int length = snprintf(shared.url, sizeof(shared.url),
                          "http://" WORK_HOST ":%u/bytes/%zu",
                          work_http_port(work), shared.bytes);
    int status = work_waves(client_open, clients, sizeof(*clients), n);
    if (delay_ms > 0)
        snprintf(shared.url + length, sizeof(shared.url) - (size_t)length,
                 "?delay_ms=%d", delay_ms);
    if (status == 0)
        status =
            work_crew(work, client_run, clients, sizeof(*clients), n, &receipt);
    for (size_t i = 0; i < n; i++) {
        receipt.ops += clients[i].ops;
        receipt.bytes += clients[i].ops * shared.bytes;
        receipt.digest += clients[i].digest;
        rt_http_free(clients[i].http);
    }
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "conns");
    shared.work = work;
    shared.bytes = (size_t)work_int(work, "bytes");
    shared.expected = malloc(shared.bytes + 1);
    struct client *clients = calloc(n, sizeof(*clients));
    int status = -ENOMEM;
    if (clients != NULL && shared.expected != NULL)
        status = run(work, clients, n);
    free(clients);
    free(shared.expected);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = (uint64_t)work_int(work, "conns");
    needs->fds = 3 * needs->tasks; /* a socket, and what curl wakes up by */
}

const struct workload workload_http_get = {
    .name = "http_get",
    .question = "How many small HTTP requests get through?",
    .op = "request",
    .axis = "conns",
    .calibrated = "requests",
    .flags = WORK_ORIGIN,
    .params = { { "conns", PARAM_INT, "16", 1, 20000, NULL,
                  "connections, one task each" },
                { "delay_ms", PARAM_INT, "0", 0, 10000, NULL,
                  "the server answers after so many milliseconds" },
                { "bytes", PARAM_INT, "1024", 1, 1 << 20, NULL,
                  "length of an answer" },
                { "requests", PARAM_INT, "1000", 1, 1e7, NULL,
                  "requests over all connections" } },
    .cells = { { "coro,thread", "conns=16 delay_ms=0 | conns=128 delay_ms=10",
                 "conns=16,128 delay_ms=0 | conns=128,1024 delay_ms=10",
                 "conns=16,128,1024 delay_ms=0,10" },
               { "pool:20", "conns=128 delay_ms=10", "conns=128 delay_ms=10",
                 "conns=16,128,1024 delay_ms=0,10" },
               { "seq", NULL, NULL, "conns=16 delay_ms=0,10" } },
    .needs = needs,
    .body = body,
};
