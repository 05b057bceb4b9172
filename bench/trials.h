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
 *            "repetitions", "target_ns", "precision" (0.02 for 2 %,
 *            absent where none was asked for),
 *            "arguments": ["--workload", ...],
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
 *    "version": of the workload's definition, absent for 0,
 *    "waits": true where wall time is no measure of cost,
 *    "third_party": true, "reference": true where they apply}
 *
 * The calibrated parameter is not in the name.  Then, one line per trial:
 *
 *   {"cell": name, "phase": "calibrate" | "warmup" | "measure", "round": n,
 *    "order": position in the round, "at": seconds since the run started
    (of the resumed part, where it was resumed),
 *    "process_ns": start of the process to its end,
 *    "outcome": "ok" | "failed" | "skipped" | "crashed" | "timeout" |
 *               "garbage" | "interrupted",
 *    "message": one line, unless ok,
 *    "skip": {reason, needed, limit, remedy}  when skipped before starting,
 *    "record": the trial's own (record.h), when there is one}
 *
 * Only "measure" lines count in statistics; rounds count from 1.  Where a
 * precision was asked for, rounds above "repetitions" hold only the cells that
 * needed them (precise.h).  A cell that
 * was skipped, or failed twice in a row, is not tried again, so that its last
 * line may be of any phase and tells why there is no more.  A last line
 *
 *   {"end": {"finished": ISO 8601, "interrupted": bool, "reason"}}
 *
 * stands where the run ended by itself or by a signal.  A truncated last line
 * is ignored with a warning.  --resume appends, so an end line may be followed
 * by further trials.  The reason is "complete", "budget", the name of a signal
 * or the error that ended the run.
 *
 * A runtime's argument stands in the name as workers:20 for pool:20 and as
 * stack:64k for thread:64k and coro:64k.  A calibrated parameter is in
 * neither the name nor the cell's params unless it was given, and then the
 * cell has no "calibrated"; each trial's record tells the value in force.
 */

#include <jansson.h>
#include <stdbool.h>

/* The runtime that the others at its point are compared with. */
#define BASELINE "coro"

/* ---- reading ---- */

struct trials {
    json_t *run;      /* the object under "run" */
    json_t *cells;    /* its array of cells; borrowed from run */
    json_t *trials;   /* array of the trial lines, in file order */
    json_t *end;      /* the object under the last "end", NULL when trials
                         follow it or there is none: the run was cut off */
    json_int_t bytes; /* length of the file up to its last whole line */
    bool truncated;   /* something behind that was ignored */
};

/* Reads dir/trials.jsonl.  Errors: -ENOENT and the others of open(2) and
 * read(2); -EBADMSG: not such a file, or a line of it cannot be (line.h).  On
 * failure, and where something was ignored, `message` holds one line for the
 * user; else it is empty. */
int trials_read(struct trials *out, const char *dir, char *message,
                size_t message_size);
void trials_fini(struct trials *trials);

/* ---- writing: one descriptor, closed by the caller ---- */

/* Makes dir/trials.jsonl, which must not exist, with its first line.  Returns
 * the descriptor, or a negative errno. */
int trials_create(const char *dir, json_t *run);
/* Opens it again to append, cutting off what is behind its first `bytes`.
 * -EWOULDBLOCK: another process writes it. */
int trials_reopen(const char *dir, json_int_t bytes);
/* Appends one line, whole or not at all.  -ENOSPC, -EIO, -EFBIG, ... */
int trials_append(int fd, const json_t *line);

#endif
