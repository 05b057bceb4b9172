/* SPDX-License-Identifier: MIT */
/* trace.c: the events, each told and made to happen under one lock.  Lock
 * order: it is taken last, after any of lock.h's. */

#include "os/trace.h"

#include <pthread.h>

bool os_traced;

static struct {
    pthread_mutex_t lock;
    void (*hook)(void *arg, const struct rt_trace_event *event);
    void *arg;
} trace = { .lock = PTHREAD_MUTEX_INITIALIZER };

void os_trace_start(const struct rt_options *options)
{
    if (!options)
        return;
    trace.hook = options->trace;
    trace.arg = options->trace_arg;
    os_traced = trace.hook != NULL;
}

void os_trace_stop(void)
{
    os_traced = false;
}

/* With the lock held.  Number 0 is no task of the program's. */
static void tell(enum rt_trace_what what, const struct os_task *task,
                 struct rt_trace_event event)
{
    if (task->number == 0)
        return;
    event.what = what;
    event.when_ns = rt_now();
    event.task = task->number;
    event.name = atomic_load(&task->name);
    trace.hook(trace.arg, &event);
}

static void tell_alone(enum rt_trace_what what, const struct os_task *task,
                       struct rt_trace_event event)
{
    pthread_mutex_lock(&trace.lock);
    tell(what, task, event);
    pthread_mutex_unlock(&trace.lock);
}

void os_trace_spawn(const struct os_task *task)
{
    uint64_t by = task == os_self ? 0 : os_self->number;
    tell_alone(RT_TRACE_SPAWN, task, (struct rt_trace_event){ .by = by });
}

void os_trace_run(const struct os_task *task)
{
    tell_alone(RT_TRACE_RUN, task, (struct rt_trace_event){ .by = 0 });
}

void os_trace_finish(const struct os_task *task, int status)
{
    tell_alone(RT_TRACE_FINISH, task,
               (struct rt_trace_event){ .status = status });
}

void os_trace_leave(const char *reason)
{
    tell_alone(RT_TRACE_PARK, os_self,
               (struct rt_trace_event){ .reason = reason });
}

void os_trace_return(uint64_t by)
{
    pthread_mutex_lock(&trace.lock);
    tell(RT_TRACE_WAKE, os_self, (struct rt_trace_event){ .by = by });
    tell(RT_TRACE_RUN, os_self, (struct rt_trace_event){ .by = 0 });
    pthread_mutex_unlock(&trace.lock);
}

unsigned os_trace_sleep(const char *reason)
{
    pthread_mutex_lock(&trace.lock);
    unsigned word = atomic_fetch_add(&os_self->word, OS_SLEEPING) + OS_SLEEPING;
    if (word < OS_WOKEN && !os_cancel_pending(memory_order_seq_cst)) {
        word = atomic_fetch_or(&os_self->word, OS_TOLD | OS_PARKED) | OS_TOLD |
               OS_PARKED;
        tell(RT_TRACE_PARK, os_self,
             (struct rt_trace_event){ .reason = reason });
    }
    pthread_mutex_unlock(&trace.lock);
    return word;
}

void os_trace_awake(void)
{
    pthread_mutex_lock(&trace.lock);
    unsigned word = atomic_fetch_and(&os_self->word, ~(OS_TOLD | OS_PARKED));
    if (word & OS_TOLD)
        tell(RT_TRACE_WAKE, os_self, (struct rt_trace_event){ .by = 0 });
    if (word & OS_PARKED)
        tell(RT_TRACE_RUN, os_self, (struct rt_trace_event){ .by = 0 });
    pthread_mutex_unlock(&trace.lock);
}

/* With the lock held: the task, if it has told of its park, is waked. */
static void tell_wake(struct os_task *task, unsigned word)
{
    if (!(word & OS_TOLD))
        return;
    atomic_fetch_and(&task->word, ~OS_TOLD);
    tell(RT_TRACE_WAKE, task,
         (struct rt_trace_event){ .by = os_self ? os_self->number : 0 });
}

unsigned os_trace_rouse(struct os_task *task)
{
    pthread_mutex_lock(&trace.lock);
    /* One that has not told of a park may be gone after this. */
    unsigned word = atomic_fetch_add(&task->word, OS_WOKEN);
    tell_wake(task, word);
    pthread_mutex_unlock(&trace.lock);
    return word;
}

unsigned os_trace_cancel(struct os_task *task)
{
    pthread_mutex_lock(&trace.lock);
    unsigned cancel = atomic_fetch_or(&task->cancel, OS_PENDING);
    if (cancel == 0)
        tell_wake(task, atomic_load(&task->word));
    pthread_mutex_unlock(&trace.lock);
    return cancel;
}
