/* SPDX-License-Identifier: MIT */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

/*
 * The kinds of work of a verdict: which workloads are of which kind, what
 * speaks for it, and the contests that decide it.  The rule is in verdict.h.
 */

#include "analysis.h"
#include "contest.h"

enum {
    KINDS = 7,
    KIND_MEASURES = 2,
    KIND_WORKLOADS = 16,
    KIND_PAIRINGS = 5,
    KIND_VIEWS = 2,
    KIND_CONTESTS = KIND_MEASURES * KIND_PAIRINGS * KIND_VIEWS
};

struct kind {
    const char *heading;
    /* A measure of 0 (time) can only come first. */
    enum measure measures[KIND_MEASURES];
    const char *workloads[KIND_WORKLOADS]; /* none: all that no other has */
};
extern const struct kind kinds[KINDS];

/* The CPU views: "1", "all". */
extern const char *const kind_views[KIND_VIEWS];

/* Every pairing that meets in the kind, by every measure and in every view;
 * their number is *held.  *planned: it names workloads, and one of them was
 * planned.  kind_end() when done, before the analysis goes.  0 or -ENOMEM: then
 * there is nothing to end. */
int kind_contests(struct contest contests[KIND_CONTESTS], size_t *held,
                  bool *planned, const struct kind *kind,
                  const struct analysis *analysis);
void kind_end(struct contest *contests, size_t held);

#endif
