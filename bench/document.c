/* SPDX-License-Identifier: MIT */
/* jansson with one place to check for errors. */

#include "document.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

/* Whole numbers up to here are exact in every reader. */
#define WHOLE_MAX 9007199254740992.0

void document_put(struct document *d, json_t *object, const char *key,
                  json_t *value)
{
    if (json_object_set_new(object, key, value))
        d->error = -ENOMEM;
}

void document_text(struct document *d, json_t *object, const char *key,
                   const char *value)
{
    if (value)
        document_put(d, object, key, json_string(value));
}

void document_number(struct document *d, json_t *object, const char *key,
                     double value)
{
    if (!isfinite(value))
        return;
    bool whole = value == floor(value) && fabs(value) < WHOLE_MAX;
    document_put(d, object, key,
                 whole ? json_integer((json_int_t)value) : json_real(value));
}

void document_copy(struct document *d, json_t *object, const char *key,
                   const json_t *from, const char *field)
{
    json_t *value = json_object_get(from, field);
    if (value && json_object_set(object, key, value))
        d->error = -ENOMEM;
}

void document_append(struct document *d, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value))
        d->error = -ENOMEM;
}

void document_merge(struct document *d, json_t *object, json_t *more)
{
    if (!more || json_object_update(object, more))
        d->error = -ENOMEM;
    json_decref(more);
}

int document_print(struct document *d, json_t *root, FILE *file)
{
    errno = 0;
    if (!d->error &&
        json_dumpf(root, file, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0)
        d->error = errno ? -errno : -EIO;
    if (!d->error && fputc('\n', file) == EOF)
        d->error = errno ? -errno : -EIO;
    json_decref(root);
    return d->error;
}
