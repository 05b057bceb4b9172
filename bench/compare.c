/* SPDX-License-Identifier: MIT */
/*
 * Finds each cell's baseline, checks that both did the same work, and makes
 * the paired ratios and their verdicts.
 */

#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_LIMIT 0.9

/* Two products of 64-bit figures, compared without overflow. */
__extension__ typedef unsigned __int128 wide;

static bool same_per_op(uint64_t a, uint64_t a_ops, uint64_t b, uint64_t b_ops)
{
    return (wide)a * b_ops == (wide)b * a_ops;
}

bool cell_origin_bound(const struct cell *cell)
{
    return cell->origin_share > ORIGIN_LIMIT;
}

enum metric compare_metric(const struct cell *cell, int which)
{
    return metric_compared(which == COMPARE_CPU, cell->calibrated);
}

bool compare_judged(const struct comparison *c, int which)
{
    return c->ratios[which].estimate.n > 0 &&
           !(which == COMPARE_WALL && c->origin_bound);
}

const char *compare_verdict(const struct comparison *c, int which)
{
    return which == COMPARE_WALL && c->origin_bound
               ? "origin-bound"
               : verdict_name(c->ratios[which].verdict);
}

int compare_cost(const struct comparison *comparison)
{
    return comparison->contender->waits || comparison->origin_bound
               ? COMPARE_CPU
               : COMPARE_WALL;
}

/* What the baseline is called. */
static const char *against(const struct comparison *c)
{
    return c->against ? c->against : BASELINE;
}

static void refuse(struct comparison *c, const char *what, uint64_t contender,
                   uint64_t baseline, const char *unit)
{
    snprintf(c->refused, sizeof c->refused,
             "unequal work: %s %llu, %s has %llu%s", what,
             (unsigned long long)contender, against(c),
             (unsigned long long)baseline, unit);
}

static void refuse_digest(struct comparison *c, const struct receipt *a,
                          const struct receipt *b)
{
    snprintf(c->refused, sizeof c->refused,
             "unequal work: digest %016llx, %s has %016llx",
             (unsigned long long)a->digest, against(c),
             (unsigned long long)b->digest);
}

static void check_fixed(struct comparison *c, const struct receipt *a,
                        const struct receipt *b)
{
    if (a->units != b->units)
        refuse(c, "units", a->units, b->units, "");
    else if (a->ops != b->ops)
        refuse(c, "operations", a->ops, b->ops, "");
    else if (a->bytes != b->bytes)
        refuse(c, "bytes", a->bytes, b->bytes, "");
    else if (a->digest != b->digest)
        refuse_digest(c, a, b);
}

static void check_calibrated(struct comparison *c, const struct receipt *a,
                             const struct receipt *b)
{
    if (a->ops == 0 || b->ops == 0)
        refuse(c, "operations", a->ops, b->ops, "");
    else if (a->units != b->units &&
             !same_per_op(a->units, a->ops, b->units, b->ops))
        refuse(c, "units", a->units, b->units, ", also per operation");
    else if (!same_per_op(a->bytes, a->ops, b->bytes, b->ops))
        refuse(c, "bytes", a->bytes, b->bytes, ", also per operation");
    else if (!same_per_op(a->digest, a->ops, b->digest, b->ops))
        refuse_digest(c, a, b);
}

static void check_receipts(struct comparison *c)
{
    const struct receipt *a = &c->contender->samples[0].receipt;
    const struct receipt *b = &c->baseline->samples[0].receipt;
    if (c->contender->behind || c->baseline->behind)
        snprintf(c->refused, sizeof c->refused,
                 "%s did not keep up with the schedule",
                 c->contender->behind ? c->contender->runtime : against(c));
    else if (c->contender->receipts_differ || c->baseline->receipts_differ)
        snprintf(c->refused, sizeof c->refused,
                 "the work of %s differs from trial to trial",
                 c->contender->receipts_differ ? c->contender->runtime
                                               : against(c));
    else if (c->contender->calibrated != c->baseline->calibrated)
        snprintf(c->refused, sizeof c->refused,
                 "the operations of only one of the two are calibrated");
    else if (c->contender->calibrated)
        check_calibrated(c, a, b);
    else
        check_fixed(c, a, b);
}

/* The rounds both cells have a positive figure of; returns their number. */
static size_t pair(struct pairs *pairs, const struct cell *contender,
                   const struct cell *baseline, enum metric metric)
{
    size_t n = 0, j = 0;
    for (size_t i = 0; i < contender->n; i++) {
        const struct sample *a = &contender->samples[i];
        while (j < baseline->n && baseline->samples[j].round < a->round)
            j++;
        if (j == baseline->n)
            break;
        const struct sample *b = &baseline->samples[j];
        if (b->round != a->round || !(a->values[metric] > 0) ||
            !(b->values[metric] > 0))
            continue;
        pairs->contender[n] = a->values[metric];
        pairs->baseline[n] = b->values[metric];
        pairs->rounds[n++] = a->round;
    }
    return n;
}

void pairs_fini(struct pairs *pairs)
{
    free(pairs->contender);
    free(pairs->baseline);
    free(pairs->rounds);
}

int pairs_make(struct pairs *pairs, const struct cell *contender,
               const struct cell *baseline, enum metric metric)
{
    size_t room = contender->n ? contender->n : 1;
    *pairs = (struct pairs){
        .contender = calloc(room, sizeof(double)),
        .baseline = calloc(room, sizeof(double)),
        .rounds = calloc(room, sizeof(unsigned)),
    };
    if (!pairs->contender || !pairs->baseline || !pairs->rounds) {
        pairs_fini(pairs);
        return -ENOMEM;
    }
    pairs->n = pair(pairs, contender, baseline, metric);
    return 0;
}

int pairs_init(struct pairs *pairs, const struct comparison *c, int which)
{
    return pairs_make(pairs, c->contender, c->baseline,
                      compare_metric(c->contender, which));
}

static int make_ratio(struct comparison *c, int which)
{
    struct ratio *ratio = &c->ratios[which];
    struct pairs pairs;
    int error = pairs_init(&pairs, c, which);
    if (error)
        return error;
    ratio->p = ratio->holm = 1;
    if (pairs.n > 0)
        error = stats_ratio(&ratio->estimate, pairs.contender, pairs.baseline,
                            pairs.n);
    ratio->p = stats_sign_test(pairs.contender, pairs.baseline, pairs.n);
    if (which == COMPARE_CPU || !c->origin_bound)
        ratio->verdict = stats_verdict(&ratio->estimate);
    pairs_fini(&pairs);
    return error;
}

static const struct cell *find_baseline(const struct summary *s,
                                        const struct cell *cell)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->cells[i].runtime, BASELINE) == 0 &&
            strcmp(s->cells[i].point, cell->point) == 0)
            return &s->cells[i];
    return NULL;
}

/* Where no task was made, as in "null", the time is that of the clocks. */
static bool did_work(const struct cell *cell)
{
    return cell->n > 0 && cell->samples[0].receipt.units > 0;
}

void compare_work(struct comparison *c)
{
    c->origin_bound =
        cell_origin_bound(c->baseline) || cell_origin_bound(c->contender);
    check_receipts(c);
}

static int compare_cells(struct comparison *c)
{
    compare_work(c);
    if (c->refused[0])
        return 0;
    int error = make_ratio(c, COMPARE_WALL);
    return error ? error : make_ratio(c, COMPARE_CPU);
}

static int correct_many(struct compared *all, int which)
{
    double *p = calloc(2 * all->n + 1, sizeof *p);
    if (!p)
        return -ENOMEM;
    double *adjusted = p + all->n;
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (compare_judged(&all->comparisons[i], which))
            p[n++] = all->comparisons[i].ratios[which].p;
    int error = stats_holm(adjusted, p, n);
    n = 0;
    for (size_t i = 0; i < all->n && !error; i++)
        if (compare_judged(&all->comparisons[i], which))
            all->comparisons[i].ratios[which].holm = adjusted[n++];
    free(p);
    return error;
}

/* ---- all of it ---- */

static int make_all(struct compared *all, const struct summary *summary)
{
    all->comparisons =
        calloc(summary->n ? summary->n : 1, sizeof *all->comparisons);
    if (!all->comparisons)
        return -ENOMEM;
    for (size_t i = 0; i < summary->n; i++) {
        const struct cell *cell = &summary->cells[i];
        const struct cell *baseline = find_baseline(summary, cell);
        if (!baseline || baseline == cell || !did_work(cell) ||
            !did_work(baseline))
            continue;
        struct comparison *c = &all->comparisons[all->n++];
        *c = (struct comparison){ .baseline = baseline, .contender = cell };
        int error = compare_cells(c);
        if (error)
            return error;
    }
    int error = correct_many(all, COMPARE_WALL);
    if (!error)
        error = correct_many(all, COMPARE_CPU);
    return error;
}

int compare_all(struct compared *out, const struct summary *summary)
{
    struct compared all = { 0 };
    int error = make_all(&all, summary);
    if (error)
        compare_fini(&all);
    else
        *out = all;
    return error;
}

void compare_fini(struct compared *compared)
{
    free(compared->comparisons);
    *compared = (struct compared){ 0 };
}

const struct comparison *compare_find(const struct compared *compared,
                                      const struct cell *cell)
{
    for (size_t i = 0; i < compared->n; i++)
        if (compared->comparisons[i].contender == cell)
            return &compared->comparisons[i];
    return NULL;
}
