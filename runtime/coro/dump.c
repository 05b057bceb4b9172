/* SPDX-License-Identifier: MIT */
/*
 * Owns the lists of tasks, for people: on demand, on a signal, and for the
 * report of a deadlock.  A request from elsewhere reaches the loop as a
 * uv_async; `listening` says that there is a loop to be reached, and `callers`
 * keeps it there until those who have seen that are through.
 */
#include <sched.h>
#include <stdatomic.h>

#include "core.h"
#include "doze.h"
#include "report.h"
#include "stack.h"

enum {
    NS_PER_MS = 1000000
};

static uv_async_t request;
static atomic_bool listening;
static atomic_uint callers;

const char *co_dump_reason(const struct rt_task *task)
{
    static const char *const words[] = {
        [CO_RUNNING] = NULL,  [CO_JOIN] = "join",   [CO_MUTEX] = "mutex",
        [CO_COND] = "cond",   [CO_SEM] = "sem",     [CO_EVENT] = "event",
        [CO_CHAN] = "chan",   [CO_SLEEP] = "sleep", [CO_READ] = "read",
        [CO_WRITE] = "write", [CO_HTTP] = "http",   [CO_OFFLOAD] = "offload",
    };
    return words[task->reason];
}

static void list(const struct rt_task *task, const char *name, uint32_t now_ms)
{
    struct report_task line = {
        .number = task->number,
        .name = name,
        .reason = co_dump_reason(task),
        .waits_ns = (int64_t)(now_ms - task->since) * NS_PER_MS,
        .running = task == co.current,
    };
    report_task(&line);
}

void co_dump_tasks(size_t most)
{
    uint32_t now_ms = (uint32_t)(rt_now() / NS_PER_MS);
    uint32_t n = co_stacks_used();
    size_t told = 0;
    for (uint32_t id = 0; id < n && told < most; id++) {
        const struct rt_task *task = co_task(id);
        if (task->done)
            continue;
        list(task, co_doze_name(task), now_ms);
        told++;
    }
    report_more(co.live - told);
}

void rt_dump(void)
{
    report_alive(co.live);
    co_dump_tasks(co.live);
}

void rt_dump_soon(void)
{
    atomic_fetch_add(&callers, 1);
    if (atomic_load(&listening))
        uv_async_send(&request);
    atomic_fetch_sub(&callers, 1);
}

static void asked(uv_async_t *async)
{
    (void)async;
    rt_dump();
}

static void stop(void)
{
    atomic_store(&listening, false);
    while (atomic_load(&callers) > 0)
        sched_yield();
    uv_close((uv_handle_t *)&request, NULL);
}

int co_dump_start(void)
{
    static struct co_hook hook = { .fn = stop };
    int error = uv_async_init(co_loop(), &request, asked);
    if (error)
        return error;
    uv_unref((uv_handle_t *)&request);
    co_at_end(&hook);
    atomic_store(&listening, true);
    return 0;
}
