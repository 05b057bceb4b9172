/* SPDX-License-Identifier: MIT */
/* clock.c: the clock, and calls that let it go on. */

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "os/os.h"

int64_t rt_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t rt_in(int64_t duration_ns)
{
    int64_t deadline;
    if (__builtin_add_overflow(rt_now(), duration_ns, &deadline))
        return RT_FOREVER;
    return deadline;
}

int rt_sleep(int64_t until)
{
    if (os_cancel_check())
        return -ECANCELED;
    int err = os_park(until, 0);
    if (err == -ECANCELED)
        return os_cancel_deliver();
    return err == -ETIMEDOUT ? 0 : err;
}

int rt_yield(void)
{
    int err = os_cancel_check();
    if (err == 0 && !os_alone)
        sched_yield();
    return err;
}
