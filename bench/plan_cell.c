/* SPDX-License-Identifier: MIT */
/*
 * Names and describes a cell.
 */
#include "plan_cell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "params.h"

/* Adds "/name:value" to a name.  A slash within the value is written as it is
 * in URLs. */
static void add_part(char *name, size_t size, const char *key,
                     const json_t *value)
{
    char text[PARAM_TEXT_MAX + 1];
    size_t used = strlen(name);
    used += (size_t)snprintf(name + used, size - used, "/%s:", key);
    spec_value_text(value, text, sizeof text);
    for (const char *c = text; *c && used + 4 < size; c++)
        used += (size_t)snprintf(name + used, size - used,
                                 *c == '/' ? "%%2F" : "%c", *c);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

static void copy_text(json_t *object, const char *key, const json_t *from)
{
    json_t *value = json_object_get(from, key);
    if (json_is_string(value))
        json_object_set(object, key, value);
}

/* The names: the point is what runtimes are compared at, the group what makes
 * one line of a chart. */
static void set_names(json_t *cell, const json_t *workload, json_t *params,
                      const char *cpus, const struct spec *spec)
{
    char point[1024], group[1024], name[1152];
    const char *axis = catalog_text(workload, "axis"), *key;
    snprintf(point, sizeof point, "%s", catalog_text(workload, "name"));
    snprintf(group, sizeof group, "%s", point);
    json_t *value;
    json_object_foreach(params, key, value)
    {
        add_part(point, sizeof point, key, value);
        if (strcmp(key, axis) != 0)
            add_part(group, sizeof group, key, value);
    }
    size_t used = strlen(point);
    snprintf(point + used, sizeof point - used, "/cpus:%s", cpus);
    used = strlen(group);
    snprintf(group + used, sizeof group - used, "/cpus:%s", cpus);
    snprintf(name, sizeof name, "%s/runtime:%s", point, spec->name);
    set_text(cell, "name", name);
    set_text(cell, "workload", catalog_text(workload, "name"));
    set_text(cell, "point", point);
    set_text(cell, "group", group);
    value = json_object_get(params, axis);
    if (json_is_number(value)) {
        set_text(cell, "axis", axis);
        json_object_set(cell, "x", value);
    }
}

bool plan_cell_is_open(const json_t *params)
{
    const char *schedule = catalog_text(params, "schedule");
    return *schedule && strcmp(schedule, "closed") != 0;
}

static void set_flags(json_t *cell, const json_t *workload,
                      const json_t *params, const struct spec *spec)
{
    const json_t *info = json_object_get(spec->program, "runtime");
    /* An open loop takes as long as its schedule does. */
    if (json_is_true(json_object_get(workload, "waits")) ||
        plan_cell_is_open(params))
        json_object_set_new(cell, "waits", json_true());
    if (json_is_true(json_object_get(info, "third_party")))
        json_object_set_new(cell, "third_party", json_true());
    if (json_is_true(json_object_get(info, "reference")))
        json_object_set_new(cell, "reference", json_true());
}

static json_t *arguments_of(json_t *params, const char *cpus,
                            const struct spec *spec)
{
    json_t *list = json_array();
    char text[PARAM_TEXT_MAX + 1];
    const char *key;
    json_t *value;
    json_object_foreach(params, key, value)
    {
        json_array_append_new(list, json_sprintf("%s=%s", key,
                                                 spec_value_text(value, text,
                                                                 sizeof text)));
    }
    json_array_append_new(list, json_sprintf("cpus=%s", cpus));
    if (*spec->argument)
        json_array_append_new(list, json_string(spec->argument));
    return list;
}

/* Whether a server of the user's own takes the place of the origin. */
static bool has_target(const json_t *workload, const json_t *params)
{
    size_t i;
    json_t *param;
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        if (spec_is_target(param) &&
            json_object_get(params, catalog_text(param, "name")))
            return true;
    }
    return false;
}

/* Tasks that are threads, or calls, do the work themselves. */
static bool has_loop(const struct spec *spec)
{
    const json_t *info = json_object_get(spec->program, "runtime");
    return spec->workers == 0 &&
           strcmp(catalog_text(info, "guard"), "kernel") != 0 &&
           json_integer_value(json_object_get(info, "concurrency")) != 1;
}

static bool offloads(const json_t *workload, const json_t *params,
                     const struct spec *spec)
{
    return has_loop(spec) &&
           (json_is_true(json_object_get(workload, "offloads")) ||
            json_integer_value(json_object_get(params, "offload")) != 0);
}

int plan_cell_init(struct plan_cell *out, const json_t *workload,
                   json_t *params, const char *cpus, const struct spec *spec)
{
    const char *calibrated = catalog_text(workload, "calibrated");
    bool fixed = !*calibrated || json_object_get(params, calibrated);
    const json_t *param = catalog_param(workload, calibrated);
    json_int_t conns = json_integer_value(json_object_get(params, "conns"));
    *out = (struct plan_cell){
        .json = json_object(),
        .arguments = arguments_of(params, cpus, spec),
        .program = catalog_text(spec->program, "path"),
        .low = json_integer_value(json_object_get(param, "low")),
        .high = json_integer_value(json_object_get(param, "high")),
        .step = conns > 0 ? conns : 1,
        .origin = json_is_true(json_object_get(workload, "origin")) &&
                  !has_target(workload, params),
        .env = spec->env,
        .workers = spec->workers,
        .offloads = offloads(workload, params, spec),
    };
    if (!out->json || !out->arguments) {
        plan_cell_fini(out);
        return -ENOMEM;
    }
    set_names(out->json, workload, params, cpus, spec);
    json_object_set(out->json, "params", params);
    set_text(out->json, "cpus", cpus);
    set_text(out->json, "runtime", spec->text);
    copy_text(out->json, "op", workload);
    copy_text(out->json, "question", workload);
    json_t *version = json_object_get(workload, "version");
    if (version)
        json_object_set(out->json, "version", version);
    if (!fixed)
        set_text(out->json, "calibrated", calibrated);
    set_flags(out->json, workload, params, spec);
    out->name = catalog_text(out->json, "name");
    out->workload = catalog_text(out->json, "workload");
    out->calibrated = fixed ? NULL : catalog_text(out->json, "calibrated");
    return 0;
}

void plan_cell_offload_to(struct plan_cell *cell, unsigned threads)
{
    cell->offload_threads = threads;
    json_object_set_new(cell->json, "offload_threads", json_integer(threads));
}

void plan_cell_fini(struct plan_cell *cell)
{
    json_decref(cell->json);
    json_decref(cell->arguments);
    *cell = (struct plan_cell){ 0 };
}
