/* SPDX-License-Identifier: MIT */
/* What stands in a runtime's place. */

#include "rt.h"

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){ .name = "futex",
                             .summary = "hand-written pthreads and futexes, no "
                                        "tasks",
                             .options = "stack",
                             .guard = "kernel",
                             .reference = true };
}
