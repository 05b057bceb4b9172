/* SPDX-License-Identifier: MIT */
/*
 * summary.csv, one row per cell and metric; latency.csv, the distributions;
 * and captions.tsv, the words that go with them (results.h).
 */

#include <math.h>
#include <string.h>

#include "analysis.h"
#include "latencies.h"
#include "rank.h"

static const char *const ratio_names[COMPARES] = {
    [COMPARE_WALL] = "wall_vs_coro",
    [COMPARE_CPU] = "cpu_vs_coro",
};

/* The first columns of a row. */
struct place {
    const char *name, *workload, *group, *axis, *cpus, *runtime;
    double x;
};

/* No field may hold a comma or a line end. */
static void print_field(FILE *file, const char *text)
{
    for (; *text; text++)
        fputc(*text == ',' || *text == '\n' || *text == '\r' ? ';' : *text,
              file);
    fputc(',', file);
}

static void print_number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, "%.10g,", value);
    else
        fputs("-,", file);
}

static void print_row(FILE *file, const struct place *place, const char *metric,
                      const char *unit, const struct estimate *e,
                      const char *verdict)
{
    bool known = e->n > 0;
    print_field(file, place->name);
    print_field(file, place->workload);
    print_field(file, place->group);
    print_field(file, place->axis ? place->axis : "-");
    print_number(file, place->axis ? place->x : NAN);
    print_field(file, place->cpus);
    print_field(file, place->runtime);
    print_field(file, metric);
    print_field(file, unit);
    print_number(file, known ? e->median : NAN);
    print_number(file, known && e->interval ? e->low : NAN);
    print_number(file, known && e->interval ? e->high : NAN);
    print_number(file, known ? e->min : NAN);
    print_number(file, known ? e->max : NAN);
    fprintf(file, "%zu,%s\n", e->n, verdict);
}

static void print_ratios(FILE *file, const struct place *place,
                         const struct comparison *c)
{
    static const struct estimate none;
    for (int i = 0; i < COMPARES; i++) {
        const struct ratio *ratio = &c->ratios[i];
        if (c->refused[0])
            print_row(file, place, ratio_names[i], "ratio", &none, "refused");
        else if (ratio->estimate.n > 0)
            print_row(file, place, ratio_names[i], "ratio", &ratio->estimate,
                      compare_verdict(c, i));
    }
}

static struct place place_of(const struct cell *cell)
{
    return (struct place){
        .name = cell->name,
        .workload = cell->workload,
        .group = cell->group,
        .axis = cell->axis,
        .x = cell->x,
        .cpus = cell->cpus,
        .runtime = cell->runtime,
    };
}

static void print_step(FILE *file, const struct step *step)
{
    struct place place = place_of(step->to);
    print_row(file, &place, "cpu_growth", "ratio", &step->ratio,
              growth_name(step->growth));
}

static int print_ranks(FILE *file, const struct analysis *a,
                       const struct cell *coro, int which)
{
    static const char *const names[COMPARES] = {
        [COMPARE_WALL] = "wall_rank",
        [COMPARE_CPU] = "cpu_rank",
    };
    struct ranking ranking;
    int error = rank_make(&ranking, &a->compared, coro, which);
    for (size_t i = 0; !error && i < ranking.n; i++) {
        const struct ranked *ranked = &ranking.cells[i];
        struct place place = place_of(ranked->cell);
        struct estimate e = { .n = ranked->cell->n,
                              .median = (double)ranked->rank,
                              .min = NAN,
                              .max = NAN };
        print_row(file, &place, names[which], "count", &e, "-");
    }
    if (!error)
        rank_fini(&ranking);
    return error;
}

static void print_cell(FILE *file, const struct analysis *a,
                       const struct cell *cell)
{
    struct place place = place_of(cell);
    for (int m = 0; m < METRICS; m++)
        if (cell->estimates[m].n > 0)
            print_row(file, &place, metric_name((enum metric)m),
                      metric_unit((enum metric)m), &cell->estimates[m], "-");
    const struct comparison *c = compare_find(&a->compared, cell);
    if (c)
        print_ratios(file, &place, c);
}

static void print_line(FILE *file, const struct place *place, size_t n,
                       const char *metric, double value, bool interval,
                       double low, double high)
{
    struct estimate e = {
        .n = n,
        .median = value,
        .min = NAN,
        .max = NAN,
        .interval = interval,
        .low = low,
        .high = high,
    };
    print_row(file, place, metric, "bytes", &e, "-");
}

static void print_slope(FILE *file, const struct slope *slope)
{
    char name[512];
    snprintf(name, sizeof name, "%s/runtime:%s", slope->cell->group,
             slope->cell->runtime);
    struct place place = {
        .name = name,
        .workload = slope->cell->workload,
        .group = slope->cell->group,
        .cpus = slope->cell->cpus,
        .runtime = slope->cell->runtime,
    };
    const struct line *rss = &slope->rss, *full = &slope->full;
    print_line(file, &place, rss->n, "rss_slope", rss->slope, rss->interval,
               rss->slope_low, rss->slope_high);
    if (full->n > 0)
        print_line(file, &place, full->n, "full_slope", full->slope,
                   full->interval, full->slope_low, full->slope_high);
    print_line(file, &place, rss->n, "rss_intercept", rss->intercept,
               rss->interval, rss->intercept_low, rss->intercept_high);
}

static void print_geomean(FILE *file, const struct geomean *g)
{
    char name[128], group[64], metric[64];
    snprintf(group, sizeof group, "all/cpus:%s", g->cpus);
    snprintf(name, sizeof name, "%s/runtime:%s", group, g->runtime);
    struct place place = {
        .name = name,
        .workload = "all",
        .group = group,
        .cpus = g->cpus,
        .runtime = g->runtime,
    };
    for (int i = 0; i < COMPARES; i++) {
        const struct estimate *e = &g->estimates[i];
        snprintf(metric, sizeof metric, "%s_geomean", ratio_names[i]);
        if (e->n > 0)
            print_row(file, &place, metric, "ratio", e,
                      verdict_name(stats_verdict(e)));
    }
}

int results_csv(FILE *file, const struct analysis *a)
{
    fputs("cell,workload,group,axis,x,cpus,runtime,metric,unit,median,low,"
          "high,min,max,n,verdict\n",
          file);
    for (size_t i = 0; i < a->summary.n; i++)
        print_cell(file, a, &a->summary.cells[i]);
    int error = 0;
    for (size_t i = 0; i < a->summary.n && !error; i++)
        for (int w = 0; w < COMPARES && !error; w++)
            if (strcmp(a->summary.cells[i].runtime, BASELINE) == 0)
                error = print_ranks(file, a, &a->summary.cells[i], w);
    for (size_t i = 0; i < a->steps_n; i++)
        print_step(file, &a->steps[i]);
    for (size_t i = 0; i < a->slopes_n; i++)
        if (a->slopes[i].rss.n > 0)
            print_slope(file, &a->slopes[i]);
    for (size_t i = 0; i < a->geomeans_n; i++)
        print_geomean(file, &a->geomeans[i]);
    return error;
}

/* ---- latency.csv ---- */

/* Shares of the values at equal distances on the axis log(1/(1-p)), as far
 * as there are enough values. */
static void print_curve(FILE *file, const struct cell *cell,
                        enum work_latency which, const struct histogram *all)
{
    enum {
        STEPS = 20 /* in a decade */
    };
    uint64_t value;
    for (int i = 0;; i++) {
        double share = 1 - pow(10, -(double)i / STEPS);
        if (!histogram_percentile(all, share, &value))
            return;
        print_field(file, cell->name);
        print_field(file, cell->workload);
        print_field(file, cell->point);
        print_field(file, cell->runtime);
        fprintf(file, "%s,%.8g,%llu,%llu\n", latencies_name(which), share,
                (unsigned long long)value,
                (unsigned long long)histogram_count(all));
    }
}

int results_latency(FILE *file, const struct analysis *a)
{
    fputs("cell,workload,point,runtime,which,share,ns,count\n", file);
    for (size_t i = 0; i < a->summary.n; i++)
        for (int w = 0; w < WORK_LATENCIES; w++) {
            struct histogram all = { 0 };
            if (latencies_merge(&all, a->shown[i], (enum work_latency)w))
                print_curve(file, a->shown[i], (enum work_latency)w, &all);
        }
    return 0;
}

/* ---- samples.csv ---- */

static void print_samples(FILE *file, const struct cell *cell)
{
    enum metric metric = compare_metric(cell, COMPARE_WALL);
    double median = cell->estimates[metric].median;
    if (cell->estimates[metric].n == 0 || !(median > 0))
        return;
    for (size_t i = 0; i < cell->n; i++) {
        double value = cell->samples[i].values[metric];
        if (!isfinite(value))
            continue;
        print_field(file, cell->name);
        print_field(file, cell->workload);
        print_field(file, cell->point);
        print_field(file, cell->runtime);
        fprintf(file, "%s,%u,%.10g,%.6g,%d\n", metric_name(metric),
                cell->samples[i].round, value, value / median,
                cell->samples[i].outlier);
    }
}

int results_samples(FILE *file, const struct analysis *a)
{
    fputs("cell,workload,point,runtime,metric,round,value,relative,outlier\n",
          file);
    for (size_t i = 0; i < a->summary.n; i++)
        print_samples(file, a->shown[i]);
    return 0;
}

/* ---- captions ---- */

/* No tab or line end may stand inside a field. */
static void print_caption(FILE *file, const char *text, char end)
{
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    fputc(end, file);
}

/* Once for each runtime that is none of ours. */
static void print_remark(FILE *file, const struct analysis *a, size_t i)
{
    const struct cell *cell = a->shown[i];
    if (!cell->reference && !cell->third_party)
        return;
    for (size_t j = 0; j < i; j++)
        if (strcmp(a->shown[j]->runtime, cell->runtime) == 0)
            return;
    fprintf(file, "runtime\t%s\t%s\n", cell->runtime,
            cell->reference ? "reference" : "third-party");
}

int results_captions(FILE *file, const struct analysis *a)
{
    char room[32];
    const json_t *machine = json_object_get(a->env, "machine");
    const char *commit = analysis_commit(a, room);
    if (machine) {
        fputs("machine\t", file);
        print_caption(file, json_string_value(machine), '\n');
    }
    if (commit)
        fprintf(file, "commit\t%s\n", commit);
    fprintf(file, "rounds\t%zu\n", analysis_rounds(a));
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (!analysis_opens_workload(a, i))
            continue;
        bool wall = !cell->calibrated && (cell->waits || !cell->axis);
        fprintf(file, "workload\t%s\t%s\t", cell->workload,
                metric_name(wall ? METRIC_WALL : METRIC_NS_PER_OP));
        print_caption(file, cell->op, '\t');
        print_caption(file, cell->question, '\n');
    }
    for (size_t i = 0; i < a->summary.n; i++)
        print_remark(file, a, i);
    return 0;
}
