/* SPDX-License-Identifier: MIT */
/* A document as Markdown, with the tables of GitHub's flavour. */

#include <ctype.h>
#include <string.h>

#include "markdown.h"
#include "page.h"

/* A blank line between blocks, none within a list. */
static void begin(struct page *page, enum page_block block)
{
    bool listed = block == PAGE_ITEM && page->last == PAGE_ITEM;
    if (!listed)
        fputc('\n', page->file);
    if (block == PAGE_ITEM)
        fputs("* ", page->file);
}

static void end(struct page *page)
{
    fputc('\n', page->file);
}

static void prose(struct page *page, const char *text)
{
    fputs(text, page->file);
}

static void text(struct page *page, const char *outside)
{
    markdown_text(page->file, outside);
}

/* No line of Markdown is broken but by who shows it. */
static void fact(struct page *page, const char *outside)
{
    markdown_text(page->file, outside);
}

/* As those who show Markdown name the anchors of headings. */
static void link(struct page *page, const char *heading)
{
    fprintf(page->file, "[%s](#", heading);
    for (; *heading; heading++)
        if (isalnum((unsigned char)*heading) || strchr("-_", *heading))
            fputc(tolower((unsigned char)*heading), page->file);
        else if (*heading == ' ')
            fputc('-', page->file);
    fputc(')', page->file);
}

static void word(struct page *page, const struct page_word *known)
{
    fputs("**", page->file);
    text(page, known->word);
    fputs("** \xe2\x80\x93 ", page->file);
    text(page, known->meaning);
}

static int open(struct page *page, const char *title)
{
    fputs("# ", page->file);
    text(page, title);
    fputc('\n', page->file);
    return 0;
}

static void close(struct page *page)
{
    (void)page;
}

/* Those who show Markdown make a list of the headings themselves. */
static void contents(struct page *page)
{
    (void)page;
}

static void heading(struct page *page, const char *title, bool topic)
{
    (void)topic;
    fputs("## ", page->file);
    text(page, title);
    fputc('\n', page->file);
}

static void table(struct page *page)
{
    fputc('|', page->file);
    for (size_t i = 0; i < page->columns_n; i++)
        fprintf(page->file, " %s |", page->columns[i].title);
    fputs("\n|", page->file);
    for (size_t i = 0; i < page->columns_n; i++)
        fputs(page->columns[i].number ? "---:|" : "---|", page->file);
    fputc('\n', page->file);
}

static void cell(struct page *page, const char *content, bool again, bool ours)
{
    fputs(page->column == 0 ? "| " : " ", page->file);
    if (ours)
        fputs(content, page->file);
    else if (!again)
        text(page, content);
    fputs(page->column + 1 == page->columns_n ? " |\n" : " |", page->file);
}

static void table_end(struct page *page)
{
    (void)page;
}

static void chart(struct page *page, const char *dir, const char *name,
                  const char *description)
{
    (void)dir;
    (void)description;
    fprintf(page->file, "![%s](charts/%s.svg)\n", name, name);
}

static void code(struct page *page, const char *content)
{
    fprintf(page->file, "```sh\n%s```\n", content);
}

const struct page_form page_md = {
    .open = open,
    .close = close,
    .contents = contents,
    .heading = heading,
    .begin = begin,
    .end = end,
    .prose = prose,
    .text = text,
    .fact = fact,
    .link = link,
    .word = word,
    .table = table,
    .cell = cell,
    .table_end = table_end,
    .chart = chart,
    .code = code,
};
