/* SPDX-License-Identifier: MIT */

/*
 * Cancellation with clean-up, and shield.   asyncio: cancel, CancelledError,
 *                                           finally, shield
 *
 * A cancelled task gets -ECANCELED from the call it waits in, or from the next
 * one, once.  It may then clean up, and wait while it does; it may even go on
 * as if nothing had been.  rt_shield() holds the cancellation back while
 * something must not be cut short.  And a task that is only being waited for
 * is not cancelled with whoever waits: that is asyncio.shield(task).
 *
 * Watch: nothing is half done, and each task is waited for.
 */

#include "example.h"

static struct rt_event *never, *saved;
static struct rt_sem *entered; /* how a task says that it is at it */

static int wait_and_clean_up(void *arg)
{
    (void)arg;
    rt_sem_release(entered);
    int rc = TRY(rt_event_wait(never, RT_FOREVER));
    MUST(rt_sleep(in_ms(1))); /* waits again, undisturbed */
    printf("  %s, so it cleans up and goes\n", outcome(rc));
    return rc;
}

static int refuse(void *arg)
{
    (void)arg;
    rt_sem_release(entered);
    int rc = TRY(rt_event_wait(never, RT_FOREVER));
    printf("  %s, but it goes on\n", outcome(rc));
    return 5;
}

static int save(void *arg)
{
    (void)arg;
    rt_sem_release(entered);
    MUST(rt_event_wait(saved, RT_FOREVER));
    printf("  it is saved to the end\n");
    return 0;
}

static int save_and_wait(void *arg)
{
    MUST(rt_shield(save, arg));
    int rc = TRY(rt_event_wait(never, RT_FOREVER));
    printf("  and then %s\n", outcome(rc));
    return rc;
}

static int wait_for_another(void *arg)
{
    rt_sem_release(entered);
    int rc = rt_join(arg, NULL, RT_FOREVER);
    printf("  whoever waits for it: %s\n", outcome(rc));
    return rc;
}

/* The task, which waits where it said so. */
static struct rt_task *start(rt_task_fn fn, void *arg)
{
    struct rt_task *task;

    MUST(rt_spawn(&task, fn, arg));
    MUST(rt_sem_acquire(entered, RT_FOREVER));
    return task;
}

static int end(struct rt_task *task)
{
    int status;

    MUST(rt_join(task, &status, RT_FOREVER));
    return status;
}

static void cancel(const char *what, rt_task_fn fn)
{
    printf("%s\n", what);
    struct rt_task *task = start(fn, NULL);
    rt_cancel(task);
    rt_event_set(saved);
    printf("  it ended with: %s\n", outcome(end(task)));
}

static int go(void *arg)
{
    (void)arg;
    MUST(rt_event_new(&never));
    MUST(rt_event_new(&saved));
    MUST(rt_sem_new(&entered, 0));
    cancel("Cancelled:", wait_and_clean_up);
    cancel("Refused:", refuse);
    rt_event_clear(saved);
    cancel("Shielded:", save_and_wait);

    printf("Waited for by somebody who is cancelled:\n");
    rt_event_clear(saved);
    struct rt_task *task = start(save, NULL);
    struct rt_task *other = start(wait_for_another, task);
    rt_cancel(other);
    end(other);
    rt_event_set(saved);
    printf("  it ended with: %s\n", outcome(end(task)));
    rt_sem_free(entered);
    rt_event_free(saved);
    rt_event_free(never);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
