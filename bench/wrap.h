/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WRAP_H
#define BENCH_WRAP_H

#include <stdio.h>

/*
 * Prints text as lines of at most `width` columns, broken at blanks, the
 * second and later ones indented by `indent`.  The first line continues at
 * column `at`.  A word longer than a line is broken; control characters, as
 * they may come from a program gone wild, become blanks.
 */
void wrap_print(FILE *file, const char *text, int at, int indent, int width);

/* Columns a text takes: UTF-8 sequences count as one. */
int wrap_width(const char *text);

#endif
