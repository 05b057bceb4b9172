/* SPDX-License-Identifier: MIT */
/* start.c: what every blocking runtime does at the two ends of rt_run(). */

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "os/seat.h"
#include "os/trace.h"
#include "report.h"

/* Half a microsecond where a pause takes 24 ns: less than the system calls of
 * a sleep and its wake-up.  Five times as much cost a channel's hand-over half
 * as much CPU again, because a sleeping peer takes far longer to come; where it
 * is awake os_patience() has more. */
enum {
    SPINS = 20,
    DEFAULT_STACK_BYTES = 8 << 20
};

unsigned os_spins;

static struct sigaction old_sigpipe;

static void seat_take(struct os_seat *seat, struct os_task *task)
{
    os_seat = seat;
    os_self = task;
    atomic_store_explicit(&seat->thread, pthread_self(), memory_order_release);
}

void os_thread_begin(struct os_seat *seat, struct os_task *task)
{
    seat_take(seat, task);
    os_overflow_arm(seat);
}

void os_start(const struct rt_options *options, struct os_task *main_task,
              size_t stack_bytes)
{
    os_main_seat = (struct os_seat){ .task = main_task };
    seat_take(&os_main_seat, main_task);
    report_start(options);
    os_overflow_start(stack_bytes);
    os_trace_start(options);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, &old_sigpipe);
    os_calls_start();
    /* Fails on machines with more CPUs than the set holds: not single. */
    cpu_set_t cpus;
    bool single =
        sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
    os_spins = single || os_alone ? 0 : SPINS;
    os_bells = os_bells_known();
    os_watch_start();
    os_dump_start();
}

int os_stop(int status)
{
    bool deadlocked = os_watch_stop();
    os_dump_stop();
    os_trace_stop();
    os_calls_stop();
    sigaction(SIGPIPE, &old_sigpipe, NULL);
    os_overflow_stop();
    os_self = NULL;
    return deadlocked ? -EDEADLK : status;
}

int os_main_run(rt_task_fn fn, void *arg)
{
    os_self->number = 1;
    if (os_traced) {
        os_trace_spawn(os_self);
        os_trace_run(os_self);
    }
    int status = fn(arg);
    if (os_traced)
        os_trace_finish(os_self, status);
    os_freeze();
    os_self->number = 0;
    os_thaw();
    return status;
}

/* What is asked for (0: nothing), in whole pages; 0 when it is too large. */
static size_t stack_size(size_t wanted)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
    if (wanted == 0)
        wanted = DEFAULT_STACK_BYTES;
    if (wanted < least)
        wanted = least;
    if (wanted > SIZE_MAX / 2)
        return 0;
    return (wanted + page - 1) / page * page;
}

int os_attr_init(pthread_attr_t *attr, const struct rt_options *options,
                 size_t *stack_bytes)
{
    size_t bytes = stack_size(options ? options->stack_bytes : 0);
    if (bytes == 0)
        return -EINVAL;
    int err = -pthread_attr_init(attr);
    if (err)
        return err;
    err = -pthread_attr_setstacksize(attr, bytes);
    if (err)
        pthread_attr_destroy(attr);
    *stack_bytes = bytes;
    return err;
}
