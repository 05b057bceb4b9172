/* SPDX-License-Identifier: MIT */
#ifndef GATE_ROUNDS_H
#define GATE_ROUNDS_H

/*
 * Measures a plan: finds out how many operations make a trial of 20 ms, then
 * plays rounds.  In each round every pair comes once, in an order drawn anew,
 * and its two sides run one after the other, which one first drawn by lot.
 * Every sample is a process of its own.
 */

#include "gate_plan.h"

struct gate_effort {
    const char *folder; /* of this build: the origin and `cobench count` */
    uint64_t seed;
    int64_t budget_ns;
    /* Whether a pair needs the rounds of stage 2.  0 or -ENOMEM. */
    int (*screen)(bool *goes_on, const struct gate_entry *entry, void *arg);
    void *screen_arg;
};

/*
 * Puts the entries with their samples into *gate, together with what was left
 * out and what broke; a trial that crashes, fails twice, or does other work
 * than its peers ends the run.  0, -EINTR or -ENOMEM.
 */
int gate_measure(struct gate *gate, struct gate_plan *plan,
                 const struct gate_effort *effort);

#endif
