/* SPDX-License-Identifier: MIT */
/*
 * echo: clients of a TCP echo server, one message in flight per connection.
 * One operation is one round trip.  The connections are open and the tasks
 * created before the timed part.
 *
 * Byte j of the message of round trip k is (j + k) mod 256; what the digest
 * adds up is the same for each (origin.h, where the load generator plays the
 * same game).
 */

#include <string.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024
};

static int round_trip(struct work_conn *conn, unsigned char *out,
                      unsigned char *in)
{
    size_t bytes = (size_t)given.bytes;
    for (size_t j = 0; j < bytes; j++)
        out[j] = (unsigned char)(j + conn->my.ops);
    ssize_t n = rt_sock_write(conn->sock, out, bytes, RT_FOREVER);
    for (size_t got = 0; n > 0 && got < bytes; got += (size_t)n)
        n = rt_sock_read(conn->sock, in + got, bytes - got, RT_FOREVER);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : (int)n;
    if (memcmp(in, out, bytes) != 0)
        return work_fail(conn->my.work, -EBADMSG, "an answer differs");
    /* Filled above: there is at least one byte. */
    unsigned char last = in[bytes - 1]; /* NOLINT(clang-analyzer-*) */
    last = (unsigned char)(last - conn->my.ops);
    conn->my.digest += work_hash(bytes * 256 + last);
    conn->my.bytes += bytes;
    conn->my.ops++;
    return 0;
}

static int run(void *arg)
{
    struct work_conn *conn = arg;
    unsigned char out[BYTES_MAX], in[BYTES_MAX];
    int64_t start;
    int status;
    while ((status = work_next(&conn->my, &start)) > 0) {
        status = round_trip(conn, out, in);
        if (status != 0)
            break;
        work_latency(conn->my.work, WORK_LATENCY, rt_now() - start);
    }
    return status;
}

const struct workload workload_echo = {
    .name = "echo",
    .question = "What does a TCP round trip cost the client?",
    .op = "round trip",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", "100" },
                { "connect", "" },
                { "bytes", "64", 1, BYTES_MAX },
                { "schedule", "closed" },
                { "rate", "0" },
                { "rounds", "10000", 1, 1e8 } },
    .cells = { { "coro,thread", "conns=1,100", "conns=1,100,1000",
                 "conns=1,100,1000,10000" },
               { "pool:20,epoll", "conns=100", "conns=100",
                 "conns=1,100,1000,10000" },
               { "uv", NULL, "conns=100", "conns=1,100,1000,10000" },
               { "coro,thread,pool:20", NULL, NULL,
                 "schedule=poisson rate=5000" },
               { "seq", NULL, NULL, "conns=1" } },
    .tasks = "conns",
    .fds = "conns",
    .item = WORK_CONN,
    .run = run,
};
