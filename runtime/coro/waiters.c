/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of tasks waiting for one object: a list through the tasks
 * themselves, doubly linked so that a deadline can take one out of the middle.
 */
#include "waiters.h"

#include <errno.h>

#include "core.h"
#include "timer.h"

int co_wait(struct co_waiters *list, enum co_reason reason, void *item,
            int64_t deadline)
{
    if (deadline <= 0)
        return -ETIMEDOUT;
    struct rt_task *self = co.current;
    self->item = item;
    self->waiting_in = list;
    self->next = NULL;
    self->prev = list->last;
    if (list->first)
        list->last->next = self;
    else
        list->first = self;
    list->last = self;
    if (deadline != RT_FOREVER)
        co_timer_add(self, deadline);
    return co_stay(reason);
}

void co_wake_first(struct co_waiters *list, int status)
{
    struct rt_task *task = list->first;
    list->first = task->next;
    task->waiting_in = NULL;
    co_unpark(task, status);
    co_ready(task);
}

void co_wake_all(struct co_waiters *list, int status)
{
    while (list->first)
        co_wake_first(list, status);
}

void co_waiters_remove(struct rt_task *task)
{
    struct co_waiters *list = task->waiting_in;
    if (list->first == task)
        list->first = task->next;
    else
        task->prev->next = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    task->waiting_in = NULL;
}
