/* SPDX-License-Identifier: MIT */
/*
 * Types and ranges of what the lines hold.  Invariant: what cobench writes
 * passes.
 */

#include "line.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    SCHEMA = 1,
    ROUNDS_MAX = 1000000
};
/* Thirty years in nanoseconds, a billion gigabytes: no trial has more. */
static const double NUMBER_MAX = 1e18;

/* ---- the run ---- */

static int check_cell(const json_t *cell, char *why, size_t size)
{
    static const char *const texts[] = { "name",  "workload", "point",
                                         "group", "runtime",  "cpus" };
    const json_t *x = json_object_get(cell, "x");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (json_is_string(json_object_get(cell, texts[i])))
            continue;
        snprintf(why, size, "a cell without its %s", texts[i]);
        return -EBADMSG;
    }
    if (!x || (json_is_number(x) && fabs(json_number_value(x)) <= NUMBER_MAX))
        return 0;
    snprintf(why, size, "cell %.128s: its x is no number that can be",
             json_string_value(json_object_get(cell, "name")));
    return -EBADMSG;
}

int line_check_run(const json_t *run, char *why, size_t size)
{
    const json_t *cells = json_object_get(run, "cells"), *cell;
    size_t i;
    int error = 0;
    if (json_integer_value(json_object_get(run, "schema")) != SCHEMA) {
        snprintf(why, size, "of another schema than %d", SCHEMA);
        return -EBADMSG;
    }
    if (!json_is_array(cells)) {
        snprintf(why, size, "without the cells of the run");
        return -EBADMSG;
    }
    json_array_foreach(cells, i, cell)
    {
        if (!error)
            error = check_cell(cell, why, size);
    }
    return error;
}

/* ---- a trial ---- */

/* Looks through all numbers of a record, however deep: none is negative. */
static int check_numbers(const json_t *object, char *why, size_t size)
{
    const char *key;
    json_t *value;
    int error = 0;
    json_object_foreach((json_t *)object, key, value) /* unchanged */
    {
        double number = json_number_value(value); /* 0 where it is none */
        if (!(number >= 0 && number <= NUMBER_MAX)) {
            snprintf(why, size, "%.64s is %.6g", key, number);
            return -EBADMSG;
        }
        if (json_is_object(value))
            error = check_numbers(value, why, size);
        if (error)
            return error;
    }
    return 0;
}

static int check_round(const json_t *trial, char *why, size_t size)
{
    const json_t *round = json_object_get(trial, "round");
    json_int_t number = json_integer_value(round);
    if (!round ||
        (json_is_integer(round) && number >= 0 && number <= ROUNDS_MAX))
        return 0;
    snprintf(why, size, "its round is not from 0 to %d", ROUNDS_MAX);
    return -EBADMSG;
}

int line_check_trial(const json_t *trial, const json_t *cells, char *why,
                     size_t size)
{
    const char *cell = json_string_value(json_object_get(trial, "cell"));
    const char *outcome = json_string_value(json_object_get(trial, "outcome"));
    const json_t *record = json_object_get(trial, "record");
    if (!cell) {
        snprintf(why, size, "neither a trial nor the end of a run");
        return -EBADMSG;
    }
    if (!json_object_get(cells, cell)) {
        snprintf(why, size, "a trial of '%.128s', which is not in the plan",
                 cell);
        return -EBADMSG;
    }
    if (outcome && strcmp(outcome, "ok") == 0 && record) {
        int error = check_numbers(record, why, size);
        if (error)
            return error;
    }
    return check_round(trial, why, size);
}
