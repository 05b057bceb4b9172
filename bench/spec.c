/* SPDX-License-Identifier: MIT */
/*
 * The little languages of the command line and of the workloads' cells.
 */
#include "spec.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"
#include "suggest.h"

enum {
    NAMES = 64
};

/* ---- runtimes ---- */

static int complain_runtime(const struct catalog *catalog, const char *word,
                            char *message, size_t size)
{
    const char *names[NAMES];
    size_t n = 0, i;
    json_t *program;
    json_array_foreach(catalog->programs, i, program)
    {
        if (n < NAMES)
            names[n++] =
                catalog_text(json_object_get(program, "runtime"), "name");
    }
    char hint[256];
    snprintf(message, size, "unknown runtime '%s'%s", word,
             suggest_text(word, names, n, hint, sizeof hint));
    return -EINVAL;
}

/* "64k" -> 64, "2m" -> 2048; 0 when it is not a size. */
static unsigned long size_kib(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    unsigned long scale = *end == 'k' || *end == 'K'   ? 1
                          : *end == 'm' || *end == 'M' ? 1024
                                                       : 0;
    if (*text < '1' || *text > '9' || scale == 0 || end[1] ||
        value > (1UL << 30) / scale)
        return 0;
    return value * scale;
}

static int take_workers(struct spec *out, const char *runtime,
                        const char *argument, char *message, size_t size)
{
    char *end;
    unsigned long workers = strtoul(argument, &end, 10);
    if (*argument < '1' || *argument > '9' || *end || workers > 100000) {
        snprintf(message, size,
                 "runtime '%s:%s': give a number of workers from 1 to 100000, "
                 "as in %s:20",
                 runtime, argument, runtime);
        return -EINVAL;
    }
    out->workers = (unsigned)workers;
    snprintf(out->text, sizeof out->text, "%.30s:%lu", runtime, workers);
    snprintf(out->name, sizeof out->name, "%.30s/workers:%lu", runtime,
             workers);
    snprintf(out->argument, sizeof out->argument, "workers=%lu", workers);
    return 0;
}

static int take_stack(struct spec *out, const char *runtime,
                      const char *argument, char *message, size_t size)
{
    if (strcmp(argument, "tuned") == 0) {
        snprintf(out->text, sizeof out->text, "%.30s:tuned", runtime);
        snprintf(out->name, sizeof out->name, "%.30s/stack:64k/arenas:1",
                 runtime);
        snprintf(out->argument, sizeof out->argument, "stack_kib=64");
        out->env = "MALLOC_ARENA_MAX=1";
        return 0;
    }
    unsigned long kib = size_kib(argument);
    if (kib == 0) {
        snprintf(message, size,
                 "runtime '%s:%s': give a stack size in KiB or MiB, as in "
                 "%s:64k, or `tuned` (64k, one malloc arena)",
                 runtime, argument, runtime);
        return -EINVAL;
    }
    snprintf(out->text, sizeof out->text, "%.30s:%luk", runtime, kib);
    snprintf(out->name, sizeof out->name, "%.30s/stack:%luk", runtime, kib);
    snprintf(out->argument, sizeof out->argument, "stack_kib=%lu", kib);
    return 0;
}

/* For tasks that are put aside after a tenth of a second. */
static void take_doze(struct spec *out, const char *runtime)
{
    snprintf(out->text, sizeof out->text, "%.30s:doze", runtime);
    snprintf(out->name, sizeof out->name, "%.30s/doze:100ms", runtime);
    snprintf(out->argument, sizeof out->argument, "doze_ms=100");
}

int spec_parse(struct spec *out, const struct catalog *catalog,
               const char *text, char *message, size_t size)
{
    char runtime[32];
    size_t n = strcspn(text, ":");
    snprintf(runtime, sizeof runtime, "%.*s", (int)(n < 31 ? n : 31), text);
    *out = (struct spec){ .program = catalog_program(catalog, runtime) };
    if (!out->program || n >= sizeof runtime)
        return complain_runtime(catalog, runtime, message, size);
    const json_t *info = json_object_get(out->program, "runtime");
    const char *options = catalog_text(info, "options");
    const char *argument = text[n] ? text + n + 1 : NULL;
    if (strstr(options, "workers")) {
        char normal[32];
        json_int_t workers =
            json_integer_value(json_object_get(info, "workers"));
        /* Where a program does not tell its default, it is that of rt.h. */
        snprintf(normal, sizeof normal, "%lld", workers > 0 ? workers : 20);
        return take_workers(out, runtime, argument ? argument : normal, message,
                            size);
    }
    if (argument && strcmp(argument, "doze") == 0 && strstr(options, "doze")) {
        take_doze(out, runtime);
        return 0;
    }
    if (argument && strstr(options, "stack"))
        return take_stack(out, runtime, argument, message, size);
    if (argument) {
        snprintf(message, size, "runtime '%s': %s takes no argument", text,
                 runtime);
        return -EINVAL;
    }
    snprintf(out->text, sizeof out->text, "%s", runtime);
    snprintf(out->name, sizeof out->name, "%s", runtime);
    return 0;
}

/* ---- values ---- */

static json_t *choice_value(const json_t *param, const char *text,
                            char *message, size_t size)
{
    const char *names[NAMES];
    size_t n = 0, i;
    json_t *choice;
    json_array_foreach(json_object_get(param, "choices"), i, choice)
    {
        const char *name = json_string_value(choice);
        if (name && strcmp(name, text) == 0)
            return json_string(text);
        if (name && n < NAMES)
            names[n++] = name;
    }
    char hint[256];
    snprintf(message, size, "%s=%s: no such choice%s",
             catalog_text(param, "name"), text,
             suggest_text(text, names, n, hint, sizeof hint));
    return NULL;
}

bool spec_is_target(const json_t *param)
{
    const char *kind = catalog_text(param, "kind");
    return strcmp(kind, "url") == 0 || strcmp(kind, "address") == 0;
}

static json_t *target_value(const json_t *described, const char *text,
                            char *message, size_t size)
{
    char schemes[64] = "";
    size_t i;
    json_t *scheme;
    json_array_foreach(json_object_get(described, "choices"), i, scheme)
    {
        size_t used = strlen(schemes);
        snprintf(schemes + used, sizeof schemes - used, "%s%s", i ? "," : "",
                 json_string_value(scheme));
    }
    const struct param param = { .name = catalog_text(described, "name"),
                                 .choices = schemes,
                                 .kind = *schemes ? PARAM_URL : PARAM_ADDRESS };
    struct param_value value;
    if (param_parse(&param, text, &value, message, size) != 0)
        return NULL;
    if (*text)
        return json_string(text);
    snprintf(message, size, "%s: give the address of a server", param.name);
    return NULL;
}

json_t *spec_value(const json_t *param, const char *text, char *message,
                   size_t size)
{
    const char *name = catalog_text(param, "name");
    const char *kind = catalog_text(param, "kind");
    if (strcmp(kind, "choice") == 0)
        return choice_value(param, text, message, size);
    if (spec_is_target(param))
        return target_value(param, text, message, size);
    char *end;
    double value = strtod(text, &end);
    bool whole = strcmp(kind, "int") == 0;
    if (end == text || *end || !isfinite(value) ||
        (whole && (value != floor(value) || fabs(value) > 9e15))) {
        snprintf(message, size, "%s=%s: not a %s", name, text,
                 whole ? "whole number" : "number");
        return NULL;
    }
    double low = json_number_value(json_object_get(param, "low"));
    double high = json_number_value(json_object_get(param, "high"));
    if (value < low || value > high) {
        snprintf(message, size, "%s=%s: valid are %.15g to %.15g", name, text,
                 low, high);
        return NULL;
    }
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

bool spec_aims(const json_t *workload, const json_t *params, char *message,
               size_t size)
{
    size_t i;
    json_t *param;
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        const json_t *texts =
            json_object_get(params, catalog_text(param, "name"));
        if (!spec_is_target(param) || !texts)
            continue;
        json_t *value =
            spec_value(param, json_string_value(json_array_get(texts, 0)),
                       message, size);
        json_decref(value);
        return value != NULL;
    }
    return false;
}

char *spec_value_text(const json_t *value, char *text, size_t size)
{
    if (json_is_integer(value))
        snprintf(text, size, "%lld", json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, size, "%.10g", json_real_value(value));
    else
        snprintf(text, size, "%s", json_string_value(value));
    return text;
}

/* ---- sweeps ---- */

static json_t *values_of(const char *text, size_t bytes)
{
    json_t *values = json_array();
    while (true) {
        const char *comma = memchr(text, ',', bytes);
        size_t n = comma ? (size_t)(comma - text) : bytes;
        if (n == 0) {
            json_decref(values);
            return NULL;
        }
        json_array_append_new(values, json_stringn(text, n));
        if (!comma)
            return values;
        text += n + 1;
        bytes -= n + 1;
    }
}

json_t *spec_sweep(const char **sweep)
{
    json_t *product = json_object();
    const char *at = *sweep;
    while (true) {
        at += strspn(at, " \t\n");
        if (!*at || *at == '|')
            break;
        size_t n = strcspn(at, " \t\n|");
        const char *equals = memchr(at, '=', n);
        char name[64];
        json_t *values = NULL;
        if (equals && equals > at && (size_t)(equals - at) < sizeof name) {
            snprintf(name, sizeof name, "%.*s", (int)(equals - at), at);
            values = values_of(equals + 1, (size_t)(at + n - equals - 1));
        }
        if (!values || json_object_get(product, name)) {
            json_decref(values);
            json_decref(product);
            return NULL;
        }
        json_object_set_new(product, name, values);
        at += n;
    }
    *sweep = *at ? at + 1 : NULL;
    return product;
}
