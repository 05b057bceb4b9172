/* SPDX-License-Identifier: MIT */
/* The tables over all workloads: distributions, memory, what is missing. */

#include <math.h>
#include <string.h>

#include "human.h"
#include "latencies.h"
#include "precision.h"
#include "report.h"
#include "row.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Percentiles over all rounds, and of single trials with their interval. */
static void print_latency(struct page *page, const struct analysis *a,
                          const struct cell *cell, enum work_latency which)
{
    struct latencies latencies;
    struct row row;
    char p50[HUMAN], p99[HUMAN], count[24];
    bool beats = which == WORK_HEARTBEAT;
    const struct estimate *e = cell->estimates;
    if (!latencies_read(&latencies, cell, which))
        return;
    row_make(&row, a, cell);
    page_cell(page, cell->point);
    page_cell(page, row.runtime);
    for (int i = 0; i < PERCENTILES; i++)
        page_figure(page, latencies.percentiles[i]);
    page_figure(page, latencies.max);
    snprintf(count, sizeof count, "%llu", (unsigned long long)latencies.count);
    page_figure(page, count);
    page_figure(page,
                human_times(p50, &e[beats ? METRIC_BEAT_P50 : METRIC_LAT_P50],
                            1));
    page_figure(page,
                human_times(p99, &e[beats ? METRIC_BEAT_P99 : METRIC_LAT_P99],
                            1));
}

void report_latencies(struct page *page, const struct analysis *a)
{
    static const struct page_column columns[] = {
        { "point" },          { "runtime" },      { "p50", true },
        { "p90", true },      { "p99", true },    { "p99.9", true },
        { "max", true },      { "values", true }, { "p50 of a trial" },
        { "p99 of a trial" },
    };
    for (int w = 0; w < WORK_LATENCIES; w++) {
        if (!latencies_any(a, (enum work_latency)w))
            continue;
        page_heading(page, w == WORK_LATENCY ? "Latency" : "Heartbeats");
        page_paragraph(
            page,
            "%s Percentiles are over all rounds together, where at least "
            "ten values lie beyond; beside them the 95 %% interval of the "
            "median over trials, of those percentiles a single trial has "
            "values enough for.",
            w == WORK_LATENCY
                ? "Of operations: in a closed loop from their start, else from "
                  "the time they should have started (no coordinated "
                  "omission)."
                : "How late tasks run that only want to run at times.");
        page_table(page, columns, COUNT(columns));
        for (size_t i = 0; i < a->summary.n; i++)
            print_latency(page, a, a->shown[i], (enum work_latency)w);
        page_table_end(page);
    }
}

/* Where both ends read the same, what lies between them instead. */
static void say_ends(char *text, size_t size, const struct line *line)
{
    char low[HUMAN], high[HUMAN];
    human_bytes(low, line->slope_low);
    human_bytes(high, line->slope_high);
    if (strcmp(low, high) != 0)
        snprintf(text, size, "[%s, %s]", low, high);
    else
        snprintf(text, size, "\u00b1%.0f B",
                 ceil((line->slope_high - line->slope_low) / 2));
}

/* The estimate of one kind of memory, with its interval. */
static void print_line(struct page *page, const struct line *line, double value)
{
    char text[2 * HUMAN + 8];
    page_figure(page, human_bytes(text, value));
    if (line->n > 0 && line->interval)
        say_ends(text, sizeof text, line);
    else
        snprintf(text, sizeof text, "-");
    page_figure(page, text);
}

static void print_slope(struct page *page, const struct slope *slope)
{
    char text[64];
    bool fitted = slope->rss.n > 0;
    page_cell(page, slope->cell->group);
    page_cell(page, slope->cell->runtime);
    if (fitted)
        snprintf(text, sizeof text, "%.0f to %.0f", slope->smallest,
                 slope->largest);
    else
        snprintf(text, sizeof text, "%.0f", slope->largest);
    page_figure(page, text);
    print_line(page, &slope->rss, slope_rss(slope));
    print_line(page, &slope->full, slope_full(slope));
    page_figure(page, fitted ? human_bytes(text, slope->rss.intercept) : "-");
}

void report_slopes(struct page *page, const struct analysis *a)
{
    static const struct page_column columns[] = {
        { "series" }, { "runtime" },
        { "tasks" },  { "RSS per task", true },
        { "95 %" },   { "full per task", true },
        { "95 %" },   { "runtime itself", true },
    };
    if (a->slopes_n == 0)
        return;
    page_heading(page, "What RSS hides: memory per parked task");
    page_paragraph(
        page, "RSS is anonymous memory; full adds page tables and kernel "
              "stacks. With at least four sizes this is the slope of a "
              "Theil-Sen line through all samples, and its intercept the "
              "runtime itself; with fewer, the difference between parked and "
              "before at the largest.");
    page_table(page, columns, COUNT(columns));
    for (size_t i = 0; i < a->slopes_n; i++)
        print_slope(page, &a->slopes[i]);
    page_table_end(page);
}

void report_growth(struct page *page, const struct analysis *a)
{
    static const struct page_column columns[] = {
        { "series" },
        { "runtime" },
        { "CPU time per operation" },
    };
    char text[2048];
    if (a->steps_n == 0)
        return;
    page_heading(page, "Cost per operation as there are more of them");
    page_paragraph(
        page, "CPU time, of sizes that follow each other. A step breaks the "
              "line where the whole interval says that with ten times as many "
              "an operation costs over 26 %% more; what else grew there is "
              "named, as the place to look for the reason.");
    page_table(page, columns, COUNT(columns));
    for (size_t i = 0, n; i < a->steps_n; i += n) {
        n = growth_series(&a->steps[i], a->steps_n - i);
        growth_words(text, sizeof text, &a->steps[i], n, a->env);
        page_cell(page, a->steps[i].to->group);
        page_cell(page, a->steps[i].to->runtime);
        page_cell(page, text);
    }
    page_table_end(page);
}

static void print_lacks(struct page *page, const struct summary *s)
{
    char text[96];
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        if (!precision_lacks(text, sizeof text, s, &s->cells[i]))
            continue;
        if (!any)
            page_heading(page, "Less precise than asked for");
        if (!any)
            page_paragraph(page,
                           "Asked for was half a 95 %% interval of at most "
                           "%.4g %% of the median.",
                           100 * precision_asked(s));
        any = true;
        page_begin(page, PAGE_ITEM);
        page_text(page, s->cells[i].name);
        page_prose(page, ": %s", text);
        page_end(page);
    }
}

void report_troubles(struct page *page, const struct analysis *a)
{
    char text[1024];
    bool any = false;
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = &a->summary.cells[i];
        if (!row_trouble(text, sizeof text, cell))
            continue;
        if (!any)
            page_heading(page, "Failed, skipped and missing");
        any = true;
        page_begin(page, PAGE_ITEM);
        page_text(page, cell->name);
        page_prose(page, ": ");
        page_text(page, text);
        page_end(page);
    }
    print_lacks(page, &a->summary);
}
