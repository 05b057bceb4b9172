/* SPDX-License-Identifier: MIT */
/*
 * forkjoin: work that is split by tasks which wait for its parts.  fib: a
 * task for each call of the definition down to fib(20), which is computed in
 * place.  nqueens: 14 queens, a task for each column of the first row.  Timed:
 * all of it.  One operation is one task.
 */

#include <math.h>

#include "kernels.h"
#include "workload.h"

enum {
    CUT = 20,
    QUEENS = 14
};

struct job {
    int n; /* fib: which number; nqueens: which column */
    uint64_t result, tasks;
};

/* Has the parts done by a task each, and adds up. */
static int split(struct job *job, rt_task_fn fn, struct job *parts, size_t n)
{
    int status = work_waves(fn, parts, sizeof(*parts), n);
    for (size_t i = 0; i < n; i++) {
        job->result += parts[i].result;
        job->tasks += 1 + parts[i].tasks;
    }
    return status;
}

static int fib(void *arg)
{
    struct job *job = arg, parts[] = { { job->n - 1 }, { job->n - 2 } };
    if (job->n > CUT)
        return split(job, fib, parts, 2);
    job->result = kernel_fib(job->n);
    return 0;
}

static int column(void *arg)
{
    struct job *job = arg;
    job->result = kernel_nqueens_from(QUEENS, job->n);
    return 0;
}

static int run(void *arg)
{
    struct share *my = arg;
    struct job job = { .n = (int)given.n }, parts[QUEENS] = { 0 };
    for (int i = 0; i < QUEENS; i++)
        parts[i].n = i;
    int status =
        given.kernel == 0 ? fib(&job) : split(&job, column, parts, QUEENS);
    my->units = job.tasks;
    my->ops = 1 + job.tasks;
    my->digest = my->sum = job.result;
    return status;
}

/* Binet's formula; OEIS A000170.  The tree of tasks for fib(n) has
 * 2 fib(n - 18) - 1 nodes, as one sees by adding 1 to each of its recursion. */
static int check(struct work *work, struct share *total)
{
    int n = (int)given.n;
    bool fibs = given.kernel == 0;
    double expected =
        fibs ? round(pow((1 + sqrt(5)) / 2, n) / sqrt(5)) : 365596;
    total->rounds = !fibs     ? 1 + QUEENS
                    : n > CUT ? 2 * kernel_fib(n - 18) - 1
                              : 1;
    return (double)total->sum == expected
               ? 0
               : work_fail(work, -EBADMSG, "the result is wrong");
}

const struct workload workload_forkjoin = {
    .name = "forkjoin",
    .question = "What does it cost to split work among tasks?",
    .op = "task",
    .axis = "n",
    .params = { { "kernel", "fib", .choices = "fib,nqueens" }, { "n", "30" } },
    .cells = { { "coro,pool:20,thread,seq", NULL, "n=30",
                 "n=25,30,35 cpus=1,all | kernel=nqueens cpus=1,all" } },
    .tasks = "1", /* and those it creates */
    .region = REGION_TASKS,
    .run = run,
    .check = check,
};
