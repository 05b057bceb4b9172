/* SPDX-License-Identifier: MIT */
/*
 * Owns the life of a task: from a free stack to joining it and giving the
 * stack back.  Neither needs memory from elsewhere, nor touches the stack:
 * that is for the task to do, when it starts.
 */
#include <errno.h>
#include <stdatomic.h>

#include "core.h"
#include "report.h"
#include "stack.h"

static struct rt_task *take(void)
{
    struct rt_task *task = co.free;
    if (!task)
        return co_stack_fresh();
    co.free = task->next;
    san_stack_reuse(&co_rest(task)->san);
    return task;
}

static void give(struct rt_task *task)
{
    task->detached = true;
    task->next = co.free;
    co.free = task;
    co.freed++;
}

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = take();
    if (!task)
        return -ENOMEM;
    *task = (struct rt_task){ .fn = fn,
                              .arg = arg,
                              .prev = co_number(co.tail),
                              .number = (uint32_t)++co.spawned,
                              .fresh = true,
                              .queued = true,
                              .detached = !out };
    co.live++;
    co_ready(task);
    /* A cancellation the spawner has yet to learn of is this one's as well. */
    if (co.ending && (co.current->pending || co.current->held))
        co_pend(task);
    if (co.watched)
        co_trace(RT_TRACE_SPAWN, task);
    if (out)
        *out = task;
    return 0;
}

/* A task somebody waits for, if it has not started, runs next. */
static void hasten(struct rt_task *task)
{
    if (task->queued && (co.head != task || co.front)) {
        co_unqueue(task);
        co_ready_first(task);
    }
}

/* Waits for so many more of those it has entered to end. */
static int wait_for(size_t remaining, bool failure, int64_t deadline)
{
    co.current->remaining = (uint32_t)remaining;
    co.current->failure = failure;
    return co_park_checked(CO_JOIN, deadline);
}

/* The running task waits, or does not wait any more, for this one. */
static bool enter(struct rt_task *task)
{
    if (task->done)
        return false;
    task->joiner = co_number(co.current);
    hasten(task);
    return true;
}

static void leave(struct rt_task *task)
{
    if (!task->done)
        task->joiner = 0;
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (enter(task)) {
        int error = wait_for(1, false, deadline);
        leave(task);
        /* It may have ended between the deadline and now. */
        if (error && !(error == -ETIMEDOUT && task->done))
            return error;
    }
    if (status)
        *status = task->result;
    give(task);
    return 0;
}

/* Enters all that have not ended.  Backwards, so that the first one comes to
 * be the very first in front. */
static size_t enter_all(struct rt_task *const *tasks, size_t n)
{
    size_t entered = 0;
    while (n-- > 0)
        entered += enter(tasks[n]);
    return entered;
}

/* Counts those that have ended; whether that is enough. */
static bool enough(struct rt_task *const *tasks, size_t n,
                   enum rt_wait_mode mode, size_t *ended)
{
    bool failed = false;
    *ended = 0;
    for (size_t i = 0; i < n; i++) {
        *ended += tasks[i]->done;
        failed |= tasks[i]->done && tasks[i]->result < 0;
    }
    return *ended == n || (mode == RT_WAIT_FIRST && *ended > 0) ||
           (mode == RT_WAIT_FIRST_FAILED && failed);
}

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    size_t ended, remaining = enter_all(tasks, n);
    int error = remaining > 0 ? wait_for(remaining, false, deadline) : 0;
    /* The last may have ended between the deadline and now. */
    if (error == -ETIMEDOUT && enough(tasks, n, RT_WAIT_ALL, &ended))
        error = 0;
    for (size_t i = 0; i < n; i++) {
        leave(tasks[i]);
        if (error)
            continue;
        if (statuses)
            statuses[i] = tasks[i]->result;
        give(tasks[i]);
    }
    return error;
}

/* Waits for tasks that are not enough as they are. */
static int wait_for_some(struct rt_task *const *tasks, size_t n,
                         enum rt_wait_mode mode, int64_t deadline)
{
    size_t remaining = enter_all(tasks, n);
    if (mode == RT_WAIT_FIRST)
        remaining = 1;
    int error = wait_for(remaining, mode == RT_WAIT_FIRST_FAILED, deadline);
    for (size_t i = 0; i < n; i++)
        leave(tasks[i]);
    return error;
}

int rt_wait(struct rt_task *const *tasks, size_t n, enum rt_wait_mode mode,
            bool *done, int64_t deadline)
{
    size_t ended = 0;
    int error = co_check();
    if (!error && !enough(tasks, n, mode, &ended)) {
        error = wait_for_some(tasks, n, mode, deadline);
        if (enough(tasks, n, mode, &ended) && error == -ETIMEDOUT)
            error = 0;
    }
    for (size_t i = 0; done && i < n; i++)
        done[i] = tasks[i]->done;
    return error ? error : (int)ended;
}

void rt_detach(struct rt_task *task)
{
    if (task->done) {
        report_unjoined(co_name(task), task->result);
        give(task);
    } else {
        task->detached = true;
    }
}

void rt_task_name(struct rt_task *task, const char *name)
{
    if (!task)
        task = co.current;
    task->named = true;
    atomic_store_explicit(&co_rest(task)->name, name, memory_order_release);
}

int rt_sleep(int64_t until)
{
    if (until <= 0 || until <= rt_now())
        return rt_yield();
    return co_park(CO_SLEEP, until);
}
