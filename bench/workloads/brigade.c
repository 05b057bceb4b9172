/* SPDX-License-Identifier: MIT */
/*
 * brigade: tasks chained by pipes pass a byte from hand to hand; the first
 * sends it and gets it back from the last.  One operation is one byte through
 * the whole chain.  On seq the first does all the reads and writes.
 */

#include "workload.h"

static int send_through(struct work_link *link, bool alone)
{
    unsigned char sent = (unsigned char)link->my.ops++, got = 0;
    int status = work_link_send(link, sent);
    for (int64_t i = 1; alone && i < given.tasks && status == 0; i++)
        status = work_link_pass(work_item(link->my.work, (uint64_t)i));
    if (status == 0)
        status = work_link_recv(link, &got);
    return status == 0 && got != sent ? -EBADMSG : status;
}

static int run(void *arg)
{
    struct work_link *link = arg;
    struct rt_info info;
    rt_info(&info);
    bool alone = info.concurrency == 1;
    int status = 0;
    for (int64_t i = 0; i < given.rounds && status == 0; i++) {
        if (link->my.index == 0)
            status = send_through(link, alone);
        else if (!alone)
            status = work_link_pass(link);
    }
    return status;
}

const struct workload workload_brigade = {
    .name = "brigade",
    .question = "What does it cost to pass a byte through many tasks?",
    .op = "byte",
    .axis = "tasks",
    .calibrated = "rounds",
    .flags = WORK_SEQ,
    .params = { { "tasks", "500", 2, 10000 },
                { "rounds", "100", 1, 1e6, NULL, "bytes sent" } },
    .cells = { { "coro,thread,seq", NULL, NULL, "cpus=1,all" } },
    .live = "tasks",
    .fds = "2*tasks",
    .item = WORK_PIPES,
    .run = run,
};
