/* SPDX-License-Identifier: MIT */
/* queue.c: the tasks that have not started: in the queue those that are waited
 * for, then the others in order of spawning, and after these the inbox. */

#include "pool/pool.h"

/* Who finds the inbox filled by somebody that held the other lock sees what is
 * in it: the one releases, the other acquires. */
static void set_first(struct pool_list *list, struct rt_task *task)
{
    atomic_store_explicit(&list->first, task, memory_order_release);
}

/* Puts tasks that hang together behind those of the list. */
static void append(struct pool_list *list, struct rt_task *first,
                   struct rt_task *last)
{
    struct rt_task *prev = list->last;
    first->os.link = prev;
    list->last = last;
    if (list->first)
        prev->next = first;
    else
        set_first(list, first);
}

void pool_put(struct rt_task *task, const struct os_lock *taken)
{
    bool first = taken == &pool.lock, alone = first && !pool.queue.first;
    if (first && !alone)
        pool.inbox.spawned = pool.spawned;
    task->next = NULL;
    atomic_store_explicit(&task->os.linked, true, memory_order_relaxed);
    append(alone ? &pool.queue : &pool.inbox.list, task, task);
}

void pool_queue_fill(void)
{
    struct pool_list *inbox = &pool.inbox.list;
    if (pool_inbox_empty())
        return;
    os_lock_take(&pool.inbox.lock);
    append(&pool.queue, inbox->first, inbox->last);
    pool.spawned = pool.inbox.spawned;
    set_first(inbox, NULL);
    os_lock_give(&pool.inbox.lock);
}

/* One that is not the first, out of queue or inbox. */
static void take_from_midst(struct rt_task *task)
{
    pool_queue_fill();
    struct rt_task *prev = task->os.link;
    prev->next = task->next;
    *(task->next ? &task->next->os.link : (void **)&pool.queue.last) = prev;
}

void pool_queue_prefer(struct rt_task *task)
{
    struct rt_task *first = pool.queue.first;
    if (!atomic_load_explicit(&task->os.linked, memory_order_relaxed) ||
        task == first)
        return;
    take_from_midst(task);
    first->os.link = task;
    task->next = first;
    set_first(&pool.queue, task);
}

void pool_queue_remove(struct rt_task *task)
{
    if (task == pool.queue.first)
        set_first(&pool.queue, task->next);
    else
        take_from_midst(task);
    /* Who cancels finds either the mark or the empty call. */
    atomic_store_explicit(&task->os.call, NULL, memory_order_relaxed);
    atomic_store_explicit(&task->os.linked, false, memory_order_release);
    if (!pool.queue.first)
        pool_queue_fill();
}
