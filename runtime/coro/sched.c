/* SPDX-License-Identifier: MIT */
/*
 * Owns the ready queue and the loop's turns.
 *
 * Control goes from task to task directly, in order of arrival: a context
 * that yields, parks or ends asks a picker below who is next and returns into
 * that one (switch_<arch>.S says how).  There is no scheduler context in
 * between; what other libraries lose is there, not in the swap.  The loop is
 * picked when nobody is ready, and when its turn is due: every CO_BUDGET
 * switches the clock is read, and when the slice since its last turn is over
 * the loop runs without blocking, so that tasks that are always ready starve
 * neither sockets nor deadlines.
 *
 * The loop runs on the stack of rt_run()'s caller.  uv and curl callbacks
 * need kilobytes of stack, and there they need them once, not once per task.
 *
 * Invariant: a task is running, or in the ready queue, or parked (its reason
 * is not CO_RUNNING), or ended.
 */
#include "core.h"

#include <assert.h>
#include <errno.h>

#include "stack.h"
#include "timer.h"
#include "waiters.h"

struct co_core co;

enum {
    NS_PER_MS = 1000000,
    SLICE_MS = 2,        /* between two turns while tasks are always ready */
    EVENTS_AT_ONCE = 256 /* see co_after_event() */
};

/* Called when the budget is spent; whether the loop is due. */
static bool spent(void)
{
    co.picks++;
    co.budget = CO_BUDGET;
    return rt_now() >= co.slice_end;
}

/* Who runs next.  `ends`: the current context will not run again. */
static inline struct co_next pick(bool ends)
{
    struct rt_task *self = co.current;
    struct rt_task *next = co.head;
    if ((--co.budget == 0 && spent()) || !next) {
        next = &co.loop;
        co.loop_picks++;
    } else {
        co.head = next->next;
    }
    co.current = next;
    san_leave(&self->san, &next->san, ends);
    return (struct co_next){ next->sp, next->status };
}

struct co_next co_pick_yield(void *sp)
{
    struct rt_task *self = co.current;
    self->sp = sp;
    self->status = 0;
    co_ready(self);
    return pick(false);
}

struct co_next co_pick_park(void *sp)
{
    co.current->sp = sp;
    return pick(false);
}

/* The task has returned from its body. */
static void finish(struct rt_task *task)
{
    task->done = true;
    co.live--;
    if (task->joint) {
        if (--task->joint->remaining == 0)
            co_wake(task->joint->task, 0);
    } else if (task->detached) {
        /* Still standing on it, but nobody can take it before we leave. */
        task->next = co.free;
        co.free = task;
    }
}

struct co_next co_task_main(void *arg)
{
    struct rt_task *task = arg;
    task->result = task->fn(task->arg);
    finish(task);
    return pick(true);
}

#if SAN_SWITCH
SAN_BARE void co_landed(void)
{
    san_land(&co.current->san, &co.loop.san);
}
#endif

struct rt_task *co_self(void)
{
    return co.current;
}

uv_loop_t *co_loop(void)
{
    return &co.uv;
}

int co_park(enum co_reason reason, int64_t deadline)
{
    struct rt_task *self = co.current;
    if (deadline != RT_FOREVER) {
        if (deadline <= 0)
            return -ETIMEDOUT;
        co_timer_add(self, deadline);
    }
    self->reason = (uint8_t)reason;
    co.outside += reason >= CO_OUTSIDE;
    return co_suspend();
}

bool co_wake(struct rt_task *task, int status)
{
    if (task->reason == CO_RUNNING)
        return false;
    co.outside -= task->reason >= CO_OUTSIDE;
    task->reason = CO_RUNNING;
    if (task->timed)
        co_timer_remove(task);
    if (task->waiting_in)
        co_waiters_remove(task);
    task->status = status;
    co_ready(task);
    return true;
}

void co_at_end(struct co_hook *hook)
{
    hook->next = co.hooks;
    co.hooks = hook;
}

void co_after_event(void)
{
    if (--co.events_left > 0)
        return;
    co.events_left = EVENTS_AT_ONCE;
    /* The loop queues behind them like a task; it must not be picked twice. */
    co.slice_end = RT_FOREVER;
    rt_yield();
}

/* A timer's callback may have made a task ready before the loop blocks. */
static void keep_from_blocking(uv_prepare_t *prepare)
{
    if (co.head)
        uv_stop(prepare->loop);
}

int co_sched_init(void)
{
    int error = uv_loop_init(&co.uv);
    if (error)
        return error;
    /* These cannot fail. */
    uv_prepare_init(&co.uv, &co.prepare);
    uv_prepare_start(&co.prepare, keep_from_blocking);
    uv_unref((uv_handle_t *)&co.prepare);
    co_timers_init(&co.uv);
    san_loop_init(&co.loop.san);
    co.budget = CO_BUDGET;
    return 0;
}

void co_sched_fini(void)
{
    while (co.hooks) {
        struct co_hook *hook = co.hooks;
        co.hooks = hook->next;
        hook->fn();
    }
    co_timers_close();
    uv_close((uv_handle_t *)&co.prepare, NULL);
    uv_run(&co.uv, UV_RUN_DEFAULT);
    int error = uv_loop_close(&co.uv);
    assert(!error);
    (void)error;
    co_timers_free();
}

static void turn(void)
{
    co.loop_turns++;
    co.events_left = EVENTS_AT_ONCE;
    co_timers_arm();
    uv_run(&co.uv, co.head ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    co.slice_end = ((int64_t)uv_now(&co.uv) + SLICE_MS) * NS_PER_MS;
}

int co_sched_run(void)
{
    co.current = &co.loop;
    while (co.live > 0) {
        if (!co.head && co.outside == 0 && !co_timers_pending())
            return -EDEADLK;
        turn();
        /* Comes back when nobody is ready or a turn is due. */
        if (co.head)
            co_suspend();
    }
    return 0;
}
