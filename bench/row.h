/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

/*
 * One runtime at one point in words, as the terminal's table and the report
 * both show it.  "-" stands for what does not exist.
 */

#include "analysis.h"
#include "human.h"

struct row {
    char runtime[HUMAN]; /* a pool always with its number of workers */
    char wall[HUMAN];    /* per operation where that is calibrated */
    char wall_interval[HUMAN], spread[HUMAN];
    char cpu[HUMAN];
    char rss[HUMAN];  /* while parked, else the peak */
    char full[HUMAN]; /* with the kernel's part; parked only */
    /* Over coro, of the measure of cost, and of the other one. */
    char ratio[HUMAN], interval[HUMAN], verdict[HUMAN];
    char other[HUMAN], other_interval[HUMAN], other_verdict[HUMAN];
    enum verdict judged; /* of the measure of cost */
    const char *refused; /* why there is no ratio, or NULL */
};

void row_make(struct row *row, const struct analysis *analysis,
              const struct cell *cell);

/* Which ratio tells the cost at the cell's point. */
int row_cost(const struct analysis *analysis, const struct cell *cell);
/* Cells of equal head can stand under the same column titles. */
int row_head(const struct analysis *analysis, const struct cell *cell);
/* A cell at the same point is origin-bound. */
bool row_origin_bound(const struct analysis *analysis, const struct cell *cell);
/* "conns:100 cpus:1": the point without the workload. */
void row_point(char *text, size_t size, const struct cell *cell);
/* Why a cell has no samples, or too few: "skipped: ...", "3 trials crashed:
 * ...", "not measured: the run ended before"; false when it has all. */
bool row_trouble(char *text, size_t size, const struct cell *cell);
/* Who ran most of a pool's tasks, where it was not its workers: "99 % of the
 * tasks ran in place, ..."; false elsewhere. */
bool row_helped(char *text, size_t size, const struct cell *cell);
/* The same where the work was done by threads beside the loop, which nobody
 * sees who counts tasks: how many were meant to be there, and were. */
bool row_offloads(char *text, size_t size, const struct cell *cell);
/* "its loop was held longer than 20 ms 2 times in a trial"; false where that
 * was not watched. */
bool row_stalls(char *text, size_t size, const struct cell *cell);

#endif
