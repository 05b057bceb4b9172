/* SPDX-License-Identifier: MIT */
/* One workload: its charts, its numbers, and what must be said of them. */

#include <string.h>

#include "rank.h"
#include "report.h"
#include "row.h"

static void print_row(struct page *page, const struct analysis *a,
                      const struct cell *cell, bool again)
{
    struct row row;
    char point[512];
    row_make(&row, a, cell);
    row_point(point, sizeof point, cell);
    if (again)
        page_again(page, point);
    else
        page_cell(page, point);
    page_cell(page, row.runtime);
    const char *const figures[] = {
        row.wall,  row.wall_interval, row.cpu,     row.rss,   row.full,
        row.ratio, row.interval,      row.verdict, row.other, row.other_verdict
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        page_figure(page, figures[i]);
}

/* The columns depend on what is compared; see row_head(). */
static void open_table(struct page *page, const struct cell *cell, int cost)
{
    static const struct page_column heads[2][COMPARES][12] = {
#define HEADS(per, which, other)  \
    { { "point" },                \
      { "runtime" },              \
      { "wall" per, true },       \
      { "95 %" },                 \
      { "CPU" per, true },        \
      { "RSS", true },            \
      { "full", true },           \
      { which " to coro", true }, \
      { "95 %" },                 \
      { "verdict" },              \
      { other " to coro", true }, \
      { "verdict" } }
        { HEADS("", "wall", "CPU"), HEADS("", "CPU", "wall") },
        { HEADS(" per op", "wall", "CPU"), HEADS(" per op", "CPU", "wall") },
#undef HEADS
    };
    page_table(page, heads[cell->calibrated][cost], 12);
}

static void print_note(struct page *page, const struct cell *cell,
                       const char *text)
{
    page_begin(page, PAGE_PARAGRAPH);
    page_text(page, cell->name);
    page_prose(page, ": %s.", text);
    page_end(page);
}

/* What must be said of the numbers of the workload at shown[first]. */
static void print_notes(struct page *page, const struct analysis *a,
                        size_t first)
{
    size_t outliers = 0;
    for (size_t i = first; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (i > first && analysis_opens_workload(a, i))
            break;
        outliers += cell->outliers;
        if (analysis_opens_point(a, i) && row_origin_bound(a, cell)) {
            page_begin(page, PAGE_PARAGRAPH);
            page_prose(page, "Server-bound, no verdict on wall time: ");
            page_text(page, cell->point);
            page_end(page);
        }
        char text[160];
        if (row_helped(text, sizeof text, cell))
            print_note(page, cell, text);
        if (row_offloads(text, sizeof text, cell))
            print_note(page, cell, text);
        if (row_stalls(text, sizeof text, cell))
            print_note(page, cell, text);
        const struct comparison *c = compare_find(&a->compared, cell);
        if (c && c->refused[0]) {
            page_begin(page, PAGE_PARAGRAPH);
            page_prose(page, "No ratio for ");
            page_text(page, cell->name);
            page_prose(page, ": ");
            page_text(page, c->refused);
            page_prose(page, ".");
            page_end(page);
        }
    }
    if (outliers > 0)
        page_paragraph(page,
                       "%zu sample%s further than three scaled MAD from the "
                       "median of %s cell; marked, not dropped.",
                       outliers, outliers == 1 ? " is" : "s are",
                       outliers == 1 ? "its" : "their");
}

static void print_title(struct page *page, const struct cell *cell)
{
    char title[600];
    snprintf(title, sizeof title, "%s%s%s", cell->workload,
             cell->question[0] ? ": " : "", cell->question);
    page_topic(page, title);
    if (cell->op[0]) {
        page_begin(page, PAGE_PARAGRAPH);
        page_prose(page, "One operation is one ");
        page_text(page, cell->op);
        page_prose(page, ".");
        page_end(page);
    }
}

/* True when something was measured. */
static bool print_numbers(struct page *page, const struct analysis *a,
                          size_t first)
{
    const char *point = NULL;
    int headed = -1;
    for (size_t i = first; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (i > first && analysis_opens_workload(a, i))
            break;
        if (cell->n == 0)
            continue;
        if (row_head(a, cell) != headed) {
            if (headed >= 0)
                page_table_end(page);
            open_table(page, cell, row_cost(a, cell));
            headed = row_head(a, cell);
            point = NULL;
        }
        print_row(page, a, cell, point && strcmp(point, cell->point) == 0);
        point = cell->point;
    }
    if (headed >= 0)
        page_table_end(page);
    return headed >= 0;
}

void report_workload(struct page *page, const struct analysis *a, size_t first)
{
    print_title(page, a->shown[first]);
    size_t charts = report_charts(page, a, a->shown[first]->workload);
    if (!print_numbers(page, a, first))
        page_paragraph(page, "Nothing was measured.");
    else if (charts == 0)
        page_paragraph(page, "There is no chart of it.");
    rank_page(page, a, a->shown[first]->workload);
    print_notes(page, a, first);
}
