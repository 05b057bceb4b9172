/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of tasks waiting for one object: a list through the tasks
 * themselves, doubly linked so that a deadline can take one out of the middle.
 */
#include "waiters.h"

#include <errno.h>

#include "core.h"

int co_wait(struct co_waiters *list, enum co_reason reason, void *item,
            int64_t deadline)
{
    if (deadline <= 0)
        return -ETIMEDOUT;
    struct rt_task *self = co.current;
    self->item = item;
    self->waiting_in = list;
    self->next = NULL;
    self->prev = list->first ? list->last : NULL;
    if (list->first)
        list->last->next = self;
    else
        list->first = self;
    list->last = self;
    return co_park_checked(reason, deadline);
}

void *co_waiter_item(const struct co_waiters *list)
{
    return list->first->item;
}

void co_wake_first(struct co_waiters *list, int status)
{
    co_wake(list->first, status);
}

void co_wake_all(struct co_waiters *list, int status)
{
    while (list->first)
        co_wake(list->first, status);
}

void co_waiters_remove(struct rt_task *task)
{
    struct co_waiters *list = task->waiting_in;
    if (task->prev)
        task->prev->next = task->next;
    else
        list->first = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    task->waiting_in = NULL;
}
