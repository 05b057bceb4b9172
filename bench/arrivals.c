/* SPDX-License-Identifier: MIT */
/*
 * When operations start.  An open loop is one schedule for all tasks: whoever
 * is free takes its next time.  Each time follows from the one before, so that
 * nothing but the last need be kept, and no lock.
 */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "work.h"

void arrivals_init(struct arrivals *arrivals, const struct work *work,
                   enum work_schedule schedule, int64_t rate, uint64_t n)
{
    *arrivals = (struct arrivals){ .schedule = schedule,
                                   .n = n,
                                   .seed = work_hash(work->round) << 32 };
    if (schedule == WORK_CLOSED)
        return;
    arrivals->gap_ns = 1000000000 / rate;
    arrivals->limit_ns = 2 * (int64_t)n * arrivals->gap_ns + 1000000000;
}

int arrivals_choose(struct arrivals *arrivals, struct work *work, uint64_t n)
{
    static const char name[] = "schedule";
    *arrivals = (struct arrivals){ .schedule = WORK_CLOSED };
    if (param_find(work->workload->params, PARAMS_MAX, name, strlen(name)) < 0)
        return 0;
    enum work_schedule schedule = (enum work_schedule)work_choice(work, name);
    int64_t rate = work_int(work, "rate");
    if (schedule != WORK_CLOSED && rate == 0)
        return work_fail(work, -EINVAL, "an open loop needs rate=1 or more");
    if (schedule == WORK_CLOSED && rate != 0)
        return work_fail(work, -EINVAL,
                         "rate=%lld needs schedule=poisson or fixed",
                         (long long)rate);
    arrivals_init(arrivals, work, schedule, rate, n);
    return 0;
}

/* From one arrival to the next, by inversion of the exponential
 * distribution; at least 1 ns, for the next is drawn from the last. */
static int64_t gap(const struct arrivals *arrivals, int64_t last)
{
    if (arrivals->schedule == WORK_FIXED)
        return arrivals->gap_ns;
    double uniform =
        ((double)work_hash(arrivals->seed + (uint64_t)last) + 0.5) /
        4294967296.0;
    return (int64_t)(-log(uniform) * (double)arrivals->gap_ns) + 1;
}

/* When the first was asked for. */
static int64_t start_of(struct arrivals *arrivals)
{
    int64_t start = 0, now = rt_now();
    if (atomic_compare_exchange_strong(&arrivals->start, &start, now))
        return now;
    return start;
}

int arrivals_next(struct arrivals *arrivals, int64_t *start)
{
    int64_t begin = start_of(arrivals);
    if (atomic_fetch_add(&arrivals->taken, 1) >= arrivals->n ||
        rt_now() - begin > arrivals->limit_ns)
        return 0;
    int64_t last = atomic_load(&arrivals->last), next;
    do
        next = last + gap(arrivals, last);
    while (!atomic_compare_exchange_weak(&arrivals->last, &last, next));
    *start = begin + next;
    int status = rt_now() < *start ? rt_sleep(*start) : 0;
    if (status == 0 && rt_now() < *start)
        status = -ETIME;
    return status == 0 ? 1 : status;
}

int work_next(const struct share *my, int64_t *start)
{
    if (common.arrivals.schedule != WORK_CLOSED)
        return arrivals_next(&common.arrivals, start);
    *start = rt_now();
    return my->ops < my->rounds;
}

void arrivals_count(const struct arrivals *arrivals, struct work *work,
                    uint64_t done)
{
    if (arrivals->schedule != WORK_CLOSED)
        work_count(work, "unstarted", arrivals->n - done);
}

int work_sleep(struct work *work, int64_t until, int64_t *late)
{
    int status = rt_sleep(until);
    int64_t after = rt_now() - until;
    if (late != NULL)
        *late = after;
    return status == 0 && after < 0
               ? work_fail(work, -ETIME, "a sleep ended early")
               : status;
}

int work_beat(struct work *work, int64_t *next, int64_t period_ns)
{
    int64_t late;
    *next += period_ns;
    int status = work_sleep(work, *next, &late);
    if (status == 0)
        work_latency(work, WORK_HEARTBEAT, late);
    return status;
}
