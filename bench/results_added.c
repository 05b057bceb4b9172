/* SPDX-License-Identifier: MIT */
/*
 * What results.json has beside Google Benchmark's keys: ratios between
 * runtimes, memory slopes, precision where one was asked for, and the cells
 * that gave no numbers.
 */

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis.h"
#include "document.h"
#include "precision.h"

static void put_estimate(struct document *d, json_t *o,
                         const struct estimate *e)
{
    document_number(d, o, "ratio", e->median);
    document_number(d, o, "ci_low", e->interval ? e->low : NAN);
    document_number(d, o, "ci_high", e->interval ? e->high : NAN);
    document_number(d, o, "rounds", (double)e->n);
}

static void put_names(struct document *d, json_t *o, const struct comparison *c)
{
    document_text(d, o, "workload", c->contender->workload);
    document_copy(d, o, "params", c->contender->plan, "params");
    document_text(d, o, "point", c->contender->point);
    document_text(d, o, "cpus", c->contender->cpus);
    document_text(d, o, "baseline", c->baseline->runtime);
    document_text(d, o, "contender", c->contender->runtime);
}

static json_t *comparison(struct document *d, const struct comparison *c,
                          int which)
{
    const struct ratio *ratio = &c->ratios[which];
    json_t *o = json_object();
    put_names(d, o, c);
    document_text(d, o, "metric",
                  metric_name(compare_metric(c->contender, which)));
    put_estimate(d, o, &ratio->estimate);
    document_text(d, o, "verdict", compare_verdict(c, which));
    document_number(d, o, "p_value", ratio->p);
    if (compare_judged(c, which))
        document_number(d, o, "p_holm", ratio->holm);
    if (which == COMPARE_WALL && c->origin_bound)
        document_text(d, o, "note", "origin-bound: no verdict on wall time");
    else if (which == COMPARE_WALL && c->contender->waits)
        document_text(d, o, "note", "mostly waits: the cost is CPU time");
    return o;
}

static json_t *comparisons(struct document *d, const struct analysis *a)
{
    const struct compared *all = &a->compared;
    json_t *array = json_array();
    for (size_t i = 0; i < all->n; i++)
        for (int w = 0; w < COMPARES; w++)
            if (all->comparisons[i].ratios[w].estimate.n > 0)
                document_append(d, array,
                                comparison(d, &all->comparisons[i], w));
    return array;
}

static json_t *refused(struct document *d, const struct analysis *a)
{
    const struct compared *all = &a->compared;
    json_t *array = json_array();
    for (size_t i = 0; i < all->n; i++) {
        const struct comparison *c = &all->comparisons[i];
        if (!c->refused[0])
            continue;
        json_t *o = json_object();
        put_names(d, o, c);
        document_text(d, o, "reason", c->refused);
        document_append(d, array, o);
    }
    return array;
}

static json_t *geomeans(struct document *d, const struct analysis *a)
{
    json_t *array = json_array();
    for (size_t i = 0; i < a->geomeans_n; i++) {
        const struct geomean *g = &a->geomeans[i];
        for (int w = 0; w < COMPARES; w++) {
            if (g->estimates[w].n == 0)
                continue;
            json_t *o = json_object();
            document_text(d, o, "baseline", BASELINE);
            document_text(d, o, "contender", g->runtime);
            document_text(d, o, "cpus", g->cpus);
            document_text(d, o, "metric", w == COMPARE_WALL ? "wall" : "cpu");
            put_estimate(d, o, &g->estimates[w]);
            document_number(d, o, "workloads", (double)g->workloads[w]);
            document_number(d, o, "points", (double)g->points[w]);
            document_append(d, array, o);
        }
    }
    return array;
}

static void put_line(struct document *d, json_t *o, const struct line *line)
{
    if (line->n == 0)
        return;
    document_number(d, o, "bytes_per_task", line->slope);
    document_number(d, o, "intercept_bytes", line->intercept);
    if (!line->interval)
        return;
    document_number(d, o, "ci_low", line->slope_low);
    document_number(d, o, "ci_high", line->slope_high);
}

static json_t *slopes(struct document *d, const struct analysis *a)
{
    json_t *array = json_array();
    for (size_t i = 0; i < a->slopes_n; i++) {
        const struct slope *slope = &a->slopes[i];
        if (slope->rss.n == 0)
            continue;
        json_t *o = json_object(), *rss = json_object(), *full = json_object();
        document_text(d, o, "group", slope->cell->group);
        document_text(d, o, "runtime", slope->cell->runtime);
        document_number(d, o, "sizes", (double)slope->sizes);
        document_number(d, o, "smallest", slope->smallest);
        document_number(d, o, "largest", slope->largest);
        document_number(d, o, "samples", (double)slope->rss.n);
        put_line(d, rss, &slope->rss);
        put_line(d, full, &slope->full);
        document_put(d, o, "rss", rss);
        document_put(d, o, "full", full);
        document_append(d, array, o);
    }
    return array;
}

static json_t *skipped(struct document *d, const struct analysis *a)
{
    const struct summary *s = &a->summary;
    json_t *array = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        if (!cell->skip_reason)
            continue;
        json_t *o = json_object();
        document_text(d, o, "name", cell->name);
        document_text(d, o, "reason", cell->skip_reason);
        document_copy(d, o, "needed", cell->skip, "needed");
        document_copy(d, o, "limit", cell->skip, "limit");
        document_copy(d, o, "remedy", cell->skip, "remedy");
        document_append(d, array, o);
    }
    return array;
}

static json_t *failed(struct document *d, const struct analysis *a)
{
    const struct summary *s = &a->summary;
    json_t *array = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        if (cell->failed == 0)
            continue;
        json_t *o = json_object();
        document_text(d, o, "name", cell->name);
        document_text(d, o, "outcome", cell->outcome);
        document_text(d, o, "message", cell->message);
        document_number(d, o, "failed", (double)cell->failed);
        document_number(d, o, "succeeded", (double)cell->n);
        document_append(d, array, o);
    }
    return array;
}

/* Of the cells that were measured. */
static json_t *precision(struct document *d, const struct summary *s)
{
    json_t *array = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        enum metric metric = precision_metric(cell);
        double reached = precision_reached(cell);
        if (cell->estimates[metric].n == 0)
            continue;
        json_t *o = json_object();
        document_text(d, o, "name", cell->name);
        document_text(d, o, "metric", metric_name(metric));
        document_number(d, o, "asked", precision_asked(s));
        document_number(d, o, "reached", reached);
        document_number(d, o, "rounds", (double)cell->estimates[metric].n);
        document_put(d, o, "converged",
                     json_boolean(reached <= precision_asked(s)));
        document_append(d, array, o);
    }
    return array;
}

void results_added(struct document *d, json_t *root, const struct analysis *a)
{
    document_put(d, root, "comparisons", comparisons(d, a));
    document_put(d, root, "refused", refused(d, a));
    document_put(d, root, "geomeans", geomeans(d, a));
    document_put(d, root, "slopes", slopes(d, a));
    json_t *found = analysis_crossovers(a);
    if (found)
        document_put(d, root, "crossovers", found);
    if (precision_asked(&a->summary) > 0)
        document_put(d, root, "precision", precision(d, &a->summary));
    document_put(d, root, "skipped", skipped(d, a));
    document_put(d, root, "failed", failed(d, a));
}
