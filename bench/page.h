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
 * list), tables, charts, code, and folds around some of these.  What has been
 * begun must be ended.
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

/* A word that readers may not know. */
struct page_word {
    char word[32];
    const char *meaning;
};

enum {
    PAGE_WORDS = 64 /* no more of them */
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
    FILE *out, *headings, *topics;
    char *body, *links, *topic_links;
    size_t body_size, links_size, topic_links_size, contents;
    unsigned charts, sections;
    const struct page_word *words;
    size_t words_n;
    bool linked[PAGE_WORDS];
};

/* The file stays the caller's.  0, or -ENOMEM: then there is nothing to
 * close. */
int page_open(struct page *page, FILE *file, const struct page_form *form,
              const char *title);
/* Ends it.  0, or the first error of all: -ENOMEM. */
int page_close(struct page *page);

/* A list of the headings that follow, where the form has one. */
void page_contents(struct page *page);
/* No two are the same. */
void page_heading(struct page *page, const char *text);
/* The heading of one of many sections of a kind, listed apart. */
void page_topic(struct page *page, const char *text);

/* Between begin and end of a paragraph or an item: prose and text. */
void page_begin(struct page *page, enum page_block block);
void page_prose(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void page_text(struct page *page, const char *text);
/* Text that no line breaks. */
void page_fact(struct page *page, const char *text);
/* Leads to the heading of that text. */
void page_link(struct page *page, const char *heading);
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
/* What stands between them is shown on demand, and in print. */
void page_fold(struct page *page, const char *summary);
void page_unfold(struct page *page);

/* The first time one of these words stands in a text or a cell from here on,
 * it leads to its meaning where the form can do that; n may be 0.  They must
 * live until the next call. */
void page_know(struct page *page, const struct page_word *words, size_t n);
/* Those words and their meanings, which is where they lead. */
void page_words(struct page *page, const struct page_word *words, size_t n);

/* What a shell would be told; text. */
void page_code(struct page *page, const char *text);

/* ---- for the forms ---- */

struct page_form {
    int (*open)(struct page *page, const char *title);
    void (*close)(struct page *page);
    void (*contents)(struct page *page);
    void (*heading)(struct page *page, const char *text, bool topic);
    /* A block of this kind follows page->last. */
    void (*begin)(struct page *page, enum page_block block);
    void (*end)(struct page *page);
    void (*prose)(struct page *page, const char *prose);
    void (*text)(struct page *page, const char *text);
    void (*fact)(struct page *page, const char *text);
    void (*link)(struct page *page, const char *heading);
    void (*word)(struct page *page, const struct page_word *word);
    void (*table)(struct page *page);
    void (*cell)(struct page *page, const char *text, bool again, bool ours);
    void (*table_end)(struct page *page);
    void (*chart)(struct page *page, const char *dir, const char *name,
                  const char *description);
    void (*code)(struct page *page, const char *text);
};

#endif
