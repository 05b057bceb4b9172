/* SPDX-License-Identifier: MIT */
/* clock.c: the clock, the same in every runtime. */

#include <time.h>

#include "rt.h"

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
