/* SPDX-License-Identifier: MIT */
/*
 * Draws the table: one block per point, the same column widths everywhere.
 */

#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "below.h"
#include "row.h"
#include "sheet.h"
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

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

struct table {
    struct sheet sheet;
    const struct analysis *analysis;
    struct table_style style;
    int widths[COLUMNS];
    bool filled[COLUMNS]; /* says more than "-" somewhere */
    bool shown[COLUMNS];
};

static void paint(const struct table *t, const char *colour)
{
    if (t->style.colour && colour)
        fputs(colour, t->sheet.file);
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
        if (!needed && used + width > t->sheet.columns)
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
    int room = t->sheet.columns - INDENT - 2 - t->widths[WALL];
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
        fprintf(t->sheet.file, "%.*s", t->widths[column], text);
    else if (left_aligned(column))
        fprintf(t->sheet.file, "%s%s%*s", sign, text, pad, "");
    else
        fprintf(t->sheet.file, "%*s%s%s", pad, "", sign, text);
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
        fprintf(t->sheet.file, "%*s", gap((enum column)c), "");
        paint(t, colours[c]);
        if (c == (int)last && left_aligned(last))
            fprintf(t->sheet.file, "%s%s",
                    is_spread(last, texts[c]) ? plus_minus(t) : "", texts[c]);
        else
            draw_text(t, (enum column)c, texts[c]);
        paint(t, colours[c] ? PLAIN : NULL);
    }
    fputc('\n', t->sheet.file);
}

static void draw_heads(const struct table *t, const struct cell *cell, int cost)
{
    const char *texts[COLUMNS], *colours[COLUMNS];
    heads_of(cell, cost, texts);
    for (int c = 0; c < COLUMNS; c++)
        colours[c] = DIM;
    draw_line(t, texts, colours);
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
        sheet_note(&t->sheet, "", trouble);
    if (row_offloads(trouble, sizeof trouble, cell))
        sheet_note(&t->sheet, "", trouble);
    if (row_stalls(trouble, sizeof trouble, cell))
        sheet_note(&t->sheet, "", trouble);
    if (row.refused)
        sheet_note(&t->sheet, row.runtime, row.refused);
    if (row_trouble(trouble, sizeof trouble, cell))
        sheet_note(&t->sheet, row.runtime, trouble);
}

static void draw_point(const struct table *t, const struct cell *cell)
{
    char text[512];
    row_point(text, sizeof text, cell);
    wrap_print(t->sheet.file, text, 0, INDENT, t->sheet.columns);
    if (row_origin_bound(t->analysis, cell))
        sheet_hint(&t->sheet,
                   "(server-bound: the test server was the bottleneck, so only "
                   "the client's CPU gets a verdict)");
}

static void draw_question(const struct table *t, const struct cell *cell)
{
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s", cell->workload,
             cell->question[0] ? ": " : "", cell->question);
    sheet_heading(&t->sheet, text);
}

static void draw_points(const struct table *t)
{
    const struct analysis *a = t->analysis;
    int headed = -1;
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (analysis_opens_workload(a, i)) {
            if (i > 0)
                fputc('\n', t->sheet.file);
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

void table_print(FILE *file, const struct analysis *analysis,
                 const struct table_style *style)
{
    int columns = style->columns < COLUMNS_MIN ? COLUMNS_MIN : style->columns;
    struct table t = {
        .sheet = { .file = file,
                   .columns = columns,
                   .prose = columns < PROSE_MAX ? columns : PROSE_MAX,
                   .bold = style->colour },
        .analysis = analysis,
        .style = *style,
    };
    lay_out(&t);
    t.sheet.names = t.widths[RUNTIME];
    draw_points(&t);
    below_print(&t.sheet, analysis);
}
