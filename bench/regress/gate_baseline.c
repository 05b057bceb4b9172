/* SPDX-License-Identifier: MIT */
/*
 * The files of recorded ratios and of limits.
 */
#include "gate_baseline.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "folder.h"
#include "gate_file.h"

enum {
    SCHEMA = 1
};

/* "6.18" of "6.18.44-fc-v595": updates of a kernel are the same class. */
static json_t *kernel_series(const char *kernel)
{
    size_t n = strcspn(kernel, ".");
    if (kernel[n])
        n += 1 + strcspn(kernel + n + 1, ".-");
    return json_stringn(kernel, n);
}

json_t *gate_baseline_class(const json_t *env, const char *flags)
{
    json_t *class_ =
        json_pack("{s:s, s:O*, s:o, s:O*, s:s, s:O*, s:s}", "cpu",
                  catalog_text(env, "cpu_model"), "cpus",
                  json_object_get(env, "num_cpus"), "kernel",
                  kernel_series(catalog_text(env, "kernel")), "libc",
                  json_object_get(json_object_get(env, "libraries"), "libc"),
                  "compiler", catalog_text(env, "compiler"), "virtualised",
                  json_object_get(env, "virtualised"), "flags",
                  flags ? flags : "");
    return class_;
}

/* The name of the class's file. */
static void class_path(char *path, size_t size, const char *tree,
                       const json_t *class_)
{
    char *text = json_dumps(class_, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = text; c && *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    free(text);
    snprintf(path, size, "%s/results/baseline/%016llx.json", tree,
             (unsigned long long)hash);
}

/* Adds the runs of a file to the list; false when it is broken. */
static bool add_runs(json_t *runs, const char *path)
{
    json_t *file = json_load_file(path, 0, NULL);
    const json_t *list = json_object_get(file, "runs");
    size_t i;
    json_t *run;
    json_array_foreach(list, i, run)
    {
        if (json_is_object(json_object_get(run, "ratios")))
            json_array_append(runs, run);
    }
    bool good = json_is_array(list);
    json_decref(file);
    return good;
}

static int is_baseline(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

/* The runs of every class; false with the path of a file that is broken. */
static bool add_all(json_t *runs, const char *tree, char *path, size_t size)
{
    char folder[PATH_MAX];
    struct dirent **entries = NULL;
    snprintf(folder, sizeof folder, "%s/results/baseline", tree);
    int n = scandir(folder, &entries, is_baseline, alphasort);
    bool good = true;
    for (int i = 0; i < n; i++) {
        if (good) {
            snprintf(path, size, "%.*s/%s", PATH_MAX - 300, folder,
                     entries[i]->d_name);
            good = add_runs(runs, path);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* A limit that says something else would never hold, or always. */
static bool is_limit(const json_t *item)
{
    const char *of = json_string_value(json_object_get(item, "of"));
    return json_is_string(json_object_get(item, "metric")) &&
           json_is_string(json_object_get(item, "why")) && of &&
           (strcmp(of, "ratio") == 0 || strcmp(of, "value") == 0) &&
           json_number_value(json_object_get(item, "most")) > 0;
}

static bool are_limits(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (!is_limit(item))
            return false;
    }
    return json_is_array(list);
}

static bool exists(const char *path)
{
    FILE *f = fopen(path, "re");
    if (f)
        fclose(f);
    return f != NULL;
}

json_t *gate_baseline_read(const char *tree, json_t *class_, char *message,
                           size_t size)
{
    char path[PATH_MAX + 256];
    json_t *runs = json_array(), *invariants = NULL;
    class_path(path, sizeof path, tree, class_);
    bool known = exists(path);
    bool good =
        known ? add_runs(runs, path) : add_all(runs, tree, path, sizeof path);
    if (good) {
        snprintf(path, sizeof path, "%s/results/invariants.json", tree);
        invariants = json_load_file(path, 0, NULL);
        good = are_limits(invariants);
    }
    if (!good) {
        snprintf(message, size, "%s: missing or not what it should be", path);
        json_decref(runs);
        json_decref(invariants);
        return NULL;
    }
    return json_pack("{s:O, s:b, s:o, s:o}", "class", class_, "known", known,
                     "runs", runs, "invariants", invariants);
}

int gate_baseline_record(const char *tree, const json_t *baseline, json_t *run,
                         char *path, size_t size)
{
    char folder[PATH_MAX];
    json_t *class_ = json_object_get(baseline, "class");
    bool known = json_is_true(json_object_get(baseline, "known"));
    json_t *runs =
        known ? json_copy(json_object_get(baseline, "runs")) : json_array();
    json_array_append(runs, run);
    while (json_array_size(runs) > GATE_RUNS)
        json_array_remove(runs, 0);
    json_t *file = json_pack("{s:i, s:O, s:o}", "schema", SCHEMA, "class",
                             class_, "runs", runs);
    char *text =
        file ? json_dumps(file, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(file);
    snprintf(folder, sizeof folder, "%s/results/baseline", tree);
    class_path(path, size, tree, class_);
    int err = text ? folder_make(folder) : -ENOMEM;
    if (err == 0)
        err = gate_write_text(path, text, strlen(text));
    free(text);
    return err;
}
