/* SPDX-License-Identifier: MIT */

/*
 * Gather against spawn.                     asyncio: gather, create_task
 *
 * Calls that follow each other wait one after the other.  Tasks wait at the
 * same time, and rt_gather() collects them: their results come in the order
 * in which they were named, whichever ended first.  A task whose result
 * nobody wants is spawned without an owner; what is left of such tasks when
 * main returns is cancelled, so main waits for what it wants done.
 *
 * Watch: how many of the three jobs are under way at the same time.
 */

#include <stdatomic.h>

#include "example.h"

enum {
    JOBS = 3
};

struct office {
    int together;            /* jobs that are to be under way at a time */
    atomic_int busy;         /* now */
    struct rt_event *all_in; /* set when that many are */
};

struct job {
    struct office *office;
    int number;
    int busy; /* jobs under way, this one too, when it began */
};

static int work(void *arg)
{
    struct job *job = arg;
    struct office *office = job->office;

    job->busy = atomic_fetch_add(&office->busy, 1) + 1;
    if (job->busy == office->together)
        rt_event_set(office->all_in);
    MUST(rt_event_wait(office->all_in, RT_FOREVER));
    atomic_fetch_sub(&office->busy, 1);
    return job->number * job->number;
}

static void report(const char *how, const int *squares, const struct job *jobs)
{
    int most = 0;

    printf("%s:", how);
    for (int i = 0; i < JOBS; i++) {
        printf(" %d", squares[i]);
        most = jobs[i].busy > most ? jobs[i].busy : most;
    }
    printf(", at most %d at a time\n", most);
    rt_event_clear(jobs->office->all_in);
}

/* An event that is set by a task nobody joins. */
static int leave_a_note(void *arg)
{
    rt_event_set(arg);
    return 0;
}

static int go(void *arg)
{
    struct office office = { .together = 1 };
    struct job jobs[JOBS];
    struct rt_task *tasks[JOBS];
    int squares[JOBS];

    (void)arg;
    MUST(rt_event_new(&office.all_in));
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct job){ .office = &office, .number = i + 1 };

    for (int i = 0; i < JOBS; i++)
        squares[i] = work(&jobs[i]);
    report("by plain calls", squares, jobs);

    for (int i = 0; i < JOBS; i++) {
        MUST(rt_spawn(&tasks[i], work, &jobs[i]));
        MUST(rt_join(tasks[i], &squares[i], RT_FOREVER));
    }
    report("spawned, each joined at once", squares, jobs);

    office.together = JOBS;
    for (int i = 0; i < JOBS; i++)
        MUST(rt_spawn(&tasks[i], work, &jobs[i]));
    MUST(rt_gather(tasks, JOBS, squares, RT_FOREVER));
    report("spawned, then gathered", squares, jobs);

    MUST(rt_spawn(NULL, leave_a_note, office.all_in));
    MUST(rt_event_wait(office.all_in, RT_FOREVER));
    printf("without an owner: has left its note\n");
    rt_event_free(office.all_in);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
