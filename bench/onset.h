/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ONSET_H
#define BENCH_ONSET_H

/*
 * From where on the second side of a contest wins, in words:
 *
 *   cannot tell                   no point is decided
 *   at no size measured           it won none of the points, and all are
 *                                 decided
 *   at every size measured        it won all
 *   at the only point measured, not at the only point measured
 *   at no size where one can tell, at every size where one can tell
 *                                 the same of those that are decided
 *   at 1 of 4 points where one can tell
 *                                 else; then the sizes between which it begins
 *                                 or ceases to win, of the series
 *                                 (contest_series()) in which it does so once,
 *                                 or where it does so in none the points
 *
 * The sizes are those of all points, decided or not, by every axis there is;
 * more than two axes are not named.  Points of which one cannot tell between
 * those two sizes widen the answer, never shift it.
 */

#include "contest.h"

/* At the end of the text: "at every size where one can tell (2 of 5 points, 4
 * to 100 tasks)", "at 1 of 3 points: mixed, from somewhere within 10 to 1000
 * tasks on". */
void onset_words(char *text, size_t size, const struct contest *contest);

#endif
