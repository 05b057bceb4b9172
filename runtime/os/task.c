/* SPDX-License-Identifier: MIT */
/*
 * task.c: the end of a task and the calls that wait for it.
 *
 * The joiner field says everything in one word: NULL (runs, owned), a joiner
 * that waits, DETACHED (runs, owned by nobody) or ENDED.  The ending task
 * exchanges it for ENDED and then touches the task no more; a joiner that has
 * entered itself leaves only after it has taken itself out or used up the
 * wake-up, because the ending task holds its address.
 */

#include <errno.h>

#include "os/os.h"
#include "os/trace.h"
#include "report.h"

static struct os_task ended_mark, detached_mark;
#define ENDED    (&ended_mark)
#define DETACHED (&detached_mark)

void os_task_init(struct os_task *task, bool owned)
{
    atomic_init(&task->word, 0);
    atomic_init(&task->cancel, 0);
    atomic_init(&task->name, NULL);
    atomic_init(&task->call, NULL);
    atomic_init(&task->linked, false);
    atomic_init(&task->helps, false);
    task->number = 0;
    atomic_init(&task->joiner, owned ? NULL : DETACHED);
}

bool os_task_end(struct os_task *task, int status)
{
    task->status = status;
    struct os_task *joiner =
        atomic_exchange_explicit(&task->joiner, ENDED, memory_order_acq_rel);
    if (joiner == DETACHED) {
        report_unjoined(atomic_load(&task->name), status);
        return true;
    }
    if (joiner) {
        if (status < 0)
            os_tell_failure(joiner);
        os_wake(joiner);
    }
    return false;
}

struct traced {
    rt_task_fn fn;
    void *arg;
};

static int run_body(void *arg)
{
    struct traced *traced = arg;
    os_trace_run(os_self);
    int status = traced->fn(traced->arg);
    os_trace_finish(os_self, status);
    return status;
}

bool os_task_run_traced(struct os_task *task, rt_task_fn fn, void *arg)
{
    struct traced traced = { fn, arg };
    uint64_t number = task->number;
    os_trace_leave("join");
    bool ownerless = os_task_run_above(task, run_body, &traced);
    os_trace_return(number);
    return ownerless;
}

bool os_task_ended(struct os_task *task)
{
    return atomic_load_explicit(&task->joiner, memory_order_acquire) == ENDED;
}

bool os_task_enter(struct os_task *task)
{
    struct os_task *nobody = NULL;
    return atomic_compare_exchange_strong(&task->joiner, &nobody, os_self);
}

bool os_task_leave(struct os_task *task)
{
    struct os_task *self = os_self;
    return atomic_compare_exchange_strong(&task->joiner, &self, NULL);
}

int os_task_wait(struct os_task *task, int64_t deadline)
{
    if (!os_task_enter(task))
        return 0;
    int err = os_park("join", deadline, true);
    if (err == 0)
        return 0;
    if (os_task_leave(task))
        return err == -ECANCELED ? os_cancel_deliver() : err;
    os_park_surely();
    return 0;
}

/* Of a task that has ended. */
static void take_result(struct rt_task *task, int *status)
{
    if (status)
        *status = ((struct os_task *)task)->status;
    os_task_release(task);
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    int err = os_task_await(task, deadline);
    if (err == 0)
        take_result(task, status);
    return err;
}

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    for (size_t i = 0; i < n; i++) {
        int err = os_task_await(tasks[i], deadline);
        if (err)
            return err;
    }
    for (size_t i = 0; i < n; i++)
        take_result(tasks[i], statuses ? &statuses[i] : NULL);
    return 0;
}

void rt_detach(struct rt_task *task)
{
    struct os_task *os = (struct os_task *)task, *nobody = NULL;
    if (atomic_compare_exchange_strong(&os->joiner, &nobody, DETACHED))
        return;
    report_unjoined(atomic_load(&os->name), os->status);
    os_task_release(task);
}
