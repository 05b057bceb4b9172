/* SPDX-License-Identifier: MIT */
/* clock.c: calls that let the clock go on. */

#include <errno.h>
#include <sched.h>

#include "os/os.h"

int rt_sleep(int64_t until)
{
    if (os_cancel_check())
        return -ECANCELED;
    int err = os_park("sleep", until, 0);
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
