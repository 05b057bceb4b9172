/* SPDX-License-Identifier: MIT */
/*
 * scope.c: waits that do not outlive what they wait for: whoever leaves early
 * cancels the tasks and stays until they have cleaned up.  Made of rt.h
 * alone, the same object in every runtime.
 */

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "rt.h"

struct scope {
    struct rt_task *const *tasks;
    size_t n;
    int *statuses; /* may be NULL */
    bool *done;    /* which had ended when the wait did; NULL: take none */
    int failure;   /* the first of those, 0 if none */
};

/* Takes in one task that has ended or is about to. */
static int collect(struct scope *scope, size_t i)
{
    int status = 0;
    rt_join(scope->tasks[i], &status, RT_FOREVER);
    if (scope->statuses)
        scope->statuses[i] = status;
    return status;
}

/* Runs shielded: joins all, those first that ended by themselves, so that
 * a failure of theirs is known from one that cancelling causes. */
static int end_all(void *arg)
{
    struct scope *scope = arg;
    for (size_t i = 0; i < scope->n; i++) {
        if (!scope->done || !scope->done[i]) {
            rt_cancel(scope->tasks[i]);
            continue;
        }
        int status = collect(scope, i);
        if (status < 0 && scope->failure == 0)
            scope->failure = status;
    }
    for (size_t i = 0; i < scope->n; i++) {
        if (!scope->done || !scope->done[i])
            collect(scope, i);
    }
    return 0;
}

int rt_timeout(rt_task_fn fn, void *arg, int64_t deadline, int *status)
{
    struct rt_task *task;
    int error = rt_check_cancelled();
    if (error == 0)
        error = rt_spawn(&task, fn, arg);
    if (error)
        return error;
    bool done = false;
    error = rt_wait(&task, 1, RT_WAIT_ALL, &done, deadline);
    struct scope scope = {
        .tasks = &task, .n = 1, .statuses = status, .done = &done
    };
    rt_shield(end_all, &scope);
    return error < 0 ? error : 0;
}

int rt_gather_or_cancel(struct rt_task *const *tasks, size_t n, int *statuses,
                        int64_t deadline)
{
    struct scope scope = { .tasks = tasks, .n = n, .statuses = statuses };
    bool few[64] = { false };
    bool *done = n <= sizeof few ? few : calloc(n, sizeof *done);
    int error = -ENOMEM;
    if (done) {
        error = rt_wait(tasks, n, RT_WAIT_FIRST_FAILED, done, deadline);
        scope.done = done;
    }
    rt_shield(end_all, &scope);
    if (done != few)
        free(done);
    return error < 0 ? error : scope.failure;
}
