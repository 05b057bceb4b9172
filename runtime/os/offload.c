/* SPDX-License-Identifier: MIT */
/* offload.c: a thread may as well do the work itself. */

#include <errno.h>

#include "os/os.h"

int rt_offload(rt_task_fn fn, void *arg, int *status)
{
    if (os_cancel_check())
        return -ECANCELED;
    int result = fn(arg);
    if (status)
        *status = result;
    return 0;
}
