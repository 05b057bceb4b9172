/* SPDX-License-Identifier: MIT */
/* Numbers to words, one cell at a time. */

#include "row.h"

#include <math.h>
#include <string.h>

static void say_runtime(struct row *row, const struct cell *cell)
{
    if (strcmp(cell->runtime, "pool") == 0 && cell->workers > 0)
        snprintf(row->runtime, sizeof row->runtime, "pool W=%u", cell->workers);
    else
        snprintf(row->runtime, sizeof row->runtime, "%s%s", cell->runtime,
                 cell->reference     ? " (ref)"
                 : cell->third_party ? " (3rd)"
                                     : "");
}

static void say_time(char text[HUMAN], const struct cell *cell, int which,
                     double *scale)
{
    enum metric metric = compare_metric(cell, which);
    const struct estimate *e = &cell->estimates[metric];
    *scale = cell->calibrated ? 1 : 1e9;
    if (e->n > 0)
        human_time(text, e->median * *scale);
    else
        snprintf(text, HUMAN, "-");
}

static void say_bytes(char text[HUMAN], const struct estimate *e)
{
    if (e->n > 0)
        human_bytes(text, e->median);
    else
        snprintf(text, HUMAN, "-");
}

static void say_ratio(const struct comparison *c, int which, char *ratio,
                      char *interval, char *verdict)
{
    const struct ratio *r = &c->ratios[which];
    snprintf(verdict, HUMAN, "-");
    if (r->estimate.n == 0)
        return;
    human_ratio(ratio, r->estimate.median);
    human_interval(interval, &r->estimate);
    if (which == COMPARE_WALL && c->origin_bound)
        snprintf(verdict, HUMAN, "server");
    else if (r->verdict == VERDICT_INCONCLUSIVE)
        snprintf(verdict, HUMAN, "unclear");
    else
        snprintf(verdict, HUMAN, "%s", verdict_name(r->verdict));
}

static void say_comparison(struct row *row, const struct analysis *a,
                           const struct cell *cell)
{
    const struct comparison *c = compare_find(&a->compared, cell);
    int cost = row_cost(a, cell);
    if (strcmp(cell->runtime, BASELINE) == 0) {
        snprintf(row->ratio, sizeof row->ratio, "%s", "1");
        snprintf(row->other, sizeof row->other, "%s", "1");
    }
    if (!c)
        return;
    if (c->refused[0]) {
        snprintf(row->verdict, sizeof row->verdict, "%s", "refused");
        row->refused = c->refused;
        return;
    }
    row->judged = c->ratios[cost].verdict;
    say_ratio(c, cost, row->ratio, row->interval, row->verdict);
    say_ratio(c, cost == COMPARE_CPU ? COMPARE_WALL : COMPARE_CPU, row->other,
              row->other_interval, row->other_verdict);
}

void row_make(struct row *row, const struct analysis *a,
              const struct cell *cell)
{
    const struct estimate *e = cell->estimates;
    double scale;
    *row = (struct row){ .ratio = "-",
                         .interval = "-",
                         .verdict = "-",
                         .other = "-",
                         .other_interval = "-",
                         .other_verdict = "-" };
    say_runtime(row, cell);
    say_time(row->cpu, cell, COMPARE_CPU, &scale);
    say_time(row->wall, cell, COMPARE_WALL, &scale);
    const struct estimate *wall = &e[compare_metric(cell, COMPARE_WALL)];
    human_times(row->wall_interval, wall, scale);
    human_spread(row->spread, wall);
    bool parked = e[METRIC_PARKED_RSS].n > 0;
    say_bytes(row->rss, &e[parked ? METRIC_PARKED_RSS : METRIC_PEAK_RSS]);
    say_bytes(row->full, &e[METRIC_PARKED_FULL]);
    say_comparison(row, a, cell);
}

bool row_origin_bound(const struct analysis *a, const struct cell *cell)
{
    for (size_t i = 0; i < a->summary.n; i++)
        if (strcmp(a->summary.cells[i].point, cell->point) == 0 &&
            cell_origin_bound(&a->summary.cells[i]))
            return true;
    return false;
}

int row_cost(const struct analysis *a, const struct cell *cell)
{
    return cell->waits || row_origin_bound(a, cell) ? COMPARE_CPU
                                                    : COMPARE_WALL;
}

int row_head(const struct analysis *a, const struct cell *cell)
{
    return row_cost(a, cell) + COMPARES * cell->calibrated;
}

void row_point(char *text, size_t size, const struct cell *cell)
{
    const char *slash = strchr(cell->point, '/');
    snprintf(text, size, "%s", slash ? slash + 1 : "");
    for (char *c = text; *c; c++)
        if (*c == '/')
            *c = ' ';
}

/* "3 trials timed out", from the outcome of the first. */
static void say_failures(char *text, size_t size, const struct cell *cell)
{
    static const struct {
        const char *outcome, *verb;
    } verbs[] = {
        { "crashed", "crashed" },
        { "timeout", "ran out of time" },
        { "garbage", "wrote no usable record" },
    };
    const char *verb = "failed";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(cell->outcome, verbs[i].outcome) == 0)
            verb = verbs[i].verb;
    snprintf(text, size, "%zu trial%s %s: %s", cell->failed,
             cell->failed == 1 ? "" : "s", verb, cell->message);
}

bool row_trouble(char *text, size_t size, const struct cell *cell)
{
    char why[448];
    if (cell->failed > 0)
        say_failures(text, size, cell);
    else if (cell->skip_reason)
        snprintf(text, size, "%sskipped: %s", cell->n > 0 ? "in part " : "",
                 human_skip(why, sizeof why, cell->skip_reason, cell->skip));
    else if (cell->n == 0)
        snprintf(text, size, "not measured: the run ended before");
    else
        return false;
    return true;
}

bool row_helped(char *text, size_t size, const struct cell *cell)
{
    if (cell->helped_share < 0.5)
        return false;
    snprintf(text, size,
             "%.0f %% of the tasks ran in place, as calls on the stack of the "
             "task that joined them",
             floor(cell->helped_share * 100));
    return true;
}

bool row_offloads(char *text, size_t size, const struct cell *cell)
{
    const struct estimate *e = &cell->estimates[METRIC_THREADS];
    if (cell->offload_threads == 0)
        return false;
    int n = snprintf(text, size,
                     "%u threads beside its loop did the work, as many as the "
                     "pool has",
                     cell->offload_threads);
    if (e->n > 0)
        snprintf(text + n, size - (size_t)n, "; %.3g counted in all",
                 e->median);
    return true;
}

bool row_stalls(char *text, size_t size, const struct cell *cell)
{
    const struct estimate *e = &cell->estimates[METRIC_STALLS];
    if (e->n == 0)
        return false;
    snprintf(text, size,
             "its loop was held longer than 20 ms %.3g time%s in a "
             "trial",
             e->median, e->median == 1 ? "" : "s");
    return true;
}
