/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FINISH_H
#define BENCH_FINISH_H

/*
 * What comes after the measuring: result files, table, charts.
 */

#include <stdbool.h>

enum {
    FINISH_NO_CHARTS = 1
};

/* Makes them in run_dir from its trials.jsonl and env.json, prints the table
 * and where things are; folder: that of the programs.  Missing gnuplot costs
 * one line, no more.  0, the negative errno of the result files, or
 * FINISH_NO_CHARTS where they could not be drawn though gnuplot is there. */
int finish(const char *run_dir, const char *folder, bool charts);

/* The table alone: nothing is written. */
void finish_table(const char *run_dir);

#endif
