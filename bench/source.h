/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SOURCE_H
#define BENCH_SOURCE_H

/*
 * Which source and which programs a run measures: commit, dirty and programs
 * of env.json (env.h).
 */

#include <jansson.h>
#include <stdbool.h>

/* Adds the three, as far as they can be found out, for the programs in
 * `folder` and the source tree above it.  What the run writes itself, in
 * `own`, does not make the source dirty; NULL where it writes nothing. */
void source_describe(json_t *env, const char *folder, const char *own);

/* Whether the programs in `folder` are not those that an earlier env.json, in
 * the folder `own`, tells of, or come from another state of the source. */
bool source_differs(const json_t *env, const char *folder, const char *own);

#endif
