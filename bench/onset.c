/* SPDX-License-Identifier: MIT */
/* From where on the second side of a contest wins. */

#include "onset.h"

#include <string.h>

#include "text.h"

enum {
    AXES_MAX = 2,
    NAMED_MAX = 2 /* series or points */
};

/* ---- which sizes ---- */

struct range {
    const char *axis;
    double low, high;
};

/* The axes of all points; their number, which may be above AXES_MAX. */
static size_t find_ranges(struct range ranges[AXES_MAX],
                          const struct contest *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct cell *cell = c->points[i].a;
        size_t r = 0;
        if (!cell->axis)
            continue;
        while (r < n && strcmp(ranges[r].axis, cell->axis) != 0)
            r++;
        if (r == AXES_MAX)
            return AXES_MAX + 1;
        if (r == n)
            ranges[n++] = (struct range){ cell->axis, cell->x, cell->x };
        if (cell->x < ranges[r].low)
            ranges[r].low = cell->x;
        if (cell->x > ranges[r].high)
            ranges[r].high = cell->x;
    }
    return n;
}

/* " (2 of 5 points, 4 to 100 tasks)" */
static void add_sizes(char *text, size_t size, const struct contest *c,
                      size_t decided)
{
    struct range ranges[AXES_MAX];
    size_t n = find_ranges(ranges, c);
    char inside[256] = "";
    if (decided > 0 && decided < c->n)
        text_add(inside, sizeof inside, "%zu of %zu points", decided, c->n);
    for (size_t i = 0; n <= AXES_MAX && i < n; i++) {
        text_add(inside, sizeof inside, "%s", inside[0] ? ", " : "");
        text_sizes(inside, sizeof inside, ranges[i].axis, ranges[i].low,
                   ranges[i].high);
    }
    if (inside[0])
        text_add(text, size, " (%s)", inside);
}

/* ---- where it changes ---- */

/* The decided points on either side of where the answer turns for or against
 * b, in the series the i-th point opens; false where it does not do so just
 * once. */
static bool find_turn(const struct contest *c, size_t i,
                      const struct point **before, const struct point **after)
{
    const struct point *last = NULL;
    size_t turns = 0;
    for (size_t j = i; j < c->n; j++) {
        const struct point *p = &c->points[j];
        if (!contest_series(&c->points[i], p) || !contest_decided(p))
            continue;
        if (last && (last->outcome == OUTCOME_B) != (p->outcome == OUTCOME_B)) {
            *before = last;
            *after = p;
            turns++;
        }
        last = p;
    }
    return turns == 1;
}

static void add_turn(char *text, size_t size, const struct contest *c,
                     const struct point *before, const struct point *after)
{
    char label[CONTEST_LABEL];
    bool begins = after->outcome == OUTCOME_B;
    contest_label(label, c, after, after->a->axis);
    text_add(text, size, "%s, %s somewhere within ", label,
             begins ? "from" : "up to");
    text_sizes(text, size, after->a->axis, before->a->x, after->a->x);
    text_add(text, size, "%s", begins ? " on" : "");
}

/* False where no series turns. */
static bool add_turns(char *text, size_t size, const struct contest *c)
{
    const struct point *before, *after;
    size_t named = 0;
    for (size_t i = 0; i < c->n && named < NAMED_MAX; i++)
        if (contest_opens_series(c, i) && find_turn(c, i, &before, &after)) {
            text_add(text, size, "%s", named++ ? "; " : ": ");
            add_turn(text, size, c, before, after);
        }
    return named > 0;
}

static void add_points(char *text, size_t size, const struct contest *c)
{
    size_t named = 0, wins = contest_count(c, OUTCOME_B);
    for (size_t i = 0; i < c->n && named < NAMED_MAX; i++) {
        char label[CONTEST_LABEL];
        if (c->points[i].outcome != OUTCOME_B)
            continue;
        contest_label(label, c, &c->points[i], NULL);
        text_add(text, size, "%s%s", named++ ? ", " : ": ", label);
    }
    if (named < wins)
        text_add(text, size, " and %zu more", wins - named);
}

void onset_words(char *text, size_t size, const struct contest *c)
{
    size_t wins = contest_count(c, OUTCOME_B), decided = 0;
    for (size_t i = 0; i < c->n; i++)
        decided += contest_decided(&c->points[i]);
    if (wins > 0 && wins < decided) {
        text_add(text, size, "at %zu of %zu points%s", wins, decided,
                 decided < c->n ? " where one can tell" : "");
        if (!add_turns(text, size, c))
            add_points(text, size, c);
        return;
    }
    if (decided == 0)
        text_add(text, size, "cannot tell");
    else if (c->n == 1)
        text_add(text, size, "%sat the only point measured",
                 wins > 0 ? "" : "not ");
    else
        text_add(text, size, "at %s size %s", wins > 0 ? "every" : "no",
                 decided < c->n ? "where one can tell" : "measured");
    add_sizes(text, size, c, decided);
}
