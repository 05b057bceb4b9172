/* SPDX-License-Identifier: MIT */
/* task.c: tasks of the pool as their spawners and joiners see them. */

#include <errno.h>

#include "os/trace.h"
#include "pool/pool.h"

const bool os_alone = false;

/* How long a starved join waits before it asks for a thread again. */
enum {
    RETRY_NS = 10000000
};

/* Takes the lock that guards the inbox, and returns it. */
static struct os_lock *lock_inbox(void)
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

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = pool_cell_new();
    if (!task)
        return -ENOMEM;
    struct os_lock *lock = lock_inbox();
    bool first = lock == &pool.lock;
    int err = first ? pool_add_spare(RT_FOREVER) : 0;
    if (err) {
        os_lock_give(lock);
        pool_cell_free(task);
        return err;
    }
    /* From here on os_tasks_each(), which has the lock, counts it. */
    os_task_init(&task->os, out != NULL);
    uint64_t *spawned = first ? &pool.spawned : &pool.inbox.spawned;
    task->os.number = (uint32_t)++ * spawned + 1;
    task->fn = fn;
    task->arg = arg;
    /* The spawner missed its chance to learn that all is to end. */
    if (pool.inbox.closing && os_cancel_pending(memory_order_relaxed))
        os_cancel(&task->os);
    /* Before a worker can run and, if nobody owns it, free the task. */
    if (out)
        *out = task;
    if (os_traced)
        os_trace_spawn(&task->os);
    pool_put(task, lock);
    atomic_uint *sleeper = first ? pool_rouse() : NULL;
    os_lock_give(lock);
    os_kick(sleeper);
    return 0;
}

/* With the lock held: whether the caller may run a task in place.  The main
 * task is not one of the W: it takes the place of an idle worker, or waits. */
static bool may_help(struct pool_worker *self)
{
    if (self->is_main && self->depth == 0)
        self->stands_for = pool_idle_take();
    return !self->is_main || self->stands_for;
}

/* Takes a task that has not started out of the queue, to run it in place. */
static bool claim(struct rt_task *task)
{
    if (!atomic_load_explicit(&task->os.linked, memory_order_relaxed))
        return false;
    os_lock_take(&pool.lock);
    bool ours = atomic_load_explicit(&task->os.linked, memory_order_relaxed) &&
                may_help(pool_self);
    if (ours) {
        pool_queue_remove(task);
        pool.helped++;
    }
    os_lock_give(&pool.lock);
    return ours;
}

/* The worker whose place the main task took may work again. */
static void step_back(struct pool_worker *self)
{
    os_lock_take(&pool.lock);
    pool_idle_put(self->stands_for);
    self->stands_for = NULL;
    atomic_uint *sleeper = pool.queue.first ? pool_rouse() : NULL;
    os_lock_give(&pool.lock);
    os_kick(sleeper);
}

/* With the lock held: what is waited for runs ahead of what is not, so that
 * those who wait soon give their workers back. */
static void prefer(const struct os_blocking *blocking)
{
    for (size_t i = blocking->n; i-- > 0;)
        pool_queue_prefer(blocking->tasks[i]);
}

/* As a worker that others must replace if need be. */
int os_blocked(struct os_blocking *blocking, int64_t deadline)
{
    int err;
    bool starved;
    if (pool_self->is_main && !pool_self->stands_for)
        return blocking->wait(blocking, deadline);
    os_lock_take(&pool.lock);
    pool.running--;
    prefer(blocking);
    do {
        starved = pool.queue.first && pool_add_spare(deadline) != 0;
        os_lock_give(&pool.lock);
        int64_t until = starved ? rt_in(RETRY_NS) : deadline;
        err = blocking->wait(blocking, until < deadline ? until : deadline);
        os_lock_take(&pool.lock);
    } while (err == -ETIMEDOUT && starved && rt_now() < deadline);
    pool.running++;
    os_lock_give(&pool.lock);
    return err;
}

static int wait_for(struct os_blocking *blocking, int64_t deadline)
{
    return os_task_wait(&blocking->tasks[0]->os, deadline);
}

int os_task_await(struct rt_task *task, int64_t deadline)
{
    struct pool_worker *self = pool_self;
    if (os_task_ended(&task->os))
        return 0;
    if (deadline == RT_FOREVER && self->depth < self->depth_max &&
        claim(task)) {
        pool_task_run(task);
        if (self->is_main && self->depth == 0)
            step_back(self);
        return 0;
    }
    struct os_blocking blocking = { wait_for, &task, 1 };
    return os_blocked(&blocking, deadline);
}

void os_task_release(struct rt_task *task)
{
    pool_cell_free(task);
}
