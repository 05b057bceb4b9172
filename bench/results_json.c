/* SPDX-License-Identifier: MIT */
/*
 * results.json and results.ci.json: Google Benchmark's JSON, whose "time" is
 * that of one iteration; an iteration is one operation here.  What is missing
 * is left out, and what is not finite counts as missing.
 */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "document.h"

/* ---- one benchmark entry ---- */

static void put_memory(struct document *d, json_t *o, const struct sample *s)
{
    const json_t *memory = json_object_get(s->record, "memory");
    const json_t *held = json_object_get(memory, "parked");
    document_number(d, o, "peak_rss_bytes", s->values[METRIC_PEAK_RSS]);
    document_number(d, o, "steady_rss_bytes", metric_number(held, "rss"));
    document_number(d, o, "page_table_bytes",
                    metric_number(held, "page_tables"));
    document_number(d, o, "kernel_stack_bytes",
                    metric_number(held, "kernel_stacks"));
    document_number(d, o, "rss_per_task_bytes", s->values[METRIC_RSS_PER_TASK]);
    document_number(d, o, "full_per_task_bytes",
                    s->values[METRIC_FULL_PER_TASK]);
    document_number(d, o, "slab_per_task_bytes",
                    s->values[METRIC_SLAB_PER_TASK]);
}

static void put_counters(struct document *d, json_t *o, const struct sample *s)
{
    static const struct {
        const char *key, *field;
    } fields[] = {
        { "setup_ns", "setup_ns" },
        { "wall_ns", "wall_ns" },
        { "vol_ctx_switches", "vol_switches" },
        { "invol_ctx_switches", "invol_switches" },
        { "minor_faults", "minor_faults" },
        { "major_faults", "major_faults" },
        { "connections", "connections" },
        { "threads_mid_run", "threads_mid_run" },
        { "units_created", "units" },
        { "units_peak", "units_peak" },
        { "ops", "ops" },
        { "bytes", "bytes" },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        document_number(d, o, fields[i].key,
                        metric_number(s->record, fields[i].field));
    document_number(d, o, "ns_per_op", s->values[METRIC_NS_PER_OP]);
    document_number(d, o, "cpu_ns_per_op", s->values[METRIC_CPU_NS_PER_OP]);
    document_number(d, o, "ops_per_cpu_s", s->values[METRIC_OPS_PER_CPU_S]);
    for (enum metric m = METRIC_STALLS; m <= METRIC_BEAT_MAX; m++)
        document_number(d, o, metric_name(m), s->values[m]);
    document_number(d, o, "origin_cpu_share",
                    metric_number(json_object_get(s->record, "origin"),
                                  "cpu_share"));
    const json_t *counts = json_object_get(s->record, "counts"), *value;
    const char *key;
    json_object_foreach((json_t *)counts, key,
                        value) if (json_is_number(value) &&
                                   !json_object_get(o, key))
        document_number(d, o, key, json_number_value(value));
}

/* All figures of a sample that can be averaged, flat. */
static json_t *figures(struct document *d, const struct sample *s)
{
    json_t *o = json_object();
    double ops = metric_number(s->record, "ops");
    double per = 1e9 / (ops > 0 ? ops : 1);
    document_number(d, o, "real_time", s->values[METRIC_WALL] * per);
    document_number(d, o, "cpu_time", s->values[METRIC_CPU] * per);
    document_number(d, o, "user_time", s->values[METRIC_USER] * per);
    document_number(d, o, "sys_time", s->values[METRIC_SYS] * per);
    document_number(d, o, "items_per_second", s->values[METRIC_OPS_PER_S]);
    put_memory(d, o, s);
    put_counters(d, o, s);
    return o;
}

struct family {
    size_t index, instance;
};

static json_t *entry(struct document *d, const struct cell *cell,
                     struct family family, const char *suffix)
{
    json_t *o = json_object();
    char name[1024];
    snprintf(name, sizeof name, "%s%s%s", cell->name, suffix ? "_" : "",
             suffix ? suffix : "");
    document_text(d, o, "name", name);
    document_number(d, o, "family_index", (double)family.index);
    document_number(d, o, "per_family_instance_index", (double)family.instance);
    document_text(d, o, "run_name", cell->name);
    document_text(d, o, "run_type", suffix ? "aggregate" : "iteration");
    return o;
}

static void put_repetition(struct document *d, json_t *o, size_t index,
                           size_t of, const struct sample *s)
{
    uint64_t ops = s->receipt.ops;
    document_number(d, o, "repetitions", (double)of);
    document_number(d, o, "repetition_index", (double)index);
    document_number(d, o, "threads", 1);
    document_number(d, o, "iterations", ops ? (double)ops : 1);
    document_text(d, o, "time_unit", "ns");
}

static void add_iterations(struct document *d, json_t *array,
                           const struct cell *cell, struct family family)
{
    for (size_t i = 0; i < cell->n; i++) {
        const struct sample *s = &cell->samples[i];
        json_t *o = entry(d, cell, family, NULL);
        put_repetition(d, o, i, cell->n, s);
        document_merge(d, o, figures(d, s));
        document_number(d, o, "round", s->round);
        if (s->outlier)
            document_put(d, o, "outlier", json_true());
        document_append(d, array, o);
    }
}

/* ---- aggregates ---- */

static double median(const double *values, size_t n)
{
    struct estimate e;
    return stats_estimate(&e, values, n) ? NAN : e.median;
}

static double variation(const double *values, size_t n)
{
    double mean = stats_mean(values, n);
    return mean != 0 ? stats_deviation(values, n) / mean : 0;
}

static const struct aggregate {
    const char *name, *unit;
    double (*of)(const double *values, size_t n);
} aggregates[] = {
    { "mean", "time", stats_mean },
    { "median", "time", median },
    { "stddev", "time", stats_deviation },
    { "cv", "percentage", variation },
};

/* Applies fn to each figure of a cell; those that a sample lacks are over
 * fewer values. */
static void put_aggregate(struct document *d, json_t *o, const json_t *all,
                          double (*fn)(const double *, size_t))
{
    size_t n = json_array_size(all), i;
    double *values = calloc(n, sizeof *values);
    const json_t *sample, *first = json_array_get(all, 0), *unused;
    const char *key;
    if (!values) {
        d->error = -ENOMEM;
        return;
    }
    json_object_foreach((json_t *)first, key, unused)
    {
        size_t found = 0;
        json_array_foreach(all, i, sample)
        {
            double value = metric_number(sample, key);
            if (isfinite(value))
                values[found++] = value;
        }
        document_number(d, o, key, fn(values, found));
    }
    (void)unused;
    free(values);
}

static json_t *all_figures(struct document *d, const struct cell *cell)
{
    json_t *all = json_array();
    for (size_t i = 0; i < cell->n; i++)
        document_append(d, all, figures(d, &cell->samples[i]));
    return all;
}

static void add_aggregates(struct document *d, json_t *array,
                           const struct cell *cell, struct family family)
{
    json_t *all = all_figures(d, cell);
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++) {
        const struct aggregate *a = &aggregates[i];
        json_t *o = entry(d, cell, family, a->name);
        document_number(d, o, "repetitions", (double)cell->n);
        document_number(d, o, "threads", 1);
        document_text(d, o, "aggregate_name", a->name);
        document_text(d, o, "aggregate_unit", a->unit);
        document_number(d, o, "iterations", (double)cell->n);
        document_text(d, o, "time_unit", "ns");
        put_aggregate(d, o, all, a->of);
        document_append(d, array, o);
    }
    json_decref(all);
}

/* The one entry of results.ci.json: medians, under the cell's plain name. */
static void add_median(struct document *d, json_t *array,
                       const struct cell *cell, struct family family)
{
    json_t *all = all_figures(d, cell);
    json_t *o = entry(d, cell, family, NULL);
    put_repetition(d, o, 0, 1, &cell->samples[0]);
    put_aggregate(d, o, all, median);
    document_append(d, array, o);
    json_decref(all);
}

static json_t *benchmarks(struct document *d, const struct analysis *a,
                          bool medians_only)
{
    const struct summary *s = &a->summary;
    json_t *array = json_array();
    struct family family = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        bool same = i > 0 && strcmp(cell->workload, cell[-1].workload) == 0;
        family.index += i > 0 && !same;
        family.instance = same ? family.instance + 1 : 0;
        if (cell->n == 0)
            continue;
        if (medians_only) {
            add_median(d, array, cell, family);
            continue;
        }
        add_iterations(d, array, cell, family);
        if (cell->n > 1)
            add_aggregates(d, array, cell, family);
    }
    return array;
}

/* ---- context ---- */

/* Unless there is one already; takes value over. */
static void put_default(struct document *d, json_t *o, const char *key,
                        json_t *value)
{
    if (json_object_get(o, key))
        json_decref(value);
    else
        document_put(d, o, key, value);
}

static json_t *context(struct document *d, const struct analysis *a)
{
    const json_t *run = a->summary.trials.run, *end = a->summary.trials.end;
    json_t *o = json_deep_copy(a->env);
    if (!json_object_get(o, "date"))
        document_copy(d, o, "date", run, "started");
    document_copy(d, o, "run_id", run, "id");
    document_copy(d, o, "profile", run, "profile");
    document_copy(d, o, "seed", run, "seed");
    document_copy(d, o, "arguments", run, "arguments");
    document_copy(d, o, "finished", end, "finished");
    document_copy(d, o, "end_reason", end, "reason");
    document_number(d, o, "rounds", (double)analysis_rounds(a));
    put_default(d, o, "caches", json_array());
    put_default(d, o, "load_avg", json_array());
    put_default(d, o, "library_build_type", json_string("release"));
    document_number(d, o, "json_schema_version", 1);
    return o;
}

int results_json(FILE *file, const struct analysis *analysis)
{
    struct document d = { 0 };
    json_t *root = json_object();
    document_put(&d, root, "context", context(&d, analysis));
    document_put(&d, root, "benchmarks", benchmarks(&d, analysis, false));
    results_added(&d, root, analysis);
    return document_print(&d, root, file);
}

int results_ci(FILE *file, const struct analysis *analysis)
{
    struct document d = { 0 };
    json_t *root = json_object();
    document_put(&d, root, "context", context(&d, analysis));
    document_put(&d, root, "benchmarks", benchmarks(&d, analysis, true));
    return document_print(&d, root, file);
}
