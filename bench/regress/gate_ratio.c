/* SPDX-License-Identifier: MIT */
/*
 * The rule for ratios that have no base.
 */
#include "gate_ratio.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_baseline.h"
#include "signflip.h"
#include "stats.h"

enum {
    RUNS_MIN = 3,
    ALL_RUNS_MAX = 400
};
static const double LEAST = 1.25, UNKNOWN = 2, LEVEL = 0.01;

/* ---- Student's t ---- */

/* P(|T| <= t) with n degrees of freedom: the finite series of Abramowitz and
 * Stegun 26.7.3 and 26.7.4. */
static double student_within(double t, size_t n)
{
    double angle = atan(t / sqrt((double)n)), cosine = cos(angle);
    double square = cosine * cosine, sum = 0;
    double term = n % 2 ? cosine : 1;
    for (size_t i = n % 2 ? 3 : 2; i <= n; i += 2) {
        sum += term;
        term *= square * (double)(i - 1) / (double)i;
    }
    if (n % 2)
        return (angle + sin(angle) * sum) * 2 / M_PI;
    return sin(angle) * sum;
}

double gate_student(double p, size_t n)
{
    double low = 0, high = 1;
    while (student_within(high, n) < 2 * p - 1 && high < 1e12)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (student_within(middle, n) < 2 * p - 1)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* ---- the ratio of a stage ---- */

/* The trimmed mean of ln head/base; NAN without samples. */
static double log_ratio(const struct gate_samples *samples)
{
    double d[GATE_ROUNDS];
    for (size_t i = 0; i < samples->n; i++)
        d[i] = log(samples->head[i]) - log(samples->base[i]);
    struct signflip test;
    struct signflip_plan plan = { .flips = 1 };
    return signflip_test(&test, d, samples->n, &plan) == 0 ? test.t : NAN;
}

double gate_ratio_now(const struct gate_entry *entry)
{
    const struct gate_samples *last = &entry->stages[DECIDE_CONFIRM];
    return exp(log_ratio(last->n ? last : &entry->stages[DECIDE_SCREEN]));
}

/* ---- bounds ---- */

struct bounds {
    double middle;           /* ln of the recorded ratio; NAN: there is none */
    double reach;            /* how far ln ratio may be from it */
    const json_t *invariant; /* or NULL */
};

static struct bounds find_bounds(const struct gate_entry *entry,
                                 const json_t *baseline)
{
    struct bounds bounds = { NAN, log(UNKNOWN), NULL };
    const json_t *list = json_object_get(baseline, "runs");
    double logs[ALL_RUNS_MAX];
    size_t n = 0, i, compared = 1;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const json_t *ratios = json_object_get(item, "ratios");
        double ratio = json_number_value(json_object_get(ratios, entry->name));
        compared = json_object_size(ratios);
        if (ratio > 0 && n < ALL_RUNS_MAX)
            logs[n++] = log(ratio);
    }
    if (n > 0)
        bounds.middle = stats_mean(logs, n);
    if (n >= RUNS_MIN && json_is_true(json_object_get(baseline, "known"))) {
        double t = gate_student(1 - LEVEL / (double)compared, n - 1);
        double reach = t * stats_deviation(logs, n) * sqrt(1 + 1 / (double)n);
        bounds.reach = fmax(log(LEAST), reach);
    }
    json_array_foreach(json_object_get(baseline, "invariants"), i, item)
    {
        const char *name = json_string_value(json_object_get(item, "metric"));
        if (name && strcmp(name, entry->name) == 0)
            bounds.invariant = item;
    }
    return bounds;
}

static double median_head(const struct gate_samples *samples)
{
    struct estimate estimate;
    if (stats_estimate(&estimate, samples->head, samples->n) != 0)
        return NAN;
    return estimate.median;
}

/* Whether a stage is above the limit that always holds. */
static bool breaks(const struct gate_samples *samples, const json_t *invariant)
{
    const char *of = json_string_value(json_object_get(invariant, "of"));
    double most = json_number_value(json_object_get(invariant, "most"));
    if (!invariant || !of)
        return false;
    double figure = strcmp(of, "value") == 0 ? median_head(samples)
                                             : exp(log_ratio(samples));
    return figure > most;
}

/* 1 slower, -1 faster, 0 within bounds. */
static int moved(const struct gate_samples *samples,
                 const struct bounds *bounds)
{
    double off = log_ratio(samples) - bounds->middle;
    return off > bounds->reach ? 1 : off < -bounds->reach ? -1 : 0;
}

int gate_ratio_screen(bool *goes_on, const struct gate_entry *entry, void *arg)
{
    const struct gate_samples *samples = &entry->stages[DECIDE_SCREEN];
    struct bounds bounds = find_bounds(entry, arg);
    *goes_on = !entry->exact && (moved(samples, &bounds) != 0 ||
                                 breaks(samples, bounds.invariant));
    return 0;
}

/* ---- the verdict ---- */

static bool usable(const struct gate_entry *entry)
{
    for (int stage = 0; stage < DECIDE_STAGES; stage++)
        for (size_t i = 0; i < entry->stages[stage].n; i++)
            if (!(entry->stages[stage].base[i] > 0) ||
                !(entry->stages[stage].head[i] > 0))
                return false;
    return true;
}

static enum decide_verdict judge(const struct gate_entry *entry,
                                 const struct bounds *bounds, bool *limit)
{
    const struct gate_samples *first = &entry->stages[DECIDE_SCREEN];
    const struct gate_samples *second =
        entry->exact ? first : &entry->stages[DECIDE_CONFIRM];
    if (!usable(entry))
        return DECIDE_BROKEN;
    if (first->n < (entry->exact ? DECIDE_EXACT_MIN : DECIDE_SCREEN_ROUNDS))
        return DECIDE_UNMEASURED;
    bool over = breaks(first, bounds->invariant);
    int way = moved(first, bounds);
    if (!over && way == 0)
        return DECIDE_SAME;
    if (!entry->exact && second->n < DECIDE_CONFIRM_ROUNDS)
        return DECIDE_UNDECIDED;
    *limit = over && breaks(second, bounds->invariant);
    if (*limit)
        return DECIDE_REGRESSED;
    if (way != moved(second, bounds))
        return DECIDE_SAME;
    return way > 0 ? DECIDE_REGRESSED : way < 0 ? DECIDE_IMPROVED : DECIDE_SAME;
}

void gate_ratio_judge(struct gate_entry *entry, const json_t *baseline)
{
    struct bounds bounds = find_bounds(entry, baseline);
    struct decision *out = &entry->decision;
    bool limit = false;
    double now = gate_ratio_now(entry);
    *out = (struct decision){
        .verdict = judge(entry, &bounds, &limit),
        .confirmed = entry->stages[DECIDE_CONFIRM].n > 0,
        .rounds = entry->stages[DECIDE_SCREEN].n,
        .base = exp(bounds.middle),
        .head = now,
        .ratio = now / exp(bounds.middle),
        .low = NAN,
        .high = NAN,
        .p = NAN,
        .holm = NAN,
        .p_better = NAN,
        .holm_better = NAN,
        .detectable = isfinite(bounds.middle) ? expm1(bounds.reach) : NAN,
    };
    entry->unit = "ratio";
    entry->role = isfinite(bounds.middle) || bounds.invariant ? DECIDE_GATE
                                                              : DECIDE_INFORM;
    if (limit)
        snprintf(entry->remark, sizeof entry->remark, "above %g: %s",
                 json_number_value(json_object_get(bounds.invariant, "most")),
                 json_string_value(json_object_get(bounds.invariant, "why")));
}
