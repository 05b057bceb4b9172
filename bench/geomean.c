/* SPDX-License-Identifier: MIT */
/* Means per round, first over points, then over workloads. */

#include "geomean.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKLOADS_MIN = 2
};

static bool counts(const struct comparison *c, const struct geomean *g,
                   int which, bool intervals)
{
    const struct estimate *e = &c->ratios[which].estimate;
    bool costs = which == COMPARE_CPU || compare_cost(c) == COMPARE_WALL;
    return costs && e->n > 0 && (e->interval || !intervals) &&
           c->contender->samples[0].receipt.ops > 0 &&
           strcmp(c->contender->runtime, g->runtime) == 0 &&
           strcmp(c->contender->cpus, g->cpus) == 0;
}

/* The ratio in one round, or NAN. */
static double round_ratio(const struct pairs *pairs, unsigned round)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (pairs->rounds[i] == round)
            return pairs->contender[i] / pairs->baseline[i];
    return NAN;
}

/* What enters one geometric mean. */
struct chosen {
    const char *workload;
    struct pairs pairs;
};

/* The mean over workloads of the mean over points, in one round; NAN when a
 * point lacks the round.  Points of a workload are neighbours.  `room` is for
 * 2 * n values. */
static double round_mean(const struct chosen *chosen, size_t n, unsigned round,
                         double *room, size_t *workloads)
{
    double *points = room, *means = room + n, mean;
    *workloads = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n; end++) {
            if (strcmp(chosen[end].workload, chosen[i].workload) != 0)
                break;
            points[end - i] = round_ratio(&chosen[end].pairs, round);
        }
        if (stats_geomean(&means[*workloads], points, end - i))
            return NAN;
        ++*workloads;
    }
    return stats_geomean(&mean, means, *workloads) ? NAN : mean;
}

static int estimate_mean(struct geomean *g, int which,
                         const struct chosen *chosen, size_t n)
{
    const struct pairs *first = &chosen[0].pairs;
    double *means = calloc(2 * first->n + 2 * n, sizeof *means);
    if (!means)
        return -ENOMEM;
    double *ones = means + first->n, *room = ones + first->n;
    size_t rounds = 0;
    for (size_t i = 0; i < first->n; i++) {
        double mean =
            round_mean(chosen, n, first->rounds[i], room, &g->workloads[which]);
        if (isfinite(mean)) {
            means[rounds] = mean;
            ones[rounds++] = 1;
        }
    }
    int error = 0;
    if (rounds > 0 && g->workloads[which] >= WORKLOADS_MIN)
        error = stats_ratio(&g->estimates[which], means, ones, rounds);
    g->points[which] = n;
    free(means);
    return error;
}

static int make_mean(const struct compared *all, struct geomean *g, int which)
{
    struct chosen *chosen = calloc(all->n, sizeof *chosen);
    if (!chosen)
        return -ENOMEM;
    bool intervals = false;
    for (size_t i = 0; i < all->n; i++)
        intervals |= counts(&all->comparisons[i], g, which, true);
    size_t n = 0;
    int error = 0;
    for (size_t i = 0; i < all->n && !error; i++) {
        const struct comparison *c = &all->comparisons[i];
        if (!counts(c, g, which, intervals))
            continue;
        chosen[n].workload = c->contender->workload;
        error = pairs_init(&chosen[n].pairs, c, which);
        n += !error;
    }
    if (!error && n > 0)
        error = estimate_mean(g, which, chosen, n);
    while (n > 0)
        pairs_fini(&chosen[--n].pairs);
    free(chosen);
    return error;
}

static bool has_mean(const struct geomean *means, size_t n,
                     const struct cell *cell)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(means[i].runtime, cell->runtime) == 0 &&
            strcmp(means[i].cpus, cell->cpus) == 0)
            return true;
    return false;
}

static int make_means(struct geomean *means, size_t *n,
                      const struct compared *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct cell *cell = all->comparisons[i].contender;
        struct geomean *g = &means[*n];
        if (has_mean(means, *n, cell))
            continue;
        *g = (struct geomean){ .runtime = cell->runtime, .cpus = cell->cpus };
        int error = make_mean(all, g, COMPARE_WALL);
        if (!error)
            error = make_mean(all, g, COMPARE_CPU);
        if (error)
            return error;
        *n += g->estimates[COMPARE_WALL].n || g->estimates[COMPARE_CPU].n;
    }
    return 0;
}

int geomean_all(struct geomean **out, size_t *n, const struct compared *all)
{
    struct geomean *means = calloc(all->n + 1, sizeof *means);
    *n = 0;
    int error = means ? make_means(means, n, all) : -ENOMEM;
    if (error)
        free(means);
    else
        *out = means;
    return error;
}
