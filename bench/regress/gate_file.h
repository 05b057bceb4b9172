/* SPDX-License-Identifier: MIT */
#ifndef GATE_FILE_H
#define GATE_FILE_H

/*
 * regress.json: a run of the gate with every raw sample, from which the same
 * verdict can be made again.
 *
 *   {"schema": 1,
 *    "about": {"kind": "sides" | "ratios", "seed", "base": {"revision",
 *              "commit", "programs"}, "head": {"commit", "dirty",
 *              "programs"}, "env": env.json's},
 *    "identical": true where nothing had to be measured,
 *    "cut_short": true, "steal_percent": 0.4, "broken": [texts],
 *    "accepts": [{"glob", "percent", "reason"}],
 *    "left_out": [{"name", "why"}],
 *    "baseline": what ratios were compared with, see gate_baseline.h,
 *    "metrics": [{"name", "unit", "role": "gate" | "information" | "control",
 *      "exact": true, "floor", "grain",
 *      "stages": [{"base": [...], "head": [...]}, ...],
 *      and the verdict, which is not read again: "verdict", "base", "head",
 *      "ratio", "low", "high", "p", "holm", "detectable", "remark"}],
 *    "status": 0, "reason": "..."}
 *
 * Figures that do not exist are absent.
 */

#include "gate.h"

/* Writes it under a temporary name and renames it.  -ENOSPC, -EACCES, ... */
int gate_write(const struct gate *gate, const char *path);
/* Reads one, into an empty gate that the caller finishes in any case.  Errors
 * of open(2) and read(2); -EBADMSG with one line in message. */
int gate_load(struct gate *gate, const char *path, char *message, size_t size);

/* Writes a text file under a temporary name and renames it. */
int gate_write_text(const char *path, const char *text, size_t bytes);

#endif
