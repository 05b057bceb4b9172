/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FINISH_H
#define BENCH_FINISH_H

/*
 * What comes after the measuring: result files, table, charts.
 */

#include <stdbool.h>

#include "format.h"

enum {
    FINISH_NO_CHARTS = 1
};

/* Makes them in run_dir from its trials.jsonl and env.json, which are read
 * once, and prints the result in that format, and where things are (on standard
 * error where standard output is for a program); folder: that of the programs.
 * Says on standard error what could not be read or was left out; where
 * `unequal` is not NULL, also results_unequal(), whose number it gets.  Missing
 * gnuplot costs one line, no more.  0, the negative errno of the result files,
 * or FINISH_NO_CHARTS where they could not be drawn though gnuplot is there. */
int finish(const char *run_dir, const char *folder, bool charts,
           enum format format, int *unequal);

/* The result alone: no file is written.  0, or the negative errno of what
 * could not be read or printed. */
int finish_show(const char *run_dir, enum format format);

#endif
