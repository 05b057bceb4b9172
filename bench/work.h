/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

/*
 * One execution of a workload, as the trial program sees it: what goes in,
 * and what is known when it is over.  workload.h is the workload's view.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include "histogram.h"
#include "measure.h"
#include "origin.h"
#include "params.h"
#include "workload.h"

enum {
    WORK_COUNTS_MAX = 16
};

struct work_counter {
    const char *name;
    uint64_t value;
};

struct work {
    const struct workload *workload;
    struct param params[PARAMS_MAX + 1]; /* complete; ended by a NULL name */
    struct param_value values[PARAMS_MAX];
    uint64_t concurrency;  /* of the runtime, as in rt_info() */
    struct origin *origin; /* NULL unless WORK_ORIGIN */
    uint64_t round;        /* of the run; schedules are drawn from it */

    struct measure measure;
    bool begun, ended, has_receipt;
    struct receipt receipt;
    char file[1024];              /* work_file() */
    char url[256];                /* of what work_fetch() fetches, */
    size_t url_bytes;             /* so many bytes */
    _Atomic uint64_t connections; /* opened with the functions of workload.h */
    struct crew *crew;            /* the group under way */
    struct work_counter counts[WORK_COUNTS_MAX];
    int count_n;
    /* One for each CPU, so that threads do not meet in the same lines; NULL
     * before work_begin().  See latency.c. */
    struct histogram *latencies[WORK_LATENCIES];
    unsigned latency_cpus;
    struct origin_stats origin_first;        /* before the body */
    struct origin_stats origin_begin;        /* at work_begin() */
    struct origin_stats origin_end;          /* at work_end() */
    uint64_t listen_drops, listen_overflows; /* before the body */

    /* See work_inject(): which value, what it was, what it became. */
    int injected; /* -1: none */
    int64_t nominal, given;

    int error; /* the first work_fail(), or 0; guarded by `failing` */
    char message[256];
    atomic_flag failing;
};

/* An execution with the workload's default parameters. */
void work_init(struct work *work, const struct workload *workload);

/* Frees what it holds. */
void work_fini(struct work *work);

/* Makes the histograms.  -ENOMEM. */
int work_latencies_new(struct work *work);
/* All that was recorded, added to *out. */
void work_latencies_merge(const struct work *work, enum work_latency which,
                          struct histogram *out);

/* Whether it needs the origin: not where the user gave a target. */
bool work_has_origin(const struct work *work);

/* Sets `given`. */
void work_give(struct work *work);

/* What the workload says it needs. */
struct needs {
    uint64_t live, tasks, fds, clients;
};
void work_needs(const struct work *work, struct needs *needs);

/* The schedule that the parameters choose for n operations.  -EINVAL where
 * they contradict each other. */
int arrivals_choose(struct arrivals *arrivals, struct work *work, uint64_t n);

/*
 * Makes a slower or faster program of this one, to see a gate fire:
 * "rounds:1.2" lets the body do 1.2 times the work that the parameter `rounds` asks for,
 * while the record tells of the nominal amount.  It is for parameters that say
 * how many equal operations there are, or how many tasks: the receipt is
 * scaled back in proportion.  After the parameters are set.  -EINVAL: no
 * integer parameter of that name, or no factor above 0 that keeps it within
 * its bounds.
 */
int work_inject(struct work *work, const char *text);

/* Connections the origin has lost to a full queue since work_attach(): what
 * its listeners dropped, but no more than overflowed in all; neither figure
 * alone means that.  LISTEN_UNKNOWN. */
uint64_t work_overflows(const struct work *work);

/* Before the body: notes where the origin's counters stand. */
int work_attach(struct work *work, struct origin *origin);

/* After the body returned `status`: checks the receipt, and takes an injection
 * back out of it.  Returns 0 when the trial is good, else a negative errno that
 * has gone through work_fail(). */
int work_check(struct work *work, int status);

#endif
