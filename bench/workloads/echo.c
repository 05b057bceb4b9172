/* SPDX-License-Identifier: MIT */
/*
 * echo: clients of a TCP echo server, one message in flight per connection.
 * One operation is one round trip.  The connections are open and the tasks
 * created before the timed part, which ends when all have had their answers.
 *
 * Byte j of the message of round trip k is (j + k) mod 256; what the digest
 * adds up is the same for each (origin.h, where the load generator plays the
 * same game).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024
};

static struct {
    struct work *work;
    size_t bytes;
} shared;

struct conn {
    struct rt_sock *sock;
    uint64_t rounds; /* its share */
    uint64_t ops, digest;
};

static int conn_open(void *arg)
{
    struct conn *conn = arg;
    return rt_sock_connect(&conn->sock, WORK_HOST, work_echo_port(shared.work),
                           RT_FOREVER);
}

static int round_trip(struct conn *conn, unsigned char *out, unsigned char *in)
{
    for (size_t j = 0; j < shared.bytes; j++)
        out[j] = (unsigned char)(j + conn->ops);
    ssize_t n = rt_sock_write(conn->sock, out, shared.bytes, RT_FOREVER);
    for (size_t got = 0; n > 0 && got < shared.bytes; got += (size_t)n)
        n = rt_sock_read(conn->sock, in + got, shared.bytes - got, RT_FOREVER);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : (int)n;
    if (memcmp(in, out, shared.bytes) != 0)
        return work_fail(shared.work, -EBADMSG,
                         "the answer to message %llu differs",
                         (unsigned long long)conn->ops);
    /* Filled above: there is at least one byte. */
    unsigned char last = in[shared.bytes - 1]; /* NOLINT(clang-analyzer-*) */
    last = (unsigned char)(last - conn->ops);
    conn->digest += work_hash(shared.bytes * 256 + last);
    conn->ops++;
    return 0;
}

static int conn_run(void *arg)
{
    struct conn *conn = arg;
    unsigned char out[BYTES_MAX], in[BYTES_MAX];
    int status = 0;
    while (conn->ops < conn->rounds && status == 0)
        status = round_trip(conn, out, in);
    return status;
}

static int body(struct work *work)
{
    size_t n = (size_t)work_int(work, "conns");
    uint64_t rounds = (uint64_t)work_int(work, "rounds");
    struct receipt receipt = { .connections = n };
    struct conn *conns = calloc(n, sizeof(*conns));
    if (conns == NULL)
        return -ENOMEM;
    shared.work = work;
    shared.bytes = (size_t)work_int(work, "bytes");
    for (size_t i = 0; i < n; i++)
        conns[i].rounds = work_share(rounds, n, i);
    int status = work_waves(conn_open, conns, sizeof(*conns), n);
    if (status == 0)
        status = work_crew(work, conn_run, conns, sizeof(*conns), n, &receipt);
    for (size_t i = 0; i < n; i++) {
        receipt.ops += conns[i].ops;
        receipt.bytes += conns[i].ops * shared.bytes;
        receipt.digest += conns[i].digest;
        if (conns[i].sock != NULL)
            rt_sock_close(conns[i].sock);
    }
    free(conns);
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static void needs(const struct work *work, struct needs *needs)
{
    needs->tasks = needs->fds = (uint64_t)work_int(work, "conns");
}

const struct workload workload_echo = {
    .name = "echo",
    .question = "What does a TCP round trip cost the client?",
    .op = "round trip",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", PARAM_INT, "100", 1, 20000, NULL,
                  "connections, one task each" },
                { "bytes", PARAM_INT, "64", 1, BYTES_MAX, NULL,
                  "length of a message" },
                { "rounds", PARAM_INT, "10000", 1, 1e8, NULL,
                  "round trips over all connections" } },
    .cells = { { "coro,thread", "conns=1,100", "conns=1,100,1000",
                 "conns=1,100,1000,10000" },
               { "pool:20,epoll", "conns=100", "conns=100",
                 "conns=1,100,1000,10000" },
               { "seq", NULL, NULL, "conns=1" } },
    .needs = needs,
    .body = body,
};
