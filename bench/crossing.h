/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CROSSING_H
#define BENCH_CROSSING_H

/* The measurements of a crossover: which are wanted, and making them. */

#include <limits.h>

#include "compare.h"
#include "crossover.h"

enum {
    CROSSING_FIXED = 8 /* other parameters */
};

struct crossing {
    const char *workload, *param, *a, *b, *cpus, *profile, *out;
    const char *fixed[CROSSING_FIXED]; /* NAME=VALUE */
    int fixed_n;
    unsigned repetitions, probes;
    char folder[PATH_MAX]; /* of the programs */
    /* By wall time the first, by CPU time the second; where to look is set
     * in the first. */
    struct crossover search, by_cpu;
    char dir[PATH_MAX];
};

/* Measures, prints and writes; the exit status of cobench. */
int crossing_run(struct crossing *crossing);

#endif
