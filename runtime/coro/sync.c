/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of tasks waiting for one object: a list through the tasks
 * themselves, doubly linked so that a deadline can take one out of the middle.
 */
#include "sync.h"

#include "timer.h"

int sync_wait(struct sync_queue *queue, enum sync_what what, void *item,
              int64_t deadline)
{
    if (deadline <= 0)
        return -ETIMEDOUT;
    struct rt_task *self = co.current;
    struct co_rest *rest = co_rest(self);
    rest->item = item;
    rest->waiting_in = queue;
    self->next = NULL;
    if (queue->first) {
        self->prev = co_number(queue->last);
        queue->last->next = self;
    } else {
        queue->first = self;
    }
    queue->last = self;
    if (deadline != RT_FOREVER)
        co_timer_add(self, deadline);
    return co_stay((enum co_reason)what);
}

static void wake_first(struct sync_queue *queue, int result)
{
    struct rt_task *task = queue->first;
    queue->first = task->next;
    co_unpark(task, result);
    co_ready(task);
}

void sync_wake(struct sync_queue *queue)
{
    if (queue->first)
        wake_first(queue, 0);
}

void sync_wake_all(struct sync_queue *queue, int result)
{
    while (queue->first)
        wake_first(queue, result);
}

void co_leave_queue(struct rt_task *task)
{
    struct sync_queue *queue = co_rest(task)->waiting_in;
    if (queue->first == task)
        queue->first = task->next;
    else
        co_task(task->prev)->next = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        queue->last = co_task(task->prev);
}
