/* SPDX-License-Identifier: MIT */
/*
 * park.c: where a task waits for another, and how it is woken.
 *
 * A task's word is 0 between waits.  The task adds OS_SLEEPING before it goes
 * to sleep on the word; the waker adds OS_WOKEN and makes the system call
 * only if it found OS_SLEEPING.  Whoever waits for one thing gets at most one
 * wake-up, whoever joins several tasks one for each.
 *
 * A nudge may come at any time and means nothing by itself.  It is cleared
 * before `cancel` is looked at: one that comes after the look changes the
 * word, so that the sleep does not begin.
 */

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/seat.h"
#include "os/trace.h"

_Thread_local struct os_task *os_self;
_Thread_local struct os_seat *os_seat;

bool os_bells;

static struct timespec timespec_of(int64_t ns)
{
    if (ns < 0)
        ns = 0; /* the kernel refuses negative times */
    return (struct timespec){ .tv_sec = ns / 1000000000,
                              .tv_nsec = ns % 1000000000 };
}

int os_futex_wait(atomic_uint *word, unsigned seen, int64_t deadline)
{
    struct timespec until = timespec_of(deadline);
    /* FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time. */
    long got = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen,
                       deadline == RT_FOREVER ? NULL : &until, NULL,
                       FUTEX_BITSET_MATCH_ANY);
    return got < 0 ? -errno : 0;
}

void os_futex_wake(atomic_uint *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

bool os_bells_known(void)
{
    return syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno == EINVAL;
}

void os_ring(atomic_uint *bell)
{
    atomic_fetch_add(bell, 1);
    syscall(SYS_futex, bell, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static struct futex_waitv waitv_of(atomic_uint *word, unsigned seen)
{
    return (struct futex_waitv){ .val = seen,
                                 .uaddr = (uintptr_t)word,
                                 .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG };
}

/* The kernel does not begin to sleep if either has changed. */
static int wait_for_both(struct futex_waitv both[2], int64_t deadline)
{
    struct timespec until = timespec_of(deadline);
    long got = syscall(SYS_futex_waitv, both, 2, 0,
                       deadline == RT_FOREVER ? NULL : &until, CLOCK_MONOTONIC);
    return got < 0 ? -errno : 0;
}

int os_park_wait(atomic_uint *word, unsigned seen, int64_t deadline)
{
    if (!os_seat->bell)
        return os_futex_wait(word, seen, deadline);
    struct futex_waitv both[2] = { waitv_of(word, seen),
                                   waitv_of(os_seat->bell, os_seat->rung) };
    return wait_for_both(both, deadline);
}

static bool woken_while_spinning(const atomic_uint *word)
{
    unsigned spins = os_patience();
    for (unsigned i = 0; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_relaxed) >= OS_WOKEN) {
            os_looked(true);
            return true;
        }
        os_relax();
    }
    os_looked(false);
    return false;
}

void os_wait_begin(const char *reason)
{
    os_sit(reason, false);
    if (os_traced)
        os_trace_leave(reason);
}

void os_wait_end(void)
{
    os_stand();
    if (os_traced)
        os_trace_return(0);
}

static int park_alone(const char *reason, int64_t deadline)
{
    if (deadline == RT_FOREVER)
        return -EDEADLK;
    struct timespec until = timespec_of(deadline);
    os_wait_begin(reason);
    do {
        if (os_dump_asked())
            os_dump_now();
    } while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
             EINTR);
    os_wait_end();
    return -ETIMEDOUT;
}

/* Sleeps until woken (0), or the reason to give up. */
static int sleep_until(atomic_uint *word, unsigned seen, int64_t deadline)
{
    for (;;) {
        if (seen & OS_NUDGED)
            seen = atomic_fetch_and(word, ~OS_NUDGED) & ~OS_NUDGED;
        if (seen >= OS_WOKEN)
            return 0;
        if (os_cancel_pending(memory_order_seq_cst))
            return -ECANCELED;
        if (os_watch_wait(word, seen, deadline) == -ETIMEDOUT)
            return -ETIMEDOUT;
        seen = atomic_load(word);
    }
}

static int sleep_seated(const char *reason, atomic_uint *word, int64_t deadline)
{
    os_sit(reason, deadline == RT_FOREVER);
    unsigned seen = os_traced
                        ? os_trace_sleep(reason)
                        : atomic_fetch_add(word, OS_SLEEPING) + OS_SLEEPING;
    int err = sleep_until(word, seen, deadline);
    os_stand();
    if (os_traced)
        os_trace_awake();
    return err;
}

/* Returns the reason to give up, which counts when *seen, the word at the
 * end, holds no wake-up. */
static int park(const char *reason, int64_t deadline, bool look, unsigned *seen)
{
    atomic_uint *word = &os_self->word;
    int err = 0;
    if (!look || deadline <= 0 || !woken_while_spinning(word))
        err = sleep_seated(reason, word, deadline);
    *seen = atomic_exchange(word, 0);
    return err;
}

int os_park(const char *reason, int64_t deadline, bool look)
{
    unsigned seen;
    if (os_alone)
        return park_alone(reason, deadline);
    int err = park(reason, deadline, look, &seen);
    return seen >= OS_WOKEN ? 0 : err;
}

int os_park_counting(int64_t deadline, size_t *wakes, bool *failed)
{
    unsigned seen;
    if (os_alone)
        return park_alone("join", deadline);
    int err = park("join", deadline, true, &seen);
    *wakes += seen / OS_WOKEN;
    *failed = *failed || seen & OS_FAILED;
    return seen >= OS_WOKEN ? 0 : err;
}

void os_park_surely(void)
{
    os_hold();
    os_park("join", RT_FOREVER, true);
    os_release();
}

atomic_uint *os_rouse(struct os_task *task)
{
    atomic_uint *word = &task->word;
    unsigned seen =
        os_traced ? os_trace_rouse(task) : atomic_fetch_add(word, OS_WOKEN);
    return seen & OS_SLEEPING ? word : NULL;
}

void os_kick(atomic_uint *word)
{
    if (word)
        os_futex_wake(word);
}

void os_wake(struct os_task *task)
{
    os_kick(os_rouse(task));
}

void os_unwake(void)
{
    atomic_store(&os_self->word, 0);
}

void os_tell_failure(struct os_task *task)
{
    atomic_fetch_or(&task->word, OS_FAILED);
}

void os_nudge(struct os_task *task)
{
    if (atomic_fetch_or(&task->word, OS_NUDGED) & OS_SLEEPING)
        os_futex_wake(&task->word);
}
