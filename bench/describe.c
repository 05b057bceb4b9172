/* SPDX-License-Identifier: MIT */
/*
 * The description of a trial program, as JSON and as text.
 */

#include "describe.h"

#include <stdlib.h>

#include "params.h"

static json_t *choices_json(const char *choices)
{
    json_t *list = json_array();
    char choice[64];
    for (int i = 0;
         param_choice(choices, i, choice, sizeof(choice)) >= 0 && list != NULL;
         i++)
        json_array_append_new(list, json_string(choice));
    return list;
}

static json_t *param_json(const struct param *param)
{
    static const char *const kinds[] = {
        [PARAM_INT] = "int",         [PARAM_REAL] = "real",
        [PARAM_CHOICE] = "choice",   [PARAM_URL] = "url",
        [PARAM_ADDRESS] = "address",
    };
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(param->name));
    json_object_set_new(out, "kind", json_string(kinds[param->kind]));
    if (param->kind == PARAM_ADDRESS) {
        json_object_set_new(out, "value", json_string(param->value));
    } else if (param->kind == PARAM_CHOICE || param->kind == PARAM_URL) {
        json_object_set_new(out, "value", json_string(param->value));
        json_object_set_new(out, "choices", choices_json(param->choices));
    } else if (param->kind == PARAM_REAL) {
        json_object_set_new(out, "value", json_real(atof(param->value)));
        json_object_set_new(out, "low", json_real(param->low));
        json_object_set_new(out, "high", json_real(param->high));
    } else {
        json_object_set_new(out, "value",
                            json_integer((json_int_t)atof(param->value)));
        json_object_set_new(out, "low", json_integer((json_int_t)param->low));
        json_object_set_new(out, "high", json_integer((json_int_t)param->high));
    }
    json_object_set_new(out, "help", json_string(param->help));
    if (param->bundled)
        json_object_set_new(out, "bundled", json_true());
    return out;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, key, json_string(text));
}

static json_t *cells_json(const struct cells *cells)
{
    json_t *out = json_object();
    set_text(out, "runtimes", cells->runtimes);
    set_text(out, "quick", cells->quick);
    set_text(out, "default", cells->normal);
    set_text(out, "full", cells->full);
    set_text(out, "scale", cells->scale);
    return out;
}

static json_t *workload_json(const struct workload *workload)
{
    json_t *out = json_object();
    set_text(out, "name", workload->name);
    set_text(out, "question", workload->question);
    set_text(out, "op", workload->op);
    if (workload->version != 0)
        json_object_set_new(out, "version", json_integer(workload->version));
    set_text(out, "axis", workload->axis);
    set_text(out, "calibrated", workload->calibrated);
    json_object_set_new(out, "origin",
                        json_boolean(workload->flags & WORK_ORIGIN));
    json_object_set_new(out, "waits",
                        json_boolean(workload->flags & WORK_WAITS));
    json_object_set_new(out, "offloads",
                        json_boolean(workload->flags & WORK_OFFLOADS));
    json_object_set_new(out, "trace",
                        json_boolean(workload->flags & WORK_TRACE));
    json_t *params = json_array();
    for (int i = 0; i < PARAMS_MAX && workload->params[i].name != NULL; i++) {
        struct param param;
        param_complete(&workload->params[i], &param);
        json_array_append_new(params, param_json(&param));
    }
    json_object_set_new(out, "params", params);
    json_t *cells = json_array();
    for (int i = 0; i < CELLS_MAX && workload->cells[i].runtimes != NULL; i++)
        json_array_append_new(cells, cells_json(&workload->cells[i]));
    json_object_set_new(out, "cells", cells);
    return out;
}

static json_t *runtime_json(const struct rt_info *info)
{
    json_t *out = json_object();
    set_text(out, "name", info->name);
    set_text(out, "summary", info->summary);
    set_text(out, "options", info->options == NULL ? "" : info->options);
    set_text(out, "guard", info->guard);
    json_object_set_new(out, "concurrency",
                        json_integer((json_int_t)info->concurrency));
    json_object_set_new(out, "workers", json_integer(info->workers));
    json_object_set_new(out, "stack_bytes",
                        json_integer((json_int_t)info->stack_bytes));
    json_object_set_new(out, "reference", json_boolean(info->reference));
    json_object_set_new(out, "third_party", json_boolean(info->third_party));
    return out;
}

json_t *describe_json(const struct rt_info *info,
                      const struct workload *const *table)
{
    json_t *out = json_object();
    json_object_set_new(out, "schema", json_integer(1));
    json_object_set_new(out, "runtime", runtime_json(info));
    json_t *list = json_array();
    for (; *table != NULL; table++)
        json_array_append_new(list, workload_json(*table));
    json_object_set_new(out, "workloads", list);
    return out;
}

static void describe_param(FILE *out, const struct param *param)
{
    char valid[256], text[320];
    snprintf(text, sizeof(text), "%s=%s", param->name,
             param_valid(param, valid, sizeof(valid)));
    fprintf(out, "    %-28s %s (%s)\n", text, param->help, param->value);
}

void describe_params(FILE *out, const struct workload *workload)
{
    for (int i = 0; i < PARAMS_MAX && workload->params[i].name != NULL; i++) {
        struct param param;
        param_complete(&workload->params[i], &param);
        describe_param(out, &param);
    }
}

void describe_list(FILE *out, const struct rt_info *info,
                   const struct workload *const *table)
{
    fprintf(out, "%s: %s\n", info->name, info->summary);
    for (; *table != NULL; table++) {
        fprintf(out, "\n%s: %s\n", (*table)->name, (*table)->question);
        describe_params(out, *table);
    }
}
