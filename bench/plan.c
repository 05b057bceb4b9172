/* SPDX-License-Identifier: MIT */
/*
 * Makes the cells of a run out of the catalogue and the options.  Invariant:
 * no two cells of a plan have the same name.
 */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"
#include "wanted.h"

struct maker {
    struct plan *plan;
    const struct catalog *catalog;
    const struct options *options;
    json_t *names; /* object used as a set */
    char *message;
    size_t size;
    struct wanted wanted;
};

/* Whether a reference does not know what nobody has asked it for. */
static bool is_beyond(const struct maker *maker, const json_t *workload,
                      const json_t *params, const struct spec *spec)
{
    char ignored[256];
    return !maker->options->runtimes && catalog_is_reference(spec->program) &&
           (plan_cell_is_open(params) ||
            spec_aims(workload, maker->options->params, ignored,
                      sizeof ignored));
}

/* Adds the cell, unless it is there already. */
static int add_cell(struct maker *maker, const json_t *workload, json_t *params,
                    const char *cpus, const struct spec *spec)
{
    struct plan_cell cell;
    if (is_beyond(maker, workload, params, spec))
        return 0;
    int err = plan_cell_init(&cell, workload, params, cpus, spec);
    if (err != 0)
        return err;
    if (json_object_get(maker->names, cell.name)) {
        plan_cell_fini(&cell);
        return 0;
    }
    json_object_set_new(maker->names, cell.name, json_true());
    struct plan *plan = maker->plan;
    struct plan_cell *cells =
        realloc(plan->cells, (plan->count + 1) * sizeof *cells);
    if (!cells) {
        plan_cell_fini(&cell);
        return -ENOMEM;
    }
    plan->cells = cells;
    cells[plan->count++] = cell;
    return 0;
}

/* ---- the product of a row ---- */

/* An open loop has a rate, and a closed one has none. */
static int check_loop(struct maker *maker, const json_t *params)
{
    const char *schedule = catalog_text(params, "schedule");
    const json_t *rate = json_object_get(params, "rate");
    bool open = plan_cell_is_open(params);
    if (!*schedule || !rate || open == (json_number_value(rate) > 0))
        return 0;
    snprintf(maker->message, maker->size,
             open ? "schedule=%s needs a rate of operations per second: "
                    "--param rate=1000"
                  : "a rate is for an open loop, and schedule=%s is none: "
                    "--param schedule=poisson",
             schedule);
    return -EINVAL;
}

/* Goes through the values of the index-th parameter, all of the others fixed
 * so far being in params. */
static int expand(struct maker *maker, const json_t *workload, size_t index,
                  json_t *lists, json_t *params, const struct spec *spec)
{
    const json_t *described = json_object_get(workload, "params");
    if (index == json_array_size(described)) {
        size_t i;
        json_t *cpus;
        if (check_loop(maker, params) != 0)
            return -EINVAL;
        json_array_foreach(json_object_get(lists, "cpus"), i, cpus)
        {
            json_t *copy = json_copy(params);
            int err =
                add_cell(maker, workload, copy, json_string_value(cpus), spec);
            json_decref(copy);
            if (err != 0)
                return err;
        }
        return 0;
    }
    const char *name = catalog_text(json_array_get(described, index), "name");
    json_t *list = json_object_get(lists, name), *value;
    if (!list) /* calibrated, or what has to do with the other target */
        return expand(maker, workload, index + 1, lists, params, spec);
    size_t i;
    json_array_foreach(list, i, value)
    {
        json_object_set(params, name, value);
        int err = expand(maker, workload, index + 1, lists, params, spec);
        json_object_del(params, name);
        if (err != 0)
            return err;
    }
    return 0;
}

/* Texts of a parameter to typed values; NULL with a message. */
static json_t *typed_list(struct maker *maker, const json_t *param,
                          const json_t *texts)
{
    json_t *list = json_array(), *text;
    size_t i;
    json_array_foreach(texts, i, text)
    {
        json_t *value = spec_value(param, json_string_value(text),
                                   maker->message, maker->size);
        if (!value) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, value);
    }
    return list;
}

static int check_cpus(struct maker *maker, const json_t *texts)
{
    size_t i;
    json_t *text;
    json_array_foreach(texts, i, text)
    {
        const char *value = json_string_value(text);
        if (strcmp(value, "1") != 0 && strcmp(value, "all") != 0) {
            snprintf(maker->message, maker->size,
                     "cpus=%s: valid are 1 (pinned to one) and all", value);
            return -EINVAL;
        }
    }
    return 0;
}

/* The values of every parameter: given, swept, or by default.  Takes the
 * sweep's product over. */
static json_t *value_lists(struct maker *maker, const json_t *workload,
                           json_t *product)
{
    const json_t *given = maker->options->params;
    json_t *lists = json_object(), *param;
    const char *calibrated = catalog_text(workload, "calibrated");
    size_t i;
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        const char *name = catalog_text(param, "name");
        json_t *texts = json_object_get(given, name), *list = NULL;
        if (!texts)
            texts = json_object_get(product, name);
        bool useless = json_is_true(json_object_get(param, "bundled")) &&
                       spec_aims(workload, given, maker->message, maker->size);
        if (useless && json_object_get(given, name)) {
            snprintf(maker->message, maker->size,
                     "%s: means nothing to a server of your own", name);
            goto err_lists;
        }
        if (useless)
            continue;
        if (texts)
            list = typed_list(maker, param, texts);
        else if (strcmp(name, calibrated) == 0 || spec_is_target(param))
            continue;
        else
            list = json_pack("[O]", json_object_get(param, "value"));
        if (!list)
            goto err_lists;
        json_object_set_new(lists, name, list);
    }
    json_t *cpus = json_object_get(given, "cpus");
    if (!cpus)
        cpus = json_object_get(product, "cpus");
    if (check_cpus(maker, cpus) != 0)
        goto err_lists;
    if (cpus)
        json_object_set(lists, "cpus", cpus);
    else
        json_object_set_new(lists, "cpus", json_pack("[s]", "1"));
    return lists;
err_lists:
    json_decref(lists);
    return NULL;
}

/* Names in a sweep that the workload does not have are its author's slip. */
static bool product_fits(const json_t *workload, json_t *product)
{
    const char *name;
    json_t *values;
    json_object_foreach(product, name, values)
    {
        if (strcmp(name, "cpus") != 0 && !catalog_param(workload, name))
            return false;
    }
    return true;
}

static int add_row(struct maker *maker, const json_t *workload,
                   const char *sweep, const struct spec *spec)
{
    const char *at = sweep;
    int err = 0;
    while (err == 0 && at) {
        json_t *product = spec_sweep(&at);
        if (!product || !product_fits(workload, product)) {
            json_decref(product);
            snprintf(maker->message, maker->size,
                     "workload %s: its sweep '%s' is broken",
                     catalog_text(workload, "name"), sweep);
            return -EPROTO;
        }
        json_t *lists = value_lists(maker, workload, product);
        json_t *params = json_object();
        err = lists ? expand(maker, workload, 0, lists, params, spec) : -EINVAL;
        json_decref(params);
        json_decref(lists);
        json_decref(product);
    }
    return err;
}

/* ---- the rows of a workload ---- */

/* The sweep of a row in the profile; NULL where it has none. */
static const char *row_sweep(const json_t *row, const char *profile)
{
    return json_string_value(json_object_get(row, profile));
}

/* The profile whose rows are used: the chosen one, or for a workload that was
 * asked for by name the next best. */
static const char *row_profile(const struct maker *maker,
                               const json_t *workload)
{
    const char *const names[] = { maker->options->profile->name, "default",
                                  "full", "quick" };
    size_t tried = maker->wanted.by_name ? 4 : 1;
    for (size_t i = 0; i < tried; i++) {
        size_t k;
        json_t *row;
        json_array_foreach(json_object_get(workload, "cells"), k, row)
        {
            if (row_sweep(row, names[i]))
                return names[i];
        }
    }
    return NULL;
}

/* Whether the row lists the specification, or (by_name) one of the same
 * runtime. */
static bool row_lists(struct maker *maker, const json_t *row,
                      const struct spec *wanted, bool by_name)
{
    const char *at = catalog_text(row, "runtimes");
    while (*at) {
        char text[64], ignored[256];
        size_t n = strcspn(at, ",");
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        struct spec spec;
        if (spec_parse(&spec, maker->catalog, text, ignored, sizeof ignored) ==
                0 &&
            spec.program == wanted->program &&
            (by_name || strcmp(spec.text, wanted->text) == 0))
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

/* The rows for a runtime that was asked for. */
static int add_asked(struct maker *maker, const json_t *workload,
                     const struct spec *spec)
{
    const char *profile = row_profile(maker, workload);
    const json_t *rows = json_object_get(workload, "cells");
    json_t *row, *same_name = NULL, *first = NULL;
    size_t i, added = 0;
    int err = 0;
    if (!profile)
        return 0;
    json_array_foreach(rows, i, row)
    {
        if (!row_sweep(row, profile) || err != 0)
            continue;
        if (!first)
            first = row;
        if (!same_name && row_lists(maker, row, spec, true))
            same_name = row;
        if (row_lists(maker, row, spec, false)) {
            err = add_row(maker, workload, row_sweep(row, profile), spec);
            added++;
        }
    }
    if (err == 0 && added == 0) {
        row = same_name ? same_name : first;
        err = add_row(maker, workload, row_sweep(row, profile), spec);
    }
    return err;
}

/* The runtimes that a row itself names.  One that is not installed is not an
 * error: a build may have left it out. */
static int add_listed(struct maker *maker, const json_t *workload,
                      const json_t *row, const char *sweep)
{
    const char *at = catalog_text(row, "runtimes");
    int err = 0;
    while (*at && err == 0) {
        char text[64], why[256];
        size_t n = strcspn(at, ",");
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        struct spec spec;
        if (spec_parse(&spec, maker->catalog, text, why, sizeof why) == 0 &&
            catalog_has(spec.program, catalog_text(workload, "name")))
            err = add_row(maker, workload, sweep, &spec);
        at += n + (at[n] == ',');
    }
    return err;
}

static int add_workload(struct maker *maker, const json_t *workload)
{
    const char *profile = row_profile(maker, workload);
    const char *name = catalog_text(workload, "name");
    size_t i;
    json_t *item;
    int err = 0;
    if (maker->options->runtimes) {
        json_array_foreach(maker->options->runtimes, i, item)
        {
            struct spec spec;
            if (err == 0)
                err = spec_parse(&spec, maker->catalog, json_string_value(item),
                                 maker->message, maker->size);
            if (err == 0 && catalog_has(spec.program, name))
                err = add_asked(maker, workload, &spec);
        }
        return err;
    }
    json_array_foreach(json_object_get(workload, "cells"), i, item)
    {
        const char *sweep = profile ? row_sweep(item, profile) : NULL;
        if (sweep && err == 0)
            err = add_listed(maker, workload, item, sweep);
    }
    return err;
}

/* Where a loop has threads do the work, it gets as many as the pool has that
 * it is compared with: the first of the same workload. */
static void set_offload_threads(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_cell *cell = &plan->cells[i];
        if (cell->offloads)
            for (size_t k = plan->count; k-- > 0;)
                if (strcmp(plan->cells[k].workload, cell->workload) == 0 &&
                    plan->cells[k].workers > 0)
                    plan_cell_offload_to(cell, plan->cells[k].workers);
    }
}

/* All cells that the rows make. */
static int add_workloads(struct maker *maker)
{
    json_t *workload;
    size_t i;
    int err = 0;
    json_array_foreach(maker->wanted.workloads, i, workload)
    {
        if (err == 0)
            err = add_workload(maker, workload);
    }
    return err;
}

/* Whether `cobench trace` is what they are for. */
static bool are_only_watched(const json_t *workloads)
{
    json_t *workload;
    size_t i;
    json_array_foreach(workloads, i, workload)
    {
        if (!json_is_true(json_object_get(workload, "trace")))
            return false;
    }
    return json_array_size(workloads) > 0;
}

int plan_make(struct plan *out, const struct catalog *catalog,
              const struct options *options, char *message, size_t size)
{
    *out = (struct plan){ 0 };
    snprintf(message, size, "out of memory");
    struct maker maker = { .plan = out,
                           .catalog = catalog,
                           .options = options,
                           .names = json_object(),
                           .message = message,
                           .size = size };
    int err = wanted_find(&maker.wanted, catalog, options, message, size);
    if (err == 0)
        err = add_workloads(&maker);
    set_offload_threads(out);
    if (err == 0 && out->count == 0) {
        snprintf(message, size,
                 "nothing to measure: no cell of the %s profile "
                 "fits what was asked for%s",
                 options->profile->name,
                 are_only_watched(maker.wanted.workloads)
                     ? "; cobench trace shows it"
                     : "");
        err = -ENODATA;
    }
    json_decref(maker.names);
    wanted_fini(&maker.wanted);
    if (err != 0)
        plan_fini(out);
    return err;
}

void plan_fini(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        plan_cell_fini(&plan->cells[i]);
    free(plan->cells);
    *plan = (struct plan){ 0 };
}

json_t *plan_cells(const struct plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->count; i++)
        json_array_append(list, plan->cells[i].json);
    return list;
}
