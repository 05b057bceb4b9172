/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

/*
 * The result files of a run, all made from trials.jsonl and env.json, as one
 * analysis has read them: results.json (Google Benchmark JSON), results.ci.json
 * (one entry per cell), results.bmf.json (Bencher Metric Format), summary.csv,
 * latency.csv, samples.csv, crossovers.csv, verdict.csv, captions.tsv,
 * report.md, report.html.
 *
 * summary.csv is what gnuplot reads: tidy, one row per cell and metric, comma
 * separated, a header line, no quotes (no field may contain a comma):
 *
 *   cell      full name
 *   workload  "echo"
 *   group     name of the series' family: the cell's name without axis and
 *             runtime, "echo/bytes:64/cpus:1"
 *   axis      name of the x parameter, "-" without one
 *   x         its value, "-" without one
 *   cpus      "1" or "all"
 *   runtime   "coro", "pool:20", "thread", "thread:64k"
 *   metric    see below
 *   unit      "ns", "s", "bytes", "1/s", "ratio", "count"
 *   median low high   the estimate and its 95 % interval; "-" when there are
 *             too few samples for an interval
 *   min max n     of the samples
 *   verdict   ratio rows: faster, slower, same, inconclusive, refused,
 *             origin-bound (a wall time that tells of the server, not of the
 *             runtime: no verdict); cpu_growth: holds, breaks, unclear; else -
 *
 * Metrics, each only where it exists:
 *   wall_s user_s sys_s cpu_s setup_s ns_per_op cpu_ns_per_op ops_per_s
 *   ops_per_cpu_s                       throughput at equal CPU
 *   peak_rss parked_rss parked_full threads_mid_run vol_switches
 *   invol_switches minor_faults
 *   rss_per_task full_per_task          parked minus before, over the tasks
 *   slab_per_task                       the same of the kernel's slab, system
 *                                       wide and so only an estimate
 *   stalls                              turns that held the loop > 20 ms
 *   lat_p50_ns lat_p90_ns lat_p99_ns lat_p999_ns lat_max_ns
 *                                       latency of operations: of the trials
 *                                       that have enough of them (histogram.h)
 *   beat_p50_ns ... beat_max_ns         the same of heartbeats' lateness
 *   wall_vs_coro cpu_vs_coro            paired ratio contender / coro, ratio
 *                                       rows (above 1: coro is better)
 *   wall_rank cpu_rank                  among the runtimes of the point, 1 is
 *                                       the cheapest; those the rounds do not
 *                                       tell apart share one (rank.h)
 *   cpu_growth                          cpu_ns_per_op over that of the size
 *                                       before it in its series (growth.h)
 * and per series, with cell = group + runtime, axis and x "-":
 *   rss_slope full_slope                bytes per task by regression over at
 *                                       least four sizes
 *   rss_intercept
 * and per runtime and CPU view, with workload "all", group "all/cpus:1":
 *   wall_vs_coro_geomean cpu_vs_coro_geomean
 *
 * latency.csv has the distribution of what each cell recorded, over all its
 * rounds together, as points of a curve; same form:
 *
 *   cell workload point runtime   as above; point is the cell without runtime
 *   which     "latency" of operations, from the intended start where the point
 *             has a schedule other than closed; "heartbeat": lateness of
 *             tasks that only want to run at times
 *   share     of the values that do not exceed ns: 0, then closer and closer
 *             to 1 as far as ten values lie beyond it
 *   ns
 *   count     values in all
 *
 * samples.csv has every sample of the time that is compared, same form:
 *
 *   cell workload point runtime   as above
 *   metric    wall_s, or ns_per_op where the number of operations is calibrated
 *   round value
 *   relative  value over the median of the cell
 *   outlier   1: further than three scaled MAD from that median; marked, not
 *             dropped
 *
 * verdict.csv has the points at which coroutines and threads meet, of each kind
 * of work (verdict.h), a row per point and measure; same form:
 *
 *   kind      "computing"
 *   way       "coroutines" or "coroutines with offload"
 *   measure   "time", "CPU time", "cost", "memory", "latency", "lateness"
 *   cpus      as above
 *   cell      that of the threads
 *   ratio low high   threads over coroutines: above 1 coroutines are better;
 *             "-" where there was no interval
 *   winner    coroutines, threads, same, unclear
 *
 * A folder of cobench crossover has crossovers.json besides, which becomes
 * crossovers[] of results.json: an object for wall time and one for CPU time,
 * {workload, param, a, b, metric: "wall" | "cpu", answer: "found" | "none" |
 * "onset" | "undecided" | "several", points: [{x, rounds, ratio, ci_low,
 * ci_high}] (b over a)}, with low, high, winner_below, winner_above ("?":
 * undecided) where it was found, several or an onset, and winner where there
 * is none.  crossovers.csv has the same for the chart, a row per point:
 *
 *   workload param a b metric answer
 *   low high  between which it changes, "-" where it does not
 *   below above   who wins there, "?" for undecided; the same twice where one
 *             wins everywhere
 *   x ratio ci_low ci_high   a point; "-" where there was no interval
 *
 * captions.tsv is what the charts say beside the numbers, so that summary.csv
 * stays plain: fields separated by one tab, no tab or line end inside a field,
 * one fact per line, in any order, each line optional:
 *
 *   machine   "AMD EPYC 9B14, 2 CPUs, Linux 6.18"
 *   commit    "1a2b3c4d5e6f", "-dirty" appended where it applies
 *   rounds    "9"
 *   workload  NAME METRIC OPERATION QUESTION: the metric of its time chart,
 *             wall_s where the work is fixed and mostly waits or has no
 *             axis, else ns_per_op; what one operation is, "round trip"; its
 *             question
 *   runtime   NAME "reference" or NAME "third-party", of those that are
 */

#include <stdio.h>

#include "analysis.h"
#include "format.h"

/* Makes all of them in the run's folder.  Each is written under a temporary
 * name and renamed.  Prints one line to standard error for what could not be
 * written.  0, or the first negative errno. */
int results_write(const struct analysis *analysis);

/* Makes the reports alone, for when the charts they show have been drawn. */
int results_report(const struct analysis *analysis);

/* Says in one line on standard error which cells did other work than coro, or
 * not the same in every trial, and what differs.  Their number. */
int results_unequal(const struct analysis *analysis);

/* Prints summary.csv, results.json, report.md or report.html as it would be
 * written now; not for FORMAT_TABLE. */
int results_print(FILE *file, const struct analysis *analysis,
                  enum format format);

#endif
