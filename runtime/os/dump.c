/* SPDX-License-Identifier: MIT */
/*
 * dump.c: lists of tasks, for people.  While one is made no task begins or
 * ends.  One asked for from elsewhere is made by the main task's thread when
 * it waits: the signal that ends its system calls makes it look.
 */

#include <sched.h>
#include <signal.h>

#include "os/seat.h"
#include "report.h"

atomic_bool os_dump_wanted;

/* Says that there is a main thread to be reached; `callers` keeps it there
 * until those who have seen that are through. */
static atomic_bool listening;
static atomic_uint callers;

static struct os_task *main_task;

struct list {
    size_t most, told, alive;
    int64_t now;
};

static void count(void *arg, struct os_task *task)
{
    struct list *list = arg;
    (void)task;
    list->alive++;
}

/* What the thread that the task is on waits for, if it is the task that
 * waits. */
static void describe_seat(struct report_task *line, struct os_task *task,
                          int64_t now)
{
    const struct os_seat *seat = os_seat_of(task);
    if (seat && atomic_load(&seat->task) == task) {
        line->waits_ns = now - atomic_load(&seat->since);
        line->reason = atomic_load(&seat->reason);
    }
    line->running = !line->reason;
}

static void tell(void *arg, struct os_task *task)
{
    struct list *list = arg;
    if (list->told == list->most)
        return;
    list->told++;
    struct report_task line = { .number = task->number,
                                .name = atomic_load(&task->name),
                                .waits_ns = -1 };
    if (atomic_load(&task->linked))
        line.stranded = !os_thread_free();
    else if (atomic_load(&task->helps))
        line.reason = "join";
    else
        describe_seat(&line, task, list->now);
    report_task(&line);
}

static void each(void (*fn)(void *arg, struct os_task *task), void *arg)
{
    if (main_task->number > 0)
        fn(arg, main_task);
    os_tasks_each(fn, arg);
}

void os_dump_tasks(size_t most)
{
    struct list list = { .most = most, .now = os_coarse_now() };
    each(count, &list);
    each(tell, &list);
    report_more(list.alive - list.told);
}

void rt_dump(void)
{
    struct list list = { .most = 0 };
    os_freeze();
    each(count, &list);
    report_alive(list.alive);
    os_dump_tasks(list.alive);
    os_thaw();
}

void os_dump_now(void)
{
    atomic_store(&os_dump_wanted, false);
    rt_dump();
}

void rt_dump_soon(void)
{
    atomic_fetch_add(&callers, 1);
    if (atomic_load(&listening)) {
        atomic_store(&os_dump_wanted, true);
        pthread_kill(atomic_load(&os_main_seat.thread), SIGURG);
    }
    atomic_fetch_sub(&callers, 1);
}

void os_dump_start(void)
{
    main_task = os_self;
    atomic_store(&os_dump_wanted, false);
    atomic_store(&listening, true);
}

void os_dump_stop(void)
{
    atomic_store(&listening, false);
    while (atomic_load(&callers) > 0)
        sched_yield();
}
