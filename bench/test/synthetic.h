/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_SYNTHETIC_H
#define BENCH_TEST_SYNTHETIC_H

/*
 * A made-up run: cells and trials put together in memory and written as
 * trials.jsonl and env.json into a temporary folder, which is removed again.
 * A failure of the helper itself ends the program.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct synthetic {
    char dir[64];
    json_t *run;    /* the run's description; to be altered freely */
    json_t *trials; /* array of trial lines */
    json_t *end;    /* NULL: the run was cut off */
    json_t *env;
};

void synthetic_init(struct synthetic *s);
void synthetic_fini(struct synthetic *s);

/* A cell by its parts; zero values are absent. */
struct synthetic_cell {
    const char *workload, *params; /* "conns:100/bytes:64", may be NULL */
    const char *axis;              /* one of params, with x */
    const char *cpus, *runtime;    /* "1" and "coro" when NULL */
    const char *question, *op;
    int x;
    bool calibrated, waits;
};
/* Adds it to the plan; returns its name, which lives as long as s. */
const char *synthetic_plan(struct synthetic *s,
                           const struct synthetic_cell *cell);

/* Adds a trial of phase "measure" and outcome "ok" with a complete record;
 * returns the record (borrowed), to be altered. */
json_t *synthetic_trial(struct synthetic *s, const char *cell, int round,
                        double wall_ns, double cpu_ns, int ops);
/* Rounds 1 to n: the figures vary by +-1 % in an order fixed by `shift`. */
void synthetic_rounds(struct synthetic *s, const char *cell, int n,
                      double wall_ns, double cpu_ns, int ops, int shift);
/* Adds a trial with another outcome. */
json_t *synthetic_failure(struct synthetic *s, const char *cell, int round,
                          const char *outcome, const char *message);
/* Sets the memory of a record to that of `tasks` parked tasks. */
void synthetic_park(json_t *record, int tasks, int rss_each, int kernel_each);

/* Writes the files; the path of one of them is in the folder. */
void synthetic_write(const struct synthetic *s);
char *synthetic_path(const struct synthetic *s, const char *name, char *path,
                     size_t size);
/* Adds to the written trials.jsonl. */
void synthetic_append(const struct synthetic *s, const char *text);
/* A whole file as text, which the caller frees; NULL when it is not there. */
char *synthetic_read(const struct synthetic *s, const char *name);

/* Makes all result files of a folder, or the reports alone: results.h. */
int synthetic_results(const char *dir);
int synthetic_reports(const char *dir);

#endif
