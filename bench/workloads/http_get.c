/* SPDX-License-Identifier: MIT */
/*
 * http_get: many small GETs over keep-alive connections, the server answering
 * after delay_ms.  The connections are open and the tasks created before the
 * timed part, which ends when all have been answered.
 */

#include "workload.h"

static int run(void *arg)
{
    return work_repeat(arg, work_fetch);
}

const struct workload workload_http_get = {
    .name = "http_get",
    .question = "How many small HTTP requests get through?",
    .op = "request",
    .axis = "conns",
    .calibrated = "requests",
    .flags = WORK_ORIGIN | WORK_HTTP,
    .params = { { "conns", "16" },
                { "url", "" },
                { "delay_ms", "0", .bundled = true },
                { "bytes", "1024", 1, .bundled = true },
                { "schedule", "closed" },
                { "rate", "0" },
                { "requests", "1000" } },
    .cells = { { "coro,thread", "conns=16 delay_ms=0 | conns=128 delay_ms=10",
                 "conns=16 delay_ms=0 | conns=128,1024 delay_ms=10",
                 "conns=16,128,1024 delay_ms=0,10" },
               { "pool:20", "conns=128 delay_ms=10", "conns=128 delay_ms=10",
                 "conns=16,128,1024 delay_ms=0,10" },
               { "epoll,uv", NULL, NULL, "conns=16,128,1024 delay_ms=0,10" },
               { "coro,thread,pool:20", NULL, NULL,
                 "conns=128 delay_ms=10 schedule=poisson rate=1000" },
               { "seq", NULL, NULL, "conns=16 delay_ms=0,10" },
               { "coro,thread,pool:20,epoll", NULL, NULL, NULL,
                 "conns=1,10,100,1000,10000" } },
    .tasks = "conns",
    .clients = "conns",
    .item = WORK_CLIENT,
    .run = run,
};
