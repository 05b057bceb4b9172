/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRACE_TRACE_H
#define BENCH_TRACE_TRACE_H

/*
 * A recorded trace (recorder.h), read and understood: the events, what each
 * task was doing when, and how long it did so.
 *
 * A task is ready from its creation, or from what it waited for having come,
 * until it runs; after a "yield" at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum trace_state {
    TRACE_ABSENT, /* not yet created, or ended */
    TRACE_READY,
    TRACE_RUNNING,
    TRACE_WAITING,
    TRACE_STATES
};

/* A stretch of one task's life. */
struct trace_span {
    int64_t from_ns, to_ns;
    uint32_t task; /* index into tasks */
    enum trace_state state;
    const char *reason; /* waiting: what for; running: what it then parked for,
                           NULL when it ended */
};

enum {
    TRACE_REASONS = 16
};

struct trace_task {
    uint32_t number;           /* as the runtime counts: 1 is the main task */
    uint32_t parent;           /* number, 0 when not known */
    char *name;                /* or NULL */
    int64_t born_ns, ended_ns; /* ended_ns < 0: was alive at the end */
    int status;
    uint64_t turns; /* times it began to run or went on */
    int64_t state_ns[TRACE_STATES];
    int64_t longest_turn_ns, longest_turn_at_ns, longest_ready_ns;
    uint64_t parks[TRACE_REASONS]; /* by trace.reasons */
};

struct trace {
    char runtime[32];
    uint64_t events, dropped;
    int64_t end_ns; /* of the last event; the first is at 0 */
    struct trace_task *tasks;
    size_t tasks_n;
    struct trace_span *spans; /* in the order in which they end */
    size_t spans_n;
    char *reasons[TRACE_REASONS];
    size_t reasons_n;
};

/* -ENOENT, -EINVAL (not a trace: message says the line), -ENOMEM, ... */
int trace_read(struct trace *out, const char *path, char *message, size_t size);
void trace_fini(struct trace *trace);

/* "3 fetch" or "3"; the main task is "1 main" if nobody named it. */
char *trace_task_name(const struct trace_task *task, char *text, size_t size);

/* "the first 5000 of 131661 events"; "" where none was dropped. */
char *trace_cut(const struct trace *trace, char *text, size_t size);

/* Stands before the number of tasks: "at least " where events were dropped,
 * which may have been those of other tasks; else "". */
const char *trace_least(const struct trace *trace);

/* The life of the i-th task in so many steps of equal length: in each what is
 * rarest, running before ready before waiting. */
void trace_line(const struct trace *trace, size_t i, uint8_t *states,
                unsigned steps);

/* What a reader wants to know, as text of at most `columns` columns. */
void trace_print(FILE *out, const struct trace *trace, const char *workload,
                 unsigned columns);

/* The lines of the first tasks for gnuplot, tab separated: panel, row, from and
 * to in seconds, state, name, what the panel leaves out or "-". */
void trace_print_rows(FILE *out, const struct trace *trace, const char *panel);

#endif
