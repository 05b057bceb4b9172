/* SPDX-License-Identifier: MIT */
/* Finds the points at which two sides meet, and decides them together. */

#include "contest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "level.h"

enum {
    PLACE = 512
};

/* ---- sides ---- */

static bool is_runtime(const struct cell *cell, const char *name)
{
    size_t n = strcspn(cell->runtime, ":");
    return strlen(name) == n && strncmp(cell->runtime, name, n) == 0;
}

/* The part of a point that tells it, "/offload:1", or NULL. */
static const char *find_offload(const struct cell *cell)
{
    return strstr(cell->point, "/offload:");
}

static bool offloads(const struct cell *cell)
{
    const char *part = find_offload(cell);
    return part && strncmp(part, "/offload:0", 10) != 0;
}

enum side side_of(const struct cell *cell)
{
    if (cell->reference || cell->third_party)
        return SIDES;
    if (is_runtime(cell, "coro"))
        return offloads(cell) ? SIDE_OFFLOADED : SIDE_COROUTINES;
    if (offloads(cell)) /* they compute in place all the same */
        return SIDES;
    return is_runtime(cell, "thread") ? SIDE_THREADS
           : is_runtime(cell, "pool") ? SIDE_POOLS
                                      : SIDES;
}

const char *side_name(enum side side)
{
    static const char *const names[SIDES] = {
        [SIDE_COROUTINES] = "coroutines",
        [SIDE_OFFLOADED] = "coroutines with offload",
        [SIDE_THREADS] = "threads",
        [SIDE_POOLS] = "pools",
    };
    return names[side];
}

/* The point without offload, which is a way to do it and not what is done. */
static void place_of(char place[PLACE], const struct cell *cell)
{
    const char *part = find_offload(cell);
    int head = (int)(part ? (size_t)(part - cell->point) : strlen(cell->point));
    const char *tail = part ? part + 1 : "";
    tail += strcspn(tail, "/");
    snprintf(place, PLACE, "%.*s%s", head, cell->point, tail);
}

static bool meet(const struct cell *a, const struct cell *b)
{
    char place[PLACE], other[PLACE];
    place_of(place, a);
    place_of(other, b);
    return strcmp(place, other) == 0;
}

bool contest_series(const struct point *a, const struct point *b)
{
    return a->a->axis && strcmp(a->a->group, b->a->group) == 0 &&
           strcmp(a->a->runtime, b->a->runtime) == 0 &&
           strcmp(a->b->runtime, b->b->runtime) == 0;
}

bool contest_opens_series(const struct contest *c, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (contest_series(&c->points[j], &c->points[i]))
            return false;
    return true;
}

bool contest_decided(const struct point *p)
{
    return p->outcome == OUTCOME_A || p->outcome == OUTCOME_B ||
           p->outcome == OUTCOME_SAME;
}

/* ---- what is compared ---- */

/* The highest percentile that every trial of both has; the first is p50. */
static enum metric percentile(const struct point *p, enum metric first)
{
    static const int steps[] = { METRIC_LAT_P99 - METRIC_LAT_P50,
                                 METRIC_LAT_P90 - METRIC_LAT_P50 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int metric = (int)first + steps[i];
        if (p->a->estimates[metric].n == p->a->n &&
            p->b->estimates[metric].n == p->b->n)
            return (enum metric)metric;
    }
    return first;
}

static enum metric metric_of(const struct point *p, enum measure measure,
                             int cost)
{
    switch (measure) {
    case MEASURE_MEMORY:
        return METRIC_FULL_PER_TASK;
    case MEASURE_LATENCY:
        return percentile(p, METRIC_LAT_P50);
    case MEASURE_HEARTBEAT:
        return percentile(p, METRIC_BEAT_P50);
    case MEASURE_CPU:
        return compare_metric(p->b, COMPARE_CPU);
    case MEASURE_COST:
        return compare_metric(p->b, cost);
    default:
        return compare_metric(p->b, COMPARE_WALL);
    }
}

/* Makes the pairs; p->pairs.n is 0 where the measure does not exist. */
static int open_point(struct point *p, enum measure measure)
{
    struct comparison c = { .baseline = p->a, .contender = p->b };
    compare_work(&c);
    p->metric = metric_of(p, measure, compare_cost(&c));
    int error = pairs_make(&p->pairs, p->b, p->a, p->metric);
    if (c.refused[0])
        p->outcome = OUTCOME_REFUSED;
    else if (measure == MEASURE_TIME && c.origin_bound)
        p->outcome = OUTCOME_BOUND;
    return error;
}

static bool measured(const struct cell *cell)
{
    return cell->n > 0 && cell->samples[0].receipt.units > 0;
}

static int add_point(struct contest *c, const struct cell *a,
                     const struct cell *b)
{
    struct point *p = &c->points[c->n];
    if (c->measure == MEASURE_TIME && (a->waits || b->waits))
        return 0;
    *p = (struct point){ .a = a, .b = b };
    int error = open_point(p, c->measure);
    if (error)
        return error;
    if (p->pairs.n > 0)
        c->n++;
    else
        pairs_fini(&p->pairs);
    return 0;
}

static int add_points(struct contest *c, const struct cell *const *cells,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct cell *b = cells[i];
        if (side_of(b) != c->b || !measured(b) || strcmp(b->cpus, c->cpus) != 0)
            continue;
        for (size_t j = 0; j < n; j++) {
            if (side_of(cells[j]) != c->a || !measured(cells[j]) ||
                !meet(cells[j], b))
                continue;
            int error = add_point(c, cells[j], b);
            if (error)
                return error;
        }
    }
    return 0;
}

/* ---- deciding ---- */

static bool judged(const struct point *p)
{
    return p->outcome != OUTCOME_REFUSED && p->outcome != OUTCOME_BOUND;
}

static int decide_at(void *arg, double level, size_t *decided)
{
    static const enum outcome outcomes[] = {
        [VERDICT_INCONCLUSIVE] = OUTCOME_UNCLEAR,
        [VERDICT_SAME] = OUTCOME_SAME,
        [VERDICT_FASTER] = OUTCOME_B,
        [VERDICT_SLOWER] = OUTCOME_A,
    };
    struct contest *c = arg;
    for (size_t i = 0; i < c->n; i++) {
        struct point *p = &c->points[i];
        if (!judged(p))
            continue;
        int error = stats_ratio_at(&p->ratio, p->pairs.contender,
                                   p->pairs.baseline, p->pairs.n, level);
        if (error)
            return error;
        p->outcome = outcomes[stats_verdict(&p->ratio)];
        *decided += p->outcome != OUTCOME_UNCLEAR;
    }
    return 0;
}

static int decide_points(struct contest *c)
{
    size_t m = 0;
    for (size_t i = 0; i < c->n; i++)
        m += judged(&c->points[i]);
    return level_step_up(m, decide_at, c);
}

int contest_make(struct contest *out, enum side a, enum side b,
                 enum measure measure, const char *cpus,
                 const struct cell *const *cells, size_t n)
{
    struct contest c = { .a = a, .b = b, .measure = measure, .cpus = cpus };
    size_t most = 1;
    for (size_t i = 0; i < n; i++) {
        size_t partners = 0;
        for (size_t j = 0; j < n && side_of(cells[i]) == b; j++)
            partners += side_of(cells[j]) == a && meet(cells[i], cells[j]);
        most += partners;
    }
    c.points = calloc(most, sizeof *c.points);
    if (!c.points)
        return -ENOMEM;
    int error = add_points(&c, cells, n);
    if (!error)
        error = decide_points(&c);
    if (error)
        contest_fini(&c);
    else
        *out = c;
    return error;
}

void contest_fini(struct contest *contest)
{
    for (size_t i = 0; i < contest->n; i++)
        pairs_fini(&contest->points[i].pairs);
    free(contest->points);
    *contest = (struct contest){ 0 };
}

size_t contest_count(const struct contest *contest, enum outcome outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < contest->n; i++)
        count += contest->points[i].outcome == outcome;
    return count;
}
