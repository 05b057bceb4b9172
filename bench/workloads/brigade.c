/* SPDX-License-Identifier: MIT */
/*
 * brigade: tasks chained by pipes pass a byte from hand to hand; the first
 * sends it and gets it back from the last.  One operation is one byte through
 * the whole chain.  On seq the first does all the reads and writes.
 */

#include "workload.h"

static int run(void *arg)
{
    struct work_link *link = arg;
    struct share *my = &link->my;
    struct rt_info info;
    rt_info(&info);
    bool idle = my->index > 0 && info.concurrency == 1;
    int status = 0;
    for (int64_t i = 0; !idle && i < given.rounds && status == 0; i++) {
        status = my->index > 0 ? work_link_pass(link)
                               : work_link_round(link, (unsigned char)i);
        my->ops += my->index == 0;
    }
    return status;
}

const struct workload workload_brigade = {
    .name = "brigade",
    .question = "What does it cost to pass a byte through many tasks?",
    .op = "byte",
    .calibrated = "rounds",
    .flags = WORK_SEQ,
    .params = { { "tasks", "500", 2, 10000 }, { "rounds", "100", 1, 1e6 } },
    .cells = { { "coro,thread,seq", NULL, NULL, "cpus=1,all" } },
    .live = "tasks",
    .fds = "2*tasks",
    .item = WORK_PIPES,
    .run = run,
};
