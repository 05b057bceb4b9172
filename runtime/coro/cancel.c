/* SPDX-License-Identifier: MIT */
/*
 * Owns cancellation.  A task that waits is woken with -ECANCELED and leaves
 * whatever list or wheel it was in by that, so nothing is handed to it any
 * more; to one that does not wait the cancellation is `pending` until its
 * next waiting call, and behind a shield it is `held` until that is gone.
 * Invariant: a shielded task has none pending, one that has ended neither
 * kind; so a stack that is used again has none either.
 */
#include "core.h"
#include "stack.h"

/* Woken by a cancellation and has not run since: of a task that is ready again,
 * by a yield as well, status is what its call will return. */
static bool being_cancelled(const struct rt_task *task)
{
    return task != co.current && !task->fresh && task->reason == CO_RUNNING &&
           task->status == -ECANCELED;
}

void co_pend(struct rt_task *task)
{
    if (task->pending)
        return;
    task->pending = true;
    co.pendings++;
    co_attend();
}

void co_unpend(struct rt_task *task)
{
    if (!task->pending)
        return;
    task->pending = false;
    co.pendings--;
}

int co_deliver(void)
{
    if (!co.current->pending)
        return 0;
    co_unpend(co.current);
    return -ECANCELED;
}

int rt_cancel(struct rt_task *task)
{
    if (!task)
        task = co.current;
    if (task->done || being_cancelled(task))
        return 0;
    if (co_rest(task)->shields > 0)
        task->held = true;
    else if (!co_wake(task, -ECANCELED))
        co_pend(task);
    return 0;
}

void co_shield(void)
{
    struct rt_task *self = co.current;
    co_rest(self)->shields++;
    if (!self->pending)
        return;
    co_unpend(self);
    self->held = true;
}

void co_unshield(void)
{
    struct rt_task *self = co.current;
    if (--co_rest(self)->shields > 0 || !self->held)
        return;
    self->held = false;
    co_pend(self);
}

int rt_shield(rt_task_fn fn, void *arg)
{
    co_shield();
    int status = fn(arg);
    co_unshield();
    return status;
}

void co_cancel_others(void)
{
    uint32_t n = co_stacks_used();
    for (uint32_t id = 0; id < n; id++) {
        struct rt_task *task = co_task(id);
        if (!task->done && task != co.current)
            rt_cancel(task);
    }
}
