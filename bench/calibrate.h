/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

/*
 * How many operations a trial should do to last about as long as wanted.
 */

#include <stdbool.h>
#include <stdint.h>

struct calibrate {
    int64_t low, high; /* bounds of the count */
    int64_t step;      /* it is a multiple of this */
    int64_t target_ns;
    int64_t count; /* to try next; the answer once done */
    int tries;
    bool done;
};

/*
 * The count will be a multiple of step, and four steps at least, as far as
 * high allows: connections that take unequal shares, or none, would wait for
 * each other, and the time per operation would depend on the count.
 */
void calibrate_start(struct calibrate *calibrate, int64_t low, int64_t high,
                     int64_t step, int64_t target_ns);
/* A trial with `count` operations took wall_ns: sets done, or the next count.
 * It is done when the time lies between half and 1.6 times the target, when a
 * bound forbids to come closer, and after ten tries. */
void calibrate_step(struct calibrate *calibrate, int64_t wall_ns);

#endif
