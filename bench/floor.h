/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/*
 * The noise floor: how much two runs of the very same trial differ, here and
 * now.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"

enum {
    FLOOR_TRIALS = 200 /* at most */
};

struct floor {
    struct estimate wall; /* of one trial, seconds */
    double low, high;     /* 80 % of them lie between */
    double spread;        /* that over the median */
    double nine;          /* half the interval of nine trials, over the median:
                             what a run of nine rounds resolves */
};

/*
 * Runs `path` with these arguments (up to the NULL) again and again for so
 * long, once unmeasured.  Returns the number of trials, or a negative errno:
 * -EIO when one fails, -EINTR when interrupted, -EAGAIN with fewer than nine.
 */
int floor_measure(struct floor *out, const char *path,
                  const char *const *arguments, int64_t budget_ns);

#endif
