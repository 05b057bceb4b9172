/* SPDX-License-Identifier: MIT */
#ifndef GATE_BASELINE_H
#define GATE_BASELINE_H

/*
 * What ratios of two runtimes are compared with where there is no base: those
 * of earlier runs on this class of machine, and limits that hold on any.
 *
 * results/baseline/CLASS.json, one for each class:
 *   {"schema": 1,
 *    "class": {"cpu": "AMD EPYC", "cpus": 2, "kernel": "6.18",
 *              "libc": "2.36", "compiler": "gcc 12.2.0", "virtualised": true,
 *              "flags": how it was built},
 *    "runs": [{"date", "commit", "ratios": {NAME: 0.123, ...}}, ...]}
 * at most 20 runs, newest last.  CLASS is a hash of "class".
 *
 * results/invariants.json, an array:
 *   {"metric": NAME, "of": "ratio" | "value", "most": 0.2, "why": "..."}
 * "value" is the figure of the runtime that the metric names first.
 *
 * Both together are the "baseline" of a run of the gate:
 *   {"class", "known": whether runs are of this class; else they are of all
 *    others, "runs", "invariants"}
 */

#include <jansson.h>
#include <stddef.h>

enum {
    GATE_RUNS = 20
};

/* The class of the machine that env.json and the flags of the build tell of. */
json_t *gate_baseline_class(const json_t *env, const char *flags);

/* Reads what there is under tree/results.  NULL with one line in message when
 * a file is broken. */
json_t *gate_baseline_read(const char *tree, json_t *class_, char *message,
                           size_t size);

/* Appends a run to the file of the baseline's class, whose oldest gives way.
 * Its path is left in `path`.  -ENOSPC, ... */
int gate_baseline_record(const char *tree, const json_t *baseline, json_t *run,
                         char *path, size_t size);

#endif
