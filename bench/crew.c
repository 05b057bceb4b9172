/* SPDX-License-Identifier: MIT */
/*
 * Groups of tasks for workloads: gauges, waves for set-up, and crews, whose
 * members wait at a start line so that creating them is not in the timed
 * region.  Nothing here is paid per operation.
 */

#include "workload.h"

#include <errno.h>
#include <stdlib.h>

uint64_t gauge_enter(struct gauge *gauge)
{
    uint64_t now = atomic_fetch_add(&gauge->now, 1) + 1;
    uint64_t peak = atomic_load(&gauge->peak);
    while (now > peak &&
           !atomic_compare_exchange_weak(&gauge->peak, &peak, now))
        ;
    return now;
}

void gauge_leave(struct gauge *gauge)
{
    atomic_fetch_sub(&gauge->now, 1);
    atomic_fetch_add(&gauge->ended, 1);
}

/* Spawns up to n tasks; returns how many there are, and why not more. */
static size_t spawn_all(struct rt_task **tasks, rt_task_fn fn, char *items,
                        size_t item_bytes, size_t n, int *error)
{
    *error = 0;
    for (size_t i = 0; i < n; i++) {
        *error = rt_spawn(&tasks[i], fn, items + i * item_bytes);
        if (*error != 0)
            return i;
    }
    return n;
}

/* Joins n tasks; returns the first negative status or error. */
static int join_all(struct rt_task **tasks, size_t n)
{
    int first = 0;
    for (size_t i = 0; i < n; i++) {
        int status = 0;
        int error = rt_join(tasks[i], &status, RT_FOREVER);
        if (first == 0)
            first = error != 0 ? error : status < 0 ? status : 0;
    }
    return first;
}

int work_waves(rt_task_fn fn, void *items, size_t item_bytes, size_t n)
{
    enum {
        WAVE = 64
    };
    struct rt_task *tasks[WAVE];
    for (size_t done = 0; done < n;) {
        size_t wave = n - done < WAVE ? n - done : WAVE;
        int error;
        size_t spawned = spawn_all(tasks, fn, (char *)items + done * item_bytes,
                                   item_bytes, wave, &error);
        int status = join_all(tasks, spawned);
        if (error != 0 || status < 0)
            return error != 0 ? error : status;
        done += wave;
    }
    return 0;
}

struct member {
    struct crew *crew;
    void *item;
};

struct crew {
    struct member *members;
    struct rt_task **tasks;
    size_t n;
    rt_task_fn fn;
    uint64_t at_line; /* members that must be there before the start; 0: there
                         is no line */
    struct rt_event *ready, *go;
    struct gauge gauge;
};

static int member_run(void *arg)
{
    struct member *member = arg;
    struct crew *crew = member->crew;
    uint64_t now = gauge_enter(&crew->gauge);
    int status = 0;
    if (now == crew->at_line)
        rt_event_set(crew->ready);
    if (crew->at_line > 0)
        status = rt_event_wait(crew->go, RT_FOREVER);
    if (status == 0)
        status = crew->fn(member->item);
    gauge_leave(&crew->gauge);
    return status;
}

/* How many of n tasks can wait at a line: what does not limit them all may
 * limit them to some, and a single one would wait for itself. */
static uint64_t at_once(uint64_t n)
{
    struct rt_info info;
    rt_info(&info);
    if (info.concurrency == 1)
        return 0;
    return info.concurrency != 0 && info.concurrency < n ? info.concurrency : n;
}

static int crew_init(struct crew *crew, rt_task_fn fn, char *items,
                     size_t item_bytes, size_t n)
{
    *crew = (struct crew){ .n = n, .fn = fn };
    crew->members = calloc(n, sizeof(*crew->members));
    crew->tasks = calloc(n, sizeof(struct rt_task *));
    if (crew->members == NULL || crew->tasks == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        crew->members[i] =
            (struct member){ .crew = crew, .item = items + i * item_bytes };
    int error = rt_event_new(&crew->ready);
    return error != 0 ? error : rt_event_new(&crew->go);
}

static void crew_fini(struct crew *crew)
{
    rt_event_free(crew->go);
    rt_event_free(crew->ready);
    free(crew->tasks);
    free(crew->members);
}

static int crew_run(struct work *work, struct crew *crew)
{
    int error = 0;
    if (crew->at_line == 0)
        work_begin(work);
    size_t spawned = spawn_all(crew->tasks, member_run, (char *)crew->members,
                               sizeof(*crew->members), crew->n, &error);
    if (crew->at_line > 0) {
        if (error == 0)
            error = rt_event_wait(crew->ready, RT_FOREVER);
        work_begin(work);
        rt_event_set(crew->go);
    }
    int status = join_all(crew->tasks, spawned);
    work_end(work);
    return error != 0 ? error : status;
}

static int run_group(struct work *work, struct crew *crew,
                     struct receipt *receipt)
{
    int status = crew_run(work, crew);
    receipt->units = atomic_load(&crew->gauge.ended);
    receipt->peak = atomic_load(&crew->gauge.peak);
    return status;
}

int work_tasks(struct work *work, rt_task_fn fn, void *items, size_t item_bytes,
               size_t n, struct receipt *receipt)
{
    struct crew crew;
    int status = crew_init(&crew, fn, items, item_bytes, n);
    if (status == 0)
        status = run_group(work, &crew, receipt);
    crew_fini(&crew);
    return status;
}

int work_crew(struct work *work, rt_task_fn fn, void *items, size_t item_bytes,
              size_t n, struct receipt *receipt)
{
    struct crew crew;
    int status = crew_init(&crew, fn, items, item_bytes, n);
    if (status == 0) {
        crew.at_line = at_once(n);
        status = run_group(work, &crew, receipt);
    }
    crew_fini(&crew);
    return status;
}
