/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

/*
 * One start of cobench run.
 */

#include <limits.h>
#include <stdbool.h>

#include <jansson.h>

#include "catalog.h"
#include "options.h"
#include "plan.h"
#include "run.h"
#include "trials.h"

/* Everything a run needs, from its first line to its last. */
struct session {
    struct options options;
    struct catalog catalog;
    struct plan plan;
    struct run run;
    struct trials before; /* what an earlier part measured */
    bool resumes;
    json_t *env;
    int fd; /* trials.jsonl */
    char folder[PATH_MAX], dir[PATH_MAX];
};

#endif
