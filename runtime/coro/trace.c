/* SPDX-License-Identifier: MIT */
/*
 * Owns the telling of events.  While somebody listens the run is `watched`:
 * co_attend() is called before every switch, so that each one takes the
 * scheduler's slow path and ends up here, and each parked task carries the
 * mark that brings its waking here.  A run without a listener has no branch
 * for it where tasks switch and wake.
 */
#include "core.h"

/* The task that causes what happens now; 0 when it is the loop, or rt_run(). */
static uint64_t causer(void)
{
    return co.current ? co.current->number : 0;
}

void co_trace(enum rt_trace_what what, struct rt_task *task)
{
    if (!co.trace)
        return;
    struct rt_trace_event event = { .what = what,
                                    .when_ns = rt_now(),
                                    .task = task->number,
                                    .name = co_name(task) };
    if (what == RT_TRACE_SPAWN || what == RT_TRACE_WAKE)
        event.by = causer();
    if (what == RT_TRACE_FINISH)
        event.status = task->result;
    if (what == RT_TRACE_PARK)
        event.reason = co_dump_reason(task);
    if (what == RT_TRACE_PARK && !event.reason)
        event.reason = "yield";
    co.trace(co.trace_arg, &event);
}

static void leave(struct rt_task *task)
{
    if (task == co.loop || task->done)
        return;
    if (task->reason != CO_RUNNING)
        task->marks |= CO_TRACED;
    co_trace(RT_TRACE_PARK, task);
}

void co_trace_switch(struct rt_task *from, struct rt_task *to)
{
    if (co.stall_ns > 0)
        co_stall_turn(to);
    leave(from);
    if (to != co.loop)
        co_trace(RT_TRACE_RUN, to);
}
