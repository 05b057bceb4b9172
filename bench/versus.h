/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VERSUS_H
#define BENCH_VERSUS_H

/*
 * One run against another, cell by cell.
 *
 * Nothing is compared between two machines, or builds of two kinds: where the
 * CPU, the number of CPUs, the architecture, the series of the kernel ("6.18"),
 * virtualisation, optimisation or sanitizer differ, or are not known, the
 * runs are only set side by side.  What else differs (commit, compiler,
 * libraries) may be what one wants to compare, and is said.
 *
 * Of two runs that can be compared, a cell is
 *
 *   compared   it is in both by the same name, its definition is the same
 *              (parameters, version of the workload, and, where the number of
 *              operations is calibrated, to how long a trial), and both did
 *              equal work (compare_work())
 *   refused    one of that is not so: the reason is said
 *   alone      it was measured in one run only
 *
 * by wall time, except where that is no measure of cost; by CPU time; and by
 * memory, in full per parked task or else as the peak.
 *
 * Unpaired, the interval of the ratio reaches from the lower bound of one
 * median over the upper bound of the other to the reverse, which covers at
 * least as often as the two intervals do when the runs are independent.  Their
 * level is that of level_step_up() over all figures of one measure.  But it
 * knows only how rounds differ within a run: two runs of the same programs, an
 * hour apart, differ by more (by 4 % where pinned, measured).  So a change
 * counts only when the whole interval is beyond a floor, 5 % where pinned to
 * one CPU and 10 % elsewhere, or what is given.
 *
 * Paired by round, with rounds that took turns (versus_take_turns()), the
 * machine's drift cancels out: then decide_all() with one_stage judges, with
 * the same floors, all figures of one measure together.
 */

#include "analysis.h"

enum versus_measure {
    VERSUS_WALL,
    VERSUS_CPU,
    VERSUS_MEMORY,
    VERSUS_MEASURES
};

enum versus_verdict {
    VERSUS_NONE, /* no ratio, or none that is judged */
    VERSUS_UNCLEAR,
    VERSUS_SAME,
    VERSUS_FASTER, /* or smaller */
    VERSUS_SLOWER, /* or larger */
    VERSUS_VERDICTS
};
/* "-", "unclear", "same", "better", "worse" */
const char *versus_verdict_name(enum versus_verdict verdict);

struct versus_figure {
    enum metric metric;
    struct estimate a, b;  /* 95 %; n == 0: absent */
    struct estimate ratio; /* b over a; n == 0: none */
    enum versus_verdict verdict;
};

struct versus_row {
    const struct cell *a, *b; /* NULL: alone */
    char refused[160];        /* "" where compared */
    struct versus_figure figures[VERSUS_MEASURES];
};

struct versus {
    const struct analysis *a, *b;
    bool paired;
    char apart[256];         /* why they are only set side by side, or "" */
    char different[512];     /* what else differs, or "" */
    struct versus_row *rows; /* those of a as shown, then b's alone */
    size_t n;
    size_t counts[VERSUS_VERDICTS];             /* of figures */
    size_t compared, refused, alone_a, alone_b; /* cells measured */
};

struct versus_rule {
    bool paired;
    double floor; /* 0.05 for 5 %; negative: as above */
};

/* 0 or -ENOMEM.  Both analyses must outlive it. */
int versus_make(struct versus *out, const struct analysis *a,
                const struct analysis *b, const struct versus_rule *rule);
void versus_fini(struct versus *versus);

/* Why the rounds of two runs were not taken in turns, to within the two
 * seconds by which the start of a run is known; "" where they were. */
void versus_take_turns(char *why, size_t size, const struct analysis *a,
                       const struct analysis *b);

/* Fills in `apart` and `different`. */
void versus_surroundings(struct versus *versus);

/* "wall/op", "CPU", "peak RSS", "memory" */
const char *versus_figure_name(const struct versus_figure *figure);

/* ---- in the forms of format.h; 0 or a negative errno ---- */

struct versus_runs {
    const char *const *dirs; /* as given; the first is the base */
    const struct analysis *analyses;
    const struct versus *all; /* n - 1: each of the others against the base */
    size_t n;
};

int versus_table(FILE *file, const struct versus_runs *runs, int columns,
                 bool colour);
int versus_csv(FILE *file, const struct versus_runs *runs);
int versus_json(FILE *file, const struct versus_runs *runs);
int versus_md(FILE *file, const struct versus_runs *runs);
int versus_html(FILE *file, const struct versus_runs *runs);

#endif
