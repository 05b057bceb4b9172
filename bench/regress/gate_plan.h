/* SPDX-License-Identifier: MIT */
#ifndef GATE_PLAN_H
#define GATE_PLAN_H

/*
 * What a run of the gate measures: pairs of cells, one for each metric.  A
 * pair's two sides are base and head; or, where there is no base, two runtimes
 * of the same build, of which the one that is divided by stands for base.
 */

#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "gate.h"
#include "gate_metric.h"
#include "plan_cell.h"

enum {
    GATE_BASE,
    GATE_HEAD,
    GATE_SIDES
};

struct gate_pair {
    struct gate_entry entry; /* its samples as they come in */
    enum gate_quantity quantity;
    struct plan_cell cells[GATE_SIDES];
    int64_t counts[GATE_SIDES]; /* of the calibrated parameter; 0: none */
    size_t twin;     /* a control: the pair whose base side it is; else its own
                        index */
    char inject[64]; /* for head's trials, see work_inject(); "": none */
    json_t *first;   /* the first good record: the others must have done the
                        same work */
    bool dropped;    /* left out after all */
};

struct gate_plan {
    struct gate_pair *pairs;
    size_t n;
};

struct gate_wishes {
    const char *metrics; /* comma list of globs; NULL: all */
    uint64_t seed;       /* says which fifth is controlled */
    const char *inject;  /* "METRIC:FACTOR" or NULL */
    /* What `cobench count` cannot count here; NULL, what it can. */
    const char *lacks[COUNT_KINDS];
};

/*
 * The metrics of gate_metrics[] that both sides have, and a control for every
 * fifth that is a time, for one of them where they are fewer; those that only
 * one has, or that mean other work on one, are left out of *gate with the
 * reason.  -EINVAL with one line in message: the injection names no metric of
 * the plan, or one that cannot be had; -ENOMEM.
 */
int gate_plan_sides(struct gate_plan *plan, struct gate *gate,
                    const struct catalog *base, const struct catalog *head,
                    const struct gate_wishes *wishes, char *message,
                    size_t size);
/* The ratios of gate_ratios[]. */
int gate_plan_ratios(struct gate_plan *plan, struct gate *gate,
                     const struct catalog *catalog,
                     const struct gate_wishes *wishes, char *message,
                     size_t size);
void gate_plan_fini(struct gate_plan *plan);

/* Whether the name is among the globs. */
bool gate_wanted(const char *globs, const char *name);

#endif
