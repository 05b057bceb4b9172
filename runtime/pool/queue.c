/* SPDX-License-Identifier: MIT */
/* queue.c: the queue of tasks that have not started: those that are waited for,
 * then the others in order of spawning. */

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
    task->os.link = pool.last;
    *(pool.first ? &pool.last->next : &pool.first) = task;
    pool.last = task;
    atomic_store_explicit(&task->os.linked, true, memory_order_relaxed);
    count(1);
}

static void take_out(struct rt_task *task)
{
    if (task == pool.first) {
        pool.first = task->next;
        return;
    }
    struct rt_task *prev = task->os.link;
    prev->next = task->next;
    *(task->next ? &task->next->os.link : (void **)&pool.last) = prev;
}

void pool_queue_prefer(struct rt_task *task)
{
    if (!atomic_load_explicit(&task->os.linked, memory_order_relaxed))
        return;
    take_out(task);
    task->next = pool.first;
    *(pool.first ? &pool.first->os.link : (void **)&pool.last) = task;
    pool.first = task;
}

void pool_queue_remove(struct rt_task *task)
{
    take_out(task);
    /* Who cancels finds either the mark or the empty call. */
    atomic_store_explicit(&task->os.call, NULL, memory_order_relaxed);
    atomic_store_explicit(&task->os.linked, false, memory_order_release);
    count(-1);
}
