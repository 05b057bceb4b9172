/* SPDX-License-Identifier: MIT */
/*
 * Latencies out of the records, over all rounds.
 */

#include "latencies.h"

#include <string.h>

#include "row.h"
#include "wrap.h"

static const struct {
    const char *name;
    double p;
} percentiles[PERCENTILES] = {
    { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 }
};

const char *latencies_name(enum work_latency which)
{
    return which == WORK_LATENCY ? "latency" : "heartbeat";
}

/* ---- from records ---- */

static uint64_t number(const json_t *object, const char *key)
{
    double value = metric_number(object, key);
    return value > 0 ? (uint64_t)value : 0;
}

static void add_record(struct histogram *out, const json_t *latency)
{
    const json_t *bucket;
    size_t i;
    json_array_foreach(json_object_get(latency, "buckets"), i, bucket)
    {
        json_int_t low = json_integer_value(json_array_get(bucket, 0));
        json_int_t count = json_integer_value(json_array_get(bucket, 1));
        if (low >= 0 && count > 0)
            histogram_put(out, (uint64_t)low, (uint64_t)count);
    }
    struct histogram_extremes extremes = { .sum = number(latency, "sum_ns"),
                                           .min = number(latency, "min_ns"),
                                           .max = number(latency, "max_ns") };
    histogram_put_extremes(out, &extremes);
}

bool latencies_merge(struct histogram *out, const struct cell *cell,
                     enum work_latency which)
{
    bool any = false;
    for (size_t i = 0; i < cell->n; i++) {
        const json_t *latency =
            json_object_get(cell->samples[i].record, latencies_name(which));
        if (!latency)
            continue;
        add_record(out, latency);
        any = true;
    }
    return any;
}

bool latencies_read(struct latencies *out, const struct cell *cell,
                    enum work_latency which)
{
    struct histogram all = { 0 };
    uint64_t value;
    if (!latencies_merge(&all, cell, which))
        return false;
    for (int i = 0; i < PERCENTILES; i++)
        if (histogram_percentile(&all, percentiles[i].p, &value))
            human_time(out->percentiles[i], (double)value);
        else
            snprintf(out->percentiles[i], HUMAN, "-");
    human_time(out->max, (double)histogram_max(&all));
    out->count = histogram_count(&all);
    return true;
}

static bool has(const struct cell *cell, enum work_latency which)
{
    for (size_t i = 0; i < cell->n; i++)
        if (json_object_get(cell->samples[i].record, latencies_name(which)))
            return true;
    return false;
}

bool latencies_any(const struct analysis *analysis, enum work_latency which)
{
    for (size_t i = 0; i < analysis->summary.n; i++)
        if (has(&analysis->summary.cells[i], which))
            return true;
    return false;
}

/* ---- the table ---- */

enum {
    INDENT = 2,
    FIGURE = 9, /* columns of a time */
    COUNT = 10
};

struct layout {
    int name;  /* columns */
    int shown; /* percentiles */
};

static struct layout lay_out(const struct analysis *a, enum work_latency which,
                             int columns)
{
    struct layout layout = { (int)strlen(latencies_name(which)), PERCENTILES };
    for (size_t i = 0; i < a->summary.n; i++) {
        struct row row;
        if (!has(a->shown[i], which))
            continue;
        row_make(&row, a, a->shown[i]);
        int width = INDENT + wrap_width(row.runtime);
        layout.name = width > layout.name ? width : layout.name;
    }
    while (layout.shown > 0 &&
           layout.name + (layout.shown + 1) * FIGURE + COUNT > columns)
        layout.shown--;
    return layout;
}

static void print_heads(FILE *file, const struct layout *layout,
                        enum work_latency which)
{
    fprintf(file, "%-*s", layout->name, latencies_name(which));
    for (int i = 0; i < layout->shown; i++)
        fprintf(file, "%*s", FIGURE, percentiles[i].name);
    fprintf(file, "%*s%*s\n", FIGURE, "max", COUNT, "values");
}

static void print_row(FILE *file, const struct layout *layout,
                      const char *runtime, const struct latencies *latencies)
{
    fprintf(file, "%*s%-*s", INDENT, "", layout->name - INDENT, runtime);
    for (int i = 0; i < layout->shown; i++)
        fprintf(file, "%*s", FIGURE, latencies->percentiles[i]);
    fprintf(file, "%*s%*llu\n", FIGURE, latencies->max, COUNT,
            (unsigned long long)latencies->count);
}

void latencies_table(FILE *file, const struct analysis *a,
                     enum work_latency which, int columns)
{
    struct layout layout = lay_out(a, which, columns);
    const char *point = "";
    if (!latencies_any(a, which))
        return;
    print_heads(file, &layout, which);
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        struct latencies latencies;
        struct row row;
        if (!latencies_read(&latencies, cell, which))
            continue;
        if (strcmp(point, cell->point) != 0)
            wrap_print(file, cell->point, 0, INDENT, columns);
        point = cell->point;
        row_make(&row, a, cell);
        print_row(file, &layout, row.runtime, &latencies);
    }
}
