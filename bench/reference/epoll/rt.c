/* SPDX-License-Identifier: MIT */
/* What stands in a runtime's place. */

#include "rt.h"

void rt_info(struct rt_info *out)
{
    *out = (struct rt_info){ .name = "epoll",
                             .summary = "hand-written epoll loops, no tasks",
                             .options = "",
                             .guard = "none",
                             .reference = true };
}
