/* SPDX-License-Identifier: MIT */
/* What all forms of a document have in common: the order of its parts. */

#include "page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

int page_open(struct page *page, FILE *file, const struct page_form *form,
              const char *title)
{
    *page = (struct page){ .form = form, .file = file, .last = PAGE_OTHER };
    return form->open(page, title);
}

int page_close(struct page *page)
{
    page->form->close(page);
    return page->error;
}

/* Declares the next block to be of this kind. */
static void follow(struct page *page, enum page_block block)
{
    page->form->begin(page, block);
    page->last = block;
}

void page_contents(struct page *page)
{
    page->form->contents(page);
}

void page_heading(struct page *page, const char *text)
{
    follow(page, PAGE_OTHER);
    page->form->heading(page, text, false);
}

void page_topic(struct page *page, const char *text)
{
    follow(page, PAGE_OTHER);
    page->form->heading(page, text, true);
}

void page_begin(struct page *page, enum page_block block)
{
    follow(page, block);
}

void page_end(struct page *page)
{
    page->form->end(page);
}

static void print_prose(struct page *page, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void print_prose(struct page *page, const char *format, va_list args)
{
    char *prose;
    if (vasprintf(&prose, format, args) < 0) {
        page->error = -ENOMEM;
        return;
    }
    page->form->prose(page, prose);
    free(prose);
}

void page_prose(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_prose(page, format, args);
    va_end(args);
}

void page_text(struct page *page, const char *text)
{
    page->form->text(page, text);
}

void page_fact(struct page *page, const char *text)
{
    page->form->fact(page, text);
}

void page_link(struct page *page, const char *heading)
{
    page->form->link(page, heading);
}

void page_paragraph(struct page *page, const char *format, ...)
{
    va_list args;
    page_begin(page, PAGE_PARAGRAPH);
    va_start(args, format);
    print_prose(page, format, args);
    va_end(args);
    page_end(page);
}

void page_table(struct page *page, const struct page_column *columns, size_t n)
{
    follow(page, PAGE_TABLE);
    page->columns = columns;
    page->columns_n = n;
    page->column = 0;
    page->form->table(page);
}

static void print_cell(struct page *page, const char *text, bool again,
                       bool ours)
{
    page->form->cell(page, text, again, ours);
    page->column = (page->column + 1) % page->columns_n;
}

void page_cell(struct page *page, const char *text)
{
    print_cell(page, text, false, false);
}

void page_figure(struct page *page, const char *text)
{
    print_cell(page, text, false, true);
}

void page_again(struct page *page, const char *text)
{
    print_cell(page, text, true, false);
}

void page_table_end(struct page *page)
{
    page->form->table_end(page);
}

void page_chart(struct page *page, const char *dir, const char *name,
                const char *description)
{
    follow(page, PAGE_OTHER);
    page->form->chart(page, dir, name, description);
}

/* Markdown takes HTML as it is; blank lines around what is folded keep that
 * Markdown. */
void page_fold(struct page *page, const char *summary)
{
    follow(page, PAGE_OTHER);
    fputs("<details>\n<summary>", page->file);
    html_text(page->file, summary);
    fputs("</summary>\n", page->file);
}

void page_unfold(struct page *page)
{
    follow(page, PAGE_OTHER);
    fputs("</details>\n", page->file);
}

void page_know(struct page *page, const struct page_word *words, size_t n)
{
    page->words = words;
    page->words_n = n < PAGE_WORDS ? n : PAGE_WORDS;
    memset(page->linked, 0, sizeof page->linked);
}

void page_words(struct page *page, const struct page_word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        page_begin(page, PAGE_ITEM);
        page->form->word(page, &words[i]);
        page_end(page);
    }
}

void page_code(struct page *page, const char *text)
{
    follow(page, PAGE_OTHER);
    page->form->code(page, text);
}
