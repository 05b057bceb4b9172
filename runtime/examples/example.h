/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_H
#define EXAMPLE_H

/*
 * example.h: what all examples use.  Where Python raises an exception, a call
 * of rt.h returns a negative errno.  An example that expects none says MUST():
 * the program then ends with a line that says what went wrong.  (A real one
 * would clean up and pass the error on.)  Where one is expected it says TRY().
 * With both the program ends with EXAMPLE_CANNOT when the runtime has no such
 * thing, or when only another task could end a wait and none can run (seq).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt.h"

enum {
    EXAMPLE_CANNOT = 77
};

#define MUST(call) must((call), #call)
#define TRY(call)  try((call), #call)

static inline void stop(int status, const char *call, int error)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", call, strerror(error));
    _Exit(status);
}

static inline int try(int rc, const char *call)
{
    if (rc == -ENOTSUP || rc == -EDEADLK)
        stop(EXAMPLE_CANNOT, call, -rc);
    return rc;
}

static inline int must(int rc, const char *call)
{
    if (try(rc, call) < 0)
        stop(EXIT_FAILURE, call, -rc);
    return rc;
}

/* The deadline that lies so many milliseconds from now. */
static inline int64_t in_ms(int64_t ms)
{
    return rt_in(ms * 1000000);
}

/* What a status says: "fine" or the error's name. */
static inline const char *outcome(int status)
{
    return status >= 0 ? "fine" : strerrorname_np(-status);
}

#endif
