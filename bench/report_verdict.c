/* SPDX-License-Identifier: MIT */
/* What was found: the verdict, and all workloads together. */

#include <math.h>

#include "glossary.h"
#include "human.h"
#include "report.h"
#include "verdict.h"

const char report_words_heading[] = "Words";

/* The answers at a glance. */
static void print_winners(struct page *page, const struct answers *answers)
{
    static const struct page_column columns[] = { { "kind of work" },
                                                  { "winner" },
                                                  { "by how much" },
                                                  { "where threads win" } };
    page_table(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *answer = &answers->answers[i];
        page_cell(page, answer->heading);
        page_cell(page, answer->winner);
        page_cell(page, answer->gain[0] ? answer->gain : "-");
        page_cell(page, answer->threads);
    }
    page_table_end(page);
}

/* What an answer stands on. */
static void print_answer(struct page *page, const struct answer *answer)
{
    page_paragraph(page, "**%s**", answer->heading);
    for (size_t i = 0; i < answer->n; i++) {
        page_begin(page, PAGE_ITEM);
        page_text(page, answer->sentences[i]);
        page_end(page);
    }
}

/* How the verdicts of one measure fall, and how many survive the question
 * whether so many comparisons had to give some by chance. */
static void print_tally(struct page *page, const struct analysis *a, int which,
                        const char *measure)
{
    const struct compared *all = &a->compared;
    size_t counts[] = { 0, 0, 0, 0 }, total = 0, hold = 0;
    size_t rounds = analysis_rounds(a);
    for (size_t i = 0; i < all->n; i++) {
        const struct ratio *ratio = &all->comparisons[i].ratios[which];
        if (!compare_judged(&all->comparisons[i], which))
            continue;
        total++;
        counts[ratio->verdict]++;
        hold += (ratio->verdict == VERDICT_FASTER ||
                 ratio->verdict == VERDICT_SLOWER) &&
                ratio->holm <= 0.05;
    }
    if (total > 0 && rounds >= ROUNDS_MIN)
        page_paragraph(
            page,
            "By %s, of %zu comparisons with coro %zu are faster, %zu "
            "slower, %zu the same and %zu unclear. Corrected by Holm for "
            "their number, %zu of the differences hold at 5 %% by the sign "
            "test; %zu rounds let it do so among at most %.0f, and %.0f "
            "rounds among all.",
            measure, total, counts[VERDICT_FASTER], counts[VERDICT_SLOWER],
            counts[VERDICT_SAME], counts[VERDICT_INCONCLUSIVE], hold, rounds,
            floor(0.05 * pow(2, (double)rounds - 1)),
            ceil(1 + log2((double)total / 0.05)));
}

static void print_note(struct page *page, const struct answers *answers)
{
    char caution[256];
    page_begin(page, PAGE_PARAGRAPH);
    page_text(page, verdict_note);
    page_prose(page, " ");
    page_link(page, report_words_heading);
    page_prose(page, " says what each word means.");
    if (verdict_caution(caution, sizeof caution, answers)[0])
        page_prose(page, " %s", caution);
    page_end(page);
}

static void print_verdict(struct page *page, const struct analysis *a,
                          const struct answers *answers)
{
    struct page_word words[PAGE_WORDS];
    page_heading(page, "Verdict for this machine");
    page_know(page, words, glossary_make(words, a));
    print_winners(page, answers);
    print_note(page, answers);
    report_chart(page, a, REPORT_CHART);
    page_fold(page, "What speaks for it, point by point");
    for (size_t i = 0; i < answers->n; i++)
        print_answer(page, &answers->answers[i]);
    page_unfold(page);
    page_know(page, NULL, 0);
}

void report_verdict(struct page *page, const struct analysis *a)
{
    struct answers answers;
    int error = verdict_make(&answers, a);
    if (error) {
        page->error = error;
        return;
    }
    if (answers.n > 0)
        print_verdict(page, a, &answers);
    verdict_fini(&answers);
}

void report_words(struct page *page, const struct analysis *a)
{
    struct page_word words[PAGE_WORDS];
    size_t n = glossary_make(words, a);
    page_heading(page, report_words_heading);
    page_words(page, words, n);
}

static void print_mean(struct page *page, const struct geomean *g, int which)
{
    const struct estimate *e = &g->estimates[which];
    char text[HUMAN];
    if (e->n == 0)
        return;
    page_cell(page, g->runtime);
    page_cell(page, g->cpus);
    page_figure(page, which == COMPARE_WALL ? "wall" : "CPU");
    page_figure(page, human_ratio(text, e->median));
    page_figure(page, human_interval(text, e));
    snprintf(text, sizeof text, "%zu", g->workloads[which]);
    page_figure(page, text);
    snprintf(text, sizeof text, "%zu", g->points[which]);
    page_figure(page, text);
}

static void print_means(struct page *page, const struct analysis *a)
{
    static const struct page_column columns[] = {
        { "runtime" },      { "cpus" }, { "of" },
        { "ratio", true },  { "95 %" }, { "workloads", true },
        { "points", true },
    };
    page_paragraph(page, "Geometric mean of the ratios to coro, every workload "
                         "weighing the same; above 1x coro is better. It "
                         "depends on which workloads there are: the tables "
                         "below decide.");
    page_table(page, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < a->geomeans_n; i++) {
        print_mean(page, &a->geomeans[i], COMPARE_WALL);
        print_mean(page, &a->geomeans[i], COMPARE_CPU);
    }
    page_table_end(page);
}

void report_means(struct page *page, const struct analysis *a)
{
    if (a->compared.n == 0)
        return;
    page_heading(page, "Over all workloads");
    if (report_charts(page, a, NULL) == 0)
        page_paragraph(page, "There is no chart of it.");
    if (a->geomeans_n > 0)
        print_means(page, a);
    print_tally(page, a, COMPARE_WALL, "wall time");
    print_tally(page, a, COMPARE_CPU, "CPU time");
    if (analysis_rounds(a) < ROUNDS_MIN)
        page_paragraph(page, "Fewer than six rounds allow no 95 %% interval, "
                             "and so no verdict.");
}
