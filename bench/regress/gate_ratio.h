/* SPDX-License-Identifier: MIT */
#ifndef GATE_RATIO_H
#define GATE_RATIO_H

/*
 * Judges ratios of two runtimes, measured within one run, by a baseline
 * (gate_baseline.h).  With K recorded runs of this class, among which ln ratio
 * has mean m and deviation s, and M ratios compared, a ratio r has changed when
 *
 *   |ln r - m| > max(ln 1.25, t(K-1, 1 - 0.01/M) * s * sqrt(1 + 1/K))
 *
 * in stage 1 and again in fresh rounds: the prediction interval of one more
 * run, Student's t.  Above m the runtime has become slower, below it faster.
 * Fewer than three runs, or only those of other machines, allow a factor of 2.
 */

#include "gate.h"

/* For gate_effort: whether the ratio is out of bounds after stage 1.  arg: the
 * baseline. */
int gate_ratio_screen(bool *goes_on, const struct gate_entry *entry, void *arg);

/* The verdict: in the decision, base is the recorded ratio, head that of now
 * and ratio how much one is over the other. */
void gate_ratio_judge(struct gate_entry *entry, const json_t *baseline);

/* The quantile p > 1/2 of Student's t with n degrees of freedom. */
double gate_student(double p, size_t n);

/* The entry's ratio of now: of stage 2 where there is one.  NAN. */
double gate_ratio_now(const struct gate_entry *entry);

#endif
