/* SPDX-License-Identifier: MIT */
#ifndef BENCH_VERSUS_WORDS_H
#define BENCH_VERSUS_WORDS_H

#include "human.h"
#include "verdict.h"
#include "versus.h"

/* "results/local/a: AMD EPYC, 2 CPUs, Linux 6.18; commit ...; 9 rounds" */
void versus_run_text(char *text, size_t size, const struct versus_runs *runs,
                     size_t i);
/* How it was compared, or why it was not. */
void versus_method_text(char *text, size_t size, const struct versus *versus);
/* "Only in A: ...": the first cells that only the base, or the other, has;
 * "" where none. */
const char *versus_alone_text(char *text, size_t size, const struct versus *v,
                              bool other, char letter);
/* "40 cells compared, ..." */
void versus_total_text(char *text, size_t size, const struct versus *versus);

struct versus_texts {
    char a[HUMAN], b[HUMAN], ratio[HUMAN], interval[HUMAN];
};
void versus_texts(struct versus_texts *texts,
                  const struct versus_figure *figure);

/* Either run has the figure. */
bool versus_shown(const struct versus_row *row, int measure);
const struct cell *versus_cell(const struct versus_row *row);

/* The answers of every run, one after the other; 0 or -ENOMEM. */
int versus_answers(struct answers **out, const struct versus_runs *runs);
void versus_answers_free(struct answers *answers,
                         const struct versus_runs *runs);
/* What the answers of a run are for a kind of work; false: "-", none. */
bool versus_says(char *text, size_t size, const struct answers *answers,
                 const char *heading);

#endif
