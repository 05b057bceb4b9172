/* SPDX-License-Identifier: MIT */
/* What stands in a runtime's place. */

#include "rt.h"

void rt_info(struct rt_info *out)
{
    *out =
        (struct rt_info){ .name = "uv",
                          .summary = "hand-written libuv callbacks, no tasks",
                          .options = "",
                          .guard = "none",
                          .reference = true };
}
