/* SPDX-License-Identifier: MIT */
/*
 * Reads the descriptions of the trial programs.  Invariant: every program in
 * the catalogue has a path, a runtime with a name, and an array of workloads
 * that have names.
 */
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "proc.h"

enum {
    DESCRIBE_BYTES = 1 << 20
};
static const int64_t DESCRIBE_NS = INT64_C(10) * 1000 * 1000 * 1000;

const char *catalog_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_t *find_named(const json_t *array, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        if (strcmp(catalog_text(item, "name"), name) == 0)
            return item;
    }
    return NULL;
}

/* ---- reading ---- */

static bool is_description(const json_t *doc)
{
    const json_t *workloads = json_object_get(doc, "workloads");
    if (!*catalog_text(json_object_get(doc, "runtime"), "name") ||
        !json_is_array(workloads))
        return false;
    size_t i;
    json_t *workload;
    json_array_foreach(workloads, i, workload)
    {
        if (!*catalog_text(workload, "name") ||
            !json_is_array(json_object_get(workload, "params")) ||
            !json_is_array(json_object_get(workload, "cells")))
            return false;
    }
    return true;
}

/* The description of one program, or NULL with a reason. */
static json_t *describe(const char *path, const char **reason)
{
    const char *const argv[] = { path, "--describe", NULL };
    struct proc_options options = { .argv = argv,
                                    .limit_ns = DESCRIBE_NS,
                                    .out_keep = DESCRIBE_BYTES };
    struct proc_result result;
    int err = proc_run(&options, &result);
    if (err != 0) {
        *reason = strerror(-err);
        return NULL;
    }
    json_t *doc = NULL;
    if (result.end == PROC_TIMEOUT)
        *reason = "no answer to --describe within 10 s";
    else if (result.end != PROC_EXITED || result.code != 0)
        *reason = "--describe failed";
    else
        doc = json_loadb(result.out.data ? result.out.data : "",
                         result.out.bytes, 0, NULL);
    if (doc && !is_description(doc)) {
        json_decref(doc);
        doc = NULL;
    }
    if (!doc && !*reason)
        *reason = "its --describe is not what cobench understands";
    proc_result_fini(&result);
    return doc;
}

static void add_program(struct catalog *catalog, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", catalog->folder, name);
    if (n < 0 || (size_t)n >= sizeof path || access(path, X_OK) != 0)
        return;
    const char *reason = NULL;
    json_t *doc = describe(path, &reason);
    if (!doc) {
        if (!interrupt_pending())
            fprintf(stderr, "cobench: %s is left out: %s\n", name, reason);
        return;
    }
    json_object_set_new(doc, "path", json_string(path));
    json_array_append_new(catalog->programs, doc);
}

static int is_trial(const struct dirent *entry)
{
    return strncmp(entry->d_name, "trial-", 6) == 0 &&
           !strchr(entry->d_name, '.');
}

/* Runtimes in the order people expect, others by name, references last. */
static int rank(const json_t *program)
{
    static const char *const known[] = { "coro", "pool", "thread", "seq" };
    const char *name =
        catalog_text(json_object_get(program, "runtime"), "name");
    for (int i = 0; i < 4; i++)
        if (strcmp(name, known[i]) == 0)
            return i;
    return catalog_is_reference(program) ? 6 : 5;
}

static void sort_programs(struct catalog *catalog)
{
    json_t *sorted = json_array();
    for (int wanted = 0; wanted <= 6; wanted++) {
        size_t i;
        json_t *program;
        json_array_foreach(catalog->programs, i, program)
        {
            if (rank(program) == wanted)
                json_array_append(sorted, program);
        }
    }
    json_decref(catalog->programs);
    catalog->programs = sorted;
}

int catalog_read(struct catalog *out, const char *folder)
{
    *out =
        (struct catalog){ .folder = strdup(folder), .programs = json_array() };
    struct dirent **entries = NULL;
    int n = -1;
    if (out->folder && out->programs)
        n = scandir(folder, &entries, is_trial, alphasort);
    for (int i = 0; i < n; i++) {
        add_program(out, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (json_array_size(out->programs) == 0) {
        catalog_fini(out);
        return n > 0 ? -ENOEXEC : -ENOENT;
    }
    sort_programs(out);
    return 0;
}

void catalog_fini(struct catalog *catalog)
{
    free(catalog->folder);
    json_decref(catalog->programs);
    *catalog = (struct catalog){ 0 };
}

int catalog_folder(char *path, size_t size)
{
    const char *given = getenv("COBENCH_BIN");
    if (given && *given) {
        int n = snprintf(path, size, "%s", given);
        return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
    }
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n < 0)
        return -errno;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    return 0;
}

/* ---- looking up ---- */

json_t *catalog_program(const struct catalog *catalog, const char *runtime)
{
    size_t i;
    json_t *program;
    json_array_foreach(catalog->programs, i, program)
    {
        json_t *info = json_object_get(program, "runtime");
        if (strcmp(catalog_text(info, "name"), runtime) == 0)
            return program;
    }
    return NULL;
}

json_t *catalog_workload(const struct catalog *catalog, const char *name)
{
    size_t i;
    json_t *program;
    json_array_foreach(catalog->programs, i, program)
    {
        json_t *found = find_named(json_object_get(program, "workloads"), name);
        if (found)
            return found;
    }
    return NULL;
}

json_t *catalog_param(const json_t *workload, const char *name)
{
    return find_named(json_object_get(workload, "params"), name);
}

bool catalog_has(const json_t *program, const char *workload)
{
    return find_named(json_object_get(program, "workloads"), workload);
}

bool catalog_is_reference(const json_t *program)
{
    const json_t *info = json_object_get(program, "runtime");
    return json_is_true(json_object_get(info, "reference"));
}

json_t *catalog_workloads(const struct catalog *catalog)
{
    json_t *all = json_array();
    size_t i, j;
    json_t *program, *workload;
    json_array_foreach(catalog->programs, i, program)
    {
        json_array_foreach(json_object_get(program, "workloads"), j, workload)
        {
            if (!find_named(all, catalog_text(workload, "name")))
                json_array_append(all, workload);
        }
    }
    return all;
}
