/* SPDX-License-Identifier: MIT */
/*
 * sem_crawl: what crawlers do: a task for every request, and a semaphore so
 * that only so many are under way.  Each fetches a KiB, answered after
 * delay_ms, over a connection of its own.  All of it is timed.
 */

#include "workload.h"

static struct gauge fetching;

static int run(void *arg)
{
    struct work_client *client = arg;
    int status = rt_sem_acquire(common.sem, RT_FOREVER);
    if (status != 0)
        return status;
    uint64_t now = gauge_enter(&fetching);
    status = now > (uint64_t)given.permits ? -EBADMSG : work_client_new(client);
    if (status == 0)
        status = work_fetch(client);
    work_client_close(client);
    gauge_leave(&fetching);
    rt_sem_release(common.sem);
    return status;
}

const struct workload workload_sem_crawl = {
    .name = "sem_crawl",
    .question = "What does a crawl with a limit cost?",
    .op = "request",
    .axis = "permits",
    .flags = WORK_ORIGIN | WORK_HTTP,
    .params = { { "requests", "1000", 1, 10000 },
                { "permits", "100" },
                { "delay_ms", "10" } },
    .cells = { { "coro,pool:20,thread", NULL, NULL, "permits=10,100" } },
    .tasks = "requests",
    .clients = "permits",
    .region = REGION_TASKS,
    .uses = { .permits = "permits" },
    .item.bytes = sizeof(struct work_client),
    .run = run,
};
