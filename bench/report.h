/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

/*
 * The report's parts, each a file: a run for a reader who was not there.  It
 * states numbers, intervals and what is missing, and takes no side.
 */

#include "analysis.h"
#include "page.h"

enum {
    ROUNDS_MIN = 6 /* fewer make no interval */
};

/* What was found, in a few sentences, and what their words mean. */
extern const char report_words_heading[];
void report_words(struct page *page, const struct analysis *analysis);
void report_verdict(struct page *page, const struct analysis *analysis);
/* The geometric means over all workloads. */
void report_means(struct page *page, const struct analysis *analysis);

/* The workload whose first cell is shown[first], with its charts. */
void report_workload(struct page *page, const struct analysis *analysis,
                     size_t first);

/* Distributions, cost by size, memory per task, what is missing, the machine.
 */
void report_latencies(struct page *page, const struct analysis *analysis);
void report_growth(struct page *page, const struct analysis *analysis);
void report_slopes(struct page *page, const struct analysis *analysis);
void report_troubles(struct page *page, const struct analysis *analysis);
void report_environment(struct page *page, const struct analysis *analysis);
void report_reproduce(struct page *page, const struct analysis *analysis);

/* The chart of the answer stands beside it: it is shown once. */
#define REPORT_CHART "verdict"
/* The chart of that name, where there is one. */
void report_chart(struct page *page, const struct analysis *analysis,
                  const char *name);
/* The charts in the run's folder that are about this workload, or, NULL, about
 * none of them.  Their number. */
size_t report_charts(struct page *page, const struct analysis *analysis,
                     const char *workload);

#endif
