/* SPDX-License-Identifier: MIT */
/*
 * Edit distance between short names.
 */
#include "suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    LONGEST = 64
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein; one row of the matrix at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], m = strlen(b);
    if (m > LONGEST)
        return m;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < m; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(change, row[j] + 1, row[j + 1] + 1);
        }
    }
    return row[m];
}

const char *suggest_nearest(const char *word, const char *const *names,
                            size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, names[i]);
        if (d < best_distance && d < strlen(names[i])) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}

char *suggest_text(const char *word, const char *const *names, size_t n,
                   char *text, size_t size)
{
    const char *nearest = suggest_nearest(word, names, n);
    if (nearest) {
        snprintf(text, size, "; did you mean '%s'?", nearest);
        return text;
    }
    size_t used =
        (size_t)snprintf(text, size, n > 0 ? "; valid:" : "; there is none");
    for (size_t i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %s",
                                 i ? "," : "", names[i]);
    return text;
}
