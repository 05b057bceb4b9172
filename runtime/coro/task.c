/* SPDX-License-Identifier: MIT */
/*
 * Owns the life of a task: from a free stack to a first frame, to joining it
 * and giving the stack back.  A task lives on its own stack's last page, so
 * neither needs memory from elsewhere.
 */
#include <errno.h>

#include "core.h"
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
    task->next = co.free;
    co.free = task;
}

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = take();
    if (!task)
        return -ENOMEM;
    task->waiting_in = NULL;
    task->status = 0;
    task->reason = CO_RUNNING;
    task->timed = false;
    task->fresh = true;
    task->prev = co.tail;
    task->done = false;
    task->detached = !out;
    task->joint = NULL;
    task->fn = fn;
    task->arg = arg;
    task->sp = co_frame(task, task);
    co.live++;
    co.spawned++;
    co_ready(task);
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

/* Waits until the joint's tasks have all ended. */
static int wait_for(struct co_joint *joint, int64_t deadline)
{
    int error = co_park(CO_JOIN, deadline);
    /* The last may have ended between the deadline and now. */
    return joint->remaining == 0 ? 0 : error;
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    if (!task->done) {
        struct co_joint joint = { co.current, 1 };
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

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    struct co_joint joint = { co.current, 0 };
    /* Backwards, so that the first one comes to be the very first. */
    for (size_t i = n; i-- > 0;) {
        if (tasks[i]->done)
            continue;
        tasks[i]->joint = &joint;
        joint.remaining++;
        hasten(tasks[i]);
    }
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

void rt_detach(struct rt_task *task)
{
    if (task->done)
        give(task);
    else
        task->detached = true;
}

int rt_sleep(int64_t until)
{
    if (until <= 0 || until <= rt_now())
        return rt_yield();
    return co_park(CO_SLEEP, until);
}
