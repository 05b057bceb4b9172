/* SPDX-License-Identifier: MIT */
/*
 * Owns the beginning and the end of a run, and what can be asked about it.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "core.h"
#include "stack.h"

#define NS_PER_S INT64_C(1000000000)

int64_t rt_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t rt_in(int64_t duration_ns)
{
    int64_t now = rt_now();
    return duration_ns > RT_FOREVER - now ? RT_FOREVER : now + duration_ns;
}

static int run_main(rt_task_fn fn, void *arg)
{
    struct rt_task *task;
    int error = rt_spawn(&task, fn, arg);
    if (error)
        return error;
    co.spawned = 0; /* the main task does not count */
    error = co_sched_run();
    return error ? error : task->result;
}

static int run(size_t stack_bytes, rt_task_fn fn, void *arg)
{
    int error = co_stacks_init(stack_bytes);
    if (error)
        return error;
    int status = co_sched_init();
    if (status == 0) {
        status = run_main(fn, arg);
        co_sched_fini();
    }
    co_stacks_fini();
    return status;
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (co.current || (options && options->workers != 0))
        return -EINVAL;
    co = (struct co_core){ .budget = CO_BUDGET };
    size_t stack_bytes = options ? options->stack_bytes : 0;
    if (stack_bytes == 0)
        stack_bytes = CO_DEFAULT_STACK;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    sigaction(SIGPIPE, &ignore, &before);
    int status = run(stack_bytes, fn, arg);
    sigaction(SIGPIPE, &before, NULL);
    co.current = NULL;
    return status;
}

void rt_info(struct rt_info *out)
{
    unsigned left = co.front ? co.kept : co.budget;
    uint64_t picks = (co.picks + 1) * CO_BUDGET - left;
    *out = (struct rt_info){
        .name = "coro",
        .summary = "stackful coroutines on one thread and one libuv loop",
        .options = "stack",
        .guard = co_stack_guard(),
        .stack_bytes = co_stack_bytes(),
        .tasks = co.spawned,
        .switches = left ? picks - co.loop_picks : 0,
        .loop_turns = co.loop_turns,
    };
}
