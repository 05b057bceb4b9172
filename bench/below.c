/* SPDX-License-Identifier: MIT */
/* One function for each part, in the order in which they stand. */

#include "below.h"

#include <string.h>

#include "human.h"
#include "latencies.h"
#include "precision.h"
#include "rank.h"
#include "wrap.h"

enum {
    INDENT = 2
};

static void section(const struct sheet *sheet, const char *title)
{
    fputc('\n', sheet->file);
    sheet_heading(sheet, title);
}

static void draw_ranks(const struct sheet *sheet, const struct analysis *a)
{
    if (!rank_any(&a->compared))
        return;
    section(sheet, "Cheapest first: by wall time, by CPU time per operation, "
                   "or both alike");
    rank_print(sheet->file, a, sheet->columns);
    wrap_print(sheet->file, rank_note, 0, 0, sheet->prose);
}

static void draw_mean(const struct sheet *sheet, const struct geomean *g)
{
    static const char *const names[] = { "wall", "CPU" };
    char text[512], ratio[HUMAN], interval[HUMAN];
    size_t used =
        (size_t)snprintf(text, sizeof text, "%s cpus:%s ", g->runtime, g->cpus);
    for (int w = 0; w < COMPARES; w++) {
        const struct estimate *e = &g->estimates[w];
        if (e->n == 0 || used >= sizeof text)
            continue;
        used += (size_t)snprintf(
            text + used, sizeof text - used, " %s %s%s%s of %zu;", names[w],
            human_ratio(ratio, e->median), e->interval ? " " : "",
            e->interval ? human_interval(interval, e) : "", g->workloads[w]);
    }
    text[strlen(text) - 1] = 0;
    sheet_hint(sheet, text);
}

static void draw_means(const struct sheet *sheet, const struct analysis *a)
{
    if (a->geomeans_n > 0)
        section(sheet, "Geometric mean of the ratios to coro, and of how many "
                       "workloads");
    for (size_t i = 0; i < a->geomeans_n; i++)
        draw_mean(sheet, &a->geomeans[i]);
}

static void draw_slope(const struct sheet *sheet, const struct slope *slope)
{
    char text[256], rss[HUMAN], full[HUMAN];
    if (slope->rss.n > 0)
        snprintf(text, sizeof text,
                 "%s RSS, %s full (slope over %zu sizes, %.0f to %.0f tasks)",
                 human_bytes(rss, slope_rss(slope)),
                 human_bytes(full, slope_full(slope)), slope->sizes,
                 slope->smallest, slope->largest);
    else
        snprintf(text, sizeof text, "%s RSS, %s full (with %.0f tasks)",
                 human_bytes(rss, slope_rss(slope)),
                 human_bytes(full, slope_full(slope)), slope->largest);
    sheet_note(sheet, slope->cell->runtime, text);
}

/* Series of one group are set beside each other under its name. */
static void draw_slopes(const struct sheet *sheet, const struct analysis *a)
{
    const struct slope *slopes = a->slopes;
    const char *group = "";
    for (size_t i = 0; i < a->slopes_n; i++) {
        const struct slope *slope = &slopes[i];
        if (i == 0)
            section(sheet, "Memory per parked task, which RSS shows in part "
                           "only");
        if (strcmp(group, slope->cell->group) != 0)
            wrap_print(sheet->file, slope->cell->group, 0, INDENT,
                       sheet->columns);
        group = slope->cell->group;
        draw_slope(sheet, slope);
    }
}

static void draw_growth(const struct sheet *sheet, const struct analysis *a)
{
    const struct step *steps = a->steps;
    const char *group = "";
    char text[2048];
    if (a->steps_n > 0)
        section(sheet, "CPU time per operation as there are more tasks or "
                       "connections");
    for (size_t i = 0, n; i < a->steps_n; i += n) {
        n = growth_series(&steps[i], a->steps_n - i);
        if (strcmp(group, steps[i].to->group) != 0)
            wrap_print(sheet->file, steps[i].to->group, 0, INDENT,
                       sheet->columns);
        group = steps[i].to->group;
        growth_words(text, sizeof text, &steps[i], n, a->env);
        sheet_note(sheet, steps[i].to->runtime, text);
    }
}

static void draw_latencies(const struct sheet *sheet, const struct analysis *a)
{
    for (int w = 0; w < WORK_LATENCIES; w++) {
        if (!latencies_any(a, (enum work_latency)w))
            continue;
        section(sheet, w == WORK_LATENCY
                           ? "Latency, from the intended start where there is "
                             "a schedule, over all rounds"
                           : "How late tasks run that have a heartbeat, over "
                             "all rounds");
        latencies_table(sheet->file, a, (enum work_latency)w, sheet->columns);
    }
}

static void draw_reading(const struct sheet *sheet, const struct analysis *a)
{
    const struct summary *s = &a->summary;
    bool all_cpus = false, unequal = false;
    for (size_t i = 0; i < s->n; i++)
        all_cpus |= strcmp(s->cells[i].cpus, "all") == 0;
    for (size_t i = 0; i < a->compared.n; i++)
        unequal |= a->compared.comparisons[i].refused[0] != 0;
    fputc('\n', sheet->file);
    sheet_sentence(sheet,
                   "ratio to coro: paired by round, with its 95% interval; "
                   "above 1x coro is better. same: all of the interval "
                   "within 3%; unclear: the rounds do not decide.");
    sheet_sentence(sheet,
                   "RSS: while all tasks are parked, else the peak; full: "
                   "with page tables and kernel stacks, which RSS omits.");
    if (all_cpus)
        sheet_sentence(sheet,
                       "coro runs all tasks on one thread: where cpus:all "
                       "gives the others every CPU, it uses one.");
    if (unequal)
        sheet_sentence(sheet,
                       "refused: the runtimes did not do the same work, so "
                       "there is no ratio.");
    if (analysis_rounds(a) < 6)
        sheet_sentence(sheet, "Fewer than six rounds allow no 95% interval and "
                              "no verdict.");
}

static void draw_totals(const struct sheet *sheet, const struct analysis *a)
{
    const struct summary *s = &a->summary;
    size_t failed = 0, skipped = 0, missing = 0;
    size_t rounds = analysis_rounds(a);
    char text[160];
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        failed += cell->failed > 0;
        skipped += cell->failed == 0 && cell->skip_reason;
        missing += cell->failed == 0 && !cell->skip_reason && cell->n == 0;
    }
    snprintf(text, sizeof text,
             "%zu cell%s: %zu with failed trials, %zu skipped, %zu not "
             "measured; at most %zu round%s.",
             s->n, s->n == 1 ? "" : "s", failed, skipped, missing, rounds,
             rounds == 1 ? "" : "s");
    sheet_sentence(sheet, text);
}

static void draw_lacks(const struct sheet *sheet, const struct analysis *a)
{
    const struct summary *s = &a->summary;
    char lack[96], text[640];
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        if (!precision_lacks(lack, sizeof lack, s, a->shown[i]))
            continue;
        snprintf(text, sizeof text, "Less precise than the %.4g%% asked for:",
                 100 * precision_asked(s));
        if (!any)
            sheet_sentence(sheet, text);
        any = true;
        snprintf(text, sizeof text, "%s: %s", a->shown[i]->name, lack);
        sheet_hint(sheet, text);
    }
}

void below_print(const struct sheet *sheet, const struct analysis *a)
{
    draw_ranks(sheet, a);
    draw_latencies(sheet, a);
    draw_growth(sheet, a);
    draw_slopes(sheet, a);
    draw_means(sheet, a);
    draw_reading(sheet, a);
    draw_totals(sheet, a);
    draw_lacks(sheet, a);
}
