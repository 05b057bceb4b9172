/* SPDX-License-Identifier: MIT */
/* The report as a whole: what comes after what. */

#include "report.h"
#include "rank.h"

#include <string.h>

static const char *run_text(const struct analysis *a, const char *key)
{
    return json_string_value(json_object_get(a->summary.trials.run, key));
}

/* Another fact on the line. */
static void add_fact(struct page *page, const char *label, const char *text)
{
    if (!text)
        return;
    page_prose(page, "%s", label);
    page_fact(page, text);
}

static void print_origin(struct page *page, const struct analysis *a)
{
    char text[32];
    const json_t *end = a->summary.trials.end;
    const char *machine = json_string_value(json_object_get(a->env, "machine"));
    page_begin(page, PAGE_PARAGRAPH);
    page_text(page, machine ? machine : "A machine that is not known");
    add_fact(page, " · commit ", analysis_commit(a, text));
    page_prose(page, " · rounds: %zu", analysis_rounds(a));
    add_fact(page, " · profile ", run_text(a, "profile"));
    add_fact(page, " · ", run_text(a, "started"));
    page_end(page);
    if (!end)
        page_paragraph(page, "**The run was cut off; this is what it had "
                             "measured.**");
    else if (json_is_true(json_object_get(end, "interrupted")))
        page_paragraph(page, "**The run was interrupted; this is what it had "
                             "measured.**");
    if (!analysis_measured(a))
        page_paragraph(page, "**Nothing was measured: no trial ended well.**");
}

static void print_warnings(struct page *page, const struct analysis *a)
{
    const json_t *all = json_object_get(a->env, "warnings"), *one;
    size_t i;
    if (json_array_size(all) == 0)
        return;
    page_heading(page, "What disturbed");
    json_array_foreach(all, i, one)
    {
        page_begin(page, PAGE_ITEM);
        page_text(page, json_is_string(one) ? json_string_value(one) : "?");
        page_end(page);
    }
}

static void print_reading(struct page *page)
{
    page_heading(page, "How to read it");
    page_paragraph(
        page,
        "Every figure is the median over rounds, each trial a process of its "
        "own, with the 95 %% interval of that median from order statistics. "
        "The ratio is a runtime's figure over that of coro in the same round: "
        "above 1x coro is better, below 1x the other one, and the verdict is "
        "*same* where the whole interval lies within 3 %%, *unclear* where the "
        "rounds do not decide. "
        "It is taken of wall time, except where tasks mostly wait or the test "
        "server was the bottleneck (*server-bound*): there CPU time tells what "
        "a runtime costs.");
    page_paragraph(
        page,
        "RSS is taken while all tasks are parked where a workload parks them, "
        "else it is the peak; *full* adds page tables and kernel stacks. K, M "
        "and G are powers of 1024.");
    page_paragraph(page, "Orders have the cheapest first. %s", rank_note);
    page_paragraph(
        page, "coro runs all tasks on one thread and so on one CPU, also where "
              "`cpus:all` gives the others more. Network workloads use the "
              "loopback interface.");
}

static int print_report(FILE *file, const struct page_form *form,
                        const struct analysis *a)
{
    struct page page;
    int error =
        page_open(&page, file, form, "Coroutines and threads, measured");
    if (error)
        return error;
    print_origin(&page, a);
    report_verdict(&page, a);
    page_contents(&page);
    print_warnings(&page, a);
    report_means(&page, a);
    print_reading(&page);
    report_words(&page, a);
    for (size_t i = 0; i < a->summary.n; i++)
        if (analysis_opens_workload(a, i))
            report_workload(&page, a, i);
    report_latencies(&page, a);
    report_growth(&page, a);
    report_slopes(&page, a);
    report_troubles(&page, a);
    report_environment(&page, a);
    report_reproduce(&page, a);
    return page_close(&page);
}

int report_md(FILE *file, const struct analysis *analysis)
{
    return print_report(file, &page_md, analysis);
}

int report_html(FILE *file, const struct analysis *analysis)
{
    return print_report(file, &page_html, analysis);
}
