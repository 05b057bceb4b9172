/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SHEET_H
#define BENCH_SHEET_H

/*
 * Prose on a terminal: headings, sentences and hints, wrapped.
 */

#include <stdbool.h>
#include <stdio.h>

struct sheet {
    FILE *file;
    int columns;
    int prose; /* width of sentences */
    int names; /* width of the names that notes begin with */
    bool bold; /* the terminal can */
};

void sheet_heading(const struct sheet *sheet, const char *text);
void sheet_sentence(const struct sheet *sheet, const char *text);
/* Indented, below a heading. */
void sheet_hint(const struct sheet *sheet, const char *text);
/* A sentence where the row of that name stands, or would. */
void sheet_note(const struct sheet *sheet, const char *name, const char *text);

#endif
