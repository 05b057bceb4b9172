/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ANALYSIS_H
#define BENCH_ANALYSIS_H

/* Everything the writers of result files draw on, made once. */

#include <jansson.h>
#include <stdio.h>

#include "compare.h"
#include "geomean.h"
#include "growth.h"
#include "slope.h"
#include "summary.h"

struct analysis {
    const char *dir; /* the run's, as given */
    struct summary summary;
    /* The cells as they are shown: workloads and groups in plan order, points
     * by x, so that the cells of a point are neighbours. */
    const struct cell **shown; /* summary.n */
    struct compared compared;
    struct geomean *geomeans;
    size_t geomeans_n;
    struct slope *slopes;
    size_t slopes_n;
    struct step *steps; /* growth.h */
    size_t steps_n;
    json_t *env; /* env.json; an empty object where there is none */
};

/* Reads dir.  Errors are those of summary_read(); where something could not
 * be read or was left out, `message` holds one line, else it is empty. */
int analysis_init(struct analysis *out, const char *dir, char *message,
                  size_t message_size);
void analysis_fini(struct analysis *analysis);

/* shown[i] is the first of its workload, or of its point. */
bool analysis_opens_workload(const struct analysis *analysis, size_t i);
bool analysis_opens_point(const struct analysis *analysis, size_t i);

/* True when at least one cell has a sample. */
bool analysis_measured(const struct analysis *analysis);
/* The most samples any cell has. */
size_t analysis_rounds(const struct analysis *analysis);

/* "1a2b3c4d5e6f" or "1a2b3c4d5e6f-dirty"; NULL when it is not known. */
const char *analysis_commit(const struct analysis *analysis, char text[32]);

/* What cobench crossover has found there (results.h), to be released; NULL
 * where it was another command. */
json_t *analysis_crossovers(const struct analysis *analysis);

/* ---- the writers; each prints one file, 0 or a negative errno ---- */

int results_json(FILE *file, const struct analysis *analysis);
/* The keys of results.json that are not Google Benchmark's. */
struct document;
void results_added(struct document *d, json_t *root,
                   const struct analysis *analysis);
int results_ci(FILE *file, const struct analysis *analysis);
int results_bmf(FILE *file, const struct analysis *analysis);
int results_csv(FILE *file, const struct analysis *analysis);
int results_latency(FILE *file, const struct analysis *analysis);
int results_samples(FILE *file, const struct analysis *analysis);
int results_crossovers(FILE *file, const struct analysis *analysis);
int results_verdict(FILE *file, const struct analysis *analysis);
int results_captions(FILE *file, const struct analysis *analysis);
int report_md(FILE *file, const struct analysis *analysis);
int report_html(FILE *file, const struct analysis *analysis);

#endif
