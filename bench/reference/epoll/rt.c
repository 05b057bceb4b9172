/* SPDX-License-Identifier: MIT */
/*
 * What the trial program needs of rt.h, without a runtime: hand-written
 * counterparts of some workloads, as the yardstick for those that have one.
 * No tasks, no scheduler: the main function does it all.
 */

#include "rt.h"

#include <signal.h>
#include <time.h>

int64_t rt_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t rt_in(int64_t duration_ns)
{
    int64_t now = rt_now();
    return duration_ns > RT_FOREVER - now ? RT_FOREVER : now + duration_ns;
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    (void)options;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int status = fn(arg);
    signal(SIGPIPE, before);
    return status;
}

void rt_dump_soon(void)
{
    /* There are no tasks. */
}

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){ .name = "epoll",
                             .summary = "hand-written epoll loops, no tasks",
                             .options = "",
                             .guard = "none",
                             .reference = true };
}
