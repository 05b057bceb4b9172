/* SPDX-License-Identifier: MIT */
/* queue.c: the tasks that have not started: in the queue those that are waited
 * for, then the others in order of spawning, and after these the inbox. */

#include "pool/pool.h"

/* Who finds the inbox filled by somebody that held the other lock sees what is
 * in it: the one releases, the other acquires. */
static size_t count_of(struct pool_list *list)
{
    return atomic_load_explicit(&list->count, memory_order_acquire);
}

static void set_count(struct pool_list *list, size_t count)
{
    atomic_store_explicit(&list->count, count, memory_order_release);
}

/* Puts n tasks that hang together behind those of the list. */
static void append(struct pool_list *list, struct rt_task *first,
                   struct rt_task *last, size_t n)
{
    size_t count = count_of(list);
    first->os.link = list->last;
    *(count > 0 ? &list->last->next : &list->first) = first;
    list->last = last;
    set_count(list, count + n);
}

bool pool_inbox_empty(void)
{
    return count_of(&pool.inbox.list) == 0;
}

struct os_lock *pool_inbox_take(void)
{
    for (;;) {
        bool empty = pool_inbox_empty();
        struct os_lock *lock = empty ? &pool.lock : &pool.inbox.lock;
        os_lock_take(lock);
        if (pool_inbox_empty() == empty)
            return lock;
        os_lock_give(lock);
    }
}

void pool_put(struct rt_task *task, const struct os_lock *taken)
{
    bool first = taken == &pool.lock, alone = first && !pool.queue.first;
    if (first && !alone)
        pool.inbox.spawned = pool.spawned;
    task->next = NULL;
    atomic_store_explicit(&task->os.linked, true, memory_order_relaxed);
    append(alone ? &pool.queue : &pool.inbox.list, task, task, 1);
}

void pool_queue_fill(void)
{
    struct pool_list *inbox = &pool.inbox.list;
    if (pool_inbox_empty())
        return;
    os_lock_take(&pool.inbox.lock);
    append(&pool.queue, inbox->first, inbox->last, count_of(inbox));
    pool.spawned = pool.inbox.spawned;
    set_count(inbox, 0);
    os_lock_give(&pool.inbox.lock);
}

static void take_out(struct rt_task *task)
{
    if (task == pool.queue.first) {
        pool.queue.first = task->next;
        return;
    }
    struct rt_task *prev = task->os.link;
    prev->next = task->next;
    *(task->next ? &task->next->os.link : (void **)&pool.queue.last) = prev;
}

void pool_queue_prefer(struct rt_task *task)
{
    if (!atomic_load_explicit(&task->os.linked, memory_order_relaxed))
        return;
    pool_queue_fill();
    take_out(task);
    task->next = pool.queue.first;
    *(pool.queue.first ? &pool.queue.first->os.link
                       : (void **)&pool.queue.last) = task;
    pool.queue.first = task;
}

void pool_queue_remove(struct rt_task *task)
{
    take_out(task);
    /* Who cancels finds either the mark or the empty call. */
    atomic_store_explicit(&task->os.call, NULL, memory_order_relaxed);
    atomic_store_explicit(&task->os.linked, false, memory_order_release);
    set_count(&pool.queue, count_of(&pool.queue) - 1);
    if (!pool.queue.first)
        pool_queue_fill();
}
