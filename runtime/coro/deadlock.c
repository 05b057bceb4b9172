/* SPDX-License-Identifier: MIT */
/*
 * Owns what happens when nobody can ever run again: it is reported who waits
 * for what, and the waits are cancelled, so that the tasks clean up and end.
 */
#include <stdio.h>

#include "core.h"
#include "report.h"
#include "stack.h"

enum {
    MANY = 20,        /* tasks listed in the report */
    MANY_ROUNDS = 100 /* without a task that ends: they will not */
};

static const char *describe(const struct rt_task *task)
{
    switch (task->reason) {
    case CO_JOIN:
        return "for other tasks to end";
    case CO_MUTEX:
        return "for a mutex";
    case CO_COND:
        return "for a condition";
    case CO_SEM:
        return "for a semaphore";
    case CO_EVENT:
        return "for an event";
    case CO_CHAN:
        return "at a channel";
    default:
        return "";
    }
}

static void report(void)
{
    char text[160];
    uint32_t n = co_stacks_used();
    unsigned told = 0;
    report_text("deadlock: no task can ever run again\n");
    for (uint32_t id = 0; id < n && told < MANY; id++) {
        const struct rt_task *task = co_stack_task(id);
        if (task->done)
            continue;
        snprintf(text, sizeof(text), "  task \"%.100s\" waits %s\n",
                 task->name ? task->name : "unnamed", describe(task));
        report_text(text);
        told++;
    }
    if (co.live > told) {
        snprintf(text, sizeof(text), "  and %zu more\n", co.live - told);
        report_text(text);
    }
}

/* Cancels all waits of this kind. */
static void cancel(bool joins)
{
    uint32_t n = co_stacks_used();
    for (uint32_t id = 0; id < n; id++) {
        struct rt_task *task = co_stack_task(id);
        if (!task->done && (task->reason == CO_JOIN) == joins)
            rt_cancel(task);
    }
}

bool co_deadlock_break(void)
{
    static unsigned rounds;
    static size_t live;
    if (!co.deadlocked)
        report();
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
