/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

/*
 * What a workload file sees besides rt.h: the description it exports, the
 * parameters it gets, the marks of its timed region, and the receipt it owes.
 *
 * A file bench/workloads/NAME.c defines `const struct workload workload_NAME`
 * and is found by the Makefile.  It runs as the main task of whatever runtime
 * it was linked with.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "rt.h"

struct work; /* one execution: parameters in, receipt out */

enum param_kind {
    PARAM_INT,
    PARAM_REAL,
    PARAM_CHOICE,
    PARAM_URL,    /* a text; its schemes are in choices: "http,https" */
    PARAM_ADDRESS /* a text, HOST:PORT */
};

/* A parameter.  What is left 0 is as vocabulary.c has it, where each name has
 * one meaning for all workloads: { "conns", "100" } is complete. */
struct param {
    const char *name;
    const char *value;   /* default, as it would be typed */
    double low, high;    /* PARAM_INT, PARAM_REAL: inclusive bounds */
    const char *choices; /* PARAM_CHOICE: "yield,chan,pipe" */
    const char *help;
    enum param_kind kind;
    bool bundled; /* the origin's doing: means nothing to another server */
};

/*
 * Which cells the profiles measure.  `runtimes` is a comma list of
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
    const char *scale; /* every decade of the axis */
};

enum {
    WORK_ORIGIN = 1, /* needs the origin server */
    WORK_WAITS = 2,  /* mostly waits: wall time is no measure of cost */
    WORK_STALLS = 4, /* turns that hold the loop longer than 20 ms are counted
                        (rt_options.stall_ns), which costs a clock a switch */
    WORK_SEQ = 8,    /* its tasks need not be live on seq */
    WORK_FILE = 32,  /* reads work_file() */
    WORK_OFFLOADS = 64, /* on a loop, threads beside it do the work */
    WORK_HTTP = 128,    /* uses rt_http, of the origin or a --url */
    WORK_TRACE = 16,    /* to be watched by `cobench trace`, not to be timed */
};

/* What of the life of a group's tasks is timed. */
enum region {
    REGION_WORK,   /* They stand at a start line when it begins: as many as
                      the runtime can run at once.  It ends when all have been
                      joined.  (On seq, where nobody can wait at a line, as
                      REGION_TASKS.) */
    REGION_TASKS,  /* creating them, their work, joining them */
    REGION_ALIVE,  /* creating them until all are alive at a line; then their
                      memory is read; letting them go, joining them */
    REGION_ASLEEP, /* the same without a line: they wait by themselves, long
                      enough for all to be alive at once, else it fails (and
                      to doze, if they are to) */
    REGION_CANCEL  /* all are alive when it begins: cancelling and joining */
};

enum {
    PARAMS_MAX = 8,
    CELLS_MAX = 8
};

/* What an item is: its size, and how it is prepared and given up. */
struct item {
    size_t bytes;              /* it begins with a struct share; 0: is one */
    rt_task_fn open;           /* by a task for each, 64 at a time; or NULL */
    void (*close)(void *item); /* whatever came of open; or NULL */
};

struct share;

/*
 * What a workload is, and what it does: a group of tasks with an item each
 * (`run`), or a body of its own.
 *
 * Texts called sums are numbers and the workload's parameters between
 * + - * and /, reckoned from left to right: "8", "tasks", "3*conns+1".
 */
struct workload {
    const char *name;
    const char *question; /* what it answers; title of its chart */
    const char *op;       /* what one operation is: "round trip" */
    int version; /* raised when the same parameters come to mean other work:
                    figures of before are then not compared with */
    const char *axis; /* the parameter on the x axis of charts, or NULL */
    /* The parameter that holds the number of operations where that number is
     * calibrated (its `high` is the upper limit), or NULL where the
     * definition fixes the work.  Each operation of a calibrated workload
     * contributes equally to bytes and digest, so that they can be compared
     * per operation. */
    const char *calibrated;
    int flags;
    struct param params[PARAMS_MAX]; /* ended by a NULL name */
    struct cells cells[CELLS_MAX];   /* ended by a NULL runtimes */

    /* What it needs, as sums.  Where that is more than there is, the trial is
     * skipped with the reason. */
    const char *live;  /* tasks that must be blocked at the same time, the main
                          task not counted: with fewer it would deadlock */
    const char *tasks; /* the most tasks alive at once where nothing limits
                          them, and the size of the group; NULL: as live */
    const char *fds;   /* descriptors open at once */
    const char *clients; /* beside those: HTTP clients at once, each with a
                            connection and what its runtime holds for it */

    /* The group, see work_group(). */
    enum region region;
    const char *ops; /* a sum: operations in all, dealt out to the tasks; NULL:
                        as calibrated, else one for each task */
    const char *sum; /* a sum: what share.sum must come to over all tasks; NULL:
                        not checked */
    /* What the tasks share, in `common`. */
    struct {
        int events;
        bool mutex, cond;
        const char *permits; /* a sum: the semaphore's first count */
        const char *channel; /* a sum: what it holds, items of 64 bit */
    } uses;
    struct item item;
    int (*setup)(
        struct work *work); /* what else is to be done first; or NULL */
    rt_task_fn run;         /* the task of an item */
    /* Looks through what all have done, added up, and may amend it; or NULL. */
    int (*check)(struct work *work, struct share *total);
    /* The main task, where that is not work_group().  Returns 0, or a
     * negative errno best made by work_fail(). */
    int (*body)(struct work *work);
};

/* ---- parameters ---- */

/* The value in force; the name must be one of the workload's own. */
int64_t work_int(const struct work *work, const char *name);
double work_real(const struct work *work, const char *name);
/* PARAM_CHOICE: index into the choices. */
int work_choice(const struct work *work, const char *name);

/* What a sum comes to; 0 where it is NULL. */
uint64_t work_sum(const struct work *work, const char *sum);

/* The same values for the names of vocabulary.c, set before the body runs. */
extern struct given {
    int64_t alive, bytes, capacity, cold, conns, cpu_ns, cpu_us, cut, delay_ms,
        leaves, n, offload, permits, rate, requests, rounds, tasks, touch_kib;
    int64_t kernel, schedule, via; /* indices into the choices */
    double frac, scale, sleep_s;
    const char *url, *connect; /* "" for the origin */
} given;

/* ---- when operations start ----
 * In a closed loop each task starts the next operation when its last one has
 * ended: a slow answer holds back the load, and latencies flatter.  In an open
 * loop operations start by a schedule, in each round another and the same for
 * all runtimes, and latency counts from the time it gives (no coordinated
 * omission).  A trial of it
 * takes as long as its schedule: like WORK_WAITS, its wall time is no measure
 * of cost.  How closely a runtime keeps to the schedule is that of its
 * rt_sleep(), which is in the latency.
 */

enum work_schedule {
    WORK_CLOSED,
    WORK_POISSON, /* independent arrivals: exponential gaps */
    WORK_FIXED
};

/* The operations of an open loop, shared by the tasks that perform them;
 * private. */
struct arrivals {
    enum work_schedule schedule;
    uint64_t n, seed;
    int64_t gap_ns, limit_ns;
    _Atomic int64_t start; /* when the first was asked for; 0: not yet */
    _Atomic int64_t last;  /* after start */
    _Atomic uint64_t taken;
};

/* n operations by a schedule of `rate` per second. */
void arrivals_init(struct arrivals *arrivals, const struct work *work,
                   enum work_schedule schedule, int64_t rate, uint64_t n);

/*
 * Sleeps until the next operation is due.  Returns 1 with *start, the time it
 * was due; 0 when there are no more, or when the time of the schedule is over
 * twice and a second more: the rest is not started; -ETIME when it woke before
 * that; or the error of rt_sleep().  Suspends.
 */
int arrivals_next(struct arrivals *arrivals, int64_t *start);

/* Adds the count "unstarted": what of the n was not done for lack of time. */
void arrivals_count(const struct arrivals *arrivals, struct work *work,
                    uint64_t done);

/* ---- latency ---- */

/* The histograms of a trial. */
enum work_latency {
    WORK_LATENCY,   /* how long an operation took, or how late it was */
    WORK_HEARTBEAT, /* how late a task was that only wants to run at times */
    WORK_LATENCIES
};

/*
 * Records a duration between work_begin() and work_end().  From any task and
 * thread, without locks; about 10 ns, beside what reading the clock takes.  In
 * a closed loop, where the next operation starts when the last has ended, take
 * it from the start of the operation; in an open one from the time it should
 * have started.
 */
void work_latency(struct work *work, enum work_latency which, int64_t ns);

/* Sleeps until then; *late, unless NULL, is how much longer it took.
 * Suspends.  Fails the trial when it woke early; else the status of
 * rt_sleep(). */
int work_sleep(struct work *work, int64_t until, int64_t *late);

/* One heartbeat: sleeps until *next + period_ns, which becomes *next, and
 * records how late it woke.  Late ones are made up for, so that a task that
 * was held up for ten periods counts as late ten times.  Suspends.  Returns
 * as work_sleep(). */
int work_beat(struct work *work, int64_t *next, int64_t period_ns);

/* ---- groups of tasks ---- */

/* What every item begins with: one task's share of the work.  Items lie on
 * cache lines of their own and start zeroed. */
struct share {
    struct work *work;
    uint64_t index;  /* of the item */
    uint64_t rounds; /* operations this task is to do */
    uint64_t ops;    /* those it has done */
    uint64_t bytes;  /* see struct receipt */
    uint64_t digest; /* likewise; where all leave it 0, each operation counts
                        work_hash(1) */
    uint64_t sum;    /* for check() */
    uint64_t units;  /* tasks it created itself and joined */
};

/* What the tasks of a group share, as far as it uses them. */
extern struct common {
    struct rt_chan *chan;
    struct rt_mutex *mutex;
    struct rt_sem *sem;
    struct rt_cond *cond;
    struct rt_event *events[2];
    struct arrivals arrivals; /* by the parameters schedule and rate, where
                                 the workload has them; else a closed loop */
} common;

/*
 * A task asks for its next operation, open loop or closed.  Returns 1 with
 * *start, from which its latency counts; 0 when there is none for it any
 * more; the error of rt_sleep().  Suspends.
 */
int work_next(const struct share *my, int64_t *start);

/*
 * Runs the group that the workload describes: setup, opening the items,
 * the timed region, closing them, checks; fails when the operations done are
 * not those asked for; hands in the receipt.  It is what runs where there is
 * no body.  Returns the first negative status or error.  Suspends.
 */
int work_group(struct work *work);

/*
 * Spawns a task for each of n items of item_bytes each, calling fn(item), and
 * joins them, at most 64 at a time.  Returns the first negative status or
 * error.  Suspends.
 */
int work_waves(rt_task_fn fn, void *items, size_t item_bytes, size_t n);

/*
 * What a task does that performs operations one after the other, in a closed
 * loop or an open one: op(item) for each, which counts itself, and its
 * latency.  The item is the one whose share is given.  Inline, so that the
 * operation is.
 */
static inline int work_repeat(struct share *my, rt_task_fn op)
{
    int64_t start;
    int status;
    while ((status = work_next(my, &start)) > 0) {
        status = op(my);
        if (status != 0)
            break;
        work_latency(my->work, WORK_LATENCY, rt_now() - start);
    }
    return status;
}

/* The index-th of n parts of a total that differ by one at most. */
static inline uint64_t work_share(uint64_t total, uint64_t n, uint64_t index)
{
    return total / n + (index < total % n);
}

/* Counts units that are alive, and the most there were. */
struct gauge {
    _Atomic uint64_t now, peak, ended;
};
/* Returns how many are alive now, this one counted. */
uint64_t gauge_enter(struct gauge *gauge);
void gauge_leave(struct gauge *gauge);

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

/* ---- the file ---- */

#define WORK_FILE_WORDS (UINT64_C(1) << 25)

/* With WORK_FILE: the path of a file of so many words of 64 bit, 256 MiB, each
 * of which holds its own index (scratch.h).  When the body begins it is in the
 * page cache; where `cold` is given it is not. */
const char *work_file(const struct work *work);

/* ---- the origin ----
 * or a server of the user's own: workloads with the parameter `url` or
 * `connect` are played against it where that is given.  Then nothing is known
 * of it: answers need only be successes, each operation counts work_hash(1),
 * and its connections are not compared.
 */

#define WORK_HOST "127.0.0.1"

/* Ports of the bundled target server on WORK_HOST; 0 unless WORK_ORIGIN. */
unsigned work_http_port(const struct work *work);
unsigned work_echo_port(const struct work *work);
unsigned work_ws_port(const struct work *work);
/* A line protocol, see origin.h: lets the origin play the load generator. */
unsigned work_control_port(const struct work *work);

/* ---- items ready made: connections to it ---- */

/* A connection to the echo server, which has echoed a byte over it. */
struct work_conn {
    struct share my;
    struct rt_sock *sock;
};
int work_conn_open(void *conn);
void work_conn_close(void *conn);
#define WORK_CONN                                                 \
    {                                                             \
        sizeof(struct work_conn), work_conn_open, work_conn_close \
    }

/* A WebSocket to the origin. */
struct work_ws {
    struct share my;
    struct rt_ws *ws;
};
int work_ws_open(void *ws);
void work_ws_close(void *ws); /* without a Close */
#define WORK_WS                                             \
    {                                                       \
        sizeof(struct work_ws), work_ws_open, work_ws_close \
    }

/* An HTTP client. */
struct work_client {
    struct share my;
    struct rt_http *http;
    struct rt_http_reply reply; /* the last one */
};
/* Makes the client; its connection is opened by its first request. */
int work_client_new(void *client);
/* The same with a first request that is not counted. */
int work_client_open(void *client);
void work_client_close(void *client);
#define WORK_CLIENT                                                     \
    {                                                                   \
        sizeof(struct work_client), work_client_open, work_client_close \
    }

/* GET.  Fails the trial unless the answer is a good one.  Suspends. */
int work_get(struct work_client *client, const char *url);
/* GET of what is answered after delay_s: /delay/SECONDS of the origin, or of
 * the server at the given url. */
int work_get_delayed(struct work_client *client, double delay_s);
/* GET of `bytes` bytes, which the origin sends after delay_ms (both as given;
 * without that parameter 1 KiB and at once), checked to the last one, and
 * added to the share as an operation. */
int work_fetch(void *client);

/* ---- items ready made: links between the tasks ---- */

/* The tasks of a group in a ring, each linked to the next by a channel of one
 * token or by a pipe. */
struct work_link {
    struct share my;
    struct rt_chan *in, *out;
    struct rt_sock *reader, *writer;
};
int work_link_chan(void *link);
int work_link_pipe(void *link);
void work_link_close(void *link);
#define WORK_CHANNELS                                             \
    {                                                             \
        sizeof(struct work_link), work_link_chan, work_link_close \
    }
#define WORK_PIPES                                                \
    {                                                             \
        sizeof(struct work_link), work_link_pipe, work_link_close \
    }
/* For a pipe: one byte.  0, or an error; -EPIPE at its end.  Suspend. */
int work_link_send(struct work_link *link, unsigned char byte);
int work_link_recv(struct work_link *link, unsigned char *byte);
/* Receives one and sends it on. */
int work_link_pass(struct work_link *link);
/* Sends one through all other tasks, which pass it on, and receives it; where
 * they cannot run meanwhile (seq) it is passed on for them. */
int work_link_round(struct work_link *link, unsigned char byte);
/* The item of that index, modulo their number, in the group under way. */
void *work_item(const struct work *work, uint64_t index);

#endif
