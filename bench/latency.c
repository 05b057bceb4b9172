/* SPDX-License-Identifier: MIT */
/*
 * Where a trial's latencies go: for each CPU a histogram of its own, which
 * are put together when all is over.  A thread that is moved to another CPU
 * in the middle of an addition does no harm, it is atomic.
 */

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "work.h"

enum {
    CPUS_MAX = 64 /* more share */
};

static unsigned cpus(void)
{
    long n = sysconf(_SC_NPROCESSORS_CONF);
    return n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : (unsigned)n;
}

int work_latencies_new(struct work *work)
{
    work->latency_cpus = cpus();
    for (int i = 0; i < WORK_LATENCIES; i++) {
        /* Pages that are not written to cost nothing. */
        work->latencies[i] =
            calloc(work->latency_cpus, sizeof(struct histogram));
        if (work->latencies[i] == NULL)
            return -ENOMEM;
    }
    return 0;
}

void work_fini(struct work *work)
{
    for (int i = 0; i < WORK_LATENCIES; i++) {
        free(work->latencies[i]);
        work->latencies[i] = NULL;
    }
}

void work_latency(struct work *work, enum work_latency which, int64_t ns)
{
    unsigned cpu = (unsigned)sched_getcpu();
    if (work->latencies[which] == NULL)
        return; /* work_begin() has complained */
    histogram_add(&work->latencies[which][cpu % work->latency_cpus],
                  ns < 0 ? 0 : (uint64_t)ns);
}

void work_latencies_merge(const struct work *work, enum work_latency which,
                          struct histogram *out)
{
    if (work->latencies[which] == NULL)
        return;
    for (size_t i = 0; i < work->latency_cpus; i++)
        histogram_merge(out, &work->latencies[which][i]);
}
