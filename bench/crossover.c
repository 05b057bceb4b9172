/* SPDX-License-Identifier: MIT */
/* A bisection that can live with points that tell nothing. */
#include "crossover.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int crossover_winner(const struct estimate *ratio)
{
    if (ratio->n == 0 || !ratio->interval)
        return 0;
    return ratio->low > 1 ? 1 : ratio->high < 1 ? -1 : 0;
}

int crossover_add(struct crossover *c, double x, const struct estimate *ratio)
{
    size_t i = 0;
    while (i < c->n && c->points[i].x < x)
        i++;
    if (i < c->n && c->points[i].x <= x)
        return -EEXIST;
    if (c->n == CROSSOVER_POINTS)
        return -ENOSPC;
    memmove(&c->points[i + 1], &c->points[i], (c->n - i) * sizeof c->points[0]);
    c->points[i] = (struct crossover_point){ x, *ratio };
    c->n++;
    return 0;
}

static bool is_probed(const struct crossover *c, double x)
{
    for (size_t i = 0; i < c->n; i++)
        if (fabs(c->points[i].x - x) <= 1e-9 * fabs(x))
            return true;
    return false;
}

/* A gap's width on the scale of the search. */
static double width(const struct crossover *c, double low, double high)
{
    return c->low > 0 ? log(high / low) : (high - low) / (c->high - c->low);
}

static bool is_close(const struct crossover *c, double low, double high)
{
    if (c->whole && high - low <= 1)
        return true;
    return c->low > 0 ? high / low <= c->close
                      : (high - low) / (c->high - c->low) <= c->close - 1;
}

static double middle(const struct crossover *c, double low, double high)
{
    double x = c->low > 0 ? sqrt(low * high) : (low + high) / 2;
    if (!c->whole)
        return x;
    x = round(x);
    return x <= low ? low + 1 : x >= high ? high - 1 : x;
}

/* The first pair of decided points, one behind the other but for undecided
 * ones, with different winners; false when there is none. */
static bool find_change(const struct crossover *c, size_t from, size_t *low,
                        size_t *high)
{
    size_t last = c->n;
    for (size_t i = from; i < c->n; i++) {
        int winner = crossover_winner(&c->points[i].ratio);
        if (winner == 0)
            continue;
        if (last < c->n && winner != crossover_winner(&c->points[last].ratio)) {
            *low = last;
            *high = i;
            return true;
        }
        last = i;
    }
    return false;
}

/* Where it begins, or ceases, to be decided: one end is, the other is not. */
static bool find_onset(const struct crossover *c, size_t *low, size_t *high)
{
    bool first = crossover_winner(&c->points[0].ratio) != 0;
    bool last = crossover_winner(&c->points[c->n - 1].ratio) != 0;
    size_t i = first ? c->n - 1 : 0;
    if (first == last)
        return false;
    while (crossover_winner(&c->points[i].ratio) == 0)
        i = first ? i - 1 : i + 1;
    *low = first ? i : i - 1;
    *high = *low + 1;
    return true;
}

bool crossover_next(const struct crossover *c, double *x)
{
    if (!is_probed(c, c->low) || !is_probed(c, c->high)) {
        *x = is_probed(c, c->low) ? c->high : c->low;
        return true;
    }
    size_t low, high;
    if (!find_change(c, 0, &low, &high) && !find_onset(c, &low, &high))
        return false;
    /* Inside the bracket only the gaps beside its ends can narrow it. */
    size_t gaps[2] = { low, high - 1 }, best = low;
    bool found = false;
    for (int i = 0; i < 2; i++) {
        double a = c->points[gaps[i]].x, b = c->points[gaps[i] + 1].x;
        if (is_close(c, a, b))
            continue;
        if (!found ||
            width(c, a, b) > width(c, c->points[best].x, c->points[best + 1].x))
            best = gaps[i];
        found = true;
    }
    if (found)
        *x = middle(c, c->points[best].x, c->points[best + 1].x);
    return found;
}

void crossover_answer(const struct crossover *c, struct crossover_answer *out)
{
    size_t low, high, again, end;
    *out = (struct crossover_answer){ .kind = CROSSOVER_UNDECIDED };
    if (c->n < 2)
        return;
    if (find_change(c, 0, &low, &high)) {
        out->kind = find_change(c, high, &again, &end) ? CROSSOVER_SEVERAL
                                                       : CROSSOVER_FOUND;
    } else if (find_onset(c, &low, &high)) {
        out->kind = CROSSOVER_ONSET;
    } else {
        low = 0;
        high = c->n - 1;
        if (crossover_winner(&c->points[low].ratio) != 0)
            out->kind = CROSSOVER_NONE;
    }
    out->low = c->points[low].x;
    out->high = c->points[high].x;
    out->from = crossover_winner(&c->points[low].ratio);
    out->to = crossover_winner(&c->points[high].ratio);
}
