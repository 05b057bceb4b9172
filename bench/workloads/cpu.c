/* SPDX-License-Identifier: MIT */
/*
 * cpu: independent tasks that compute one unit each and never wait.  Timed:
 * creating the tasks, their work, joining them.
 */

#include "kernels.h"
#include "workload.h"

static int compute(void *arg)
{
    const struct kernel_unit *unit = &kernel_units[given.kernel];
    struct share *my = arg;
    uint64_t result = unit->run();
    my->digest = work_hash(result);
    my->ops = result == unit->result;
    return 0;
}

static int run(void *arg)
{
    return given.offload ? rt_offload(compute, arg, NULL) : compute(arg);
}

const struct workload workload_cpu = {
    .name = "cpu",
    .question = "What do tasks gain that only compute?",
    .op = "unit",
    .axis = "tasks",
    .params = { { "kernel", "sumsq", .choices = KERNEL_UNITS },
                { "tasks", "4", 1, 1e6 },
                { "offload", "0" } },
    .cells = { { "coro,pool:2,thread,seq", "tasks=100 cpus=all",
                 "kernel=sumsq,sha256,nqueens,matmul tasks=4 cpus=all | kernel=sumsq tasks=100 cpus=1,all",
                 NULL },
               { "coro,pool:2,pool:20,thread,seq", NULL, NULL,
                 "kernel=sumsq,sha256,nqueens,matmul tasks=4,100 cpus=1,all | kernel=sumsq,sha256 tasks=1000 cpus=1,all | kernel=sumsq tasks=10000 cpus=all" },
               { "coro,pool:2,thread", NULL, NULL,
                 "kernel=nqueens,sha256 tasks=100 offload=1 cpus=all" } },
    .tasks = "tasks",
    .region = REGION_TASKS,
    .setup = kernel_units_make,
    .run = run,
};
