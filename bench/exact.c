/* SPDX-License-Identifier: MIT */
/* Medians apart by more than counts as equal, and by more than they vary. */

#include "exact.h"

#include <math.h>

#include "stats.h"

enum {
    SPREADS = 3
};

static double spread(const struct estimate *e)
{
    return e->interval ? e->high - e->low : e->max - e->min;
}

static enum decide_verdict judge(const struct decision *d,
                                 const struct decide_metric *metric,
                                 double varies)
{
    double up = d->head - d->base;
    double equal = fmax(metric->floor * d->base, metric->abs_floor);
    if (!(fabs(up) > equal))
        return DECIDE_SAME;
    if (!(fabs(up) > SPREADS * varies))
        return DECIDE_UNSTABLE;
    return (up > 0) != metric->higher_is_better ? DECIDE_REGRESSED
                                                : DECIDE_IMPROVED;
}

int exact_decide(struct decision *out, const struct decide_metric *metric,
                 const struct decide_pairs *pairs)
{
    out->verdict = DECIDE_UNMEASURED;
    if (pairs->n < DECIDE_EXACT_MIN)
        return 0;
    struct estimate base, head;
    int error = stats_estimate(&base, pairs->base, pairs->n);
    if (!error)
        error = stats_estimate(&head, pairs->head, pairs->n);
    if (error)
        return error;
    double varies = fmax(spread(&base), spread(&head));
    out->rounds = pairs->n;
    out->base = base.median;
    out->head = head.median;
    if (base.median > 0 && head.median > 0)
        out->ratio = metric->higher_is_better ? base.median / head.median
                                              : head.median / base.median;
    if (base.median > 0)
        out->detectable =
            fmax(metric->floor,
                 fmax(metric->abs_floor, SPREADS * varies) / base.median);
    out->verdict = judge(out, metric, varies);
    return 0;
}
