/* SPDX-License-Identifier: MIT */
/*
 * ws_echo: clients of a WebSocket echo server, one text message in flight per
 * connection, a ping with every hundredth, a Close at the end.  One operation
 * is one round trip.  The connections are open and the tasks created before
 * the timed part; the Closes belong to it.
 */

#include <string.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024,
    PING_EVERY = 100
};

/* The answer to the ping comes before the one to the message. */
static int round_trip(void *arg)
{
    struct work_ws *item = arg;
    char text[BYTES_MAX];
    size_t bytes = (size_t)given.bytes;
    struct rt_ws_message back;
    int status = 0;
    memset(text, 'a' + (int)(item->my.ops % 26), bytes);
    if (++item->my.ops % PING_EVERY == 0)
        status = rt_ws_ping(item->ws, NULL, 0, RT_FOREVER);
    if (status == 0)
        status = rt_ws_send(item->ws, RT_WS_TEXT, text, bytes, RT_FOREVER);
    if (status == 0)
        status = rt_ws_recv(item->ws, &back, RT_FOREVER);
    if (status != 0)
        return status;
    if (back.kind != RT_WS_TEXT || back.bytes != bytes ||
        memcmp(back.data, text, bytes) != 0)
        return work_fail(item->my.work, -EBADMSG, "an answer differs");
    item->my.bytes += bytes;
    return 0;
}

static int run(void *arg)
{
    struct work_ws *item = arg;
    int status = work_repeat(&item->my, round_trip);
    item->my.sum = item->my.ops / PING_EVERY - rt_ws_pongs(item->ws);
    return status ? status : rt_ws_close(item->ws, 1000, NULL, RT_FOREVER);
}

const struct workload workload_ws_echo = {
    .name = "ws_echo",
    .question = "What does a WebSocket round trip cost the client?",
    .op = "round trip",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", "100" },
                { "url", "", .choices = "ws",
                  .help = "an echo server of your own" },
                { "bytes", "128", 1, BYTES_MAX },
                { "schedule", "closed" },
                { "rate", "0" },
                { "rounds", "10000", 1, 1e8 } },
    .cells = { { "coro,thread", NULL, NULL, "conns=10,100,1000" },
               { "pool:20", NULL, NULL, "conns=10,100,1000" },
               { "seq", NULL, NULL, "conns=10" } },
    .tasks = "conns",
    .fds = "conns",
    .item = WORK_WS,
    .sum = "0", /* pings without a pong */
    .run = run,
};
