/* SPDX-License-Identifier: MIT */
/*
 * Pictures in pages.  The text is read tag by tag; what may pass is listed,
 * all else is left out.  A group is printed when its first child is: one that
 * stays empty never comes out.
 */

#include "svg.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

enum {
    DEPTH_MAX = 64
};

static const char *const elements[] = {
    "svg",  "g",    "defs",  "use",   "path",    "rect",     "circle",
    "line", "text", "tspan", "title", "polygon", "polyline", "ellipse",
};
/* Drawn only as far as something is in them. */
static const char *const containers[] = { "g", "text", "tspan", "defs" };
static const char *const worded[] = { "title", "text", "tspan" };
static const char *const attributes[] = {
    "id",          "x",
    "y",           "x1",
    "y1",          "x2",
    "y2",          "dx",
    "dy",          "cx",
    "cy",          "r",
    "rx",          "ry",
    "d",           "width",
    "height",      "points",
    "transform",   "fill",
    "color",       "opacity",
    "stroke",      "stroke-width",
    "font-size",   "stroke-dasharray",
    "font-style",  "font-weight",
    "text-anchor", "stroke-opacity",
    "viewBox",     "fill-opacity",
    "xml:space",
};

struct span {
    const char *text;
    size_t n;
};

struct tag {
    struct span name;
    const char *inside, *end; /* of its attributes; behind its '>' */
    bool closing, alone;      /* </g>, <path/> */
};

struct reader {
    FILE *file;
    const char *at, *prefix, *description;
    struct tag open[DEPTH_MAX];
    size_t depth, printed; /* elements open, and of them printed */
    size_t lost;           /* depth from which all is left out, or 0 */
    bool root;             /* has been seen */
};

static bool same(struct span a, const char *b)
{
    return strlen(b) == a.n && memcmp(a.text, b, a.n) == 0;
}

#define LISTED(span, list) listed(span, list, sizeof(list) / sizeof *(list))
static bool listed(struct span word, const char *const list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same(word, list[i]))
            return true;
    return false;
}

/* Behind the '>' that ends the tag at c, or NULL; quotes may hide one. */
static const char *behind(const char *c)
{
    char quote = 0;
    for (; *c; c++)
        if (quote)
            quote = *c == quote ? 0 : quote;
        else if (*c == '"' || *c == '\'')
            quote = *c;
        else if (*c == '>')
            return c + 1;
    return NULL;
}

static bool read_tag(struct tag *tag, const char *c)
{
    *tag = (struct tag){ .end = behind(c) };
    if (!tag->end)
        return false;
    tag->closing = *++c == '/';
    c += tag->closing;
    tag->name.text = c;
    while (isalnum((unsigned char)*c) || strchr("_:.-!?", *c ? *c : '>'))
        c++;
    tag->name.n = (size_t)(c - tag->name.text);
    tag->inside = c;
    tag->alone = tag->end[-2] == '/';
    return true;
}

/* The next attribute at *c, before `end`; false when there is none. */
static bool next_attribute(const char **c, const char *end, struct span *name,
                           struct span *value)
{
    const char *at = *c;
    while (at < end && !isalpha((unsigned char)*at))
        at++;
    name->text = at;
    while (at < end && (isalnum((unsigned char)*at) || strchr("_:.-", *at)))
        at++;
    name->n = (size_t)(at - name->text);
    while (at < end && *at != '"' && *at != '\'')
        at++;
    if (name->n == 0 || at >= end)
        return false;
    value->text = at + 1;
    const char *quote = memchr(value->text, *at, (size_t)(end - value->text));
    if (!quote)
        return false;
    value->n = (size_t)(quote - value->text);
    *c = quote + 1;
    return true;
}

/* What is quoted stays quoted: '"' in one of '...' alone would end it. */
static void print_value(FILE *file, const char *prefix, struct span value)
{
    fputs(prefix, file);
    for (size_t i = 0; i < value.n; i++)
        if (value.text[i] == '"')
            fputs("&quot;", file);
        else if (value.text[i] == '<')
            fputs("&lt;", file);
        else
            fputc(value.text[i], file);
}

/* "url(...)": a colour may be fetched, too. */
static bool reaches_out(struct span value)
{
    return memmem(value.text, value.n, "url", 3) != NULL;
}

static void print_attributes(const struct reader *r, const struct tag *tag)
{
    struct span name, value;
    const char *c = tag->inside;
    while (next_attribute(&c, tag->end, &name, &value)) {
        bool refers = same(name, "xlink:href") || same(name, "href");
        if (refers && value.n > 0 && value.text[0] == '#') {
            fputs(" href=\"#", r->file);
            value = (struct span){ value.text + 1, value.n - 1 };
        } else if (LISTED(name, attributes) && !reaches_out(value)) {
            fprintf(r->file, " %.*s=\"", (int)name.n, name.text);
        } else {
            continue;
        }
        print_value(r->file, refers || same(name, "id") ? r->prefix : "",
                    value);
        fputc('"', r->file);
    }
}

/* The picture's own element: as wide as the page lets it be. */
static void print_root(const struct reader *r, const struct tag *tag)
{
    struct span name, value;
    const char *c = tag->inside;
    fprintf(r->file,
            "<svg role=\"img\" aria-labelledby=\"%stitle %sdescription\"",
            r->prefix, r->prefix);
    while (next_attribute(&c, tag->end, &name, &value))
        if (same(name, "viewBox")) {
            fputs(" viewBox=\"", r->file);
            print_value(r->file, "", value);
            fputc('"', r->file);
        }
    fprintf(r->file, "><desc id=\"%sdescription\">", r->prefix);
    html_text(r->file, r->description);
    fputs("</desc>", r->file);
}

static void print_start(const struct reader *r, const struct tag *tag)
{
    if (same(tag->name, "svg")) {
        print_root(r, tag);
        return;
    }
    fprintf(r->file, "<%.*s", (int)tag->name.n, tag->name.text);
    if (same(tag->name, "title"))
        fprintf(r->file, " id=\"%stitle\"", r->prefix);
    else
        print_attributes(r, tag);
    fputs(tag->alone ? "/>" : ">", r->file);
}

/* The open elements that have waited for something to be in them. */
static void print_waiting(struct reader *r)
{
    while (r->printed < r->depth)
        print_start(r, &r->open[r->printed++]);
}

/* What stands between two tags: words only in texts, and in the title. */
static void take_text(struct reader *r, const char *end)
{
    if (!r->lost && r->depth > 0 &&
        LISTED(r->open[r->depth - 1].name, worded) && end > r->at) {
        print_waiting(r);
        fwrite(r->at, 1, (size_t)(end - r->at), r->file);
    }
}

/* Only one picture, in which titles are but its own. */
static bool wanted(const struct reader *r, const struct tag *tag)
{
    return LISTED(tag->name, elements) &&
           (r->depth == 0) == same(tag->name, "svg") &&
           (r->depth == 1 || !same(tag->name, "title"));
}

static int take_start(struct reader *r, const struct tag *tag)
{
    if (r->lost || (r->depth > 0 && !wanted(r, tag))) {
        r->lost += !tag->alone;
        return 0;
    }
    if (r->depth == 0 && (r->root || !wanted(r, tag)))
        return -EBADMSG;
    r->root = true;
    if (tag->alone) {
        print_waiting(r);
        print_start(r, tag);
        return 0;
    }
    if (r->depth == DEPTH_MAX)
        return -EBADMSG;
    r->open[r->depth++] = *tag;
    if (!LISTED(tag->name, containers))
        print_waiting(r);
    return 0;
}

static int take_end(struct reader *r, const struct tag *tag)
{
    if (r->lost) {
        r->lost--;
        return 0;
    }
    if (r->depth == 0 || tag->name.n != r->open[r->depth - 1].name.n ||
        memcmp(tag->name.text, r->open[r->depth - 1].name.text, tag->name.n) !=
            0)
        return -EBADMSG;
    if (r->printed == r->depth--) {
        r->printed = r->depth;
        fprintf(r->file, "</%.*s>", (int)tag->name.n, tag->name.text);
    }
    return 0;
}

static int read_all(struct reader *r)
{
    int error = 0;
    while (!error) {
        struct tag tag;
        const char *next = strchr(r->at, '<');
        if (!next)
            return r->root && r->depth == 0 ? 0 : -EBADMSG;
        take_text(r, next);
        if (!read_tag(&tag, next))
            return -EBADMSG;
        r->at = tag.end;
        if (next[1] == '?' || next[1] == '!')
            continue;
        error = tag.closing ? take_end(r, &tag) : take_start(r, &tag);
    }
    return error;
}

int svg_print(FILE *file, const char *svg, const char *prefix,
              const char *description)
{
    char *text;
    size_t size;
    struct reader r = { .at = svg, .prefix = prefix };
    r.description = description;
    r.file = open_memstream(&text, &size);
    if (!r.file)
        return -ENOMEM;
    int error = read_all(&r);
    if (fclose(r.file) != 0 && !error)
        error = -ENOMEM;
    if (!error)
        fwrite(text, 1, size, file);
    free(text);
    return error;
}
