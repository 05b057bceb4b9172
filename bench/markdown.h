/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MARKDOWN_H
#define BENCH_MARKDOWN_H

#include <stdio.h>

/* Text that may not be taken for markup, on one line. */
void markdown_text(FILE *file, const char *text);

#endif
