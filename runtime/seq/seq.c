/* SPDX-License-Identifier: MIT */
/* seq.c: no concurrency.  A task runs to its end inside rt_spawn(), so every
 * task that can be joined has ended. */

#include <errno.h>
#include <stdlib.h>

#include "os/os.h"
#include "report.h"

struct rt_task {
    struct os_task os;
    struct rt_task *next, *prev; /* in the list of the owned */
};

const bool os_alone = true;

static uint64_t tasks_spawned;
static struct rt_task *owned;

static void owned_put(struct rt_task *task)
{
    task->prev = NULL;
    task->next = owned;
    if (owned)
        owned->prev = task;
    owned = task;
}

static void owned_take(struct rt_task *task)
{
    *(task->prev ? &task->prev->next : &owned) = task->next;
    if (task->next)
        task->next->prev = task->prev;
}

/* What its owner neither joined nor detached. */
static void release_owned(void)
{
    while (owned) {
        struct rt_task *task = owned;
        report_unjoined(task->os.name, task->os.status);
        os_task_release(task);
    }
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    struct os_task main_task;
    os_task_init(&main_task, true);
    tasks_spawned = 0;
    os_start(options); /* nothing else there is honoured */
    os_self = &main_task;
    int status = fn(arg);
    release_owned();
    os_self = NULL;
    os_stop();
    return status;
}

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){
        .name = "seq",
        .summary = "sequential: a task runs to its end where it is spawned",
        .options = "",
        .guard = "none",
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
    tasks_spawned++;
    struct os_task *spawner = os_self;
    os_self = &task->os;
    owned_put(task);
    if (out)
        *out = task;
    bool ownerless = os_task_end(&task->os, fn(arg));
    os_self = spawner;
    if (ownerless)
        os_task_release(task);
    return 0;
}

int os_task_await(struct rt_task *task, int64_t deadline)
{
    return os_task_wait(&task->os, deadline);
}

int os_blocked(int (*wait)(void *arg, int64_t deadline), void *arg,
               int64_t deadline)
{
    return wait(arg, deadline);
}

void os_task_release(struct rt_task *task)
{
    owned_take(task);
    free(task);
}
