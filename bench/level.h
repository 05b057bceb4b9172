/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LEVEL_H
#define BENCH_LEVEL_H

/*
 * Many statements at once: which intervals to show, and which verdicts to
 * believe.  Of m intervals, let R be the largest r for which at least r get a
 * verdict from intervals of level 1 - 0.05 r / m; those of level 1 - 0.05 R / m
 * decide.  This is the step-up choice of Benjamini and Hochberg (1995) made
 * with intervals, which then keep the false coverage rate of Benjamini and
 * Yekutieli (2005): of the intervals that give a verdict at most one in twenty
 * is expected to miss the truth, however many there are.  Their proof wants
 * statements that are independent or depend on one another positively, as
 * those of cells measured in the same rounds do.  Where all m get a verdict
 * the level is 0.95; where few do, it is higher.
 */

#include <stddef.h>

/* Judges all m at that level and counts those with a verdict; 0 or a negative
 * errno. */
typedef int (*level_judge_fn)(void *arg, double level, size_t *decided);

/* Leaves them judged at the level of R; with R = 0, at that of r = 1, where
 * none got a verdict.  The first error of judge. */
int level_step_up(size_t m, level_judge_fn judge, void *arg);

#endif
