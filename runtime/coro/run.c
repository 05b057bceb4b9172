/* SPDX-License-Identifier: MIT */
/*
 * Owns the beginning and the end of a run, and what can be asked about it.
 */
#include <errno.h>
#include <signal.h>

#include "core.h"
#include "doze.h"
#include "report.h"
#include "stack.h"

struct body {
    rt_task_fn fn;
    void *arg;
};

static int main_task(void *arg)
{
    struct body *body = arg;
    int status = body->fn(body->arg);
    co.ending = true;
    if (co.live > 1)
        co_cancel_others();
    return status;
}

/* Reports the failures of tasks that nobody joined. */
static void report_ended(void)
{
    uint32_t n = co.freed + 1 < co.spawned ? co_stacks_used() : 0;
    for (uint32_t id = 0; id < n; id++) {
        const struct rt_task *task = co_task(id);
        if (task->done && !task->detached)
            report_unjoined(co_name(task), task->result);
    }
}

static int run_main(rt_task_fn fn, void *arg)
{
    struct body body = { fn, arg };
    struct rt_task *task;
    int error = rt_spawn(&task, main_task, &body);
    if (error)
        return error;
    error = co_sched_run();
    int status = task->result;
    task->detached = true;
    report_ended();
    return error ? error : status;
}

static int run(size_t stack_bytes, rt_task_fn fn, void *arg)
{
    int error = co_stacks_init(stack_bytes);
    if (error)
        return error;
    int status = co_sched_init();
    if (status == 0) {
        /* First, so that it ends last: others' ends may touch stacks. */
        if (co.doze_ns > 0)
            status = co_doze_start(co.doze_ns);
        if (status == 0)
            status = co_dump_start();
        if (status == 0 && co.stall_ns > 0)
            status = co_stall_start();
        if (status == 0)
            status = run_main(fn, arg);
        co_sched_fini();
    }
    co_stacks_fini();
    return status;
}

static void watch_as(const struct rt_options *options)
{
    co.trace = options->trace;
    co.trace_arg = options->trace_arg;
    co.stall_ns = options->stall_ns;
    co.doze_ns = options->doze_ns;
    co.watched = co.trace || co.stall_ns > 0;
    if (co.watched)
        co_attend();
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (co.current ||
        (options && (options->workers != 0 || options->stall_ns < 0 ||
                     options->doze_ns < 0)))
        return -EINVAL;
    co = (struct co_core){ .budget = CO_BUDGET };
    report_start(options);
    if (options)
        watch_as(options);
    size_t stack_bytes = options ? options->stack_bytes : 0;
    if (stack_bytes == 0)
        stack_bytes = CO_DEFAULT_STACK;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    sigaction(SIGPIPE, &ignore, &before);
    co_overflow_start();
    int status = run(stack_bytes, fn, arg);
    co_overflow_stop();
    sigaction(SIGPIPE, &before, NULL);
    co.current = NULL;
    return status;
}

void rt_info(struct rt_info *out)
{
    unsigned left = co.kept ? co.kept : co.budget;
    uint64_t picks = (co.picks + 1) * CO_BUDGET - left;
    *out = (struct rt_info){
        .name = "coro",
        .summary = "stackful coroutines on one thread and one libuv loop",
        .options = "stack,trace,stall,doze",
        .guard = co_stack_guard(),
        .stack_bytes = co_stack_bytes(),
        .tasks = co.spawned > 0 ? co.spawned - 1 : 0, /* without the main */
        .switches = left ? picks - co.loop_picks : 0,
        .loop_turns = co.loop_turns,
        .stalls = co.stalls,
        .stall_longest_ns = co.stall_longest_ns,
    };
    co_doze_info(out);
}
