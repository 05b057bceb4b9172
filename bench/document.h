/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DOCUMENT_H
#define BENCH_DOCUMENT_H

/*
 * A JSON document under construction.  Missing is absent: NULL texts and
 * numbers that are not finite are left out.  The first failed allocation is
 * kept in `error`, so that callers check once, at the end.
 */

#include <jansson.h>
#include <stdio.h>

struct document {
    int error;
};

/* Takes value over; NULL is a failed allocation. */
void document_put(struct document *d, json_t *object, const char *key,
                  json_t *value);
void document_text(struct document *d, json_t *object, const char *key,
                   const char *value);
/* An integer where the value is whole. */
void document_number(struct document *d, json_t *object, const char *key,
                     double value);
/* The value under `field` of another object, if there is one. */
void document_copy(struct document *d, json_t *object, const char *key,
                   const json_t *from, const char *field);
void document_append(struct document *d, json_t *array, json_t *value);
/* All members of another object, which is taken over. */
void document_merge(struct document *d, json_t *object, json_t *more);

/* Prints root, takes it over, and returns the first error of all. */
int document_print(struct document *d, json_t *root, FILE *file);

#endif
