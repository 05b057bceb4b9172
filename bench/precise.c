/* SPDX-License-Identifier: MIT */
/* Which cells need another round. */

#include "precise.h"

#include <math.h>

static bool is_wanted(const struct precise *cell, double goal)
{
    return !cell->seen && !cell->lost && (cell->measured || cell->width > goal);
}

/* Whether a goes before b: what is half done, then what is wider. */
static bool is_before(const struct precise *a, const struct precise *b)
{
    return a->measured != b->measured ? a->measured : a->width > b->width;
}

/* The next one to look at, or NULL. */
static struct precise *next(struct precise *cells, size_t n, double goal)
{
    struct precise *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (is_wanted(&cells[i], goal) && (!best || is_before(&cells[i], best)))
            best = &cells[i];
    return best;
}

/* There is a trial of it to run in this round, and none chosen yet. */
static bool is_open(const struct precise *cell)
{
    return !cell->chosen && !cell->measured && !cell->lost;
}

size_t precise_choose(struct precise *cells, size_t n, double goal,
                      int64_t left_ns)
{
    struct precise *cell;
    size_t count = 0;
    while ((cell = next(cells, n, goal))) {
        struct precise *pair[] = { cell, &cells[cell->baseline] };
        size_t trials = pair[0] == pair[1] ? 1 : 2;
        int64_t ns = 0;
        cell->seen = true;
        for (size_t i = 0; i < trials; i++)
            ns += is_open(pair[i]) ? pair[i]->ns : 0;
        if (ns > left_ns)
            continue;
        left_ns -= ns;
        for (size_t i = 0; i < trials; i++)
            if (is_open(pair[i])) {
                pair[i]->chosen = true;
                count++;
            }
    }
    return count;
}

unsigned precise_trials(double width, double goal, unsigned rounds)
{
    if (!(width > goal) || rounds >= PRECISE_ROUNDS_MAX)
        return 0;
    double needed = ceil(rounds * (width / goal) * (width / goal));
    return needed < PRECISE_ROUNDS_MAX ? (unsigned)needed - rounds
                                       : PRECISE_ROUNDS_MAX - rounds;
}
