/* SPDX-License-Identifier: MIT */
/* Words to lines. */

#include "wrap.h"

#include <stdbool.h>

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Not the first byte of a UTF-8 sequence. */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

int wrap_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += !continues(*text);
    return width;
}

static int word_width(const char *text)
{
    int width = 0;
    for (; *text && !is_blank(*text); text++)
        width += !continues(*text);
    return width;
}

static int new_line(FILE *file, int indent)
{
    fprintf(file, "\n%*s", indent, "");
    return indent;
}

void wrap_print(FILE *file, const char *text, int at, int indent, int width)
{
    bool first = true;
    while (*text) {
        if (is_blank(*text)) {
            text++;
            continue;
        }
        int word = word_width(text);
        if (!first && at + 1 + word <= width) {
            fputc(' ', file);
            at++;
        } else if (at > indent && (!first || at + word > width)) {
            at = new_line(file, indent);
        }
        first = false;
        for (; *text && !is_blank(*text); text++) {
            if (!continues(*text) && at >= width && width > indent)
                at = new_line(file, indent);
            at += !continues(*text);
            fputc(*text, file);
        }
    }
    fputc('\n', file);
}
