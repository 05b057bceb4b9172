/* SPDX-License-Identifier: MIT */
/* Runs against each other as Markdown and HTML. */

#include <string.h>

#include "page.h"
#include "versus_words.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void print_rows(struct page *page, const struct versus *v, char letter)
{
    const char other[] = { letter, 0 }, ratio[] = { letter, '/', 'A', 0 };
    const struct page_column columns[] = {
        { "cell" },      { "of" },   { "A", true }, { other, true },
        { ratio, true }, { "95 %" }, { "verdict" },
    };
    page_table(page, columns, COUNT(columns));
    for (size_t i = 0; i < v->n; i++) {
        const struct versus_row *row = &v->rows[i];
        const char *name = versus_cell(row)->name;
        bool named = false;
        if (!row->a || !row->b)
            continue;
        for (int m = 0; m < VERSUS_MEASURES; m++) {
            const struct versus_figure *f = &row->figures[m];
            struct versus_texts texts;
            if (!versus_shown(row, m))
                continue;
            versus_texts(&texts, f);
            (named ? page_again : page_cell)(page, name);
            named = true;
            page_figure(page, versus_figure_name(f));
            page_figure(page, texts.a);
            page_figure(page, texts.b);
            page_figure(page, texts.ratio);
            page_figure(page, texts.interval);
            page_cell(page, row->refused[0] ? row->refused
                                            : versus_verdict_name(f->verdict));
        }
    }
    page_table_end(page);
}

static void print_text(struct page *page, const char *text)
{
    page_begin(page, PAGE_PARAGRAPH);
    page_text(page, text);
    page_end(page);
}

static void print_versus(struct page *page, const struct versus *v, char letter)
{
    char text[4096];
    snprintf(text, sizeof text, "%c against A", letter);
    page_heading(page, text);
    versus_total_text(text, sizeof text, v);
    print_text(page, text);
    versus_method_text(text, sizeof text, v);
    print_text(page, text);
    if (v->different[0]) {
        snprintf(text, sizeof text, "Different: %s.", v->different);
        print_text(page, text);
    }
    for (int alone = 0; alone < 2; alone++)
        if (versus_alone_text(text, sizeof text, v, alone, letter)[0])
            print_text(page, text);
    if (v->n > v->alone_a + v->alone_b)
        print_rows(page, v, letter);
}

/* One column for each run. */
static void print_answers(struct page *page, const struct versus_runs *runs,
                          const struct answers *answers)
{
    static const char *const letters[] = { "A", "B", "C", "D",
                                           "E", "F", "G", "H" };
    struct page_column columns[1 + COUNT(letters)] = { { "work" } };
    for (size_t i = 0; i < runs->n; i++)
        columns[i + 1].title = letters[i];
    page_heading(page, "What each run says by itself");
    page_table(page, columns, runs->n + 1);
    for (size_t i = 0; i < runs->n; i++)
        for (size_t k = 0; k < answers[i].n; k++) {
            const char *heading = answers[i].answers[k].heading;
            char text[ANSWER_LINE];
            bool said = false;
            for (size_t j = 0; j < i; j++)
                said |= versus_says(text, sizeof text, &answers[j], heading);
            if (said)
                continue;
            page_cell(page, heading);
            for (size_t j = 0; j < runs->n; j++) {
                versus_says(text, sizeof text, &answers[j], heading);
                page_cell(page, text);
            }
        }
    page_table_end(page);
}

static int print_page(FILE *file, const struct versus_runs *runs,
                      const struct page_form *form)
{
    struct page page;
    struct answers *answers;
    int error = versus_answers(&answers, runs);
    if (error)
        return error;
    error = page_open(&page, file, form, "Runs, compared");
    if (!error) {
        for (size_t i = 0; i < runs->n; i++) {
            char text[1024];
            page_begin(&page, PAGE_ITEM);
            page_prose(&page, "**%c** ", (char)('A' + i));
            versus_run_text(text, sizeof text, runs, i);
            page_text(&page, text);
            page_end(&page);
        }
        print_answers(&page, runs, answers);
        for (size_t i = 1; i < runs->n; i++)
            print_versus(&page, &runs->all[i - 1], (char)('A' + i));
        error = page_close(&page);
    }
    versus_answers_free(answers, runs);
    return error;
}

int versus_md(FILE *file, const struct versus_runs *runs)
{
    return print_page(file, runs, &page_md);
}

int versus_html(FILE *file, const struct versus_runs *runs)
{
    return print_page(file, runs, &page_html);
}
