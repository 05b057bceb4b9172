/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

/*
 * The comparison for a terminal.  No line is longer than `columns`: columns
 * of lesser weight are left out and sentences wrapped.
 */

#include <stdbool.h>
#include <stdio.h>

#include "analysis.h"

struct table_style {
    int columns; /* at least 24 are used */
    bool colour;
    bool utf8; /* the terminal shows it */
};

void table_print(FILE *file, const struct analysis *analysis,
                 const struct table_style *style);

#endif
