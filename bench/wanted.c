/* SPDX-License-Identifier: MIT */
/* Names and parameters against the catalogue. */

#include "wanted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "spec.h"
#include "suggest.h"

struct finder {
    struct wanted *out;
    const struct catalog *catalog;
    const struct options *options;
    char *message;
    size_t size;
};

static int complain(struct finder *finder, const char *what, const char *word,
                    const json_t *items)
{
    const char *names[64];
    size_t n = 0, i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        const char *name = catalog_text(item, "name");
        size_t k = 0;
        while (k < n && strcmp(names[k], name) != 0)
            k++;
        if (k == n && n < 64)
            names[n++] = name;
    }
    char hint[768];
    snprintf(finder->message, finder->size, "unknown %s '%s'%s", what, word,
             suggest_text(word, names, n, hint, sizeof hint));
    return -EINVAL;
}

/* Those of all that are: the whole when there is none, to be complained of. */
static json_t *aimed_workloads(struct finder *finder, json_t *all)
{
    json_t *aimed = json_array(), *workload;
    size_t i;
    json_array_foreach(all, i, workload)
    {
        if (spec_aims(workload, finder->options->params, finder->message,
                      finder->size))
            json_array_append(aimed, workload);
    }
    finder->out->by_name = json_array_size(aimed) > 0;
    json_t *chosen = finder->out->by_name ? aimed : all;
    json_incref(chosen);
    json_decref(aimed);
    json_decref(all);
    return chosen;
}

/* The workloads to measure, a new array; NULL with a message. */
static json_t *chosen_workloads(struct finder *finder)
{
    json_t *all = catalog_workloads(finder->catalog);
    if (!finder->options->workloads)
        return aimed_workloads(finder, all);
    finder->out->by_name = true;
    json_t *chosen = json_array(), *name;
    size_t i;
    json_array_foreach(finder->options->workloads, i, name)
    {
        const char *word = json_string_value(name);
        json_t *workload = catalog_workload(finder->catalog, word);
        if (!workload) {
            complain(finder, "workload", word, all);
            json_decref(chosen);
            json_decref(all);
            return NULL;
        }
        json_array_append(chosen, workload);
    }
    json_decref(all);
    return chosen;
}

/* The name of a workload that has the parameter; NULL: none. */
static const char *who_takes(const struct finder *finder, const char *param)
{
    json_t *all = catalog_workloads(finder->catalog), *workload;
    const char *name = NULL;
    size_t i;
    json_array_foreach(all, i, workload)
    {
        if (!name && catalog_param(workload, param))
            name = catalog_text(workload, "name");
    }
    json_decref(all); /* the workload lives in the catalogue */
    return name;
}

static int refuse_param(struct finder *finder, const char *name,
                        const json_t *params)
{
    const char *other = who_takes(finder, name);
    if (!other)
        return complain(finder, "parameter", name, params);
    snprintf(finder->message, finder->size,
             "'%s' means nothing to the workloads that were named, as it does "
             "to %s",
             name, other);
    return -EINVAL;
}

/* Every --param must mean something to one of the workloads. */
static int check_params(struct finder *finder)
{
    const char *name;
    json_t *values, *workload, *param, *all = json_array();
    size_t i, j;
    int err = 0;
    json_array_foreach(finder->out->workloads, i, workload)
    {
        json_array_foreach(json_object_get(workload, "params"), j, param)
        {
            json_array_append(all, param);
        }
    }
    json_object_foreach(finder->options->params, name, values)
    {
        bool known = strcmp(name, "cpus") == 0;
        json_array_foreach(all, i, param)
        {
            known = known || strcmp(catalog_text(param, "name"), name) == 0;
        }
        if (!known && err == 0)
            err = refuse_param(finder, name, all);
    }
    json_decref(all);
    return err;
}

int wanted_find(struct wanted *out, const struct catalog *catalog,
                const struct options *options, char *message, size_t size)
{
    *out = (struct wanted){ 0 };
    struct finder finder = { out, catalog, options, message, size };
    out->workloads = chosen_workloads(&finder);
    int err = out->workloads ? check_params(&finder) : -EINVAL;
    if (err != 0)
        wanted_fini(out);
    return err;
}

void wanted_fini(struct wanted *wanted)
{
    json_decref(wanted->workloads);
    *wanted = (struct wanted){ 0 };
}
