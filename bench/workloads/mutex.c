/* SPDX-License-Identifier: MIT */
/*
 * mutex: tasks take turns at one lock and compute while they hold it.  Threads
 * contend, and one that runs barges in ahead of one that is only waking.
 * Coroutines of one loop never meet at a lock that nobody holds across a wait:
 * there it is the lock alone that is measured.
 */

#include "kernels.h"
#include "workload.h"

static const char page[1024] = "computing";
static uint64_t held, hash; /* under the lock */

static int run(void *arg)
{
    struct share *my = arg;
    for (; my->ops < my->rounds; my->ops++) {
        int status = rt_mutex_lock(common.mutex, RT_FOREVER);
        if (status != 0)
            return status;
        hash = kernel_fnv(hash, page, (size_t)given.cpu_ns);
        my->sum += held++;
        rt_mutex_unlock(common.mutex);
    }
    return 0;
}

const struct workload workload_mutex = {
    .name = "mutex",
    .question = "What does a lock cost that many want?",
    .op = "acquisition",
    .axis = "tasks",
    .calibrated = "rounds",
    .params = { { "tasks", "8", 1, 10000 },
                { "cpu_ns", "0" },
                { "rounds", "10000" } },
    .cells = { { "coro,thread", NULL, NULL,
                 "tasks=2,8,64 cpus=1,all | cpu_ns=100,1000 cpus=1,all" } },
    .tasks = "tasks",
    .sum = "rounds-1*rounds/2", /* of 0, 1, 2, ...: each was alone */
    .uses = { .mutex = true },
    .run = run,
};
