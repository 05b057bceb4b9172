/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRIALS_H
#define BENCH_TRIALS_H

/*
 * trials.jsonl: everything a run measured, one JSON object per line, appended
 * and flushed as it happens.  Every other result file is made from this one
 * and env.json.
 *
 * The first line describes the run:
 *
 *   {"run": {"schema": 1, "id", "started" (ISO 8601 UTC), "profile", "seed",
 *            "repetitions", "target_ns", "arguments": ["--workload", ...],
 *            "cells": [ {cell}, ... ] in plan order } }
 *
 * A cell is one point of the plan:
 *
 *   {"name": "http_get/conns:128/delay_ms:10/cpus:1/runtime:pool/workers:20",
 *    "workload": "http_get",
 *    "point":  "http_get/conns:128/delay_ms:10/cpus:1"   what is compared
 *              between runtimes: the name without the runtime,
 *    "group":  "http_get/delay_ms:10/cpus:1"   the point without the axis,
 *    "axis": "conns", "x": 128                 absent without an axis,
 *    "params": {"conns": 128, "delay_ms": 10}, "cpus": "1",
 *    "runtime": "pool:20"  as typed and as shown; its name is up to the ':'
 *    "op": "request", "question": "...", "calibrated": "requests" or absent,
 *    "waits": true where wall time is no measure of cost,
 *    "third_party": true, "reference": true where they apply}
 *
 * The calibrated parameter is not in the name.  Then, one line per trial:
 *
 *   {"cell": name, "phase": "calibrate" | "warmup" | "measure", "round": n,
 *    "order": position in the round, "at": seconds since the run started,
 *    "process_ns": start of the process to its end,
 *    "outcome": "ok" | "failed" | "skipped" | "crashed" | "timeout" |
 *               "garbage" | "interrupted",
 *    "message": one line, unless ok,
 *    "skip": {reason, needed, limit, remedy}  when skipped before starting,
 *    "record": the trial's own (record.h), when there is one}
 *
 * Only "measure" lines count in statistics; rounds count from 1.  A last line
 *
 *   {"end": {"finished": ISO 8601, "interrupted": bool, "reason"}}
 *
 * stands where the run ended by itself or by a signal.  A truncated last line
 * is ignored with a warning.  --resume appends.
 */

#endif
