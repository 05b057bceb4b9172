/* SPDX-License-Identifier: MIT */
/*
 * A document as one page of HTML that needs nothing else: style, program and
 * pictures are in it, and its own policy forbids it to load anything.
 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "page.h"
#include "svg.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; img-src data:; style-src 'unsafe-inline'; script-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n";

static void lines(FILE *file, const char *const *all)
{
    for (; *all; all++)
        fprintf(file, "%s\n", *all);
}

static int open(struct page *page, const char *title)
{
    page->out = page->file;
    page->file = open_memstream(&page->body, &page->body_size);
    page->headings = open_memstream(&page->links, &page->links_size);
    if (!page->file || !page->headings) {
        if (page->file)
            fclose(page->file);
        if (page->headings)
            fclose(page->headings);
        free(page->body);
        free(page->links);
        return -ENOMEM;
    }
    fputs(head, page->out);
    fputs("<title>", page->out);
    html_text(page->out, title);
    fputs("</title>\n<style>\n", page->out);
    lines(page->out, html_style);
    fputs("</style>\n</head>\n<body>\n<main>\n<h1>", page->out);
    html_text(page->out, title);
    fputs("</h1>\n", page->out);
    return 0;
}

/* Ends the list that the next block is no part of. */
static void begin(struct page *page, enum page_block block)
{
    bool was = page->last == PAGE_ITEM, is = block == PAGE_ITEM;
    if (was && !is)
        fputs("</ul>\n", page->file);
    if (is && !was)
        fputs("<ul>\n", page->file);
    if (is)
        fputs("<li>", page->file);
    if (block == PAGE_PARAGRAPH)
        fputs("<p>", page->file);
}

static void end(struct page *page)
{
    fputs(page->last == PAGE_ITEM ? "</li>\n" : "</p>\n", page->file);
}

static void close(struct page *page)
{
    begin(page, PAGE_OTHER);
    if (page->anchors > 0)
        fputs("</section>\n", page->file);
    if (fclose(page->file) != 0 || fclose(page->headings) != 0) {
        page->error = -ENOMEM;
    } else {
        fwrite(page->body, 1, page->contents, page->out);
        if (page->contents > 0)
            fprintf(page->out, "<nav aria-label=\"Contents\">\n%s</nav>\n",
                    page->links);
        fwrite(page->body + page->contents, 1, page->body_size - page->contents,
               page->out);
        fputs("</main>\n<script>\n", page->out);
        lines(page->out, html_script);
        fputs("</script>\n</body>\n</html>\n", page->out);
    }
    free(page->body);
    free(page->links);
    page->file = page->out;
}

static void contents(struct page *page)
{
    begin(page, PAGE_OTHER);
    page->last = PAGE_OTHER;
    fflush(page->file);
    page->contents = page->body_size;
}

/* The heading's first words, as an identifier. */
static void anchor(FILE *file, const struct page *page, const char *text)
{
    fprintf(file, "s%u", page->anchors);
    for (bool gap = true; *text && *text != ':'; text++) {
        bool plain = isalnum((unsigned char)*text) || *text == '_';
        if (plain && gap)
            fputc('-', file);
        if (plain)
            fputc(tolower((unsigned char)*text), file);
        gap = !plain;
    }
}

static void heading(struct page *page, const char *text)
{
    if (page->anchors++ > 0)
        fputs("</section>\n", page->file);
    fputs("<section>\n<h2 id=\"", page->file);
    anchor(page->file, page, text);
    fputs("\">", page->file);
    html_text(page->file, text);
    fputs("</h2>\n", page->file);
    fflush(page->file);
    if (page->contents == 0)
        return;
    fputs("<a href=\"#", page->headings);
    anchor(page->headings, page, text);
    fputs("\">", page->headings);
    html_characters(page->headings, text, strcspn(text, ":"));
    fputs("</a>\n", page->headings);
}

/* *emphasis*, **strong emphasis** and `code`. */
static void prose(struct page *page, const char *text)
{
    static const char *const tags[] = { "em", "strong", "code" };
    bool in[] = { false, false, false };
    while (*text) {
        size_t n = strcspn(text, "*`");
        html_characters(page->file, text, n);
        text += n;
        if (!*text)
            return;
        bool twice = text[0] == '*' && text[1] == '*';
        int which = *text == '`' ? 2 : twice;
        fprintf(page->file, "<%s%s>", in[which] ? "/" : "", tags[which]);
        in[which] = !in[which];
        text += 1 + twice;
    }
}

static void text(struct page *page, const char *outside)
{
    html_text(page->file, outside);
}

static void table(struct page *page)
{
    fputs("<div class=\"wide\" tabindex=\"0\">\n<table>\n<thead><tr>",
          page->file);
    for (size_t i = 0; i < page->columns_n; i++) {
        fputs(page->columns[i].number ? "<th scope=\"col\" class=\"n\">"
                                      : "<th scope=\"col\">",
              page->file);
        prose(page, page->columns[i].title);
        fputs("</th>", page->file);
    }
    fputs("</tr></thead>\n<tbody>\n", page->file);
}

/* The program's own words that tell at a glance, and all else of its own. */
static const char *tone(const char *content)
{
    static const char *const words[] = { "faster", "slower", "same" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(content, words[i]) == 0)
            return words[i];
    return "f";
}

static void cell(struct page *page, const char *content, bool again, bool ours)
{
    const char *class = "";
    if (again)
        class = "again";
    else if (page->columns[page->column].number)
        class = "n";
    else if (ours)
        class = tone(content);
    fputs(page->column == 0 ? "<tr>" : "", page->file);
    if (*class)
        fprintf(page->file, "<td class=\"%s\">", class);
    else
        fputs("<td>", page->file);
    html_text(page->file, content);
    fputs(page->column + 1 == page->columns_n ? "</td></tr>\n" : "</td>",
          page->file);
}

static void table_end(struct page *page)
{
    fputs("</tbody>\n</table>\n</div>\n", page->file);
}

/* The caller frees it; NULL, with errno set. */
static char *read_file(const char *path)
{
    char *content = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    if (getdelim(&content, &size, '\0', file) < 0) {
        free(content);
        content = NULL;
        errno = EBADMSG;
    }
    fclose(file);
    return content;
}

static int print_chart(struct page *page, const char *path,
                       const char *description)
{
    char prefix[32], *svg = read_file(path);
    if (!svg)
        return -errno;
    snprintf(prefix, sizeof prefix, "c%u-", ++page->charts);
    fputs("<figure class=\"wide\" tabindex=\"0\">", page->file);
    int error = svg_print(page->file, svg, prefix, description);
    fputs("</figure>\n", page->file);
    free(svg);
    return error;
}

static void chart(struct page *page, const char *dir, const char *name,
                  const char *description)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/charts/%s.svg", dir, name);
    int error = print_chart(page, path, description);
    if (error == -ENOMEM)
        page->error = error;
    if (!error)
        return;
    fputs("<p>The chart ", page->file);
    html_text(page->file, name);
    fprintf(page->file, " cannot be shown: %s.</p>\n",
            error == -EBADMSG ? "its file is no whole picture"
                              : strerror(-error));
}

static void code(struct page *page, const char *content)
{
    fputs("<pre class=\"wide\" tabindex=\"0\"><code>", page->file);
    /* Lines stay lines. */
    for (size_t n; *content; content += n) {
        n = strcspn(content, "\n");
        html_characters(page->file, content, n);
        if (content[n])
            n++, fputc('\n', page->file);
    }
    fputs("</code></pre>\n", page->file);
}

const struct page_form page_html = {
    .open = open,
    .close = close,
    .contents = contents,
    .heading = heading,
    .begin = begin,
    .end = end,
    .prose = prose,
    .text = text,
    .table = table,
    .cell = cell,
    .table_end = table_end,
    .chart = chart,
    .code = code,
};
