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
 * Joins go before the order of arrival, so that a tree of tasks is walked
 * depth first, on as many stacks as it is deep, and not level by level on as
 * many as it has leaves: a task that has not started runs next when somebody
 * joins it, and the joiner runs next when the last task he waits for ends.
 * Those in front form a stack of their own, looked at before the queue.  Such
 * a chain of joins is to the others like one task that runs for long, but for
 * a slice at most: then all of it goes behind the queue, whose oldest task
 * runs next.  With n tasks in the queue each of them therefore runs after n
 * slices at the latest, whatever the others spawn and join.
 *
 * The fast path of a switch has one branch for all this, for cancelling and
 * for tracing, because what needs attention makes the budget look spent.
 *
 * The loop runs on the stack of rt_run()'s caller.  uv and curl callbacks
 * need kilobytes of stack, and there they need them once, not once per task.
 *
 * Invariant: a task is running, or in front, or in the ready queue, or parked
 * (its reason is not CO_RUNNING), or ended.
 */
#include "core.h"

#include <assert.h>
#include <errno.h>

#include "report.h"
#include "stack.h"
#include "sync.h"
#include "timer.h"

struct co_core co;

enum {
    NS_PER_MS = 1000000,
    SLICE_MS = 2,        /* between two turns while tasks are always ready */
    EVENTS_AT_ONCE = 256 /* see co_after_event() */
};

/* The slice is over: those in front queue like everybody else. */
static void end_slice(void)
{
    if (!co.front)
        return;
    if (co.head)
        co.tail->next = co.front;
    else
        co.head = co.front;
    co.tail = co.front_last;
    co.front = NULL;
}

/* Called when the budget is spent; whether the loop is due. */
static bool spent(void)
{
    int64_t now = rt_now();
    co.picks++;
    co.budget = CO_BUDGET;
    co.clock_ms = (uint32_t)(now / NS_PER_MS);
    if (now < co.slice_end)
        return false;
    end_slice();
    co.slice_end = now + (int64_t)SLICE_MS * NS_PER_MS;
    return !co.loop_queued;
}

/* A task leaves that has a cancellation pending.  It has ended, or yields:
 * parking would have delivered it. */
static void leave_cancelled(struct rt_task *self)
{
    co_unpend(self);
    if (!self->done)
        self->status = -ECANCELED;
}

static struct rt_task *take(bool loop_due)
{
    struct rt_task *task = co.head;
    if (co.front) {
        task = co.front;
        co.front = task->next;
    } else if (task && !loop_due) {
        co.head = task->next;
    } else {
        co.loop_picks++;
        task = &co.loop;
    }
    return task;
}

/* The budget looks spent, or the ready queue is empty. */
static struct rt_task *choose(struct rt_task *self)
{
    if (co.kept) {
        co.budget = co.kept - 1;
        co.kept = 0;
    }
    bool loop_due = co.budget == 0 && spent();
    if (self->pending)
        leave_cancelled(self);
    struct rt_task *task = take(loop_due);
    if (co.watched)
        co_trace_switch(self, task);
    if (co.front || co.pendings || co.watched)
        co_attend();
    return task;
}

/* Who runs next.  `ends`: the current context will not run again. */
static inline struct co_next pick(bool ends)
{
    struct rt_task *self = co.current;
    struct rt_task *next = co.head;
    if (--co.budget == 0 || !next)
        next = choose(self);
    else
        co.head = next->next;
    if (co.head)
        co_fetch(co.head);
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

void co_unmark(struct rt_task *task)
{
    if (task->marks & CO_TIMED)
        co_timer_remove(task);
    if (task->marks & CO_TRACED)
        co_trace(RT_TRACE_WAKE, task);
    task->marks = 0;
}

/* Ends a task's wait without making it ready. */
static bool unpark(struct rt_task *task, int status)
{
    if (task->reason == CO_RUNNING)
        return false;
    co.outside -= task->reason >= CO_OUTSIDE;
    if (task->waiting_in)
        co_leave_queue(task);
    co_unpark(task, status);
    return true;
}

/* With nobody else ready the queue gives the same order for less. */
static void wake_joiner(struct rt_task *task)
{
    if (!unpark(task, 0))
        return;
    if (co.head || co.front)
        co_ready_first(task);
    else
        co_ready(task);
}

/* The task has returned from its body. */
static void finish(struct rt_task *task)
{
    task->done = true;
    co.live--;
    if (co.watched)
        co_trace(RT_TRACE_FINISH, task);
    struct co_joint *joint = task->joint;
    if (joint) {
        if (--joint->remaining == 0 || (joint->failure && task->result < 0))
            wake_joiner(joint->task);
    } else if (task->detached) {
        if (task->result < 0)
            report_unjoined(task->name, task->result);
        co.freed++;
        /* Still standing on it, but nobody can take it before we leave. */
        task->next = co.free;
        co.free = task;
    }
}

struct co_next co_task_main(void *arg)
{
    struct rt_task *task = arg;
    task->fresh = false;
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

int co_park_checked(enum co_reason reason, int64_t deadline)
{
    struct rt_task *self = co.current;
    if (deadline != RT_FOREVER) {
        if (deadline <= 0)
            return -ETIMEDOUT;
        co_timer_add(self, deadline);
    }
    co.outside += reason >= CO_OUTSIDE;
    return co_stay(reason);
}

int co_park(enum co_reason reason, int64_t deadline)
{
    return co_check() ? -ECANCELED : co_park_checked(reason, deadline);
}

bool co_wake(struct rt_task *task, int status)
{
    if (!unpark(task, status))
        return false;
    co_ready(task);
    return true;
}

void co_pass(void)
{
    struct rt_task *self = co.current;
    int status = rt_yield();
    if (status)
        co_pend(self);
}

void co_at_end(struct co_hook *hook)
{
    hook->next = co.hooks;
    co.hooks = hook;
}

void co_run_ready(void)
{
    co.events_left = EVENTS_AT_ONCE;
    /* The loop queues behind them like a task; it must not be picked twice. */
    co.loop_queued = true;
    rt_yield();
    co.loop_queued = false;
}

void co_after_event(void)
{
    if (--co.events_left == 0)
        co_run_ready();
}

/* Before the loop blocks, after its timers: one of them may have made a task
 * ready, or may have gone off for a deadline that is not needed any more and
 * has to be set for the next. */
static void keep_from_blocking(uv_prepare_t *prepare)
{
    if (co.head)
        uv_stop(prepare->loop);
    else
        co_timers_arm();
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
    co.clock_ms = (uint32_t)uv_now(&co.uv);
    co.slice_end = ((int64_t)uv_now(&co.uv) + SLICE_MS) * NS_PER_MS;
}

int co_sched_run(void)
{
    int status = 0;
    co.current = &co.loop;
    while (co.live > 0) {
        if (!co.head && co.outside == 0 && !co_timers_pending()) {
            status = -EDEADLK;
            if (!co_deadlock_break())
                break;
        }
        turn();
        /* Comes back when nobody is ready or a turn is due. */
        if (co.head)
            co_suspend();
    }
    return status;
}
