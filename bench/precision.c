/* SPDX-License-Identifier: MIT */
/* The widths of the cells beside what was asked for. */

#include "precision.h"

#include <math.h>
#include <stdio.h>

#include "human.h"

double precision_asked(const struct summary *summary)
{
    double asked = metric_number(summary->trials.run, "precision");
    return asked > 0 ? asked : 0;
}

enum metric precision_metric(const struct cell *cell)
{
    return compare_metric(cell, cell->waits ? COMPARE_CPU : COMPARE_WALL);
}

double precision_reached(const struct cell *cell)
{
    return stats_spread(&cell->estimates[precision_metric(cell)]);
}

bool precision_lacks(char *text, size_t size, const struct summary *summary,
                     const struct cell *cell)
{
    double asked = precision_asked(summary), reached = precision_reached(cell);
    const struct estimate *e = &cell->estimates[precision_metric(cell)];
    char spread[HUMAN];
    if (asked == 0 || e->n == 0 || reached <= asked)
        return false;
    snprintf(text, size, "%s%s after %zu round%s",
             isfinite(reached) ? "within " : "no interval",
             isfinite(reached) ? human_spread(spread, e) : "", e->n,
             e->n == 1 ? "" : "s");
    return true;
}
