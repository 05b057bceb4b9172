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

static struct os_task ended_mark, detached_mark;
#define ENDED    (&ended_mark)
#define DETACHED (&detached_mark)

void os_task_init(struct os_task *task, bool owned)
{
    atomic_init(&task->word, 0);
    atomic_init(&task->joiner, owned ? NULL : DETACHED);
}

bool os_task_end(struct os_task *task, int status)
{
    task->status = status;
    struct os_task *joiner =
        atomic_exchange_explicit(&task->joiner, ENDED, memory_order_acq_rel);
    if (joiner == DETACHED)
        return true;
    if (joiner)
        os_wake(joiner);
    return false;
}

bool os_task_ended(struct os_task *task)
{
    return atomic_load_explicit(&task->joiner, memory_order_acquire) == ENDED;
}

int os_task_wait(struct os_task *task, int64_t deadline)
{
    struct os_task *nobody = NULL;
    if (!atomic_compare_exchange_strong(&task->joiner, &nobody, os_self))
        return 0;
    int err = os_park(deadline, os_spins);
    if (err == 0)
        return 0;
    struct os_task *self = os_self;
    if (atomic_compare_exchange_strong(&task->joiner, &self, NULL))
        return err;
    return os_park(RT_FOREVER, os_spins);
}

int rt_join(struct rt_task *task, int *status, int64_t deadline)
{
    int err = os_task_await(task, deadline);
    if (err)
        return err;
    if (status)
        *status = ((struct os_task *)task)->status;
    os_task_release(task);
    return 0;
}

int rt_gather(struct rt_task *const *tasks, size_t n, int *statuses,
              int64_t deadline)
{
    for (size_t i = 0; i < n; i++) {
        int err = os_task_await(tasks[i], deadline);
        if (err)
            return err;
    }
    for (size_t i = 0; i < n; i++)
        rt_join(tasks[i], statuses ? &statuses[i] : NULL, RT_FOREVER);
    return 0;
}

void rt_detach(struct rt_task *task)
{
    struct os_task *os = (struct os_task *)task, *nobody = NULL;
    if (!atomic_compare_exchange_strong(&os->joiner, &nobody, DETACHED))
        os_task_release(task);
}
