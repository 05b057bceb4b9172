/* SPDX-License-Identifier: MIT */
/*
 * results.bmf.json, the Bencher Metric Format: name -> measure -> value with
 * bounds.  Times are ns per operation, like those of results.json.
 */

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

static json_t *measures(struct document *d, const struct cell *cell)
{
    const struct estimate *e = cell->estimates;
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
    put_measure(d, object, "p99", &e[METRIC_LAT_P99], 1);
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
