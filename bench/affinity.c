/* SPDX-License-Identifier: MIT */
/*
 * The CPUs of the trial process.
 */

#include "affinity.h"

#include <errno.h>
#include <sched.h>

void affinity_read(struct affinity *out)
{
    cpu_set_t set;
    *out = (struct affinity){ .lowest = -1, .highest = -1 };
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return;
    out->count = CPU_COUNT(&set);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &set))
            continue;
        out->highest = cpu;
        if (out->lowest < 0)
            out->lowest = cpu;
    }
}

int affinity_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}
