/* SPDX-License-Identifier: MIT */
/*
 * park.c: the places where a thread blocks, and the one that wakes it.
 *
 * A task's word is 0 between waits.  The task adds OS_SLEEPING before it goes
 * to sleep on the word; the waker adds OS_WOKEN and makes the system call
 * only if it found OS_SLEEPING.  At most one wake-up is under way per wait.
 */

#include "os/os.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    OS_SLEEPING = 1,
    OS_WOKEN = 2
};

_Thread_local struct os_task *os_self;

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

static bool woken_while_spinning(const atomic_uint *word, unsigned spins)
{
    for (unsigned i = 0; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_relaxed) & OS_WOKEN)
            return true;
        os_relax();
    }
    return false;
}

static int park_alone(int64_t deadline)
{
    if (deadline == RT_FOREVER)
        return -EDEADLK;
    struct timespec until = timespec_of(deadline);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR) {
    }
    return -ETIMEDOUT;
}

int os_park(int64_t deadline, unsigned spins)
{
    if (os_alone)
        return park_alone(deadline);
    atomic_uint *word = &os_self->word;
    if (!woken_while_spinning(word, deadline > 0 ? spins : 0)) {
        unsigned seen = atomic_fetch_or(word, OS_SLEEPING);
        int err = 0;
        while (!(seen & OS_WOKEN) && err != -ETIMEDOUT) {
            err = os_futex_wait(word, OS_SLEEPING, deadline);
            seen = atomic_load(word);
        }
    }
    return atomic_exchange(word, 0) & OS_WOKEN ? 0 : -ETIMEDOUT;
}

atomic_uint *os_rouse(struct os_task *task)
{
    atomic_uint *word = &task->word;
    return atomic_fetch_or(word, OS_WOKEN) & OS_SLEEPING ? word : NULL;
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

int os_poll(int fd, short events, int64_t deadline)
{
    struct pollfd poll_fd = { .fd = fd, .events = events };
    for (;;) {
        struct timespec left = { 0 };
        if (deadline != RT_FOREVER && deadline > 0)
            left = timespec_of(deadline - rt_now());
        int got =
            ppoll(&poll_fd, 1, deadline == RT_FOREVER ? NULL : &left, NULL);
        if (got > 0)
            return 0;
        if (got == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}
