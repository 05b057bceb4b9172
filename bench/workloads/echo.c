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

#include <assert.h>
#include <string.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024
};

static int round_trip(void *arg)
{
    struct work_conn *conn = arg;
    struct share *my = &conn->my;
    unsigned char out[BYTES_MAX], in[BYTES_MAX];
    size_t bytes = (size_t)given.bytes;
    assert(bytes > 0);
    for (size_t j = 0; j < bytes; j++)
        out[j] = (unsigned char)(j + my->ops);
    ssize_t n = rt_sock_write(conn->sock, out, bytes, RT_FOREVER);
    for (size_t got = 0; n > 0 && got < bytes; got += (size_t)n)
        n = rt_sock_read(conn->sock, in + got, bytes - got, RT_FOREVER);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : (int)n;
    if (memcmp(in, out, bytes) != 0)
        return work_fail(my->work, -EBADMSG, "an answer differs");
    unsigned char last = (unsigned char)(in[bytes - 1] - my->ops);
    my->digest += work_hash(bytes * 256 + last);
    my->bytes += bytes;
    my->ops++;
    return 0;
}

static int run(void *arg)
{
    return work_repeat(arg, round_trip);
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
                 "conns=1,10,100,1000,10000" },
               { "pool:20,epoll", "conns=100", "conns=100",
                 "conns=1,10,100,1000,10000" },
               { "uv", NULL, "conns=100", "conns=1,10,100,1000,10000" },
               { "coro,thread,pool:20", NULL, NULL,
                 "schedule=poisson rate=5000" },
               { "seq", NULL, NULL, "conns=1" },
               { "coro,thread,pool:20,epoll", NULL, NULL, NULL,
                 "conns=1,10,100,1000,10000" } },
    .tasks = "conns",
    .fds = "conns",
    .item = WORK_CONN,
    .run = run,
};
