/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

/*
 * Whether an operation costs more CPU time where there are more tasks or
 * connections.  A series (one runtime in one group) with at least three sizes
 * has a step from each size to the next: the CPU time per operation there over
 * that before, paired by round.  With x times as many, a step
 *
 *   holds    where the whole interval is at most x to the power of 0.1 (26 %
 *            more for ten times as many): linear in all, or better
 *   breaks   where the whole interval is above that
 *   unclear  else, and without an interval
 *
 * What else grew at a break is named beside it, by medians: that is where to
 * look for the reason, not a proof of it.  Where a reference, written by hand
 * on the same system calls, breaks at the same step, the reason is not the
 * runtime's own.  A series that ends before others do says what stopped it.
 */

#include <jansson.h>
#include <stddef.h>

#include "summary.h"

enum growth {
    GROWTH_UNCLEAR,
    GROWTH_HOLDS,
    GROWTH_BREAKS
};

struct step {
    const struct cell *from, *to;
    struct estimate ratio; /* n == 0: no round has both */
    enum growth growth;
    const struct cell *alike;   /* of a reference, where that breaks, too */
    const struct cell *skipped; /* the next size, at the end of a series */
};

/* *out is an array of *n: series after series, each by size; the caller frees
 * it.  cells: those of a series by size.  0, -ENOMEM. */
int growth_all(struct step **out, size_t *n, const struct cell *const *cells,
               size_t cells_n);

/* "holds", "breaks", "unclear" */
const char *growth_name(enum growth growth);

/* The number of steps, from `steps` on, that are of the same series. */
size_t growth_series(const struct step *steps, size_t n);

/* "39.6 ns to 45.1 ns a task, 10 to 1000000 tasks: linear or better", with each
 * break and what cannot be told.  env: for the sizes of caches. */
void growth_words(char *text, size_t size, const struct step *steps,
                  size_t series, const json_t *env);

#endif
