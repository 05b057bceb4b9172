/* SPDX-License-Identifier: MIT */
/*
 * lifecycle: three tasks sleep, compute and end; not to be timed but to be
 * watched (`cobench trace lifecycle`).
 */

#include "kernels.h"
#include "workload.h"

static int run(void *arg)
{
    static const struct {
        const char *name;
        double sleep_s;
    } lives[] = { { "A", 1.0 }, { "B", 0.5 }, { "C", 1.5 } };
    struct share *my = arg;
    double sleep_s = lives[my->index].sleep_s * given.scale;
    rt_task_name(NULL, lives[my->index].name);
    int status = rt_sleep(rt_in((int64_t)(sleep_s * 1e9)));
    my->digest = kernel_sumsq(1000000);
    my->ops = 1;
    return status;
}

const struct workload workload_lifecycle = {
    .name = "lifecycle",
    .question = "When do tasks run, wait and wake?",
    .op = "task",
    .flags = WORK_WAITS | WORK_TRACE,
    .params = { { "scale", "1" } },
    .tasks = "3",
    .region = REGION_TASKS,
    .run = run,
};
