/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

/*
 * The rounds of a run: every cell once uncounted (which also calibrates it),
 * then round by round every cell once, in an order drawn anew each time.  A
 * cell that fails twice in a row or is skipped is not tried again.  Where a
 * precision was asked for, rounds of the cells that lack it follow (precise.h).
 */

#include "run_state.h"

/* What run_rounds() brings back. */
struct run_summary {
    unsigned long ok, failed, skipped; /* trials; measured ones that are ok */
    unsigned long wide;                /* cells less precise than asked for */
    const char *reason; /* "complete", "budget", a signal's name, an error */
    int signal;         /* that ended it, or 0 */
    int error;          /* negative errno: the file could not be written */
};

/* Measures what is left, appending to the open trials.jsonl. */
void run_rounds(struct run *run, int trials_fd, struct run_summary *out);

#endif
