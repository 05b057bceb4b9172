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

/* The name of the first of them that has the parameter; NULL: none. */
static const char *who_takes(const json_t *workloads, const char *param)
{
    const json_t *workload;
    size_t i;
    json_array_foreach(workloads, i, workload)
    {
        if (catalog_param(workload, param))
            return catalog_text(workload, "name");
    }
    return NULL;
}

/* Says which workload it was meant for, or which parameters there are. */
static int refuse_param(struct finder *finder, const char *name)
{
    json_t *all = catalog_workloads(finder->catalog), *workload;
    json_t *params = json_array();
    const char *other = who_takes(all, name);
    size_t i;
    json_array_foreach(finder->out->workloads, i, workload)
    {
        json_array_extend(params, json_object_get(workload, "params"));
    }
    if (other)
        snprintf(finder->message, finder->size,
                 "'%s' means nothing to the workloads that were named, as it "
                 "does to %s",
                 name, other);
    else
        complain(finder, "parameter", name, params);
    json_decref(params);
    json_decref(all); /* the names live in the catalogue */
    return -EINVAL;
}

/* Every --param must mean something to one of the workloads. */
static int check_params(struct finder *finder)
{
    const char *name;
    json_t *values;
    json_object_foreach(finder->options->params, name, values)
    {
        if (strcmp(name, "cpus") != 0 &&
            !who_takes(finder->out->workloads, name))
            return refuse_param(finder, name);
    }
    return 0;
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
