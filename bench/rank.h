/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RANK_H
#define BENCH_RANK_H

/*
 * The runtimes of a point in order of what they cost: by wall time, and by CPU
 * time per operation.  Operations per CPU second, the throughput at equal CPU,
 * are the reciprocal of the latter, so that their order is the same.
 *
 * Only runtimes that did the same work as coro at that point are ranked.  Each
 * is compared with its neighbour in the order of the medians, paired by round
 * (stats_verdict()); those that are the same, or that the rounds do not tell
 * apart, share a rank.  Where the test server was the bottleneck, wall
 * time ranks nobody.
 */

#include "analysis.h"
#include "page.h"

struct ranked {
    const struct cell *cell;
    /* Against the one before it: slower, same, or inconclusive, also where
     * the paired ratio contradicts the medians. */
    enum verdict step;
    size_t rank; /* from 1; those not told apart share it */
};

struct ranking {
    struct ranked *cells;
    size_t n; /* 0, or at least two */
};

/* Of the point of this cell of coro; which: COMPARE_WALL or COMPARE_CPU.
 * -ENOMEM. */
int rank_make(struct ranking *out, const struct compared *compared,
              const struct cell *coro, int which);
/* Whether there is any point to rank. */
bool rank_any(const struct compared *compared);
void rank_fini(struct ranking *ranking);

/* "coro < thread = pool:20 ~ seq"; with figures "coro 70.4M/s < ...": the
 * operations per CPU second, where they are known. */
void rank_text(char *text, size_t size, const struct analysis *analysis,
               const struct ranking *ranking, bool figures);
/* What the signs mean. */
extern const char *const rank_note;

/*
 * All points as lines for a terminal: one where both orders are alike, else
 * two; cpus:1 and cpus:all of a point stand together, and the second is said
 * to be alike where it is.  Nothing where nothing is ranked.
 */
void rank_print(FILE *file, const struct analysis *analysis, int columns);
/* Those of one workload as a table of a report. */
void rank_page(struct page *page, const struct analysis *analysis,
               const char *workload);

#endif
