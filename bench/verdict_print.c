/* SPDX-License-Identifier: MIT */
/* The answers for a terminal. */

#include "verdict.h"
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

static void print_answer(FILE *file, const struct answer *answer, int columns)
{
    char text[ANSWER_LINE];
    snprintf(text, sizeof text, "%s: %s%s%s", answer->heading, answer->winner,
             answer->gain[0] ? "; " : "", answer->gain);
    wrap_print(file, text, 0, INDENT, columns);
    snprintf(text, sizeof text, "threads win %s", answer->threads);
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
        print_answer(file, &answers->answers[i], columns);
    if (verdict_caution(caution, sizeof caution, answers)[0])
        wrap_print(file, caution, 0, 0, columns);
}
