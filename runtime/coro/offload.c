/* SPDX-License-Identifier: MIT */
/*
 * Owns offloaded work: on libuv's threads, from a job on the task's stack.
 * The task therefore stays until libuv is done with the job, whatever happens
 * to it meanwhile.
 */
#include <errno.h>
#include <uv.h>

#include "core.h"

struct job {
    uv_work_t work;
    rt_task_fn fn;
    void *arg;
    int result;
    struct rt_task *waiter;
    bool over; /* libuv is done with it */
    bool withdrawn;
};

/* On a thread of libuv's. */
static void run_job(uv_work_t *work)
{
    struct job *job = work->data;
    job->result = job->fn(job->arg);
}

static void job_over(uv_work_t *work, int status)
{
    struct job *job = work->data;
    job->over = true;
    job->withdrawn = status == UV_ECANCELED;
    co_wake(job->waiter, 0);
}

/* The wait was cancelled: so is the job, unless it has begun. */
static void cancel_job(struct job *job)
{
    if (!job->over) {
        uv_cancel((uv_req_t *)&job->work);
        co_shield();
        co_park(CO_OFFLOAD, RT_FOREVER);
        co_unshield();
    }
    if (!job->withdrawn)
        co_pend(co_self());
}

int rt_offload(rt_task_fn fn, void *arg, int *status)
{
    if (co_check())
        return -ECANCELED;
    int error = co_threads_check();
    if (error)
        return error;
    struct job job = { .fn = fn, .arg = arg, .waiter = co_self() };
    job.work.data = &job;
    error = uv_queue_work(co_loop(), &job.work, run_job, job_over);
    if (error)
        return error;
    if (co_park_checked(CO_OFFLOAD, RT_FOREVER))
        cancel_job(&job);
    if (job.withdrawn)
        return -ECANCELED;
    if (status)
        *status = job.result;
    return 0;
}
