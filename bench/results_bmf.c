/* SPDX-License-Identifier: MIT */
/*
 * results.bmf.json, the Bencher Metric Format: name -> measure -> value with
 * bounds.  Times are ns per operation, like those of results.json.
 */

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis.h"
#include "document.h"

static void put_measure(struct document *d, json_t *object, const char *name,
                        const struct estimate *e, double scale)
{
    if (e->n == 0)
        return;
    json_t *measure = json_object();
    document_number(d, measure, "value", e->median * scale);
    if (e->interval) {
        document_number(d, measure, "lower_value", e->low * scale);
        document_number(d, measure, "upper_value", e->high * scale);
    }
    document_put(d, object, name, measure);
}

/* The 99th percentile, where the workload recorded one. */
static struct estimate read_p99(struct document *d, const struct cell *cell)
{
    struct estimate e = { 0 };
    double *values = calloc(cell->n, sizeof *values);
    size_t n = 0;
    if (!values) {
        d->error = -ENOMEM;
        return e;
    }
    for (size_t i = 0; i < cell->n; i++) {
        const json_t *record = cell->samples[i].record;
        double value =
            metric_number(json_object_get(record, "counts"), "lat_p99_ns");
        if (isfinite(value))
            values[n++] = value;
    }
    if (n > 0)
        stats_estimate(&e, values, n);
    free(values);
    return e;
}

static json_t *measures(struct document *d, const struct cell *cell)
{
    const struct estimate *e = cell->estimates;
    struct estimate p99 = read_p99(d, cell);
    json_t *object = json_object();
    if (e[METRIC_NS_PER_OP].n > 0) {
        put_measure(d, object, "latency", &e[METRIC_NS_PER_OP], 1);
        put_measure(d, object, "cpu-time", &e[METRIC_CPU_NS_PER_OP], 1);
    } else {
        put_measure(d, object, "latency", &e[METRIC_WALL], 1e9);
        put_measure(d, object, "cpu-time", &e[METRIC_CPU], 1e9);
    }
    put_measure(d, object, "peak-rss", &e[METRIC_PEAK_RSS], 1);
    put_measure(d, object, "full-bytes-per-task", &e[METRIC_FULL_PER_TASK], 1);
    put_measure(d, object, "p99", &p99, 1);
    return object;
}

int results_bmf(FILE *file, const struct analysis *analysis)
{
    const struct summary *s = &analysis->summary;
    struct document d = { 0 };
    json_t *root = json_object();
    for (size_t i = 0; i < s->n; i++)
        if (s->cells[i].n > 0)
            document_put(&d, root, s->cells[i].name,
                         measures(&d, &s->cells[i]));
    return document_print(&d, root, file);
}
