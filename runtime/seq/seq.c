/* SPDX-License-Identifier: MIT */
/* seq.c: no concurrency.  A task runs to its end inside rt_spawn(), so every
 * task that can be joined has ended. */

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "os/seat.h"
#include "os/trace.h"
#include "report.h"

struct rt_task {
    struct os_task os;
    LIST_ENTRY(rt_task) link;
};

const bool os_alone = true;

static uint64_t tasks_spawned;
static LIST_HEAD(, rt_task) owned;

/* What its owner neither joined nor detached. */
static void release_owned(void)
{
    struct rt_task *task;
    while ((task = LIST_FIRST(&owned))) {
        report_unjoined(task->os.name, task->os.status);
        os_task_release(task);
    }
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (options && (options->workers || options->stack_bytes))
        return -EINVAL;
    struct os_task main_task;
    os_task_init(&main_task, true);
    tasks_spawned = 0;
    os_start(options, &main_task, 0);
    int status = os_main_run(fn, arg);
    release_owned();
    return os_stop(status);
}

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){
        .name = "seq",
        .summary = "sequential: a task runs to its end where it is spawned",
        .options = "trace",
        .guard = "none",
        .http_fds = OS_HTTP_FDS,
        .concurrency = 1,
        .tasks = tasks_spawned,
    };
}

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = malloc(sizeof *task);
    if (!task)
        return -ENOMEM;
    os_task_init(&task->os, out != NULL);
    task->os.number = (uint32_t)++tasks_spawned + 1;
    LIST_INSERT_HEAD(&owned, task, link);
    if (out)
        *out = task;
    if (os_traced)
        os_trace_spawn(&task->os);
    if (os_task_run(&task->os, fn, arg))
        os_task_release(task);
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
    LIST_REMOVE(task, link);
    free(task);
}

/* ---- for those who look on: nobody else is there ---- */

void os_freeze(void)
{
}

void os_thaw(void)
{
}

void os_tasks_each(void (*fn)(void *arg, struct os_task *task), void *arg)
{
    struct rt_task *task;
    LIST_FOREACH(task, &owned, link) {
        if (!os_task_ended(&task->os))
            fn(arg, &task->os);
    }
}

bool os_seats_all(bool (*fn)(void *arg, struct os_seat *seat), void *arg)
{
    (void)fn;
    (void)arg;
    return true;
}

struct os_seat *os_seat_of(struct os_task *task)
{
    (void)task;
    return &os_main_seat;
}

bool os_thread_free(void)
{
    return false;
}
