/* SPDX-License-Identifier: MIT */
/* task.c: tasks, their waits, and the run, out of the library's threads. */

#include "guest/kit/kit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "report.h"

struct rt_task *kit_self;

static struct {
    struct rt_task main;
    struct kit_list all; /* tasks not freed, without the main one */
    struct kit_list ending, sleeping, joining;
    size_t live; /* of them, not ended */
    uint64_t spawned;
    bool ends;
} run;

/* ---- waiting ---- */

int kit_deliver(void)
{
    if (!kit_self->pending || kit_self->shields > 0)
        return 0;
    kit_self->pending = false;
    return -ECANCELED;
}

int kit_wait(struct kit_list *list, int64_t deadline)
{
    struct rt_task *task = kit_self;
    if (deadline <= 0)
        return -ETIMEDOUT;
    if (kit_deliver())
        return -ECANCELED;
    TAILQ_INSERT_TAIL(list, task, waits);
    task->waits_in = list;
    while (task->waits_in) {
        guest_park(task, deadline);
        if (task->waits_in && rt_now() >= deadline)
            kit_wake(task, -ETIMEDOUT);
    }
    kit_self = task;
    return task->status;
}

void kit_wake(struct rt_task *task, int status)
{
    TAILQ_REMOVE(task->waits_in, task, waits);
    task->waits_in = NULL;
    task->status = status;
    guest_unpark(task);
}

void kit_wake_all(struct kit_list *list, int status)
{
    while (!TAILQ_EMPTY(list))
        kit_wake(TAILQ_FIRST(list), status);
}

int rt_sleep(int64_t until)
{
    if (kit_deliver())
        return -ECANCELED;
    int status = rt_now() < until ? kit_wait(&run.sleeping, until) : 0;
    return status == -ETIMEDOUT ? 0 : status;
}

/* ---- tasks ---- */

static void task_free(struct rt_task *task)
{
    TAILQ_REMOVE(&run.all, task, all);
    guest_release(task);
    free(task);
}

static void finish(struct rt_task *task)
{
    struct kit_joint *joint = task->joint;
    task->done = true;
    if (joint &&
        (--joint->remaining == 0 || (joint->failure && task->result < 0)) &&
        joint->task->waits_in)
        kit_wake(joint->task, 0);
    if (--run.live == 0)
        kit_wake_all(&run.ending, 0);
    if (!task->detached)
        return;
    report_unjoined(task->name, task->result);
    task_free(task);
}

void kit_body(struct rt_task *task)
{
    kit_self = task;
    task->result = task->fn(task->arg);
    finish(task);
}

int rt_spawn(struct rt_task **out, rt_task_fn fn, void *arg)
{
    struct rt_task *task = malloc(sizeof *task);
    if (!task)
        return -ENOMEM;
    *task = (struct rt_task){ .fn = fn, .arg = arg, .detached = !out };
    task->pending = run.ends && kit_self->pending;
    int error = guest_create(task);
    if (error) {
        free(task);
        return error;
    }
    TAILQ_INSERT_TAIL(&run.all, task, all);
    run.live++;
    run.spawned++;
    if (out)
        *out = task;
    return 0;
}

static int count_done(struct rt_task *const *tasks, size_t n, bool *done)
{
    int ended = 0;
    for (size_t i = 0; i < n; i++) {
        tasks[i]->joint = NULL;
        ended += tasks[i]->done;
        if (done)
            done[i] = tasks[i]->done;
    }
    return ended;
}

int rt_wait(struct rt_task *const *tasks, size_t n, enum rt_wait_mode mode,
            bool *done, int64_t deadline)
{
    struct kit_joint joint = { .task = kit_self,
                               .failure = mode == RT_WAIT_FIRST_FAILED };
    bool failed = false;
    int status = kit_deliver();
    for (size_t i = 0; i < n; i++) {
        if (!tasks[i]->done)
            tasks[i]->joint = &joint;
        joint.remaining += !tasks[i]->done;
        failed |= tasks[i]->done && tasks[i]->result < 0;
    }
    bool over = joint.remaining == 0 || (failed && joint.failure);
    if (mode == RT_WAIT_FIRST) {
        over |= joint.remaining < n;
        joint.remaining = 1;
    }
    if (status == 0 && !over)
        status = kit_wait(&run.joining, deadline);
    int ended = count_done(tasks, n, done);
    return status ? status : ended;
}

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    int ended = rt_wait(tasks, n, RT_WAIT_ALL, NULL, deadline);
    for (size_t i = 0; i < n && ended >= 0; i++) {
        if (statuses)
            statuses[i] = tasks[i]->result;
        task_free(tasks[i]);
    }
    return ended < 0 ? ended : 0;
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    return rt_gather(&task, 1, status, deadline);
}

void rt_detach(struct rt_task *task)
{
    task->detached = true;
    if (!task->done)
        return;
    report_unjoined(task->name, task->result);
    task_free(task);
}

int rt_cancel(struct rt_task *task)
{
    task = task ? task : kit_self;
    if (task->done || task->pending)
        return 0;
    bool deaf = task->shields > 0;
    if (task->waits_in && !deaf) {
        kit_wake(task, -ECANCELED);
        return 0;
    }
    task->pending = true;
    if (task->polls && !deaf)
        guest_interrupt(task);
    return 0;
}

int rt_shield(rt_task_fn fn, void *arg)
{
    kit_self->shields++;
    int status = fn(arg);
    kit_self->shields--;
    return status;
}

void rt_task_name(struct rt_task *task, const char *name)
{
    (task ? task : kit_self)->name = name;
}

/* ---- the run ---- */

static void end_others(void)
{
    struct rt_task *task, *next;
    run.ends = true;
    run.main.shields++;
    TAILQ_FOREACH(task, &run.all, all)
        rt_cancel(task);
    if (run.live > 0)
        kit_wait(&run.ending, RT_FOREVER);
    for (task = TAILQ_FIRST(&run.all); task; task = next) {
        next = TAILQ_NEXT(task, all);
        rt_detach(task);
    }
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (kit_self || (options && options->workers))
        return -EINVAL;
    int status = guest_start(options);
    if (status == 0)
        status = guest_adopt(&run.main);
    if (status)
        return status;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    sigaction(SIGPIPE, &ignore, &before);
    report_start(options);
    run.spawned = 0;
    run.ends = false;
    TAILQ_INIT(&run.all);
    TAILQ_INIT(&run.ending);
    TAILQ_INIT(&run.sleeping);
    TAILQ_INIT(&run.joining);
    kit_self = &run.main;
    status = fn(arg);
    end_others();
    sigaction(SIGPIPE, &before, NULL);
    guest_release(&run.main);
    kit_self = NULL;
    run.main = (struct rt_task){ 0 };
    return status;
}

uint64_t kit_spawned(void)
{
    return run.spawned;
}
