/* SPDX-License-Identifier: MIT */
#ifndef RT_CHECK_H
#define RT_CHECK_H

/* check.h: for what is made of rt.h alone and has to look for a cancellation
 * before it has any effect. */

#include "rt.h"

/* Delivers a pending cancellation: 0 or -ECANCELED.  A wait for no task is
 * over at once, but is a waiting call like any other. */
static inline int rt_check_cancelled(void)
{
    return rt_gather(NULL, 0, NULL, RT_FOREVER);
}

#endif
