/* SPDX-License-Identifier: MIT */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include <stddef.h>
#include <stdio.h>

/* Text in which nothing is markup any more, in elements and in quoted
 * attributes; control characters become blanks. */
void html_text(FILE *file, const char *text);
void html_characters(FILE *file, const char *text, size_t n);

/* The style sheet and the program of a page: lines, ended by NULL. */
extern const char *const html_style[], *const html_script[];

#endif
