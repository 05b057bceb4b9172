/* SPDX-License-Identifier: MIT */
/* From a run's folder to everything that is said about it. */

#include "analysis.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The run can be understood without its environment. */
static int read_env(json_t **out, const char *dir, char *message, size_t size)
{
    char path[PATH_MAX];
    json_error_t problem;
    snprintf(path, sizeof path, "%s/env.json", dir);
    *out = json_load_file(path, 0, &problem);
    if (json_is_object(*out))
        return 0;
    json_decref(*out);
    *out = json_object();
    if (message[0] == 0)
        snprintf(message, size, "cannot use %s: %s", path, problem.text);
    return *out ? 0 : -ENOMEM;
}

/* What a cell is sorted by; names are ranked as they first appear. */
struct key {
    const struct cell *cell;
    size_t workload, group, point, place;
};

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = compare_sizes(x->workload, y->workload);
    if (!order)
        order = compare_sizes(x->group, y->group);
    if (!order && isfinite(x->cell->x) && isfinite(y->cell->x))
        order = (x->cell->x > y->cell->x) - (x->cell->x < y->cell->x);
    if (!order)
        order = compare_sizes(x->point, y->point);
    return order ? order : compare_sizes(x->place, y->place);
}

static struct key make_key(const struct summary *s, size_t i)
{
    const struct cell *cell = &s->cells[i];
    struct key key = { cell, i, i, i, i };
    for (size_t j = i; j-- > 0;) {
        const struct cell *other = &s->cells[j];
        if (strcmp(other->workload, cell->workload) == 0)
            key.workload = j;
        if (strcmp(other->group, cell->group) == 0)
            key.group = j;
        if (strcmp(other->point, cell->point) == 0)
            key.point = j;
    }
    return key;
}

static int sort_shown(struct analysis *a)
{
    size_t n = a->summary.n;
    struct key *keys = calloc(n + 1, sizeof *keys);
    a->shown = calloc(n + 1, sizeof *a->shown);
    if (!keys || !a->shown) {
        free(keys);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        keys[i] = make_key(&a->summary, i);
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < n; i++)
        a->shown[i] = keys[i].cell;
    free(keys);
    return 0;
}

int analysis_init(struct analysis *out, const char *dir, char *message,
                  size_t message_size)
{
    struct analysis a = { .dir = dir };
    int error = summary_read(&a.summary, dir, message, message_size);
    if (error)
        return error;
    error = sort_shown(&a);
    if (!error)
        error = compare_all(&a.compared, &a.summary);
    if (!error)
        error = geomean_all(&a.geomeans, &a.geomeans_n, &a.compared);
    if (!error)
        error = slope_all(&a.slopes, &a.slopes_n, &a.summary);
    if (!error)
        error = growth_all(&a.steps, &a.steps_n, a.shown, a.summary.n);
    if (!error)
        error = read_env(&a.env, dir, message, message_size);
    if (error) {
        snprintf(message, message_size, "cannot summarise %s: %s", dir,
                 strerror(-error));
        analysis_fini(&a);
        return error;
    }
    *out = a;
    return 0;
}

void analysis_fini(struct analysis *analysis)
{
    json_decref(analysis->env);
    free(analysis->shown);
    free(analysis->slopes);
    free(analysis->steps);
    free(analysis->geomeans);
    compare_fini(&analysis->compared);
    summary_fini(&analysis->summary);
    *analysis = (struct analysis){ 0 };
}

bool analysis_opens_workload(const struct analysis *analysis, size_t i)
{
    return i == 0 || strcmp(analysis->shown[i]->workload,
                            analysis->shown[i - 1]->workload) != 0;
}

bool analysis_opens_point(const struct analysis *analysis, size_t i)
{
    return i == 0 || strcmp(analysis->shown[i]->point,
                            analysis->shown[i - 1]->point) != 0;
}

bool analysis_measured(const struct analysis *analysis)
{
    return analysis_rounds(analysis) > 0;
}

size_t analysis_rounds(const struct analysis *analysis)
{
    size_t rounds = 0;
    for (size_t i = 0; i < analysis->summary.n; i++)
        if (analysis->summary.cells[i].n > rounds)
            rounds = analysis->summary.cells[i].n;
    return rounds;
}

const char *analysis_commit(const struct analysis *analysis, char text[32])
{
    const json_t *env = analysis->env;
    const char *commit = json_string_value(json_object_get(env, "commit"));
    if (!commit)
        return NULL;
    snprintf(text, 32, "%.12s%s", commit,
             json_is_true(json_object_get(env, "dirty")) ? "-dirty" : "");
    return text;
}

json_t *analysis_crossovers(const struct analysis *analysis)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/crossovers.json", analysis->dir);
    return json_load_file(path, 0, NULL);
}
