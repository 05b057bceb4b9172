/* SPDX-License-Identifier: MIT */
/*
 * http_delay: the classic demonstration.  GET number i asks for an answer
 * after (i mod 3) + 1 seconds times scale.  One task, one client and one
 * connection per request; all of it is timed.
 */

#include "workload.h"

static int run(void *arg)
{
    struct work_client *client = arg;
    struct share *my = &client->my;
    double delay_s = (double)(my->index % 3 + 1) * given.scale;
    int64_t earliest = rt_in((int64_t)(delay_s * 1e9));
    int status = work_client_new(client);
    if (status == 0)
        status = work_get_delayed(client, delay_s);
    if (status == 0 && rt_now() < earliest)
        status = work_fail(my->work, -ETIME, "an answer came early");
    my->ops = status == 0;
    my->digest = work_hash(my->index % 3 + 1);
    work_client_close(client);
    return status;
}

const struct workload workload_http_delay = {
    .name = "http_delay",
    .question = "How much waiting for a slow server can overlap?",
    .op = "request",
    .flags = WORK_ORIGIN | WORK_HTTP,
    .params = { { "requests", "50", 1, 10000 },
                { "url", "",
                  .help = "a server of your own that knows /delay/SECONDS" },
                { "scale", "1" } },
    .cells = { { "coro,pool:20,pool:50,thread", "scale=0.02", "scale=0.1",
                 "scale=1" },
               { "seq", "requests=10 scale=0.02", "requests=10 scale=0.1",
                 "requests=10 scale=1" } },
    .tasks = "requests",
    .clients = "requests",
    .region = REGION_TASKS,
    .item.bytes = sizeof(struct work_client),
    .run = run,
};
