/* SPDX-License-Identifier: MIT */
/* queue.c: the queue of tasks that have not started, in order of spawning. */

#include "pool/pool.h"

static void count(int change)
{
    size_t queued =
        atomic_load_explicit(&pool.queued, memory_order_relaxed) + change;
    atomic_store_explicit(&pool.queued, queued, memory_order_relaxed);
}

void pool_queue_put(struct rt_task *task)
{
    task->next = NULL;
    task->prev = pool.last;
    *(pool.last ? &pool.last->next : &pool.first) = task;
    pool.last = task;
    task->queued = true;
    count(1);
}

void pool_queue_remove(struct rt_task *task)
{
    *(task->prev ? &task->prev->next : &pool.first) = task->next;
    *(task->next ? &task->next->prev : &pool.last) = task->prev;
    task->queued = false;
    count(-1);
}
