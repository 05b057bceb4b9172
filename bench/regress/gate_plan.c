/* SPDX-License-Identifier: MIT */
/*
 * Makes pairs of the tables of metrics and of what the programs offer.
 */
#include "gate_plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTROLLED = 5 /* one in so many */
};

bool gate_wanted(const char *globs, const char *name)
{
    while (globs && *globs) {
        char glob[GATE_NAME];
        size_t n = strcspn(globs, ",");
        snprintf(glob, sizeof glob, "%.*s", (int)n, globs);
        if (fnmatch(glob, name, 0) == 0)
            return true;
        globs += n + (globs[n] == ',');
    }
    return globs == NULL;
}

/* ---- cells ---- */

/* The typed values of "NAME=VALUE NAME=VALUE"; NULL with a line in message. */
static json_t *make_params(const json_t *workload, const char *text,
                           char *message, size_t size)
{
    json_t *params = json_object(), *sweep = spec_sweep(&text), *values;
    const char *name;
    json_object_foreach(sweep, name, values)
    {
        const json_t *param = catalog_param(workload, name);
        const char *value = json_string_value(json_array_get(values, 0));
        json_t *typed = NULL;
        if (param)
            typed = spec_value(param, value, message, size);
        else
            snprintf(message, size, "no parameter '%s'", name);
        if (!typed) {
            json_decref(params);
            params = NULL;
            break;
        }
        json_object_set_new(params, name, typed);
    }
    json_decref(sweep);
    return params;
}

/* -ENOENT with a line in message: the programs do not have it. */
static int make_cell(struct plan_cell *cell, const struct catalog *catalog,
                     const struct gate_metric *metric, char *message,
                     size_t size)
{
    struct spec spec;
    if (spec_parse(&spec, catalog, metric->runtime, message, size) != 0)
        return -ENOENT;
    const json_t *workload = catalog_workload(catalog, metric->workload);
    if (!workload || !catalog_has(spec.program, metric->workload)) {
        snprintf(message, size, "no workload '%s'", metric->workload);
        return -ENOENT;
    }
    json_t *params = make_params(workload, metric->params, message, size);
    if (!params)
        return -ENOENT;
    int err = plan_cell_init(cell, workload, params, "1", &spec);
    json_decref(params);
    /* Where the amount is not calibrated, it is a number of tasks. */
    if (err == 0 && gate_quantities[metric->quantity].slope &&
        !cell->calibrated)
        cell->calibrated = "tasks";
    return err;
}

/* All that says which work a metric means: the workload, its version, and the
 * value in force of each parameter but the amount. */
static void define(char *text, size_t size, const struct catalog *catalog,
                   const struct plan_cell *cell)
{
    const json_t *workload = catalog_workload(catalog, cell->workload);
    const json_t *given = json_object_get(cell->json, "params");
    size_t used = 0, i;
    json_t *param;
    int n = snprintf(text, size, "%s %lld", cell->workload,
                     json_integer_value(json_object_get(workload, "version")));
    json_array_foreach(json_object_get(workload, "params"), i, param)
    {
        const char *name = catalog_text(param, "name");
        const json_t *value = json_object_get(given, name);
        char typed[64];
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
        if (!value)
            value = json_object_get(param, "value");
        bool amount = cell->calibrated && strcmp(name, cell->calibrated) == 0;
        n = snprintf(text + used, size - used, " %s=%s", name,
                     amount ? "*"
                            : spec_value_text(value, typed, sizeof typed));
    }
}

/* ---- pairs ---- */

static struct gate_pair *add_pair(struct gate_plan *plan)
{
    struct gate_pair *pairs =
        realloc(plan->pairs, (plan->n + 1) * sizeof *pairs);
    if (!pairs)
        return NULL;
    plan->pairs = pairs;
    pairs[plan->n] = (struct gate_pair){ .twin = plan->n };
    return &pairs[plan->n++];
}

static void set_entry(struct gate_pair *pair, const struct gate_metric *metric,
                      const char *name)
{
    const struct gate_quantity_info *info = &gate_quantities[metric->quantity];
    pair->quantity = metric->quantity;
    pair->entry = (struct gate_entry){ .unit = info->unit,
                                       .exact = info->exact,
                                       .floor = metric->floor,
                                       .grain = metric->grain };
    snprintf(pair->entry.name, sizeof pair->entry.name, "%s", name);
    for (int side = 0; side < GATE_SIDES; side++)
        if (info->slope)
            pair->counts[side] = (int64_t)metric->size;
}

static void metric_name(char name[GATE_NAME], const struct plan_cell *cell,
                        enum gate_quantity quantity)
{
    snprintf(name, GATE_NAME, "%s %s", cell->name,
             gate_quantities[quantity].name);
}

/* A pair of both cells, or the reason why there is none. */
static int pair_up(struct gate_plan *plan, struct gate *gate,
                   const struct gate_metric *metric, struct plan_cell *cells,
                   const struct catalog *const catalogs[],
                   const struct gate_wishes *wishes)
{
    char name[GATE_NAME], definitions[GATE_SIDES][512];
    metric_name(name, &cells[GATE_HEAD], metric->quantity);
    for (int side = 0; side < GATE_SIDES; side++)
        define(definitions[side], sizeof definitions[side], catalogs[side],
               &cells[side]);
    bool wanted = gate_wanted(wishes->metrics, name), paired = false;
    const char *lacks =
        wishes->lacks[gate_quantities[metric->quantity].count_of];
    if (!wanted) {
        paired = false;
    } else if (strcmp(definitions[GATE_BASE], definitions[GATE_HEAD]) != 0) {
        gate_leave_out(gate, name, "definition changed: %s, was %s",
                       definitions[GATE_HEAD], definitions[GATE_BASE]);
    } else if (lacks) {
        gate_leave_out(gate, name, "%s", lacks);
    } else {
        struct gate_pair *pair = add_pair(plan);
        if (!pair)
            return -ENOMEM;
        set_entry(pair, metric, name);
        memcpy(pair->cells, cells, sizeof pair->cells);
        paired = true;
    }
    for (int side = 0; side < GATE_SIDES && !paired; side++)
        plan_cell_fini(&cells[side]);
    return 0;
}

static int plan_metric(struct gate_plan *plan, struct gate *gate,
                       const struct gate_metric *metric,
                       const struct catalog *const catalogs[],
                       const struct gate_wishes *wishes)
{
    struct plan_cell cells[GATE_SIDES] = { 0 };
    int errs[GATE_SIDES];
    char why[256], name[GATE_NAME];
    for (int side = 0; side < GATE_SIDES; side++) {
        errs[side] =
            make_cell(&cells[side], catalogs[side], metric, why, sizeof why);
        if (errs[side] == -ENOMEM)
            return -ENOMEM;
    }
    if (errs[GATE_BASE] == 0 && errs[GATE_HEAD] == 0)
        return pair_up(plan, gate, metric, cells, catalogs, wishes);
    for (int side = 0; side < GATE_SIDES; side++) {
        if (errs[side] != 0)
            continue;
        metric_name(name, &cells[side], metric->quantity);
        if (gate_wanted(wishes->metrics, name))
            gate_leave_out(gate, name,
                           side == GATE_HEAD ? "new: %s in base"
                                             : "removed: %s in head",
                           why);
        plan_cell_fini(&cells[side]);
    }
    return 0;
}

/* ---- controls ---- */

static void share_cell(struct plan_cell *to, const struct plan_cell *from)
{
    *to = *from;
    json_incref(to->json);
    json_incref(to->arguments);
}

/* Base against base, for every fifth pair that is a time; which ones, the
 * seed says.  One of them where they are fewer: nothing else tells when the
 * machine is not to be trusted. */
static int add_controls(struct gate_plan *plan, uint64_t seed)
{
    size_t pairs = plan->n, times = 0;
    for (size_t i = 0; i < pairs; i++)
        times += !plan->pairs[i].entry.exact;
    size_t every = times < CONTROLLED ? times : CONTROLLED;
    for (size_t i = 0, time = 0; i < pairs; i++) {
        if (plan->pairs[i].entry.exact || (time++ + seed) % every != 0)
            continue;
        struct gate_pair *pair = add_pair(plan);
        if (!pair)
            return -ENOMEM;
        const struct gate_pair *twin = &plan->pairs[i];
        pair->entry = twin->entry;
        pair->entry.role = DECIDE_CONTROL;
        snprintf(pair->entry.name, sizeof pair->entry.name, "control %.300s",
                 twin->entry.name);
        pair->quantity = twin->quantity;
        pair->twin = i;
        for (int side = 0; side < GATE_SIDES; side++)
            share_cell(&pair->cells[side], &twin->cells[GATE_BASE]);
    }
    return 0;
}

/* ---- injection ---- */

static int inject(struct gate_plan *plan, const char *text, char *message,
                  size_t size)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    if (!text || !*text)
        return 0;
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    for (size_t i = 0; i < plan->n; i++) {
        struct gate_pair *pair = &plan->pairs[i];
        const char *amount = pair->cells[GATE_HEAD].calibrated;
        if (strlen(pair->entry.name) != length ||
            strncmp(pair->entry.name, text, length) != 0)
            continue;
        if (!amount) {
            snprintf(message, size, "COBENCH_INJECT: the work of %s is fixed",
                     pair->entry.name);
            return -EINVAL;
        }
        snprintf(pair->inject, sizeof pair->inject, "%s%s", amount,
                 colon ? colon : "");
        return 0;
    }
    snprintf(message, size, "COBENCH_INJECT: no metric '%.*s' is measured",
             (int)length, text);
    return -EINVAL;
}

/* ---- plans ---- */

int gate_plan_sides(struct gate_plan *plan, struct gate *gate,
                    const struct catalog *base, const struct catalog *head,
                    const struct gate_wishes *wishes, char *message,
                    size_t size)
{
    const struct catalog *const catalogs[] = { base, head };
    int err = 0;
    *plan = (struct gate_plan){ 0 };
    for (const struct gate_metric *m = gate_metrics; m->workload && err == 0;
         m++)
        err = plan_metric(plan, gate, m, catalogs, wishes);
    if (err == 0)
        err = inject(plan, wishes->inject, message, size);
    return err == 0 ? add_controls(plan, wishes->seed) : err;
}

static int plan_ratio(struct gate_plan *plan, struct gate *gate,
                      const struct gate_ratio *ratio,
                      const struct catalog *catalog,
                      const struct gate_wishes *wishes)
{
    char why[256], name[GATE_NAME];
    struct plan_cell cells[GATE_SIDES] = { 0 };
    struct gate_metric metric = { .workload = ratio->workload,
                                  .params = ratio->params,
                                  .runtime = ratio->over,
                                  .quantity = ratio->quantity,
                                  .size = ratio->size };
    int err = make_cell(&cells[GATE_BASE], catalog, &metric, why, sizeof why);
    metric.runtime = ratio->runtime;
    if (err == 0)
        err = make_cell(&cells[GATE_HEAD], catalog, &metric, why, sizeof why);
    snprintf(name, sizeof name, "%s %s/%s %s",
             err == 0 ? catalog_text(cells[GATE_HEAD].json, "point")
                      : ratio->workload,
             ratio->runtime, ratio->over,
             gate_quantities[ratio->quantity].name);
    if (err == -ENOENT)
        gate_leave_out(gate, name, "%s", why);
    bool wanted = err == 0 && gate_wanted(wishes->metrics, name);
    struct gate_pair *pair = wanted ? add_pair(plan) : NULL;
    if (pair) {
        set_entry(pair, &metric, name);
        memcpy(pair->cells, cells, sizeof pair->cells);
        return 0;
    }
    for (int side = 0; side < GATE_SIDES; side++)
        plan_cell_fini(&cells[side]);
    return wanted || err == -ENOMEM ? -ENOMEM : 0;
}

int gate_plan_ratios(struct gate_plan *plan, struct gate *gate,
                     const struct catalog *catalog,
                     const struct gate_wishes *wishes, char *message,
                     size_t size)
{
    int err = 0;
    *plan = (struct gate_plan){ 0 };
    for (const struct gate_ratio *r = gate_ratios; r->workload && err == 0; r++)
        err = plan_ratio(plan, gate, r, catalog, wishes);
    return err == 0 ? inject(plan, wishes->inject, message, size) : err;
}

void gate_plan_fini(struct gate_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        for (int side = 0; side < GATE_SIDES; side++)
            plan_cell_fini(&plan->pairs[i].cells[side]);
        json_decref(plan->pairs[i].first);
    }
    free(plan->pairs);
    *plan = (struct gate_plan){ 0 };
}
