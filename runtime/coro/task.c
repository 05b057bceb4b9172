/* SPDX-License-Identifier: MIT */
/*
 * Owns the life of a task: from a free stack to a first frame, to joining it
 * and giving the stack back.  A task lives on its own stack's last page, so
 * neither needs memory from elsewhere.
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
    san_stack_reuse(&task->san);
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
    task->prev = co.tail;
    task->waiting_in = NULL;
    task->status = 0;
    task->reason = CO_RUNNING;
    task->marks = 0;
    task->fresh = true;
    task->done = false;
    task->detached = !out;
    task->joint = NULL;
    task->fn = fn;
    task->arg = arg;
    atomic_store_explicit(&task->name, NULL, memory_order_relaxed);
    task->sp = co_frame(task, task);
    task->number = ++co.spawned;
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
    if (task->fresh && (co.head != task || co.front)) {
        co_unqueue(task);
        co_ready_first(task);
    }
}

/* Waits for the joint's tasks, not all of which have ended. */
static int wait_for(struct co_joint *joint, int64_t deadline)
{
    int error = co_park_checked(CO_JOIN, deadline);
    /* The last may have ended between the deadline and now. */
    return error == -ETIMEDOUT && joint->remaining == 0 ? 0 : error;
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (!task->done) {
        struct co_joint joint = { .task = co.current, .remaining = 1 };
        task->joint = &joint;
        hasten(task);
        int error = wait_for(&joint, deadline);
        task->joint = NULL;
        if (error)
            return error;
    }
    if (status)
        *status = task->result;
    give(task);
    return 0;
}

/* Enters the joint with all tasks that have not ended.  Backwards, so that
 * the first one comes to be the very first in front. */
static size_t enter(struct co_joint *joint, struct rt_task *const *tasks,
                    size_t n)
{
    size_t entered = 0;
    while (n-- > 0) {
        if (tasks[n]->done)
            continue;
        tasks[n]->joint = joint;
        hasten(tasks[n]);
        entered++;
    }
    return entered;
}

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    struct co_joint joint = { .task = co.current };
    joint.remaining = enter(&joint, tasks, n);
    int error = joint.remaining > 0 ? wait_for(&joint, deadline) : 0;
    for (size_t i = 0; i < n; i++) {
        tasks[i]->joint = NULL;
        if (error)
            continue;
        if (statuses)
            statuses[i] = tasks[i]->result;
        give(tasks[i]);
    }
    return error;
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

/* Waits for tasks that are not enough as they are. */
static int wait_for_some(struct rt_task *const *tasks, size_t n,
                         enum rt_wait_mode mode, int64_t deadline)
{
    struct co_joint joint = { .task = co.current,
                              .failure = mode == RT_WAIT_FIRST_FAILED };
    joint.remaining = enter(&joint, tasks, n);
    if (mode == RT_WAIT_FIRST)
        joint.remaining = 1;
    int error = co_park_checked(CO_JOIN, deadline);
    for (size_t i = 0; i < n; i++)
        tasks[i]->joint = NULL;
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
        report_unjoined(task->name, task->result);
        give(task);
    } else {
        task->detached = true;
    }
}

void rt_task_name(struct rt_task *task, const char *name)
{
    if (!task)
        task = co.current;
    atomic_store_explicit(&task->name, name, memory_order_release);
}

int rt_sleep(int64_t until)
{
    if (until <= 0 || until <= rt_now())
        return rt_yield();
    return co_park(CO_SLEEP, until);
}
