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

/* Ends what grows; -ENOMEM where it did not get all. */
static int drop(struct page *page)
{
    FILE *files[] = { page->file, page->headings, page->topics };
    int error = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] && fclose(files[i]) != 0)
            error = -ENOMEM;
    return error;
}

static void release(struct page *page)
{
    free(page->body);
    free(page->links);
    free(page->topic_links);
}

static int open(struct page *page, const char *title)
{
    page->out = page->file;
    page->file = open_memstream(&page->body, &page->body_size);
    page->headings = open_memstream(&page->links, &page->links_size);
    page->topics = open_memstream(&page->topic_links, &page->topic_links_size);
    if (!page->file || !page->headings || !page->topics) {
        drop(page);
        release(page);
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

/* What has few of a kind is in sight, what has many is folded. */
static void print_contents(const struct page *page)
{
    fprintf(page->out, "<nav aria-label=\"Contents\">\n<p>%s</p>\n",
            page->links);
    if (page->topic_links_size > 0)
        fprintf(page->out,
                "<details><summary>Each workload</summary><p>%s</p>"
                "</details>\n",
                page->topic_links);
    fputs("</nav>\n", page->out);
}

static void close(struct page *page)
{
    begin(page, PAGE_OTHER);
    if (page->sections > 0)
        fputs("</section>\n", page->file);
    int error = drop(page);
    if (!page->error)
        page->error = error;
    if (!error) {
        fwrite(page->body, 1, page->contents, page->out);
        if (page->contents > 0)
            print_contents(page);
        fwrite(page->body + page->contents, 1, page->body_size - page->contents,
               page->out);
        fputs("</main>\n<script>\n", page->out);
        lines(page->out, html_script);
        fputs("</script>\n</body>\n</html>\n", page->out);
    }
    release(page);
    page->file = page->out;
}

static void contents(struct page *page)
{
    begin(page, PAGE_OTHER);
    page->last = PAGE_OTHER;
    fflush(page->file);
    page->contents = page->body_size;
}

/* Text as an identifier. */
static void anchor(FILE *file, const char *prefix, const char *text, size_t n)
{
    fputs(prefix, file);
    for (size_t i = 0; i < n; i++)
        fputc(isalnum((unsigned char)text[i]) || text[i] == '_'
                  ? tolower((unsigned char)text[i])
                  : '-',
              file);
}

/* The part of a heading that names it. */
static size_t name_length(const char *heading)
{
    return strcspn(heading, ":");
}

static void heading(struct page *page, const char *text, bool topic)
{
    FILE *list = topic ? page->topics : page->headings;
    const char *prefix = topic ? "topic-" : "";
    if (page->sections++ > 0)
        fputs("</section>\n", page->file);
    fputs("<section>\n<h2 id=\"", page->file);
    anchor(page->file, prefix, text, name_length(text));
    fputs("\">", page->file);
    html_text(page->file, text);
    fputs("</h2>\n", page->file);
    fflush(page->file);
    if (page->contents == 0)
        return;
    fputs("<a href=\"#", list);
    anchor(list, prefix, text, name_length(text));
    fputs("\">", list);
    html_characters(list, text, name_length(text));
    fputs("</a>\n", list);
    fflush(list);
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

/* ---- words that lead to their meaning ---- */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The word stands at the beginning of the text, in singular or plural. */
static bool stands(const char *text, const char *word, size_t n)
{
    if (strncmp(text, word, n) != 0)
        return false;
    if (word[n - 1] == ':') /* of a name and its value, not of a sentence */
        return text[n] && text[n] != ' ';
    text += n + (text[n] == 's');
    return !is_letter(*text) && *text != '-';
}

/* The longest word there that has not been linked; the number of words where
 * there is none. */
static size_t find_word(const struct page *page, const char *text)
{
    size_t found = page->words_n, longest = 0;
    for (size_t i = 0; i < page->words_n; i++) {
        size_t n = strlen(page->words[i].word);
        if (n > longest && stands(text, page->words[i].word, n)) {
            found = i;
            longest = n;
        }
    }
    return found;
}

/* The word itself, as a link the first time. */
static size_t print_word(struct page *page, const char *text, size_t which)
{
    const char *word = page->words[which].word;
    size_t n = strlen(word);
    if (!page->linked[which]) {
        fputs("<a class=\"word\" href=\"#", page->file);
        anchor(page->file, "word-", word, n);
        fputs("\" title=\"", page->file);
        html_text(page->file, page->words[which].meaning);
        fputs("\">", page->file);
    }
    html_characters(page->file, text, n);
    fputs(page->linked[which] ? "" : "</a>", page->file);
    page->linked[which] = true;
    return n;
}

static void text(struct page *page, const char *outside)
{
    bool inside = false; /* of a word */
    while (*outside) {
        size_t which = inside ? page->words_n : find_word(page, outside), n = 1;
        inside = is_letter(*outside);
        if (which < page->words_n)
            n = print_word(page, outside, which);
        else
            html_characters(page->file, outside, 1);
        outside += n;
    }
}

static void word(struct page *page, const struct page_word *known)
{
    fputs("<b id=\"", page->file);
    anchor(page->file, "word-", known->word, strlen(known->word));
    fputs("\">", page->file);
    html_text(page->file, known->word);
    fputs("</b> \xe2\x80\x93 ", page->file);
    html_text(page->file, known->meaning);
}

static void fact(struct page *page, const char *outside)
{
    fputs("<span class=\"fact\">", page->file);
    html_text(page->file, outside);
    fputs("</span>", page->file);
}

static void link(struct page *page, const char *heading_text)
{
    fputs("<a href=\"#", page->file);
    anchor(page->file, "", heading_text, name_length(heading_text));
    fputs("\">", page->file);
    html_text(page->file, heading_text);
    fputs("</a>", page->file);
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
    text(page, content);
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
    .fact = fact,
    .link = link,
    .word = word,
    .table = table,
    .cell = cell,
    .table_end = table_end,
    .chart = chart,
    .code = code,
};
