/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WANTED_H
#define BENCH_WANTED_H

/*
 * What the user wants measured: the workloads, and that what was said of them
 * means something.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "catalog.h"
#include "options.h"

struct wanted {
    json_t *workloads; /* array; the descriptions are the catalogue's */
    bool by_name;      /* or by a server that only they are for */
};

/* 0, or -EINVAL with one line in message.  Of a parameter: it must mean
 * something to one of the workloads. */
int wanted_find(struct wanted *out, const struct catalog *catalog,
                const struct options *options, char *message, size_t size);
void wanted_fini(struct wanted *wanted);

#endif
