/* SPDX-License-Identifier: MIT */

/*
 * Error handling in gather and wait.        asyncio: gather(return_exceptions),
 *                                           TaskGroup, wait(FIRST_EXCEPTION)
 *
 * A task's error is its status, a negative errno.  rt_gather() hands over all
 * of them, whatever they are; rt_gather_or_cancel() ends the others as soon as
 * one fails, and joins them all; rt_wait() tells that one has failed and
 * leaves the rest alone.  What nobody asks for is not lost either: it is
 * reported.
 *
 * Watch: what becomes of the task that waits for ever.
 */

#include "example.h"

static struct rt_event *never;

static int succeed(void *arg)
{
    (void)arg;
    return 0;
}

static int fail(void *arg)
{
    (void)arg;
    return -EIO;
}

static int wait_for_ever(void *arg)
{
    (void)arg;
    return TRY(rt_event_wait(never, RT_FOREVER));
}

enum {
    TASKS = 3
};

static void print(const char *what, int rc, const int *statuses)
{
    printf("%s: %s; the tasks: %s, %s, %s\n", what, outcome(rc),
           outcome(statuses[0]), outcome(statuses[1]), outcome(statuses[2]));
}

static void spawn(struct rt_task **tasks, rt_task_fn last)
{
    MUST(rt_spawn(&tasks[0], succeed, NULL));
    MUST(rt_spawn(&tasks[1], fail, NULL));
    MUST(rt_spawn(&tasks[2], last, NULL));
}

/* gather(..., return_exceptions=True) */
static void all_statuses(void)
{
    struct rt_task *tasks[TASKS];
    int statuses[TASKS];

    spawn(tasks, succeed);
    int rc = rt_gather(tasks, TASKS, statuses, RT_FOREVER);
    print("gather", rc, statuses);
}

/* async with TaskGroup() */
static void all_or_nothing(void)
{
    struct rt_task *tasks[TASKS];
    int statuses[TASKS];

    spawn(tasks, wait_for_ever);
    int rc = rt_gather_or_cancel(tasks, TASKS, statuses, RT_FOREVER);
    print("gather or cancel", rc, statuses);
}

/* wait(..., return_when=FIRST_EXCEPTION) */
static void until_one_fails(void)
{
    struct rt_task *tasks[TASKS];
    int statuses[TASKS];
    bool done[TASKS];

    spawn(tasks, wait_for_ever);
    MUST(rt_wait(tasks, TASKS, RT_WAIT_FIRST_FAILED, done, RT_FOREVER));
    printf("wait: the one that fails has ended: %s; the one that waits: %s\n",
           done[1] ? "yes" : "no", done[2] ? "yes" : "no");
    rt_cancel(tasks[2]);
    MUST(rt_gather(tasks, TASKS, statuses, RT_FOREVER));
    print("  cancelled and gathered", 0, statuses);
}

/* "Task exception was never retrieved" */
static void hear(void *arg, const char *text)
{
    (void)arg;
    printf("reported: %s", text);
}

static void nobody_asks(void)
{
    struct rt_task *task;

    MUST(rt_spawn(&task, fail, NULL));
    rt_task_name(task, "forgotten");
}

static int go(void *arg)
{
    (void)arg;
    MUST(rt_event_new(&never));
    all_statuses();
    all_or_nothing();
    until_one_fails();
    rt_event_free(never);
    nobody_asks();
    return 0;
}

int main(void)
{
    const struct rt_options options = { .report = hear };

    return MUST(rt_run(&options, go, NULL));
}
