/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PRECISION_H
#define BENCH_PRECISION_H

/*
 * What came of the precision that a run was asked for: see precise.h.
 */

#include "compare.h"

/* 0.02 for 2 %; 0: none was asked for. */
double precision_asked(const struct summary *summary);
/* The metric it is about. */
enum metric precision_metric(const struct cell *cell);
/* stats_spread() of that. */
double precision_reached(const struct cell *cell);
/* A cell that was measured and is less precise than asked for: "within 3.4%
 * after 100 rounds"; else false. */
bool precision_lacks(char *text, size_t size, const struct summary *summary,
                     const struct cell *cell);

#endif
