/* SPDX-License-Identifier: MIT */
/* The answers for a terminal. */

#include "verdict.h"

#include <string.h>

#include "wrap.h"

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

enum {
    PROSE_MAX = 100,
    COLUMNS_MIN = 24,
    INDENT = 2
};

static void print_bold(FILE *file, const char *text, int columns, bool bold)
{
    fputs(bold ? BOLD : "", file);
    wrap_print(file, text, 0, INDENT, columns);
    fputs(bold ? PLAIN : "", file);
}

static void print_sentences(FILE *file, const struct answer *answer,
                            int columns)
{
    wrap_print(file, answer->heading, 0, INDENT, columns);
    for (size_t i = 0; i < answer->n; i++) {
        fprintf(file, "%*s", INDENT, "");
        wrap_print(file, answer->sentences[i], INDENT, 2 * INDENT, columns);
    }
}

/* Each part of a text, "a; b", as a line of its own. */
static void print_parts(FILE *file, const char *text, int columns)
{
    while (*text) {
        char part[ANSWER_GAIN];
        const char *end = strstr(text, "; ");
        size_t n = end ? (size_t)(end - text) : strlen(text);
        snprintf(part, sizeof part, "%.*s", (int)n, text);
        fprintf(file, "%*s", INDENT, "");
        wrap_print(file, part, INDENT, 2 * INDENT, columns);
        text += end ? n + 2 : n;
    }
}

static void print_answer(FILE *file, const struct answer *answer, int columns,
                         bool bold)
{
    char text[ANSWER_LINE];
    snprintf(text, sizeof text, "%s: %s", answer->heading, answer->winner);
    print_bold(file, text, columns, bold);
    print_parts(file, answer->gain, columns);
    /* "threads win on one CPU: ...", or what keeps one from saying so. */
    snprintf(text, sizeof text, "threads win%s %s",
             strncmp(answer->threads, "on ", 3) == 0 ? "" : ":",
             answer->threads);
    fprintf(file, "%*s", INDENT, "");
    wrap_print(file, text, INDENT, 2 * INDENT, columns);
}

void verdict_print(FILE *file, const struct answers *answers, int columns,
                   bool bold)
{
    char caution[256];
    if (columns > PROSE_MAX)
        columns = PROSE_MAX;
    if (columns < COLUMNS_MIN)
        columns = COLUMNS_MIN;
    if (answers->n == 0)
        return;
    fputc('\n', file);
    print_bold(file, "What speaks for the verdict", columns, bold);
    for (size_t i = 0; i < answers->n; i++)
        print_sentences(file, &answers->answers[i], columns);
    wrap_print(file, verdict_note, 0, 0, columns);
    fputc('\n', file);
    print_bold(file, "Verdict for this machine", columns, bold);
    for (size_t i = 0; i < answers->n; i++)
        print_answer(file, &answers->answers[i], columns, bold);
    if (verdict_caution(caution, sizeof caution, answers)[0])
        wrap_print(file, caution, 0, 0, columns);
}
