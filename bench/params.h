/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PARAMS_H
#define BENCH_PARAMS_H

/*
 * Parameters as they are typed, "NAME=VALUE": parsed, bounded, and refused
 * with a line that says what would be valid.
 */

#include <stddef.h>
#include <stdint.h>

#include "workload.h"

enum {
    PARAM_TEXT_MAX = 200
};

struct param_value {
    int64_t integer;  /* PARAM_INT: the value; PARAM_CHOICE: its index */
    double real;      /* PARAM_INT, PARAM_REAL */
    const char *text; /* PARAM_URL, PARAM_ADDRESS: as typed, not copied */
};

/* Puts a value where the workload finds it by name (struct given). */
void param_give(const struct param *param, const struct param_value *value);

/* The parameter with all that `partial` leaves to the vocabulary. */
void param_complete(const struct param *partial, struct param *out);

/*
 * Parses text as a value of param.  Integers may be written as 100000 or 1e5.
 * Returns 0, or -EINVAL (not such a value) or -ERANGE (out of bounds) with one
 * line in message.
 */
int param_parse(const struct param *param, const char *text,
                struct param_value *value, char *message, size_t size);

/* The index of the parameter of that name among at most `max`, the last one
 * being followed by a NULL name; -ENOENT. */
int param_find(const struct param *params, size_t max, const char *name,
               size_t name_length);

/* Copies the index-th of a comma list; returns its length, or -ENOENT. */
int param_choice(const char *choices, int index, char *text, size_t size);

/* Writes what a parameter takes: "1..1000000", "yield|chan|pipe". */
char *param_valid(const struct param *param, char *text, size_t size);

#endif
