/* SPDX-License-Identifier: MIT */
/* Makes runs that never ran. */

#include "synthetic.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results.h"

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

void synthetic_init(struct synthetic *s)
{
    *s = (struct synthetic){ .dir = "/tmp/cobench-test-XXXXXX" };
    must(mkdtemp(s->dir), "mkdtemp");
    s->run =
        json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:[s,s], s:[]}", "schema", 1,
                  "id", "made-up", "started", "2026-01-02T03:04:05Z", "profile",
                  "default", "seed", 7, "repetitions", 9, "arguments",
                  "--workload", "echo", "cells");
    s->trials = json_array();
    s->end = json_pack("{s:s, s:b, s:s}", "finished", "2026-01-02T03:09:05Z",
                       "interrupted", 0, "reason", "complete");
    s->env = json_pack("{s:s, s:i, s:s, s:s, s:[s]}", "host_name", "nowhere",
                       "num_cpus", 2, "machine", "Made Up, 2 CPUs, Linux 6.18",
                       "commit", "0123456789abcdef0123456789abcdef01234567",
                       "warnings", "load average is 3.00: wait");
    must(s->run && s->trials && s->end && s->env, "json_pack");
}

static void remove_folder(const char *dir)
{
    char path[512];
    DIR *folder = opendir(dir);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (unlink(path) != 0 && errno == EISDIR)
            remove_folder(path);
    }
    if (folder)
        closedir(folder);
    rmdir(dir);
}

void synthetic_fini(struct synthetic *s)
{
    json_decref(s->run);
    json_decref(s->trials);
    json_decref(s->end);
    json_decref(s->env);
    remove_folder(s->dir);
}

static void set_text(json_t *object, const char *key, const char *value)
{
    if (value)
        json_object_set_new(object, key, json_string(value));
}

/* The point without its axis. */
static void name_group(char *group, size_t size,
                       const struct synthetic_cell *cell, const char *cpus)
{
    char params[256], *state, *part;
    size_t used = (size_t)snprintf(group, size, "%s", cell->workload);
    snprintf(params, sizeof params, "%s", cell->params ? cell->params : "");
    for (part = strtok_r(params, "/", &state); part;
         part = strtok_r(NULL, "/", &state)) {
        size_t n = cell->axis ? strlen(cell->axis) : 0;
        if (n && strncmp(part, cell->axis, n) == 0 && part[n] == ':')
            continue;
        used += (size_t)snprintf(group + used, size - used, "/%s", part);
    }
    snprintf(group + used, size - used, "/cpus:%s", cpus);
}

const char *synthetic_plan(struct synthetic *s,
                           const struct synthetic_cell *cell)
{
    const char *cpus = cell->cpus ? cell->cpus : "1";
    const char *runtime = cell->runtime ? cell->runtime : "coro";
    char point[512], name[640], group[512];
    snprintf(point, sizeof point, "%s%s%s/cpus:%s", cell->workload,
             cell->params ? "/" : "", cell->params ? cell->params : "", cpus);
    snprintf(name, sizeof name, "%s/runtime:%s", point, runtime);
    name_group(group, sizeof group, cell, cpus);
    json_t *plan =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:i}}", "name", name,
                  "workload", cell->workload, "point", point, "group", group,
                  "cpus", cpus, "runtime", runtime, "params", "tasks", 4);
    must(plan != NULL, "json_pack");
    if (cell->axis)
        json_object_set_new(plan, "x", json_integer(cell->x));
    set_text(plan, "axis", cell->axis);
    set_text(plan, "question", cell->question);
    set_text(plan, "op", cell->op);
    set_text(plan, "calibrated", cell->calibrated ? "rounds" : NULL);
    if (cell->waits)
        json_object_set_new(plan, "waits", json_true());
    json_array_append_new(json_object_get(s->run, "cells"), plan);
    return json_string_value(json_object_get(plan, "name"));
}

static json_t *add_trial(struct synthetic *s, const char *cell, int round,
                         const char *outcome)
{
    json_t *trial = json_pack("{s:s, s:s, s:i, s:s}", "cell", cell, "phase",
                              "measure", "round", round, "outcome", outcome);
    must(trial && json_array_append_new(s->trials, trial) == 0, "trial");
    return trial;
}

json_t *synthetic_trial(struct synthetic *s, const char *cell, int round,
                        double wall_ns, double cpu_ns, int ops)
{
    json_t *record = json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:s, s:i, s:i, s:i,"
        " s:i, s:{s:i, s:{s:i, s:i, s:i, s:i}}}",
        "schema", 1, "status", "ok", "setup_ns", (json_int_t)50000, "wall_ns",
        (json_int_t)wall_ns, "user_ns", (json_int_t)(cpu_ns * 0.75), "sys_ns",
        (json_int_t)(cpu_ns * 0.25), "units", 4, "ops", ops, "bytes", 64 * ops,
        "digest", "", "threads_mid_run", 1, "vol_switches", 3, "invol_switches",
        1, "minor_faults", 200, "memory", "peak_rss", 4194304, "before", "rss",
        2097152, "rss_anon", 204800, "page_tables", 40960, "kernel_stacks",
        16384);
    char digest[32];
    snprintf(digest, sizeof digest, "%016llx", 12345ull * (unsigned)ops);
    must(record != NULL, "json_pack");
    set_text(record, "digest", digest);
    json_object_set_new(add_trial(s, cell, round, "ok"), "record", record);
    return record;
}

void synthetic_rounds(struct synthetic *s, const char *cell, int n,
                      double wall_ns, double cpu_ns, int ops, int shift)
{
    for (int round = 1; round <= n; round++) {
        double factor = 1 + 0.0025 * ((round * 5 + shift) % 9 - 4);
        synthetic_trial(s, cell, round, wall_ns * factor, cpu_ns * factor, ops);
    }
}

json_t *synthetic_failure(struct synthetic *s, const char *cell, int round,
                          const char *outcome, const char *message)
{
    json_t *trial = add_trial(s, cell, round, outcome);
    set_text(trial, "message", message);
    return trial;
}

void synthetic_park(json_t *record, int tasks, int rss_each, int kernel_each)
{
    json_t *memory = json_object_get(record, "memory");
    json_int_t grown = (json_int_t)tasks * rss_each;
    json_object_set_new(memory, "parked_tasks", json_integer(tasks));
    json_object_set_new(
        memory, "parked",
        json_pack("{s:I, s:I, s:I, s:I}", "rss", grown + 2097152, "rss_anon",
                  grown + 204800, "page_tables", (json_int_t)40960,
                  "kernel_stacks", (json_int_t)tasks * kernel_each + 16384));
}

char *synthetic_path(const struct synthetic *s, const char *name, char *path,
                     size_t size)
{
    snprintf(path, size, "%s/%s", s->dir, name);
    return path;
}

static void write_line(FILE *file, const char *key, json_t *value)
{
    json_t *line = json_pack("{s:O}", key, value);
    must(json_dumpf(line, file, JSON_COMPACT) == 0, "json_dumpf");
    fputc('\n', file);
    json_decref(line);
}

void synthetic_write(const struct synthetic *s)
{
    char path[128];
    FILE *file =
        fopen(synthetic_path(s, "trials.jsonl", path, sizeof path), "w");
    must(file != NULL, path);
    json_t *trial;
    size_t i;
    write_line(file, "run", s->run);
    json_array_foreach(s->trials, i, trial)
    {
        must(json_dumpf(trial, file, JSON_COMPACT) == 0, "json_dumpf");
        fputc('\n', file);
    }
    if (s->end)
        write_line(file, "end", s->end);
    must(fclose(file) == 0, path);
    synthetic_path(s, "env.json", path, sizeof path);
    must(json_dump_file(s->env, path, 0) == 0, path);
}

void synthetic_append(const struct synthetic *s, const char *text)
{
    char path[128];
    FILE *file =
        fopen(synthetic_path(s, "trials.jsonl", path, sizeof path), "a");
    must(file != NULL, path);
    fputs(text, file);
    must(fclose(file) == 0, path);
}

char *synthetic_read(const struct synthetic *s, const char *name)
{
    char path[128], *text = NULL;
    size_t size = 0;
    FILE *file = fopen(synthetic_path(s, name, path, sizeof path), "r");
    if (!file)
        return NULL;
    ssize_t n = getdelim(&text, &size, '\0', file);
    fclose(file);
    if (n < 0) {
        free(text);
        return strdup("");
    }
    return text;
}

static int write_results(const char *dir,
                         int (*write)(const struct analysis *analysis))
{
    struct analysis analysis;
    char message[256];
    int error = analysis_init(&analysis, dir, message, sizeof message);
    if (error)
        return error;
    error = write(&analysis);
    analysis_fini(&analysis);
    return error;
}

int synthetic_results(const char *dir)
{
    return write_results(dir, results_write);
}

int synthetic_reports(const char *dir)
{
    return write_results(dir, results_report);
}
