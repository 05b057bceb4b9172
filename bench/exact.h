/* SPDX-License-Identifier: MIT */
#ifndef BENCH_EXACT_H
#define BENCH_EXACT_H

/*
 * Metrics that hardly vary: bytes per task, system calls per operation.  See
 * decide_metric for the rule.
 */

#include "decide.h"

/* Sets the verdict and the figures an exact metric has; all samples must be
 * usable.  0 or -ENOMEM. */
int exact_decide(struct decision *out, const struct decide_metric *metric,
                 const struct decide_pairs *pairs);

#endif
