/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

/*
 * A document for people, written once and printed as Markdown or as one
 * self-contained page of HTML.
 *
 * "Prose" is the author's: plain text with *emphasis*, **strong emphasis** and
 * `code`, and nothing else that Markdown knows.  "Text" may come from outside:
 * whatever it contains is shown and never taken for markup.
 *
 * Blocks follow each other: headings, paragraphs, items (neighbours make a
 * list), tables, charts, code.  What has been begun must be ended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct page_form;
extern const struct page_form page_md, page_html;

enum page_block {
    PAGE_PARAGRAPH,
    PAGE_ITEM,
    PAGE_TABLE,
    PAGE_OTHER
};

struct page_column {
    const char *title; /* prose */
    bool number;       /* to the right */
};

struct page {
    /* private */
    const struct page_form *form;
    FILE *file;           /* where the next block goes */
    enum page_block last; /* the block before this one */
    const struct page_column *columns;
    size_t columns_n, column;
    int error; /* the first one, negative errno */
    /* HTML alone: the body grows apart, since the contents stand amid it. */
    FILE *out, *headings;
    char *body, *links;
    size_t body_size, links_size, contents;
    unsigned charts, anchors;
};

/* The file stays the caller's.  0, or -ENOMEM: then there is nothing to
 * close. */
int page_open(struct page *page, FILE *file, const struct page_form *form,
              const char *title);
/* Ends it.  0, or the first error of all: -ENOMEM. */
int page_close(struct page *page);

/* A list of the headings that follow, where the form has one. */
void page_contents(struct page *page);
void page_heading(struct page *page, const char *text);

/* Between begin and end of a paragraph or an item: prose and text. */
void page_begin(struct page *page, enum page_block block);
void page_prose(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void page_text(struct page *page, const char *text);
void page_end(struct page *page);
/* A paragraph of nothing but prose. */
void page_paragraph(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The columns must live until page_table_end().  Every row is as many cells as
 * there are columns; the next cell begins the next row. */
void page_table(struct page *page, const struct page_column *columns, size_t n);
void page_cell(struct page *page, const char *text);
/* A cell of the program's own words and figures. */
void page_figure(struct page *page, const char *text);
/* A cell that says the same as the one above it. */
void page_again(struct page *page, const char *text);
void page_table_end(struct page *page);

/* The chart dir/charts/NAME.svg, and what it shows in words, for those who
 * cannot see it. */
void page_chart(struct page *page, const char *dir, const char *name,
                const char *description);
/* What a shell would be told; text. */
void page_code(struct page *page, const char *text);

/* ---- for the forms ---- */

struct page_form {
    int (*open)(struct page *page, const char *title);
    void (*close)(struct page *page);
    void (*contents)(struct page *page);
    void (*heading)(struct page *page, const char *text);
    /* A block of this kind follows page->last. */
    void (*begin)(struct page *page, enum page_block block);
    void (*end)(struct page *page);
    void (*prose)(struct page *page, const char *prose);
    void (*text)(struct page *page, const char *text);
    void (*table)(struct page *page);
    void (*cell)(struct page *page, const char *text, bool again, bool ours);
    void (*table_end)(struct page *page);
    void (*chart)(struct page *page, const char *dir, const char *name,
                  const char *description);
    void (*code)(struct page *page, const char *text);
};

#endif
