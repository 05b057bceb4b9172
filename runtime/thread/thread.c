/* SPDX-License-Identifier: MIT */
/*
 * thread.c: one pthread per task.
 *
 * A task's memory lives until its thread is really gone.  A joiner is woken
 * by the task's own word while the thread is still leaving; the task then
 * goes to the released list, from where running tasks collect the threads
 * that have gone meanwhile.  rt_run() waits for all of them.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "os/lock.h"
#include "os/seat.h"
#include "os/trace.h"
#include "report.h"

struct rt_task {
    struct os_task os;
    rt_task_fn fn;
    void *arg;
    struct os_seat seat;       /* of its thread */
    bool over;                 /* run.lock: wakes nobody any more */
    TAILQ_ENTRY(rt_task) link; /* run.lock */
};

TAILQ_HEAD(task_list, rt_task);

/* Above so many, whoever comes by waits for the oldest thread to be gone. */
enum {
    RELEASED_MAX = 64
};

const bool os_alone = false;

static struct {
    size_t stack_bytes; /* set before the first task, like attr */
    pthread_attr_t attr;
    struct os_lock lock;       /* everything below */
    struct task_list owned;    /* running, or ended and owned by somebody */
    struct task_list released; /* ended and owned by nobody, oldest first */
    size_t released_count;
    size_t live;  /* threads that still run a task */
    bool closing; /* the main task has returned */
    uint64_t spawned;
    uint32_t numbered;        /* the last task; not given back */
    struct os_task *finisher; /* rt_run(), waiting until live is 0 */
} run;

/* With the lock held: nobody owns the ended task any more. */
static void release(struct rt_task *task)
{
    TAILQ_REMOVE(&run.owned, task, link);
    TAILQ_INSERT_TAIL(&run.released, task, link);
    run.released_count++;
}

/* Of a task whose thread is gone. */
static void task_free(struct rt_task *task)
{
    os_overflow_disarm(&task->seat);
    free(task);
}

/* Frees the oldest released task if its thread is gone, or in any case when
 * `wait`, which then is waited for.  False when there was none.  Only by tasks
 * that have not ended: two ending threads could wait for each other. */
static bool collect(bool wait)
{
    os_lock_take(&run.lock);
    struct rt_task *task = TAILQ_FIRST(&run.released);
    wait = wait || run.released_count > RELEASED_MAX;
    if (task && !wait && pthread_tryjoin_np(task->seat.thread, NULL) != 0)
        task = NULL;
    if (task) {
        TAILQ_REMOVE(&run.released, task, link);
        run.released_count--;
    }
    os_lock_give(&run.lock);
    if (!task)
        return false;
    if (wait)
        pthread_join(task->seat.thread, NULL);
    task_free(task);
    return true;
}

/* Returns os_task_end(). */
static bool run_task(struct rt_task *task)
{
    if (os_traced)
        os_trace_run(&task->os);
    int status = task->fn(task->arg);
    if (os_traced)
        os_trace_finish(&task->os, status);
    return os_task_end(&task->os, status);
}

static void *thread_main(void *arg)
{
    struct rt_task *task = arg;
    os_thread_begin(&task->seat, &task->os);
    bool ownerless = run_task(task);
    os_self = NULL;

    atomic_uint *sleeper = NULL;
    os_lock_take(&run.lock);
    task->over = true;
    if (ownerless)
        release(task);
    if (--run.live == 0 && run.finisher)
        sleeper = os_rouse(run.finisher);
    os_lock_give(&run.lock);
    os_kick(sleeper);
    return NULL;
}

static void run_register(struct rt_task *task)
{
    os_lock_take(&run.lock);
    /* The spawner missed its chance to learn that all is to end. */
    if (run.closing && os_cancel_pending(memory_order_relaxed))
        os_cancel(&task->os);
    task->os.number = ++run.numbered;
    TAILQ_INSERT_TAIL(&run.owned, task, link);
    run.live++;
    run.spawned++;
    os_lock_give(&run.lock);
    if (os_traced)
        os_trace_spawn(&task->os);
}

static void run_unregister(struct rt_task *task)
{
    os_lock_take(&run.lock);
    TAILQ_REMOVE(&run.owned, task, link);
    run.live--;
    run.spawned--;
    os_lock_give(&run.lock);
}

static int thread_start(struct rt_task *task)
{
    pthread_t thread;
    int err = pthread_create(&thread, &run.attr, thread_main, task);
    /* Threads on their way out count against the system's limits. */
    while (err == EAGAIN && collect(true))
        err = pthread_create(&thread, &run.attr, thread_main, task);
    return -err;
}

static void run_finish(void)
{
    os_lock_take(&run.lock);
    bool wait = run.live > 0;
    if (wait)
        run.finisher = os_self;
    run.closing = true;
    struct rt_task *task;
    TAILQ_FOREACH(task, &run.owned, link)
        os_cancel(&task->os);
    os_lock_give(&run.lock);
    if (wait)
        os_park_surely();
    while (collect(true)) {
    }
    /* What its owner neither joined nor detached. */
    while ((task = TAILQ_FIRST(&run.owned))) {
        TAILQ_REMOVE(&run.owned, task, link);
        pthread_join(task->seat.thread, NULL);
        report_unjoined(task->os.name, task->os.status);
        task_free(task);
    }
    run.finisher = NULL;
    run.closing = false;
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (options && options->workers)
        return -EINVAL;
    int status = os_attr_init(&run.attr, options, &run.stack_bytes);
    if (status)
        return status;
    struct os_task main_task;
    os_task_init(&main_task, true);
    TAILQ_INIT(&run.owned);
    TAILQ_INIT(&run.released);
    run.spawned = 0;
    run.numbered = 1; /* the main task */
    os_start(options, &main_task, run.stack_bytes);
    status = os_main_run(fn, arg);
    run_finish();
    pthread_attr_destroy(&run.attr);
    return os_stop(status);
}

void rt_info(struct rt_info *out)
{
    os_lock_take(&run.lock);
    uint64_t spawned = run.spawned;
    os_lock_give(&run.lock);
    *out = (struct rt_info){
        .name = "thread",
        .summary = "one pthread per task",
        .options = "stack,trace",
        .guard = "kernel",
        .http_fds = OS_HTTP_FDS,
        .stack_bytes = run.stack_bytes,
        .tasks = spawned,
    };
}

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = malloc(sizeof *task);
    if (!task)
        return -ENOMEM;
    os_task_init(&task->os, out != NULL);
    task->fn = fn;
    task->arg = arg;
    task->seat = (struct os_seat){ .task = NULL };
    task->over = false;
    collect(false);
    run_register(task);
    int err = thread_start(task);
    if (err) {
        if (os_traced)
            os_trace_finish(&task->os, err);
        run_unregister(task);
        free(task);
        return err;
    }
    if (out)
        *out = task;
    return 0;
}

int os_task_await(struct rt_task *task, int64_t deadline)
{
    return os_task_wait(&task->os, deadline);
}

int os_blocked(struct os_blocking *blocking, int64_t deadline)
{
    return blocking->wait(blocking, deadline);
}

void os_task_release(struct rt_task *task)
{
    os_lock_take(&run.lock);
    release(task);
    os_lock_give(&run.lock);
    collect(false);
}

/* ---- for those who look on ---- */

void os_freeze(void)
{
    os_lock_take(&run.lock);
}

void os_thaw(void)
{
    os_lock_give(&run.lock);
}

void os_tasks_each(void (*fn)(void *arg, struct os_task *task), void *arg)
{
    struct rt_task *task;
    TAILQ_FOREACH(task, &run.owned, link) {
        if (!os_task_ended(&task->os))
            fn(arg, &task->os);
    }
}

static bool seats_of(struct task_list *list,
                     bool (*fn)(void *arg, struct os_seat *seat), void *arg)
{
    struct rt_task *task;
    TAILQ_FOREACH(task, list, link) {
        if (!task->over && !fn(arg, &task->seat))
            return false;
    }
    return true;
}

/* The thread of a task that has been joined may yet have to wake the one who
 * finishes the run. */
bool os_seats_all(bool (*fn)(void *arg, struct os_seat *seat), void *arg)
{
    return seats_of(&run.owned, fn, arg) && seats_of(&run.released, fn, arg);
}

struct os_seat *os_seat_of(struct os_task *task)
{
    bool is_main = atomic_load(&os_main_seat.task) == task;
    return is_main ? &os_main_seat : &((struct rt_task *)task)->seat;
}

bool os_thread_free(void)
{
    return true;
}
