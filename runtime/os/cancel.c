/* SPDX-License-Identifier: MIT */
/* cancel.c: from the canceller to the wait, and how a task holds it back. */

#include <errno.h>
#include <sched.h>

#include "os/seat.h"
#include "os/trace.h"

/* Takes the task's call, if it is in one, and ends it. */
static void interrupt(struct os_task *task)
{
    /* Until it starts the task is in none, and `call` is not the call. */
    if (atomic_load(&task->linked))
        return;
    struct os_call *call = atomic_exchange(&task->call, NULL);
    if (!call)
        return;
    call->interrupt(call);
    atomic_store_explicit(&call->interrupted, true, memory_order_release);
}

void os_cancel(struct os_task *task)
{
    unsigned seen = os_traced ? os_trace_cancel(task)
                              : atomic_fetch_or(&task->cancel, OS_PENDING);
    if (seen & OS_PENDING)
        return;
    os_nudge(task);
    interrupt(task);
}

int os_cancel_deliver(void)
{
    atomic_fetch_and(&os_self->cancel, (unsigned short)~OS_PENDING);
    return -ECANCELED;
}

void os_hold(void)
{
    atomic_fetch_add(&os_self->cancel, OS_HELD);
}

void os_release(void)
{
    atomic_fetch_sub(&os_self->cancel, OS_HELD);
}

bool os_call_begin(struct os_call *call)
{
    for (;;) {
        atomic_init(&call->interrupted, false);
        atomic_store(&os_self->call, call);
        bool pending = os_cancel_pending(memory_order_seq_cst);
        if (!pending && !os_dump_asked())
            return true;
        os_call_end(call);
        if (pending)
            return false;
        os_dump_now();
    }
}

bool os_call_end(struct os_call *call)
{
    struct os_call *ours = call;
    if (atomic_compare_exchange_strong(&os_self->call, &ours, NULL))
        return false;
    while (!atomic_load_explicit(&call->interrupted, memory_order_acquire))
        sched_yield();
    return true;
}

int rt_cancel(struct rt_task *task)
{
    os_cancel(task ? (struct os_task *)task : os_self);
    return 0;
}

int rt_shield(rt_task_fn fn, void *arg)
{
    os_hold();
    int status = fn(arg);
    os_release();
    return status;
}

void rt_task_name(struct rt_task *task, const char *name)
{
    struct os_task *os = task ? (struct os_task *)task : os_self;
    atomic_store_explicit(&os->name, name, memory_order_release);
}
