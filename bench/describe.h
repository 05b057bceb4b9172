/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DESCRIBE_H
#define BENCH_DESCRIBE_H

/*
 * What a trial program can run, for people (--list) and for the driver, which
 * plans from nothing else (--describe, one JSON document):
 *
 *   {"schema": 1,
 *    "runtime": {"name": "pool", "summary": "...",
 *                "options": "workers,stack",  as in rt_info()
 *                "guard": "kernel", "concurrency": 20, "workers": 20,
 *                "stack_bytes": 8388608,      all at their defaults
 *                "reference": false, "third_party": false},
 *    "workloads": [
 *      {"name": "echo", "question": "...", "op": "round trip",
 *       "axis": "conns",           absent without one
 *       "version": 1,              absent where it is 0, see workload.h
 *       "calibrated": "rounds",    absent where the work is fixed
 *       "origin": true,            needs the origin
 *       "waits": false,            wall time is no measure of cost
 *       "offloads": false,         threads beside a loop do the work; so
 *                                  they do where a parameter `offload` is 1
 *       "trace": false,            to be watched, not to be measured: no cells
 *       "params": [
 *         {"name": "rounds", "kind": "int", "value": 10000,
 *          "low": 1, "high": 1000000, "help": "..."},
 *         {"name": "scale", "kind": "real", "value": 1.0,
 *          "low": 0.001, "high": 10.0, "help": "..."},
 *         {"name": "via", "kind": "choice", "value": "yield",
 *          "choices": ["yield", "chan", "pipe"], "help": "..."},
 *         {"name": "url", "kind": "url", "value": "",
 *          "choices": ["http", "https"], "help": "..."},
 *         {"name": "connect", "kind": "address", "value": "", "help": "..."}],
 *       "cells": [
 *         {"runtimes": "coro,pool:20,thread:64k",
 *          "quick": "conns=100", "default": "conns=1,100 cpus=1,all",
 *          "full": "..."}]}]}
 *
 * "cells" are the texts of struct cells (workload.h), a profile that measures
 * nothing being absent.  Without cpus= a cell is measured with cpus=1.  A cell
 * whose sweep names the calibrated parameter is not calibrated: the count is
 * as given, and part of its name.  Else that parameter is calibrated between
 * its low and its high, as a multiple of `conns` where there is such a
 * parameter, and not part of the name.
 *
 * "bundled": true marks a parameter that means something to the origin only.
 * A url (of one of those schemes) and an address (HOST:PORT) that are empty
 * mean the origin, and are not part of the name; others take its place.
 *
 * Beside its own parameters every workload takes
 *   cpus=1|all       1 pins the process to the lowest CPU it may use
 *   workers=N        where the runtime's options have "workers"
 *   stack_kib=N      where they have "stack"
 */

#include <stdio.h>

#include <jansson.h>

#include "rt.h"
#include "workload.h"

/* The document, owned by the caller; NULL without memory. */
json_t *describe_json(const struct rt_info *info,
                      const struct workload *const *table);

/* The same for people: every workload with its parameters. */
void describe_list(FILE *out, const struct rt_info *info,
                   const struct workload *const *table);

/* One workload's parameters, one a line. */
void describe_params(FILE *out, const struct workload *workload);

#endif
