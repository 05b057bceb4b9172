/* SPDX-License-Identifier: MIT */
/*
 * Draws the table: one block per point, the same column widths everywhere,
 * and below it what one has to know to read it.
 */

#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "latencies.h"
#include "precision.h"
#include "rank.h"
#include "row.h"
#include "wrap.h"

enum column {
    RUNTIME,
    WALL,
    SPREAD,
    WALL_INTERVAL,
    CPU,
    RSS,
    FULL,
    RATIO,
    INTERVAL,
    VERDICT,
    OTHER,
    OTHER_INTERVAL,
    OTHER_VERDICT,
    COLUMNS
};

/* Which columns are worth their place: the first ones stay longest. */
static const enum column weight[COLUMNS] = {
    RUNTIME,        WALL, RATIO, VERDICT,       SPREAD, CPU,
    INTERVAL,       RSS,  FULL,  WALL_INTERVAL, OTHER,  OTHER_VERDICT,
    OTHER_INTERVAL,
};

enum {
    INDENT = 2,
    COLUMNS_MIN = 24,
    NAME_MIN = 8,
    PROSE_MAX = 100
};

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

struct table {
    FILE *file;
    const struct analysis *analysis;
    struct table_style style;
    int prose; /* width of sentences */
    int widths[COLUMNS];
    bool filled[COLUMNS]; /* says more than "-" somewhere */
    bool shown[COLUMNS];
};

static void paint(const struct table *t, const char *colour)
{
    if (t->style.colour && colour)
        fputs(colour, t->file);
}

static bool left_aligned(enum column column)
{
    return column == RUNTIME || column == SPREAD || column == WALL_INTERVAL ||
           column == INTERVAL || column == VERDICT ||
           column == OTHER_INTERVAL || column == OTHER_VERDICT;
}

static void texts_of(const struct row *row, const char *texts[COLUMNS])
{
    texts[RUNTIME] = row->runtime;
    texts[WALL] = row->wall;
    texts[SPREAD] = row->spread;
    texts[WALL_INTERVAL] = row->wall_interval;
    texts[CPU] = row->cpu;
    texts[RSS] = row->rss;
    texts[FULL] = row->full;
    texts[RATIO] = row->ratio;
    texts[INTERVAL] = row->interval;
    texts[VERDICT] = row->verdict;
    texts[OTHER] = row->other;
    texts[OTHER_INTERVAL] = row->other_interval;
    texts[OTHER_VERDICT] = row->other_verdict;
}

static void heads_of(const struct cell *cell, int cost,
                     const char *texts[COLUMNS])
{
    bool cpu = cost == COMPARE_CPU;
    texts[RUNTIME] = "";
    texts[WALL] = cell->calibrated ? "wall/op" : "wall";
    texts[SPREAD] = "";
    texts[WALL_INTERVAL] = "95%";
    texts[CPU] = cell->calibrated ? "CPU/op" : "CPU";
    texts[RSS] = "RSS";
    texts[FULL] = "full";
    texts[RATIO] = "ratio";
    texts[INTERVAL] = "to coro";
    texts[VERDICT] = cpu ? "by CPU" : "by wall";
    texts[OTHER] = cpu ? "wall ratio" : "CPU ratio";
    texts[OTHER_INTERVAL] = "95%";
    texts[OTHER_VERDICT] = cpu ? "by wall" : "by CPU";
}

/* ---- layout ---- */

static const char *plus_minus(const struct table *t)
{
    return t->style.utf8 ? "\u00b1" : "+-";
}

static bool is_spread(enum column column, const char *text)
{
    return column == SPREAD && text[0] && text[0] != '-';
}

static void widen(struct table *t, const char *const texts[COLUMNS], bool row)
{
    for (int c = 0; c < COLUMNS; c++) {
        t->filled[c] |= row && strcmp(texts[c], "-") != 0;
        int width = wrap_width(texts[c]);
        if (is_spread((enum column)c, texts[c]))
            width += wrap_width(plus_minus(t));
        if (width > t->widths[c])
            t->widths[c] = width;
    }
}

/* Blanks before a column; what belongs together stands closer. */
static int gap(enum column column)
{
    if (column == RUNTIME)
        return INDENT;
    return column == SPREAD || column == INTERVAL ? 1 : 2;
}

static void choose(struct table *t)
{
    int used = 0;
    for (int i = 0; i < COLUMNS; i++) {
        enum column column = weight[i];
        int width = gap(column) + t->widths[column];
        bool needed = column == RUNTIME || column == WALL;
        if (!needed && !t->filled[column])
            continue;
        if (!needed && used + width > t->style.columns)
            return;
        t->shown[column] = true;
        used += width;
    }
}

static void lay_out(struct table *t)
{
    const struct summary *s = &t->analysis->summary;
    const char *texts[COLUMNS];
    for (size_t i = 0; i < s->n; i++) {
        struct row row;
        heads_of(&s->cells[i], row_cost(t->analysis, &s->cells[i]), texts);
        widen(t, texts, false);
        row_make(&row, t->analysis, &s->cells[i]);
        /* Its name stands before the reason too. */
        if (wrap_width(row.runtime) > t->widths[RUNTIME])
            t->widths[RUNTIME] = wrap_width(row.runtime);
        if (s->cells[i].n == 0)
            continue;
        texts_of(&row, texts);
        widen(t, texts, true);
    }
    int room = t->style.columns - INDENT - 2 - t->widths[WALL];
    if (room < NAME_MIN)
        room = NAME_MIN;
    if (t->widths[RUNTIME] > room)
        t->widths[RUNTIME] = room;
    choose(t);
}

/* ---- drawing ---- */

static void draw_text(const struct table *t, enum column column,
                      const char *text)
{
    int width = wrap_width(text);
    const char *sign = is_spread(column, text) ? plus_minus(t) : "";
    int pad = t->widths[column] - width - wrap_width(sign);
    if (pad < 0)
        fprintf(t->file, "%.*s", t->widths[column], text);
    else if (left_aligned(column))
        fprintf(t->file, "%s%s%*s", sign, text, pad, "");
    else
        fprintf(t->file, "%*s%s%s", pad, "", sign, text);
}

static enum column last_shown(const struct table *t)
{
    int last = RUNTIME;
    for (int c = 0; c < COLUMNS; c++)
        if (t->shown[c])
            last = c;
    return (enum column)last;
}

static void draw_line(const struct table *t, const char *const texts[COLUMNS],
                      const char *const colours[COLUMNS])
{
    enum column last = last_shown(t);
    for (int c = 0; c < COLUMNS; c++) {
        if (!t->shown[c])
            continue;
        fprintf(t->file, "%*s", gap((enum column)c), "");
        paint(t, colours[c]);
        if (c == (int)last && left_aligned(last))
            fprintf(t->file, "%s%s",
                    is_spread(last, texts[c]) ? plus_minus(t) : "", texts[c]);
        else
            draw_text(t, (enum column)c, texts[c]);
        paint(t, colours[c] ? PLAIN : NULL);
    }
    fputc('\n', t->file);
}

static void draw_heads(const struct table *t, const struct cell *cell, int cost)
{
    const char *texts[COLUMNS], *colours[COLUMNS];
    heads_of(cell, cost, texts);
    for (int c = 0; c < COLUMNS; c++)
        colours[c] = DIM;
    draw_line(t, texts, colours);
}

/* A sentence where the row of `runtime` stands, or would. */
static void draw_note(const struct table *t, const char *runtime,
                      const char *text)
{
    int at = INDENT + t->widths[RUNTIME] + 2;
    fprintf(t->file, "%*s", INDENT, "");
    draw_text(t, RUNTIME, runtime);
    fprintf(t->file, "  ");
    wrap_print(t->file, text, at, 2 * INDENT, t->style.columns);
}

static void draw_section(const struct table *t, const char *title)
{
    fputc('\n', t->file);
    paint(t, BOLD);
    wrap_print(t->file, title, 0, INDENT, t->style.columns);
    paint(t, PLAIN);
}

static const char *verdict_colour(enum verdict verdict)
{
    return verdict == VERDICT_FASTER   ? GREEN
           : verdict == VERDICT_SLOWER ? RED
                                       : NULL;
}

/* Coro is green where every other runtime measured is slower. */
static bool coro_wins(const struct table *t, const struct cell *coro)
{
    const struct compared *all = &t->analysis->compared;
    size_t slower = 0, others = 0;
    int cost = row_cost(t->analysis, coro);
    for (size_t i = 0; i < all->n; i++) {
        if (all->comparisons[i].baseline != coro)
            continue;
        others++;
        slower += all->comparisons[i].ratios[cost].verdict == VERDICT_SLOWER;
    }
    return others > 0 && slower == others;
}

static void draw_cell(const struct table *t, const struct cell *cell)
{
    const char *texts[COLUMNS], *colours[COLUMNS] = { 0 };
    char trouble[512];
    struct row row;
    row_make(&row, t->analysis, cell);
    if (cell->n > 0) {
        texts_of(&row, texts);
        colours[VERDICT] = verdict_colour(row.judged);
        if (row.judged == VERDICT_FASTER ||
            (strcmp(cell->runtime, BASELINE) == 0 && coro_wins(t, cell)))
            colours[RUNTIME] = colours[RATIO] = GREEN;
        draw_line(t, texts, colours);
    }
    if (row_helped(trouble, sizeof trouble, cell))
        draw_note(t, "", trouble);
    if (row_offloads(trouble, sizeof trouble, cell))
        draw_note(t, "", trouble);
    if (row_stalls(trouble, sizeof trouble, cell))
        draw_note(t, "", trouble);
    if (row.refused)
        draw_note(t, row.runtime, row.refused);
    if (row_trouble(trouble, sizeof trouble, cell))
        draw_note(t, row.runtime, trouble);
}

static void draw_hint(const struct table *t, const char *text)
{
    fprintf(t->file, "%*s", INDENT, "");
    wrap_print(t->file, text, INDENT, INDENT, t->style.columns);
}

static void draw_point(const struct table *t, const struct cell *cell)
{
    char text[512];
    row_point(text, sizeof text, cell);
    wrap_print(t->file, text, 0, INDENT, t->style.columns);
    if (row_origin_bound(t->analysis, cell))
        draw_hint(t, "(origin-bound: the server was the limit, so only the "
                     "client's CPU gets a verdict)");
}

static void draw_question(const struct table *t, const struct cell *cell)
{
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s", cell->workload,
             cell->question[0] ? ": " : "", cell->question);
    paint(t, BOLD);
    wrap_print(t->file, text, 0, INDENT, t->style.columns);
    paint(t, PLAIN);
}

static void draw_points(const struct table *t)
{
    const struct analysis *a = t->analysis;
    int headed = -1;
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (analysis_opens_workload(a, i)) {
            if (i > 0)
                fputc('\n', t->file);
            draw_question(t, cell);
            headed = -1;
        }
        if (analysis_opens_point(a, i)) {
            int head = row_head(a, cell);
            if (head != headed)
                draw_heads(t, cell, row_cost(a, cell));
            headed = head;
            draw_point(t, cell);
        }
        draw_cell(t, cell);
    }
}

/* ---- below the table ---- */

static void draw_ranks(const struct table *t)
{
    if (!rank_any(&t->analysis->compared))
        return;
    draw_section(t, "Cheapest first: by wall time, by CPU time per operation, "
                    "or both alike");
    rank_print(t->file, t->analysis, t->style.columns);
    wrap_print(t->file, rank_note, 0, 0, t->prose);
}

static void draw_mean(const struct table *t, const struct geomean *g)
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
    draw_hint(t, text);
}

static void draw_means(const struct table *t)
{
    if (t->analysis->geomeans_n > 0)
        draw_section(t, "Geometric mean of the ratios to coro, and of how many "
                        "workloads");
    for (size_t i = 0; i < t->analysis->geomeans_n; i++)
        draw_mean(t, &t->analysis->geomeans[i]);
}

static void draw_slope(const struct table *t, const struct slope *slope)
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
    draw_note(t, slope->cell->runtime, text);
}

/* Series of one group are set beside each other under its name. */
static void draw_slopes(const struct table *t)
{
    const struct slope *slopes = t->analysis->slopes;
    const char *group = "";
    for (size_t i = 0; i < t->analysis->slopes_n; i++) {
        const struct slope *slope = &slopes[i];
        if (i == 0)
            draw_section(t, "Memory per parked task, which RSS shows in part "
                            "only");
        if (strcmp(group, slope->cell->group) != 0)
            wrap_print(t->file, slope->cell->group, 0, INDENT,
                       t->style.columns);
        group = slope->cell->group;
        draw_slope(t, slope);
    }
}

static void draw_growth(const struct table *t)
{
    const struct step *steps = t->analysis->steps;
    const char *group = "";
    char text[2048];
    if (t->analysis->steps_n > 0)
        draw_section(t, "CPU time per operation as there are more tasks or "
                        "connections");
    for (size_t i = 0, n; i < t->analysis->steps_n; i += n) {
        n = growth_series(&steps[i], t->analysis->steps_n - i);
        if (strcmp(group, steps[i].to->group) != 0)
            wrap_print(t->file, steps[i].to->group, 0, INDENT,
                       t->style.columns);
        group = steps[i].to->group;
        growth_words(text, sizeof text, &steps[i], n, t->analysis->env);
        draw_note(t, steps[i].to->runtime, text);
    }
}

static void draw_latencies(const struct table *t)
{
    for (int w = 0; w < WORK_LATENCIES; w++) {
        if (!latencies_any(t->analysis, (enum work_latency)w))
            continue;
        draw_section(t, w == WORK_LATENCY
                            ? "Latency, from the intended start where there is "
                              "a schedule, over all rounds"
                            : "How late tasks run that have a heartbeat, over "
                              "all rounds");
        latencies_table(t->file, t->analysis, (enum work_latency)w,
                        t->style.columns);
    }
}

static void draw_sentence(const struct table *t, const char *text)
{
    wrap_print(t->file, text, 0, 0, t->prose);
}

static void draw_reading(const struct table *t)
{
    const struct summary *s = &t->analysis->summary;
    bool all_cpus = false, unequal = false;
    for (size_t i = 0; i < s->n; i++)
        all_cpus |= strcmp(s->cells[i].cpus, "all") == 0;
    for (size_t i = 0; i < t->analysis->compared.n; i++)
        unequal |= t->analysis->compared.comparisons[i].refused[0] != 0;
    fputc('\n', t->file);
    draw_sentence(t, "ratio to coro: paired by round, with its 95% interval; "
                     "above 1x coro is better. same: all of the interval "
                     "within 3%; unclear: the rounds do not decide.");
    draw_sentence(t, "RSS: while all tasks are parked, else the peak; full: "
                     "with page tables and kernel stacks, which RSS omits.");
    if (all_cpus)
        draw_sentence(t, "coro runs all tasks on one thread: where cpus:all "
                         "gives the others every CPU, it uses one.");
    if (unequal)
        draw_sentence(t, "refused: the runtimes did not do the same work, so "
                         "there is no ratio.");
    if (analysis_rounds(t->analysis) < 6)
        draw_sentence(t, "Fewer than six rounds allow no 95% interval and "
                         "no verdict.");
}

static void draw_totals(const struct table *t)
{
    const struct summary *s = &t->analysis->summary;
    size_t failed = 0, skipped = 0, missing = 0;
    size_t rounds = analysis_rounds(t->analysis);
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
    draw_sentence(t, text);
}

static void draw_lacks(const struct table *t)
{
    const struct summary *s = &t->analysis->summary;
    char lack[96], text[640];
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        if (!precision_lacks(lack, sizeof lack, s, t->analysis->shown[i]))
            continue;
        snprintf(text, sizeof text, "Less precise than the %.4g%% asked for:",
                 100 * precision_asked(s));
        if (!any)
            draw_sentence(t, text);
        any = true;
        snprintf(text, sizeof text, "%s: %s", t->analysis->shown[i]->name,
                 lack);
        draw_hint(t, text);
    }
}

void table_print(FILE *file, const struct analysis *analysis,
                 const struct table_style *style)
{
    struct table t = { .file = file, .analysis = analysis, .style = *style };
    if (t.style.columns < COLUMNS_MIN)
        t.style.columns = COLUMNS_MIN;
    t.prose = t.style.columns < PROSE_MAX ? t.style.columns : PROSE_MAX;
    lay_out(&t);
    draw_points(&t);
    draw_ranks(&t);
    draw_latencies(&t);
    draw_growth(&t);
    draw_slopes(&t);
    draw_means(&t);
    draw_reading(&t);
    draw_totals(&t);
    draw_lacks(&t);
}
