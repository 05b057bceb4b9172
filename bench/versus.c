/* SPDX-License-Identifier: MIT */
/* Finds the cells that two runs share, and judges what became of them. */

#include "versus.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "level.h"

const char *versus_verdict_name(enum versus_verdict verdict)
{
    static const char *const names[VERSUS_VERDICTS] = {
        [VERSUS_NONE] = "-",       [VERSUS_UNCLEAR] = "unclear",
        [VERSUS_SAME] = "same",    [VERSUS_FASTER] = "better",
        [VERSUS_SLOWER] = "worse",
    };
    return names[verdict];
}

const char *versus_figure_name(const struct versus_figure *figure)
{
    switch (figure->metric) {
    case METRIC_NS_PER_OP:
        return "wall/op";
    case METRIC_CPU_NS_PER_OP:
        return "CPU/op";
    case METRIC_CPU:
        return "CPU";
    case METRIC_FULL_PER_TASK:
        return "memory";
    case METRIC_PEAK_RSS:
        return "peak RSS";
    default:
        return "wall";
    }
}

/* ---- which cells ---- */

static const struct cell *find_cell(const struct analysis *a, const char *name)
{
    for (size_t i = 0; i < a->summary.n; i++)
        if (strcmp(a->summary.cells[i].name, name) == 0)
            return &a->summary.cells[i];
    return NULL;
}

static const json_t *member(const struct cell *cell, const char *key)
{
    return json_object_get(cell->plan, key);
}

static bool same_member(const struct cell *a, const struct cell *b,
                        const char *key)
{
    const json_t *x = member(a, key), *y = member(b, key);
    return x == y || (x && y && json_equal(x, y));
}

static double target(const struct analysis *a)
{
    return metric_number(a->summary.trials.run, "target_ns");
}

/* Why two cells of one name are not compared; "" where they are. */
static void check_row(struct versus_row *row, const struct versus *v)
{
    struct comparison c = { .baseline = row->a,
                            .contender = row->b,
                            .against = "the other run" };
    const char *why = NULL;
    if (!same_member(row->a, row->b, "params") ||
        !same_member(row->a, row->b, "version") ||
        !same_member(row->a, row->b, "op"))
        why = "defined otherwise";
    else if (row->a->calibrated && target(v->a) != target(v->b))
        why = "calibrated to trials of another length";
    if (!why)
        compare_work(&c);
    snprintf(row->refused, sizeof row->refused, "%s", why ? why : c.refused);
}

static enum metric metric_for(const struct versus_row *row,
                              enum versus_measure measure)
{
    const struct cell *cell = row->a ? row->a : row->b;
    if (measure == VERSUS_WALL)
        return compare_metric(cell, COMPARE_WALL);
    if (measure == VERSUS_CPU)
        return compare_metric(cell, COMPARE_CPU);
    return cell->estimates[METRIC_FULL_PER_TASK].n > 0 ? METRIC_FULL_PER_TASK
                                                       : METRIC_PEAK_RSS;
}

static void fill_row(struct versus_row *row)
{
    for (int m = 0; m < VERSUS_MEASURES; m++) {
        struct versus_figure *figure = &row->figures[m];
        figure->metric = metric_for(row, (enum versus_measure)m);
        if (row->a)
            figure->a = row->a->estimates[figure->metric];
        if (row->b)
            figure->b = row->b->estimates[figure->metric];
    }
}

static void add_row(struct versus *v, const struct cell *a,
                    const struct cell *b)
{
    struct versus_row *row = &v->rows[v->n];
    if (a && a->n == 0)
        a = NULL;
    if (b && b->n == 0)
        b = NULL;
    if (!a && !b)
        return;
    *row = (struct versus_row){ .a = a, .b = b };
    if (a && b && !v->apart[0])
        check_row(row, v);
    v->alone_a += !b;
    v->alone_b += !a;
    v->refused += row->refused[0] != 0;
    v->compared += a && b && !v->apart[0] && !row->refused[0];
    fill_row(row);
    v->n++;
}

static int add_rows(struct versus *v)
{
    size_t n = v->a->summary.n + v->b->summary.n;
    v->rows = calloc(n + 1, sizeof *v->rows);
    if (!v->rows)
        return -ENOMEM;
    for (size_t i = 0; i < v->a->summary.n; i++) {
        const struct cell *cell = v->a->shown[i];
        add_row(v, cell, find_cell(v->b, cell->name));
    }
    for (size_t i = 0; i < v->b->summary.n; i++) {
        const struct cell *cell = v->b->shown[i];
        const struct cell *other = find_cell(v->a, cell->name);
        if (!other)
            add_row(v, NULL, cell);
    }
    return 0;
}

/* ---- judging ---- */

static bool judged(const struct versus *v, const struct versus_row *row,
                   enum versus_measure measure)
{
    const struct versus_figure *f = &row->figures[measure];
    bool wall = measure == VERSUS_WALL;
    if (v->apart[0] || row->refused[0] || !row->a || !row->b)
        return false;
    if (wall && (row->a->waits || cell_origin_bound(row->a) ||
                 cell_origin_bound(row->b)))
        return false;
    return f->a.n > 0 && f->b.n > 0 && f->a.min > 0 && f->b.min > 0;
}

static double floor_of(const struct versus_row *row,
                       const struct versus_rule *rule)
{
    if (rule->floor >= 0)
        return rule->floor;
    return strcmp(row->a->cpus, "1") == 0 ? DECIDE_FLOOR_PINNED
                                          : DECIDE_FLOOR_SHARED;
}

/* The figures of one measure that are judged together. */
struct jury {
    struct versus *versus;
    const struct versus_rule *rule;
    enum versus_measure measure;
};

static int estimate_at(struct estimate *out, const struct cell *cell,
                       enum metric metric, double level)
{
    double *values = calloc(cell->n, sizeof *values);
    size_t n = 0;
    if (!values)
        return -ENOMEM;
    for (size_t i = 0; i < cell->n; i++)
        if (isfinite(cell->samples[i].values[metric]))
            values[n++] = cell->samples[i].values[metric];
    int error = stats_estimate_at(out, values, n, level);
    free(values);
    return error;
}

static enum versus_verdict read_verdict(const struct estimate *ratio,
                                        double floor)
{
    if (!ratio->interval)
        return VERSUS_UNCLEAR;
    if (ratio->low > 1 + floor)
        return VERSUS_SLOWER;
    if (ratio->high < 1 / (1 + floor))
        return VERSUS_FASTER;
    return ratio->low >= 1 / (1 + floor) && ratio->high <= 1 + floor
               ? VERSUS_SAME
               : VERSUS_UNCLEAR;
}

/* From interval to interval. */
static struct estimate ratio_of(const struct estimate *a,
                                const struct estimate *b)
{
    struct estimate ratio = { .n = a->n < b->n ? a->n : b->n,
                              .median = b->median / a->median,
                              .min = b->min / a->max,
                              .max = b->max / a->min,
                              .interval = a->interval && b->interval };
    if (ratio.interval) {
        ratio.low = b->low / a->high;
        ratio.high = b->high / a->low;
    }
    return ratio;
}

/* What is unclear is shown with its interval of 95 %. */
static int judge_figure(struct versus_row *row, const struct jury *jury,
                        double level)
{
    struct versus_figure *f = &row->figures[jury->measure];
    struct estimate a, b;
    int error = estimate_at(&a, row->a, f->metric, level);
    if (!error)
        error = estimate_at(&b, row->b, f->metric, level);
    if (error)
        return error;
    f->ratio = ratio_of(&a, &b);
    f->verdict = read_verdict(&f->ratio, floor_of(row, jury->rule));
    if (f->verdict == VERSUS_UNCLEAR)
        f->ratio = ratio_of(&f->a, &f->b);
    return 0;
}

static int judge_at(void *arg, double level, size_t *decided)
{
    const struct jury *jury = arg;
    struct versus *v = jury->versus;
    for (size_t i = 0; i < v->n; i++) {
        if (!judged(v, &v->rows[i], jury->measure))
            continue;
        int error = judge_figure(&v->rows[i], jury, level);
        if (error)
            return error;
        *decided += v->rows[i].figures[jury->measure].verdict != VERSUS_UNCLEAR;
    }
    return 0;
}

/* ---- judging pairs ---- */

static void take_decision(struct versus_figure *f, const struct decision *d)
{
    static const enum versus_verdict verdicts[DECIDE_VERDICTS] = {
        [DECIDE_SAME] = VERSUS_SAME,
        [DECIDE_REGRESSED] = VERSUS_SLOWER,
        [DECIDE_IMPROVED] = VERSUS_FASTER,
    };
    f->verdict = verdicts[d->verdict];
    if (f->verdict == VERSUS_NONE)
        f->verdict = VERSUS_UNCLEAR;
    if (!isfinite(d->ratio))
        return;
    f->ratio =
        (struct estimate){ .n = d->rounds,
                           .median = d->ratio,
                           .min = NAN,
                           .max = NAN,
                           .interval = isfinite(d->low) && isfinite(d->high),
                           .low = d->low,
                           .high = d->high };
}

struct bench_pairs {
    struct pairs *pairs;
    struct decide_metric *metrics;
    struct decision *decisions;
    struct versus_figure **figures;
    size_t n;
};

static int add_pair(struct bench_pairs *p, struct versus_row *row,
                    const struct jury *jury)
{
    struct versus_figure *f = &row->figures[jury->measure];
    struct pairs *pairs = &p->pairs[p->n];
    assert(row->a && row->b); /* it is judged() */
    int error = pairs_make(pairs, row->b, row->a, f->metric);
    if (error)
        return error;
    p->metrics[p->n] =
        (struct decide_metric){ .name = row->a->name,
                                .floor = floor_of(row, jury->rule) };
    p->metrics[p->n].stages[DECIDE_CONFIRM] = (struct decide_pairs){
        .base = pairs->baseline, .head = pairs->contender, .n = pairs->n
    };
    p->figures[p->n++] = f;
    return 0;
}

static int decide_pairs_of(struct bench_pairs *p, const struct jury *jury)
{
    static const struct decide_rule rule = { .one_stage = true };
    struct versus *v = jury->versus;
    int error = 0;
    for (size_t i = 0; i < v->n && !error; i++)
        if (judged(v, &v->rows[i], jury->measure))
            error = add_pair(p, &v->rows[i], jury);
    if (!error)
        error = decide_all(p->decisions, p->metrics, p->n, &rule);
    for (size_t i = 0; i < p->n && !error; i++)
        take_decision(p->figures[i], &p->decisions[i]);
    return error;
}

static int judge_pairs(const struct jury *jury)
{
    size_t room = jury->versus->n + 1;
    struct bench_pairs p = {
        .pairs = calloc(room, sizeof *p.pairs),
        .metrics = calloc(room, sizeof *p.metrics),
        .decisions = calloc(room, sizeof *p.decisions),
        .figures = calloc(room, sizeof(struct versus_figure *)),
    };
    int error = -ENOMEM;
    if (p.pairs && p.metrics && p.decisions && p.figures)
        error = decide_pairs_of(&p, jury);
    for (size_t i = 0; i < p.n; i++)
        pairs_fini(&p.pairs[i]);
    free(p.pairs);
    free(p.metrics);
    free(p.decisions);
    free(p.figures);
    return error;
}

/* ---- all of it ---- */

static int judge(struct versus *v, const struct versus_rule *rule)
{
    int error = 0;
    for (int measure = 0; measure < VERSUS_MEASURES && !error; measure++) {
        struct jury jury = { v, rule, (enum versus_measure)measure };
        size_t m = 0;
        for (size_t i = 0; i < v->n; i++)
            m += judged(v, &v->rows[i], jury.measure);
        error =
            v->paired ? judge_pairs(&jury) : level_step_up(m, judge_at, &jury);
    }
    return error;
}

int versus_make(struct versus *out, const struct analysis *a,
                const struct analysis *b, const struct versus_rule *rule)
{
    struct versus v = { .a = a, .b = b, .paired = rule->paired };
    versus_surroundings(&v);
    int error = add_rows(&v);
    if (!error)
        error = judge(&v, rule);
    if (error) {
        versus_fini(&v);
        return error;
    }
    for (size_t i = 0; i < v.n; i++)
        for (int m = 0; m < VERSUS_MEASURES; m++)
            v.counts[v.rows[i].figures[m].verdict]++;
    *out = v;
    return 0;
}

void versus_fini(struct versus *versus)
{
    free(versus->rows);
    *versus = (struct versus){ 0 };
}
