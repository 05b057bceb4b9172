/* SPDX-License-Identifier: MIT */
/* worker.c: what a worker does between tasks.  The rules are in pool.h. */

#include <errno.h>
#include <stdlib.h>

#include "pool/pool.h"

/* The stack a task may count on when it runs on top of others, and how many
 * there may be at most. */
enum {
    STACK_PER_TASK = 64 << 10,
    DEPTH_LIMIT = 64
};

/* Workers started beyond W for waits that will end by themselves.  Only waits
 * inside of waits need so many: what more they would cost in threads is worse
 * than that the innermost do not get done in time. */
enum {
    SPARES_MAX = 1000
};

_Thread_local struct pool_worker *pool_self;

static void stack_put(struct pool_worker **stack, struct pool_worker *worker)
{
    worker->stacked = *stack;
    *stack = worker;
}

static struct pool_worker *stack_take(struct pool_worker **stack)
{
    struct pool_worker *worker = *stack;
    if (worker)
        *stack = worker->stacked;
    return worker;
}

static void search_start(struct pool_worker *worker)
{
    worker->searching = true;
    pool.searching++;
}

static void search_stop(struct pool_worker *worker)
{
    worker->searching = false;
    pool.searching--;
}

atomic_uint *pool_rouse(void)
{
    if (pool.searching > 0 || !pool.idle)
        return NULL;
    struct pool_worker *worker = stack_take(&pool.idle);
    search_start(worker);
    return os_rouse(&worker->os);
}

struct pool_worker *pool_idle_take(void)
{
    return stack_take(&pool.idle);
}

void pool_idle_put(struct pool_worker *worker)
{
    stack_put(&pool.idle, worker);
}

void pool_task_run(struct rt_task *task)
{
    struct pool_worker *self = pool_self;
    self->depth++;
    bool ownerless = os_task_run(&task->os, task->fn, task->arg);
    self->depth--;
    self->ended++;
    if (ownerless)
        pool_cell_free(task);
}

/* Sleeps on one of the stacks until taken from it as a searcher. */
static void sleep_on(struct pool_worker **stack, struct pool_worker *self)
{
    stack_put(stack, self);
    os_lock_give(&pool.lock);
    os_park("work", RT_FOREVER, false);
    os_lock_take(&pool.lock);
}

static bool work_has_come(void)
{
    return atomic_load_explicit(&pool.queue.first, memory_order_relaxed) ||
           atomic_load_explicit(&pool.stopping, memory_order_relaxed);
}

static void look_without_lock(void)
{
    os_lock_give(&pool.lock);
    unsigned spins = os_patience();
    while (spins > 0 && !work_has_come()) {
        os_relax();
        spins--;
    }
    os_looked(spins > 0);
    os_lock_take(&pool.lock);
}

/* With the lock held: returns after a while in which work may have come. */
static void wait_for_work(struct pool_worker *self, bool *looked)
{
    if (!self->searching && pool.searching == 0)
        search_start(self);
    if (self->searching && !*looked && os_spins > 0) {
        *looked = true;
        look_without_lock();
        return;
    }
    if (self->searching)
        search_stop(self);
    sleep_on(&pool.idle, self);
    *looked = false;
}

/* With the lock held. */
static bool all_have_ended(void)
{
    return pool_inbox_empty() && pool.ended == pool.spawned;
}

/* With the lock held: what has changed since this worker took a task. */
static void settle(struct pool_worker *self)
{
    pool.ended += self->ended;
    self->ended = 0;
    if (pool.finisher && all_have_ended()) {
        os_wake(pool.finisher);
        pool.finisher = NULL;
    }
    if (pool.running > pool.workers) {
        pool.running--;
        sleep_on(&pool.reserve, self);
    }
}

/* The next task, or NULL when the pool stops. */
static struct rt_task *next_task(struct pool_worker *self)
{
    atomic_uint *sleeper = NULL;
    bool looked = false;
    os_lock_take(&pool.lock);
    settle(self);
    while (!pool.queue.first && !pool.stopping)
        wait_for_work(self, &looked);
    struct rt_task *task = pool.queue.first;
    if (task)
        pool_queue_remove(task);
    /* The next is likely to be in its spawner's cache. */
    __builtin_prefetch(pool.queue.first, 1);
    if (self->searching) {
        search_stop(self);
        if (pool.queue.first)
            sleeper = pool_rouse();
    }
    os_lock_give(&pool.lock);
    os_kick(sleeper);
    return task;
}

static void *worker_main(void *arg)
{
    struct pool_worker *self = arg;
    pool_self = self;
    os_thread_begin(&self->seat, &self->os);
    struct rt_task *task;
    while ((task = next_task(self)))
        pool_task_run(task);
    return NULL;
}

int pool_worker_start(void)
{
    struct pool_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return -ENOMEM;
    os_task_init(&worker->os, true);
    worker->depth_max = pool_depth_max(pool.stack_bytes);
    int err = pthread_create(&worker->thread, &pool.attr, worker_main, worker);
    if (err) {
        free(worker);
        return -err;
    }
    worker->next = pool.all;
    pool.all = worker;
    pool.threads++;
    pool.running++;
    return 0;
}

void pool_workers_stop(void)
{
    struct pool_worker *worker;
    os_lock_take(&pool.lock);
    pool.stopping = true;
    while ((worker = stack_take(&pool.idle)) ||
           (worker = stack_take(&pool.reserve)))
        os_wake(&worker->os);
    os_lock_give(&pool.lock);
    while ((worker = pool.all)) {
        pthread_join(worker->thread, NULL);
        pool.all = worker->next;
        free(worker);
    }
}

unsigned pool_depth_max(size_t stack_bytes)
{
    size_t depth = stack_bytes / STACK_PER_TASK;
    return depth > DEPTH_LIMIT ? DEPTH_LIMIT : (unsigned)depth;
}

int pool_add_spare(int64_t deadline)
{
    if (pool.running > 0)
        return 0;
    struct pool_worker *worker = stack_take(&pool.reserve);
    if (worker) {
        pool.running++;
        search_start(worker);
        os_wake(&worker->os);
    } else {
        if (deadline != RT_FOREVER && pool.threads - pool.workers >= SPARES_MAX)
            return -EAGAIN;
        int err = pool_worker_start();
        if (err)
            return err;
    }
    pool.spares++;
    return 0;
}
