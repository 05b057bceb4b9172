/* SPDX-License-Identifier: MIT */
/*
 * Ratios of neighbouring sizes, what they mean, and that in words.
 */

#include "growth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "human.h"
#include "text.h"

enum {
    SIZES_MIN = 3
};
static const double ALLOWED = 0.1;    /* exponent, see growth.h */
static const double KERNEL_MIN = 0.2; /* what is worth saying */

/* ---- the steps ---- */

static bool same_series(const struct cell *a, const struct cell *b)
{
    return strcmp(a->group, b->group) == 0 &&
           strcmp(a->runtime, b->runtime) == 0;
}

/* The number of tasks or connections grows, and something was measured. */
static bool has_size(const struct cell *cell)
{
    return cell->axis && cell->x > 0 &&
           (strcmp(cell->axis, "tasks") == 0 ||
            strcmp(cell->axis, "conns") == 0) &&
           cell->estimates[METRIC_CPU_NS_PER_OP].n > 0;
}

static enum growth judge(const struct step *step)
{
    const struct estimate *ratio = &step->ratio;
    double allowed = pow(step->to->x / step->from->x, ALLOWED);
    if (ratio->n == 0 || !ratio->interval)
        return GROWTH_UNCLEAR;
    if (ratio->high <= allowed)
        return GROWTH_HOLDS;
    return ratio->low > allowed ? GROWTH_BREAKS : GROWTH_UNCLEAR;
}

static int make_step(struct step *step, const struct cell *from,
                     const struct cell *to)
{
    struct pairs pairs;
    *step = (struct step){ .from = from, .to = to };
    int error = pairs_make(&pairs, to, from, METRIC_CPU_NS_PER_OP);
    if (error)
        return error;
    if (pairs.n > 0)
        error =
            stats_ratio(&step->ratio, pairs.contender, pairs.baseline, pairs.n);
    pairs_fini(&pairs);
    step->growth = judge(step);
    return error;
}

/* The next size of the cell's series that was skipped; NULL: none. */
static const struct cell *find_skipped(const struct cell *const *cells,
                                       size_t cells_n, const struct cell *last)
{
    const struct cell *next = NULL;
    for (size_t i = 0; i < cells_n; i++)
        if (cells[i]->skip_reason && same_series(cells[i], last) &&
            cells[i]->x > last->x && (!next || cells[i]->x < next->x))
            next = cells[i];
    return next;
}

/* Of the series that cells[first] opens; none where a cell before does. */
static int make_series(struct step *steps, size_t *n,
                       const struct cell *const *cells, size_t cells_n,
                       size_t first)
{
    for (size_t i = 0; i < first; i++)
        if (has_size(cells[i]) && same_series(cells[i], cells[first]))
            return 0;
    const struct cell *last = cells[first];
    size_t made = 0;
    for (size_t i = first + 1; i < cells_n; i++) {
        if (!has_size(cells[i]) || !same_series(cells[i], last) ||
            cells[i]->x <= last->x)
            continue;
        int error = make_step(&steps[*n + made++], last, cells[i]);
        if (error)
            return error;
        last = cells[i];
    }
    if (made + 1 < SIZES_MIN)
        return 0;
    *n += made;
    steps[*n - 1].skipped = find_skipped(cells, cells_n, last);
    return 0;
}

/* Looks for a reference that breaks where the step does. */
static void find_alike(struct step *step, const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n && !step->from->reference; i++)
        if (steps[i].to->reference && steps[i].growth == GROWTH_BREAKS &&
            strcmp(steps[i].to->group, step->to->group) == 0 &&
            steps[i].from->x == step->from->x && steps[i].to->x == step->to->x)
            step->alike = steps[i].to;
}

int growth_all(struct step **out, size_t *n, const struct cell *const *cells,
               size_t cells_n)
{
    struct step *steps = calloc(cells_n + 1, sizeof *steps);
    int error = steps ? 0 : -ENOMEM;
    *n = 0;
    for (size_t i = 0; i < cells_n && !error; i++)
        if (has_size(cells[i]))
            error = make_series(steps, n, cells, cells_n, i);
    if (error) {
        free(steps);
        return error;
    }
    for (size_t i = 0; i < *n; i++)
        if (steps[i].growth == GROWTH_BREAKS)
            find_alike(&steps[i], steps, *n);
    *out = steps;
    return 0;
}

const char *growth_name(enum growth growth)
{
    static const char *const names[] = { "unclear", "holds", "breaks" };
    return names[growth];
}

size_t growth_series(const struct step *steps, size_t n)
{
    size_t i = 1;
    while (i < n && same_series(steps[i].from, steps[0].from))
        i++;
    return n ? i : 0;
}

/* ---- in words ---- */

static double median(const struct cell *cell, enum metric metric)
{
    const struct estimate *e = &cell->estimates[metric];
    return e->n > 0 ? e->median : NAN;
}

/* So many of them for each operation; NAN where that is not known. */
static double each(const struct cell *cell, enum metric metric)
{
    double cpu = median(cell, METRIC_CPU);
    double ns = median(cell, METRIC_CPU_NS_PER_OP);
    return cpu > 0 ? median(cell, metric) / (cpu * 1e9 / ns) : NAN;
}

/* Something that happens a good deal more often than before. */
static void add_grown(char *text, size_t size, const struct step *step,
                      enum metric metric, const char *what)
{
    double before = each(step->from, metric), after = each(step->to, metric);
    if (after > 0.05 && after > before * step->ratio.median)
        text_add(text, size, ", %s for each %s %.2g to %.2g", what,
                 step->to->op, before, after);
}

/* The share of what it costs more that the kernel takes. */
static void add_kernel(char *text, size_t size, const struct step *step)
{
    double more = median(step->to, METRIC_CPU_NS_PER_OP) -
                  median(step->from, METRIC_CPU_NS_PER_OP);
    double sys =
        1e9 * (each(step->to, METRIC_SYS) - each(step->from, METRIC_SYS));
    if (more > 0 && sys > KERNEL_MIN * more)
        text_add(text, size, ", %.0f%% of the rise in the kernel",
                 fmin(100, 100 * sys / more));
}

/* The largest cache that they outgrew: what the process holds more than with
 * the fewest of them. */
static void add_cache(char *text, size_t size, const struct step *step,
                      const struct cell *fewest, const json_t *env)
{
    double without = median(fewest, METRIC_PEAK_RSS);
    double before = median(step->from, METRIC_PEAK_RSS) - without;
    double after = median(step->to, METRIC_PEAK_RSS) - without, outgrown = 0;
    const json_t *cache;
    size_t i;
    int level = 0;
    json_array_foreach(json_object_get(env, "caches"), i, cache)
    {
        double bytes = metric_number(cache, "size");
        if (bytes >= before && bytes < after && bytes > outgrown) {
            outgrown = bytes;
            level = (int)metric_number(cache, "level");
        }
    }
    char room[HUMAN];
    if (outgrown > 0)
        text_add(text, size, ", more memory than the L%d cache of %s", level,
                 human_bytes(room, outgrown));
}

static void add_break(char *text, size_t size, const struct step *step,
                      const struct cell *fewest, const json_t *env)
{
    char ratio[HUMAN], interval[HUMAN], along[512] = "";
    add_kernel(along, sizeof along, step);
    add_grown(along, sizeof along, step, METRIC_MINOR_FAULTS, "page faults");
    add_grown(along, sizeof along, step, METRIC_VOL_SWITCHES, "waits");
    add_grown(along, sizeof along, step, METRIC_INVOL_SWITCHES, "preemptions");
    add_cache(along, sizeof along, step, fewest, env);
    if (step->alike)
        text_add(along, sizeof along, ", the same with %s, by hand",
                 step->alike->runtime);
    text_add(text, size, "; %s %s the cost from %.15g to %.15g",
             human_ratio(ratio, step->ratio.median),
             human_interval(interval, &step->ratio), step->from->x,
             step->to->x);
    if (along[0])
        text_add(text, size, " (with it:%s)", along + 1);
}

/* Why the series ends here. */
static void add_end(char *text, size_t size, const struct cell *skipped)
{
    char why[256];
    text_add(text, size, "; %.15g skipped: %s", skipped->x,
             human_skip(why, sizeof why, skipped->skip_reason, skipped->skip));
}

static size_t count(const struct step *steps, size_t n, enum growth growth)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += steps[i].growth == growth;
    return found;
}

static bool none_has_interval(const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (steps[i].ratio.interval)
            return false;
    return true;
}

/* The breaks, and what cannot be told. */
static void add_steps(char *text, size_t size, const struct step *steps,
                      size_t series, const json_t *env)
{
    const char *before = "; cannot tell from";
    for (size_t i = 0; i < series; i++)
        if (steps[i].growth == GROWTH_BREAKS)
            add_break(text, size, &steps[i], steps[0].from, env);
    for (size_t i = 0; i < series; i++) {
        if (steps[i].growth != GROWTH_UNCLEAR)
            continue;
        text_add(text, size, "%s %.15g to %.15g", before, steps[i].from->x,
                 steps[i].to->x);
        before = ",";
    }
}

void growth_words(char *text, size_t size, const struct step *steps,
                  size_t series, const json_t *env)
{
    char low[HUMAN], high[HUMAN];
    const struct cell *first = steps[0].from, *last = steps[series - 1].to;
    snprintf(text, size, "%s to %s each, ",
             human_time(low, median(first, METRIC_CPU_NS_PER_OP)),
             human_time(high, median(last, METRIC_CPU_NS_PER_OP)));
    text_sizes(text, size, last->axis, first->x, last->x);
    if (count(steps, series, GROWTH_HOLDS) == series)
        text_add(text, size, ": linear or better");
    if (none_has_interval(steps, series))
        text_add(text, size, ": too few rounds to tell whether that is linear");
    else
        add_steps(text, size, steps, series, env);
    if (steps[series - 1].skipped)
        add_end(text, size, steps[series - 1].skipped);
}
