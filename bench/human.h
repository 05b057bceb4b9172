/* SPDX-License-Identifier: MIT */
#ifndef BENCH_HUMAN_H
#define BENCH_HUMAN_H

/*
 * Numbers for people: three significant digits and a unit, "-" for what is
 * not finite.  Each writes into text and returns it.
 */

#include <jansson.h>
#include <stddef.h>

#include "stats.h"

enum {
    HUMAN = 48 /* room for any of these texts */
};

/* "304 ms", from ns */
char *human_time(char text[HUMAN], double ns);
/* "8.23M", from bytes; the suffixes are powers of 1024 */
char *human_bytes(char text[HUMAN], double bytes);
/* "70.4M", "204k"; the suffixes are powers of 1000 */
char *human_count(char text[HUMAN], double count);
/* "2.32x", "0.64x" */
char *human_ratio(char text[HUMAN], double ratio);
/* "[2.30, 2.34]", "-" without an interval */
char *human_interval(char text[HUMAN], const struct estimate *e);
/* "[302 ms, 306 ms]", from ns after scaling; "-" without an interval */
char *human_times(char text[HUMAN], const struct estimate *e, double scale);
/* Half the interval's width over the median: "1.3%"; "-" without one */
char *human_spread(char text[HUMAN], const struct estimate *e);

/* Why a cell was skipped and what would help: "too few file descriptors (needs
 * 132, limit 64): ulimit -n 132".  skip: see record.h, or NULL. */
char *human_skip(char *text, size_t size, const char *reason,
                 const json_t *skip);

#endif
