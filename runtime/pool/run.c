/* SPDX-License-Identifier: MIT */
/* run.c: one run of the pool from its first worker to its last. */

#include <errno.h>

#include "pool/pool.h"

enum {
    DEFAULT_WORKERS = 20,
    MAX_WORKERS = 1 << 22 /* as many threads as Linux can number */
};

struct pool pool;

static int workers_start(void)
{
    int err = 0;
    os_lock_take(&pool.lock);
    for (unsigned i = 0; i < pool.workers && err == 0; i++)
        err = pool_worker_start();
    os_lock_give(&pool.lock);
    return err;
}

static void cancel(void *arg, struct os_task *task)
{
    (void)arg;
    os_cancel(task);
}

/* Cancels the tasks that still run and waits until they have ended. */
static void run_finish(struct pool_worker *self)
{
    os_freeze();
    pool.ended += self->ended;
    bool wait = pool.ended < pool.spawned;
    if (wait)
        pool.finisher = &self->os;
    pool.inbox.closing = true;
    os_tasks_each(cancel, NULL);
    os_thaw();
    if (wait)
        os_park_surely();
}

static int run_main(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    struct pool_worker self = { .is_main = true };
    void *low;
    os_task_init(&self.os, true);
    self.depth_max = pool_depth_max(os_stack_of(pthread_self(), &low));
    pool_self = &self;
    os_start(options, &self.os, pool.stack_bytes);
    int status = workers_start();
    if (status == 0) {
        status = os_main_run(fn, arg);
        run_finish(&self);
    }
    pool_workers_stop();
    pool_cells_fini();
    pool_self = NULL;
    return os_stop(status);
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    unsigned workers = options ? options->workers : 0;
    if (workers > MAX_WORKERS)
        return -EINVAL;
    pool = (struct pool){ .workers = workers ? workers : DEFAULT_WORKERS };
    int status = os_attr_init(&pool.attr, options, &pool.stack_bytes);
    if (status)
        return status;
    status = run_main(options, fn, arg);
    pthread_attr_destroy(&pool.attr);
    return status;
}

void rt_info(struct rt_info *out)
{
    os_freeze();
    *out = (struct rt_info){
        .name = "pool",
        .summary = "a bounded pool of pthreads with one queue",
        .options = "workers,stack,trace",
        .guard = "kernel",
        .http_fds = OS_HTTP_FDS,
        .concurrency = pool.workers,
        .stack_bytes = pool.stack_bytes,
        .workers = pool.workers,
        .tasks = pool.spawned,
        .helped = pool.helped,
        .spare_workers = pool.spares,
    };
    os_thaw();
}

/* ---- for those who look on ---- */

void os_freeze(void)
{
    os_lock_take(&pool.lock);
    pool_queue_fill(); /* so that nobody puts a task into the inbox */
}

void os_thaw(void)
{
    os_lock_give(&pool.lock);
}

bool os_seats_all(bool (*fn)(void *arg, struct os_seat *seat), void *arg)
{
    for (struct pool_worker *at = pool.all; at; at = at->next) {
        if (!fn(arg, &at->seat))
            return false;
    }
    return true;
}

static bool is_elsewhere(void *task, struct os_seat *seat)
{
    return atomic_load(&seat->task) != task || !atomic_load(&seat->reason);
}

struct os_seat *os_seat_of(struct os_task *task)
{
    if (!is_elsewhere(task, &os_main_seat))
        return &os_main_seat;
    for (struct pool_worker *at = pool.all; at; at = at->next) {
        if (!is_elsewhere(task, &at->seat))
            return &at->seat;
    }
    return NULL;
}

bool os_thread_free(void)
{
    return pool.idle != NULL;
}
