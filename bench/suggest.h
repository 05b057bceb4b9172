/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SUGGEST_H
#define BENCH_SUGGEST_H

/*
 * Names that were probably meant.
 */

#include <stddef.h>

/* The name among `names` (n of them) that is closest to `word`, when it is
 * close enough to be a slip of the finger; else NULL. */
const char *suggest_nearest(const char *word, const char *const *names,
                            size_t n);

/* Writes "; did you mean 'x'?", "; valid: a, b, c" or, where n is 0, "; there
 * is none" after a complaint about `word`; returns text. */
char *suggest_text(const char *word, const char *const *names, size_t n,
                   char *text, size_t size);

#endif
