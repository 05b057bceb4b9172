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
 * for tracing, because what needs attention makes the budget look spent.  It
 * runs straight through, and what is RARE lies elsewhere: where a few tasks
 * take turns, the jump into the next is predicted by the taken branches before
 * it, as many as the processor remembers.  With one more of them here the
 * histories of two tasks that set events for each other could not be told
 * apart, and each turn took 19 ns instead of 11 (AMD EPYC, on which this was
 * measured; others remember more or fewer).
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
#include <stdatomic.h>

#include "report.h"
#include "stack.h"
#include "sync.h"
#include "timer.h"

struct co_core co;

enum {
    NS_PER_MS = 1000000,
    /* Places behind the head, see fetch_ahead(). */
    NEAR = 2,  /* after a turn of the loop, which often wakes only a few */
    AHEAD = 8, /* with 4 and 12 the gain was smaller */
    CACHE_LINE = 64,
    SLICE_MS = 2,        /* between two turns while tasks are always ready */
    EVENTS_AT_ONCE = 256 /* see co_after_event() */
};

/* Fetches the innermost frames of a task whose turn comes soon: more lines, and
 * the outermost frames as well, gained nothing for 10 000 connections, each
 * with 2 KiB of buffers on its stack. */
static inline void fetch(const struct rt_task *task)
{
    const char *at = task->sp;
    if (task->fresh) {
        /* Its rest, and below it the first frames. */
        at = co_stack_end(co_number(task)) - 3 * CACHE_LINE;
        __builtin_prefetch(at + 2 * CACHE_LINE, 1);
    }
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + CACHE_LINE, 1);
    /* Else gcc drops calls of what only prefetches as without effect. */
    __asm__ volatile("");
}

/*
 * While one of many tasks runs, the stack of a later one comes into the cache.
 * With 100 000 alive each line is a cache miss behind a TLB miss, for which
 * all would wait: a jump into one of so many cannot be predicted, so nothing
 * useful is done until its stack has come.  AHEAD is far enough for tasks that
 * do little: at NEAR spawning, parking, waking and joining 100 000 takes a
 * tenth more.
 *
 * It follows the queue by a hint of its own, which costs short queues a load
 * and a branch not taken.  It begins with a budget or a turn of the loop, so a
 * queue that a task makes long is not fetched before the next.  Tasks that
 * leave the queue otherwise than by its head may lead it astray until then;
 * that does no harm, for it always is a row of this run, and fetching cannot
 * fault.
 */
static inline void fetch_ahead(void)
{
    fetch(co.ahead);
    co.ahead = co.ahead->next;
}

static struct rt_task *behind_head(int places)
{
    struct rt_task *task = co.head;
    for (; task && places > 0; places--)
        task = task->next;
    return task;
}

/* The loop has made tasks ready. */
static void look_ahead(void)
{
    if (!co.ahead)
        co.ahead = behind_head(NEAR);
}

/* Takes the head out of the queue. */
static inline void leave_queue(void)
{
    co.head = co.head->next;
    if (RARE(co.ahead))
        fetch_ahead();
}

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
    bool over = now >= co.slice_end;
    if (over) {
        end_slice();
        co.slice_end = now + (int64_t)SLICE_MS * NS_PER_MS;
    }
    co.ahead = behind_head(AHEAD);
    return over && !co.loop_queued;
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
        leave_queue();
    } else {
        co.loop_picks++;
        task = co.loop;
    }
    return task;
}

/* Writes the first frame of a task whose first turn it is. */
static inline void start(struct rt_task *task)
{
    struct co_rest *rest = co_rest(task);
    if (!task->named)
        atomic_store_explicit(&rest->name, NULL, memory_order_relaxed);
    task->fresh = task->queued = false;
    task->sp = co_frame(rest, task->fn, task->arg);
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
    if (co.watched) {
        /* First, for from then on the thread of stall.c asks for its name. */
        if (task->fresh)
            start(task);
        co_trace_switch(self, task);
    }
    if (co.front || co.pendings || co.watched)
        co_attend();
    return task;
}

/* The current context leaves for `next`. */
static inline struct co_next leave_for(struct rt_task *next, bool ends)
{
    struct rt_task *self = co.current;
    if (RARE(next->fresh))
        start(next);
    co.current = next;
    san_leave(&co_rest(self)->san, &co_rest(next)->san, ends);
    return (struct co_next){ next->sp, next->status };
}

static __attribute__((noinline)) struct co_next pick_slowly(bool ends)
{
    return leave_for(choose(co.current), ends);
}

/* Who runs next.  `ends`: the current context will not run again. */
static inline struct co_next pick(bool ends)
{
    struct rt_task *next = co.head;
    if (RARE(--co.budget == 0 || !next))
        return pick_slowly(ends);
    leave_queue();
    return leave_for(next, ends);
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
    if (co_is_listed(task->reason))
        co_leave_queue(task);
    co_unpark(task, status);
    return true;
}

/* One he waits for has ended; whether that was the last he needs. */
static bool ends_join(struct rt_task *joiner, int result)
{
    return joiner->reason == CO_JOIN &&
           (--joiner->remaining == 0 || (joiner->failure && result < 0));
}

/* The task has returned from its body; the joiner who goes on, or NULL. */
static struct rt_task *finish(struct rt_task *task, int result)
{
    uint32_t joiner = task->joiner;
    task->done = true;
    task->result = result;
    co.live--;
    if (co.watched)
        co_trace(RT_TRACE_FINISH, task);
    if (joiner) {
        if (!ends_join(co_task(joiner), result))
            return NULL;
        co_unpark(co_task(joiner), 0);
        return co_task(joiner);
    }
    if (task->detached) {
        if (result < 0)
            report_unjoined(co_name(task), result);
        co.freed++;
        /* Still standing on it, but nobody can take it before we leave. */
        task->next = co.free;
        co.free = task;
    }
    return NULL;
}

struct co_next co_task_end(int result)
{
    struct rt_task *joiner = finish(co.current, result);
    /* Before all others, which by way of the front would take longer. */
    if (joiner && !co.kept && co.budget > 1) {
        co.budget--;
        return leave_for(joiner, true);
    }
    if (joiner)
        co_ready_first(joiner);
    return pick(true);
}

#if SAN_SWITCH
SAN_BARE void co_landed(void)
{
    san_land(&co_rest(co.current)->san, &co_rest(co.loop)->san);
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
    look_ahead();
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
    co.loop = co_stack_loop();
    int error = co.loop ? uv_loop_init(&co.uv) : -ENOMEM;
    if (error) {
        co_timers_free();
        return error;
    }
    /* For those who look through all tasks. */
    co.loop->done = co.loop->detached = true;
    co.tail = co.loop; /* rt_spawn() takes its number, empty or not */
    /* These cannot fail. */
    uv_prepare_init(&co.uv, &co.prepare);
    uv_prepare_start(&co.prepare, keep_from_blocking);
    uv_unref((uv_handle_t *)&co.prepare);
    co_timers_init(&co.uv);
    san_loop_init(&co_rest(co.loop)->san);
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
    co.current = co.loop;
    while (co.live > 0) {
        if (!co.head && co.outside == 0 && !co_timers_pending()) {
            status = -EDEADLK;
            if (!co_deadlock_break())
                break;
        }
        turn();
        look_ahead();
        /* Comes back when nobody is ready or a turn is due. */
        if (co.head)
            co_suspend();
    }
    return status;
}
