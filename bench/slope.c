/* SPDX-License-Identifier: MIT */
/* Collects the parked samples of each series and lays a line through them. */

#include "slope.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZES_MIN = 4
};

struct points {
    double *x, *rss, *full;
    size_t n;
};

static bool same_series(const struct cell *a, const struct cell *b)
{
    return strcmp(a->group, b->group) == 0 &&
           strcmp(a->runtime, b->runtime) == 0;
}

static bool is_first(const struct summary *s, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (same_series(&s->cells[j], &s->cells[i]))
            return false;
    return true;
}

static void collect(struct slope *slope, struct points *points,
                    const struct summary *s)
{
    const struct cell *series = slope->cell;
    points->n = 0;
    slope->largest = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        if (!same_series(cell, series))
            continue;
        for (size_t k = 0; k < cell->n; k++) {
            struct parked parked = metric_parked(cell->samples[k].record);
            if (!isfinite(parked.tasks) || !isfinite(parked.rss))
                continue;
            if (parked.tasks > slope->largest) {
                slope->largest = parked.tasks;
                slope->cell = cell;
            }
            points->x[points->n] = parked.tasks;
            points->rss[points->n] = parked.rss;
            points->full[points->n++] = parked.full;
        }
    }
}

static void count_sizes(struct slope *slope, const struct points *points)
{
    slope->sizes = 0;
    slope->smallest = slope->largest;
    for (size_t i = 0; i < points->n; i++) {
        size_t j = 0;
        while (points->x[j] != points->x[i])
            j++;
        slope->sizes += j == i;
        slope->smallest = fmin(slope->smallest, points->x[i]);
    }
}

static int fit(struct slope *slope, const struct points *points)
{
    count_sizes(slope, points);
    if (slope->sizes < SIZES_MIN)
        return 0;
    int error = stats_line(&slope->rss, points->x, points->rss, points->n);
    if (error)
        return error;
    error = stats_line(&slope->full, points->x, points->full, points->n);
    return error == -EINVAL ? 0 : error;
}

static int fit_all(struct slope *out, size_t *n, const struct summary *s,
                   struct points *points)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!is_first(s, i))
            continue;
        struct slope *slope = &out[*n];
        *slope = (struct slope){ .cell = &s->cells[i] };
        collect(slope, points, s);
        int error = fit(slope, points);
        if (error)
            return error;
        *n += points->n > 0;
    }
    return 0;
}

int slope_all(struct slope **out, size_t *n, const struct summary *s)
{
    size_t samples = 1;
    for (size_t i = 0; i < s->n; i++)
        samples += s->cells[i].n;
    struct slope *slopes = calloc(s->n + 1, sizeof *slopes);
    struct points points = { .x = calloc(3 * samples, sizeof(double)) };
    int error = -ENOMEM;
    *n = 0;
    if (slopes && points.x) {
        points.rss = points.x + samples;
        points.full = points.rss + samples;
        error = fit_all(slopes, n, s, &points);
    }
    free(points.x);
    if (error) {
        free(slopes);
        return error;
    }
    *out = slopes;
    return 0;
}

static double best(const struct line *line, const struct estimate *difference)
{
    if (line->n > 0)
        return line->slope;
    return difference->n > 0 ? difference->median : NAN;
}

double slope_rss(const struct slope *slope)
{
    return best(&slope->rss, &slope->cell->estimates[METRIC_RSS_PER_TASK]);
}

double slope_full(const struct slope *slope)
{
    return best(&slope->full, &slope->cell->estimates[METRIC_FULL_PER_TASK]);
}
