/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

/*
 * What a workload file sees besides rt.h: the description it exports, the
 * parameters it gets, the marks of its timed region, and the receipt it owes.
 *
 * A file bench/workloads/NAME.c defines `const struct workload workload_NAME`
 * and is found by the Makefile.  Its body runs as the main task of whatever
 * runtime it was linked with.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "rt.h"

struct work; /* one execution: parameters in, receipt out */

enum param_kind {
    PARAM_INT,
    PARAM_REAL,
    PARAM_CHOICE
};

struct param {
    const char *name; /* one of the names of the catalogue (README) */
    enum param_kind kind;
    const char *value;   /* default, as it would be typed */
    double low, high;    /* PARAM_INT, PARAM_REAL: inclusive bounds */
    const char *choices; /* PARAM_CHOICE: "yield,chan,pipe" */
    const char *help;
};

/* What an execution needs of the runtime and the machine.  Where it is more
 * than there is, the trial is skipped with the reason. */
struct needs {
    uint64_t live;  /* tasks that must be blocked at the same time, the main
                       task not counted; with fewer the body would deadlock */
    uint64_t tasks; /* the most tasks alive at once where nothing limits them */
    uint64_t fds;   /* descriptors open at once */
};

/*
 * Which cells the three profiles measure.  `runtimes` is a comma list of
 * runtime specifications, NAME or NAME:ARGUMENT (pool:20 has 20 workers,
 * thread:64k stacks of 64 KiB).  A sweep is a blank-separated list of
 * NAME=VALUE[,VALUE...] and means the product of all lists, parameters not
 * named keeping their defaults; `|` separates alternative products.  The
 * pseudo-parameter `cpus` takes 1 (pinned) and all.  A NULL sweep measures
 * nothing in that profile.
 */
struct cells {
    const char *runtimes;
    const char *quick, *normal, *full;
};

enum {
    WORK_ORIGIN = 1, /* needs the origin server */
    WORK_WAITS = 2,  /* mostly waits: wall time is no measure of cost */
};

enum {
    PARAMS_MAX = 8,
    CELLS_MAX = 8
};

struct workload {
    const char *name;
    const char *question; /* what it answers; title of its chart */
    const char *op;       /* what one operation is: "round trip" */
    const char *axis;     /* the parameter on the x axis of charts, or NULL */
    /* The parameter that holds the number of operations where that number is
     * calibrated (its `high` is the upper limit), or NULL where the
     * definition fixes the work.  Each operation of a calibrated workload
     * contributes equally to bytes and digest, so that they can be compared
     * per operation. */
    const char *calibrated;
    int flags;
    struct param params[PARAMS_MAX]; /* ended by a NULL name */
    struct cells cells[CELLS_MAX];   /* ended by a NULL runtimes */
    /* Fills in what is not 0.  NULL: needs nothing. */
    void (*needs)(const struct work *work, struct needs *needs);
    /* The main task.  Returns 0, or a negative errno best made by
     * work_fail(). */
    int (*body)(struct work *work);
};

/* ---- parameters ---- */

/* The value in force; the name must be one of the workload's own. */
int64_t work_int(const struct work *work, const char *name);
double work_real(const struct work *work, const char *name);
/* PARAM_CHOICE: index into the choices. */
int work_choice(const struct work *work, const char *name);

/* ---- the timed region ---- */

/* Everything before is set-up of the workload and not timed. */
void work_begin(struct work *work);
/*
 * All `tasks` tasks are alive and parked: reads the memory they hold.  The
 * time this takes is not counted, except that with WORK_WAITS the wall clock
 * runs on, as the tasks' own waits do.  At most once, between begin and end;
 * the main task only.
 */
void work_parked(struct work *work, uint64_t tasks);
void work_end(struct work *work);

/* ---- the receipt ---- */

struct receipt {
    uint64_t units;  /* tasks really created and finished */
    uint64_t ops;    /* operations really done */
    uint64_t bytes;  /* payload bytes moved, 0 where there are none */
    uint64_t digest; /* order-independent sum of work_hash() of the results;
                        calibrated workloads: below 2^32 per operation */
    uint64_t peak;   /* most units alive (started, not ended) at once; 0
                        where counting would cost more than what is measured */
    uint64_t connections; /* opened to the origin; when not 0 the trial
                             compares it with what the origin saw */
};

/* What was done; called once, after work_end(). */
void work_receipt(struct work *work, const struct receipt *receipt);

/* A further figure for the record ("yields"): stored under "counts".  At most
 * 16; the name must live forever. */
void work_count(struct work *work, const char *name, uint64_t value);

/* Records why the trial failed; returns error unchanged, so that a body can
 * end with `return work_fail(w, -EBADMSG, "sum is %lu, not %lu", a, b)`.  The
 * first call wins. */
int work_fail(struct work *work, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A 32-bit hash of a result, for digests. */
static inline uint64_t work_hash(uint64_t x)
{
    /* The finaliser of SplitMix64 (Steele, Lea, Flood 2014), upper half. */
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (x ^ (x >> 31)) >> 32;
}

/* ---- latency ---- */

/* The histograms of a trial. */
enum work_latency {
    WORK_LATENCY,   /* how long an operation took, or how late it was */
    WORK_HEARTBEAT, /* how late a task was that only wants to run at times */
    WORK_LATENCIES
};

/*
 * Records a duration between work_begin() and work_end().  From any task and
 * thread, without locks; about 20 ns.  In a closed loop, where the next
 * operation starts when the last has ended, take it from the start of the
 * operation; in an open one from the time it should have started.
 */
void work_latency(struct work *work, enum work_latency which, int64_t ns);

/* One heartbeat: sleeps until *next + period_ns, which becomes *next, and
 * records how late it woke.  Late ones are made up for, so that a task that
 * was held up for ten periods counts as late ten times.  Suspends.  0, or
 * the error of rt_sleep(). */
int work_beat(struct work *work, int64_t *next, int64_t period_ns);

/* ---- when operations start ----
 * In a closed loop each task starts the next operation when its last one has
 * ended: a slow answer holds back the load, and latencies flatter.  In an open
 * loop operations start by a schedule, the same in every trial, and latency
 * counts from the time it gives (no coordinated omission).  A trial of it
 * takes as long as its schedule: like WORK_WAITS, its wall time is no measure
 * of cost.  How closely a runtime keeps to the schedule is that of its
 * rt_sleep(), which is in the latency.
 */

/* The parameters of a workload that offers all of them. */
#define WORK_SCHEDULE                                                      \
    {                                                                      \
        "schedule", PARAM_CHOICE, "closed", 0, 0, "closed,poisson,fixed",  \
            "what starts an operation: the end of the last one, or a time" \
    }
#define WORK_RATE                                                               \
    {                                                                           \
        "rate", PARAM_INT, "0", 0, 1e6, NULL,                                   \
            "operations started per second, over all tasks; 0 in a closed loop" \
    }

enum work_schedule {
    WORK_CLOSED,
    WORK_POISSON, /* independent arrivals: exponential gaps */
    WORK_FIXED
};

/* Shared by the tasks that perform the operations; private. */
struct arrivals {
    enum work_schedule schedule;
    uint64_t n;
    int64_t gap_ns, limit_ns;
    _Atomic int64_t start; /* when the first was asked for; 0: not yet */
    _Atomic int64_t last;  /* after start */
    _Atomic uint64_t taken;
};

/* n operations by a schedule of `rate` per second, or in a closed loop. */
void arrivals_init(struct arrivals *arrivals, enum work_schedule schedule,
                   int64_t rate, uint64_t n);
/* The same by the workload's parameters.  -EINVAL where they contradict each
 * other. */
int arrivals_choose(struct arrivals *arrivals, struct work *work, uint64_t n);

/*
 * Asks for an operation.  Open loop: sleeps until the next one is due; 0 when
 * there are no more, or when the time the schedule takes is over twice and
 * a second more: the rest is not started.  Closed: 0 when the caller has
 * `done` its `share`.  Returns 1 with *start, from which latency counts, or
 * the error of rt_sleep().  Suspends.
 */
int arrivals_next(struct arrivals *arrivals, uint64_t done, uint64_t share,
                  int64_t *start);

/* Adds the count "unstarted", in an open loop: what of the n was not done for
 * lack of time. */
void arrivals_count(const struct arrivals *arrivals, struct work *work,
                    uint64_t done);

/* ---- groups of tasks ---- */

/* Counts units that are alive, and the most there were. */
struct gauge {
    _Atomic uint64_t now, peak, ended;
};
/* Returns how many are alive now, this one counted. */
uint64_t gauge_enter(struct gauge *gauge);
void gauge_leave(struct gauge *gauge);

/* The index-th of n parts of a total that differ by one at most. */
static inline uint64_t work_share(uint64_t total, uint64_t n, uint64_t index)
{
    return total / n + (index < total % n);
}

/*
 * Spawns a task for each of n items of item_bytes each, calling fn(item), and
 * joins them, 64 at a time.  For set-up.  Returns the first negative status or
 * error.  Suspends.
 */
int work_waves(rt_task_fn fn, void *items, size_t item_bytes, size_t n);

/*
 * A timed region that creates tasks: calls work_begin(), spawns a task for
 * each item, joins all, calls work_end().  Puts units and peak into *receipt.
 * Returns the first negative status or error.  Suspends.
 */
int work_tasks(struct work *work, rt_task_fn fn, void *items, size_t item_bytes,
               size_t n, struct receipt *receipt);

/*
 * The same for tasks that exist before the region starts: as many of them as
 * this runtime can run at once stand at a start line when work_begin() is
 * called, and are let go after it.  (Where nobody can wait at a line, on seq,
 * it is work_tasks().)
 */
int work_crew(struct work *work, rt_task_fn fn, void *items, size_t item_bytes,
              size_t n, struct receipt *receipt);

/* ---- the origin ---- */

#define WORK_HOST "127.0.0.1"

/* Ports of the bundled target server on WORK_HOST; 0 unless WORK_ORIGIN. */
unsigned work_http_port(const struct work *work);
unsigned work_echo_port(const struct work *work);
/* A line protocol, see origin.h: lets the origin play the load generator. */
unsigned work_control_port(const struct work *work);

#endif
