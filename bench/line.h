/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

/*
 * What a line of trials.jsonl may say (see trials.h), so that whoever reads
 * one need not ask again: a damaged figure is refused where it stands, not
 * printed.
 */

#include <jansson.h>
#include <stddef.h>

/* 0, or -EBADMSG with what is wrong in `why`.  cells: the plan's, as an object
 * by name; the lines of trials of others are wrong. */
int line_check_run(const json_t *run, char *why, size_t size);
int line_check_trial(const json_t *trial, const json_t *cells, char *why,
                     size_t size);

#endif
