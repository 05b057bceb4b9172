/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DUEL_H
#define BENCH_DUEL_H

/*
 * Two commands against each other: run in turns by a shell, each time a fresh
 * process, and judged by decide.h in two stages.  A is the base, B the head.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "decide.h"

enum {
    DUEL_A,
    DUEL_B,
    DUEL_SIDES
};

enum duel_measure {
    DUEL_WALL, /* ns */
    DUEL_CPU,  /* ns, user and system, of all processes waited for */
    DUEL_PEAK, /* bytes, of the largest process */
    DUEL_MEASURES
};
const char *duel_measure_name(enum duel_measure measure);

struct duel_options {
    const char *commands[DUEL_SIDES];
    unsigned rounds;   /* of stage 1; stage 2 has twice as many */
    unsigned warmup;   /* uncounted rounds */
    double floor;      /* relative: what counts as a change */
    uint64_t seed;     /* of the order */
    int64_t budget_ns; /* 0: none */
    bool show_output;  /* pass standard output on to our standard error */
};

struct duel_stage {
    double *values[DUEL_MEASURES][DUEL_SIDES];
    size_t rounds; /* that are complete */
    size_t planned;
};

struct duel {
    const struct duel_options *options;
    struct duel_stage stages[DECIDE_STAGES];
    double shell_peak; /* bytes; a peak near it is that of the shell */
    int64_t ns;        /* it took, with the warm-up */
    bool cut_short;
    double steal_percent; /* 0 if unknown */
    char failure[512];    /* why it ended without a result; "" */

    struct decide_metric metrics[DUEL_MEASURES];
    struct decision decisions[DUEL_MEASURES];
    int status; /* as of decide_status() */
    const char *reason;
};

/*
 * Runs it to its end, to the end of the budget, to an interrupt, or until a
 * command fails; what was measured is decided upon all the same.  0,
 * -ENOMEM, or why /dev/null cannot be opened.  options must outlive the
 * result.
 */
int duel_run(struct duel *out, const struct duel_options *options);
void duel_fini(struct duel *duel);

/* Memory so close to the shell's says nothing about the commands. */
bool duel_peak_hidden(const struct duel *duel);

void duel_print_text(FILE *file, const struct duel *duel);
/* 0 or -ENOMEM, -EIO, -ENOSPC. */
int duel_print_json(FILE *file, const struct duel *duel);

#endif
