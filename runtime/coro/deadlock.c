/* SPDX-License-Identifier: MIT */
/*
 * Owns what happens when nobody can ever run again: it is reported who waits
 * for what, and the waits are cancelled, so that the tasks clean up and end.
 */
#include "core.h"
#include "report.h"
#include "stack.h"

enum {
    MANY = 20,        /* tasks listed in the report */
    MANY_ROUNDS = 100 /* without a task that ends: they will not */
};

/* Cancels all waits of this kind. */
static void cancel(bool joins)
{
    uint32_t n = co_stacks_used();
    for (uint32_t id = 0; id < n; id++) {
        struct rt_task *task = co_task(id);
        if (!task->done && (task->reason == CO_JOIN) == joins)
            rt_cancel(task);
    }
}

bool co_deadlock_break(void)
{
    static unsigned rounds;
    static size_t live;
    if (!co.deadlocked) {
        report_deadlock();
        co_dump_tasks(MANY);
    }
    if (!co.deadlocked || co.live < live)
        rounds = 0;
    co.deadlocked = true;
    co.ending = true;
    live = co.live;
    if (++rounds > MANY_ROUNDS)
        return false;
    /* Who waits for a task to end had better go on waiting: it may be using
     * his memory, and it is about to end. */
    cancel(false);
    if (!co.head)
        cancel(true);
    return co.head != NULL;
}
