/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ROOM_H
#define BENCH_ROOM_H

/*
 * Whether this machine, this process and this runtime have room for what a
 * workload needs; and if not, what to say.
 */

#include <stdint.h>

#include "rt.h"
#include "work.h"

struct skip {
    const char *reason;     /* NULL: nothing stands in the way */
    uint64_t needed, limit; /* both 0 where numbers make no sense */
    char remedy[128];       /* empty where there is none */
};

/* Raises the soft limit of open files to the hard one. */
void room_raise_files(void);

/*
 * Checks, in this order: tasks that must wait at once against the runtime's
 * concurrency, descriptors, threads (processes of the user, the system, the
 * control group; mappings) and memory.  A runtime whose stacks the kernel
 * guards (rt_info) is taken to run each task on a thread, up to its
 * concurrency.
 */
void room_check(const struct needs *needs, const struct rt_info *info,
                struct skip *skip);

#endif
