/* SPDX-License-Identifier: MIT */
#ifndef GATE_H
#define GATE_H

/*
 * One run of the regression gate: what was measured, and what follows from
 * it.  Measuring (gate_rounds.h) or a file (gate_file.h) fills in the samples;
 * gate_judge() makes verdicts of them, and the reports show those.  Nothing
 * but the samples and facts that are on file goes into a verdict, so that a
 * replay gives the same.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide.h"

enum {
    GATE_ROUNDS = 40, /* the most of a stage */
    GATE_NAME = 320
};

struct gate_samples {
    double base[GATE_ROUNDS], head[GATE_ROUNDS];
    size_t n;
};

struct gate_entry {
    char name[GATE_NAME];
    const char *unit; /* "ns", "bytes", "count"; of two runtimes "ratio" */
    enum decide_role role;
    bool exact;
    double floor, grain; /* decide_metric's floor and abs_floor */
    struct gate_samples stages[DECIDE_STAGES];
    /* The verdict. */
    struct decision decision;
    char remark[256]; /* what there is to say besides; "" */
};

struct gate {
    json_t *about;    /* object, see gate_file.h */
    json_t *baseline; /* object, what ratios are compared with; NULL where base
                         and head are compared */
    json_t *left_out; /* array of {name, why}: metrics that are not compared */
    json_t *accepts;  /* array of the Perf-Accept trailers in force, see
                         gate_accept.h */
    json_t *broken;   /* array of texts: what makes the run worthless */
    struct gate_entry *entries;
    size_t n;
    bool cut_short; /* by the budget */
    double steal_percent;
    bool identical; /* both sides are the same programs: nothing to measure */
    /* The verdict on the whole. */
    int status;
    char reason[256];
};

/* With no entries; -ENOMEM. */
int gate_init(struct gate *gate);
void gate_fini(struct gate *gate);

/* Adds an entry with that name, nothing else set; NULL without memory.  Those
 * got before are no longer valid. */
struct gate_entry *gate_add(struct gate *gate, const char *name);

void gate_leave_out(struct gate *gate, const char *name, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));
void gate_break(struct gate *gate, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Decides (decide.h), takes accepted slowdowns into account, and sets the
 * status and its reason.  0 or -ENOMEM. */
int gate_judge(struct gate *gate);

/* Whether it is a control that found base to differ from itself. */
bool gate_alarms(const struct gate_entry *entry);

/* Indices of the entries, worst first; an array of gate->n, freed by the
 * caller, NULL without memory. */
size_t *gate_ranking(const struct gate *gate);

#endif
