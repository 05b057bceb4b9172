/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SPEC_H
#define BENCH_SPEC_H

/*
 * Runtime specifications (NAME or NAME:ARGUMENT), values of parameters, and
 * sweeps, as they are typed.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "catalog.h"

struct spec {
    json_t *program;   /* in the catalogue */
    char text[64];     /* "pool:20", "thread", "thread:64k" */
    char name[64];     /* in a cell's name: "pool/workers:20" */
    char argument[64]; /* for the trial program: "workers=20"; "" for none */
    unsigned workers;  /* 0 where there are none */
    const char *env;   /* in its environment: "MALLOC_ARENA_MAX=1", or NULL */
};

/* -EINVAL with one line in message.  A runtime with workers always shows
 * their number. */
int spec_parse(struct spec *out, const struct catalog *catalog,
               const char *text, char *message, size_t size);

/* The typed value of a parameter (as described by the program), or NULL with
 * one line in message.  Integers may be written as 100000 or 1e5. */
json_t *spec_value(const json_t *param, const char *text, char *message,
                   size_t size);
/* Whether the parameter is the address of a server of the user's own. */
bool spec_is_target(const json_t *param);
/* Whether the parameters given, name to array of texts, hold such an address
 * for the workload; one line in message where it is none. */
bool spec_aims(const json_t *workload, const json_t *params, char *message,
               size_t size);
/* The value as it stands in names and on command lines; returns text. */
char *spec_value_text(const json_t *value, char *text, size_t size);

/*
 * Reads one product of a sweep: blank-separated NAME=VALUE[,VALUE...] up to
 * the end or `|`.  *sweep is moved behind it, to NULL at the end.  Returns an
 * object, name -> array of texts, or NULL when it is not well-formed.
 */
json_t *spec_sweep(const char **sweep);

#endif
