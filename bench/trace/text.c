/* SPDX-License-Identifier: MIT */
/*
 * A trace as text: a life line for each task, a table of what it did for how
 * long, and what held all of them up.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "human.h"
#include "trace/trace.h"

enum {
    ROWS = 24, /* tasks shown */
    NAME_WIDTH = 14,
    LINE_MAX = 400,
    HELD_NS = 10000000 /* a turn that others notice */
};

static const char marks[] = { [TRACE_ABSENT] = ' ',
                              [TRACE_READY] = '+',
                              [TRACE_RUNNING] = '#',
                              [TRACE_WAITING] = '.' };

static size_t shown(const struct trace *trace)
{
    return trace->tasks_n < ROWS ? trace->tasks_n : ROWS;
}

static void print_name(FILE *out, const struct trace_task *task)
{
    char name[80];
    fprintf(out, "%-*.*s", NAME_WIDTH, NAME_WIDTH,
            trace_task_name(task, name, sizeof name));
}

/* ---- life lines ---- */

/* Without the blanks at its end. */
static size_t ends_at(const char *line)
{
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == ' ')
        n--;
    return n;
}

static void print_lines(FILE *out, const struct trace *trace, unsigned columns)
{
    unsigned width = columns - NAME_WIDTH - 2;
    char text[HUMAN];
    if (width > LINE_MAX)
        width = LINE_MAX;
    fprintf(out, "\n# runs, + is ready, . waits; a column is %s\n",
            human_time(text, (double)trace->end_ns / width));
    for (size_t i = 0; i < shown(trace); i++) {
        uint8_t states[LINE_MAX];
        char line[LINE_MAX + 1] = "";
        trace_line(trace, i, states, width);
        for (unsigned n = 0; n < width; n++)
            line[n] = marks[states[n]];
        print_name(out, &trace->tasks[i]);
        fprintf(out, "|%.*s\n", (int)ends_at(line), line);
    }
    if (trace->tasks_n > ROWS)
        fprintf(out, "... and %zu tasks more: the files have them all\n",
                trace->tasks_n - ROWS);
}

/* ---- the table ---- */

/* "sleep 3, join 1", or "-" */
static void print_reasons(FILE *out, const struct trace *trace,
                          const uint64_t *parks)
{
    const char *before = "";
    for (size_t i = 0; i < trace->reasons_n; i++) {
        if (parks[i] == 0)
            continue;
        fprintf(out, "%s%s %" PRIu64, before, trace->reasons[i], parks[i]);
        before = ", ";
    }
    fputs(*before ? "\n" : "-\n", out);
}

static void print_task(FILE *out, const struct trace *trace,
                       const struct trace_task *task)
{
    char text[HUMAN];
    const int64_t ns[] = { task->state_ns[TRACE_RUNNING],
                           task->state_ns[TRACE_READY],
                           task->state_ns[TRACE_WAITING],
                           task->longest_turn_ns };
    print_name(out, task);
    fprintf(out, "%6" PRIu64, task->turns);
    for (int i = 0; i < 4; i++)
        fprintf(out, " %8s", ns[i] ? human_time(text, (double)ns[i]) : "-");
    fputs("  ", out);
    print_reasons(out, trace, task->parks);
}

static void print_table(FILE *out, const struct trace *trace)
{
    fprintf(out, "\n%-*s turns     runs    ready    waits longest   parks\n",
            NAME_WIDTH, "task");
    for (size_t i = 0; i < shown(trace); i++)
        print_task(out, trace, &trace->tasks[i]);
}

/* ---- all tasks together ---- */

struct totals {
    struct trace_task sum;
    const struct trace_task *longest, *kept; /* the longest turn, readiness */
    uint64_t held;                           /* turns of HELD_NS or more */
};

static void add_up(struct totals *totals, const struct trace *trace)
{
    *totals = (struct totals){ .longest = trace->tasks, .kept = trace->tasks };
    for (size_t i = 0; i < trace->tasks_n; i++) {
        const struct trace_task *task = &trace->tasks[i];
        totals->sum.turns += task->turns;
        for (int s = 0; s < TRACE_STATES; s++)
            totals->sum.state_ns[s] += task->state_ns[s];
        for (size_t r = 0; r < trace->reasons_n; r++)
            totals->sum.parks[r] += task->parks[r];
        if (task->longest_turn_ns > totals->longest->longest_turn_ns)
            totals->longest = task;
        if (task->longest_ready_ns > totals->kept->longest_ready_ns)
            totals->kept = task;
    }
    for (size_t i = 0; i < trace->spans_n; i++) {
        const struct trace_span *span = &trace->spans[i];
        totals->held += span->state == TRACE_RUNNING &&
                        span->to_ns - span->from_ns >= HELD_NS;
    }
}

static void print_totals(FILE *out, const struct trace *trace)
{
    struct totals totals;
    char a[HUMAN], b[HUMAN], name[80];
    add_up(&totals, trace);
    fprintf(out, "\nall: %" PRIu64 " turn%s; parks: ", totals.sum.turns,
            totals.sum.turns == 1 ? "" : "s");
    print_reasons(out, trace, totals.sum.parks);
    fprintf(out, "longest turn: %s, by %s at %s",
            human_time(a, (double)totals.longest->longest_turn_ns),
            trace_task_name(totals.longest, name, sizeof name),
            human_time(b, (double)totals.longest->longest_turn_at_ns));
    if (totals.held > 0)
        fprintf(out, "; %" PRIu64 " of 10 ms or more", totals.held);
    fprintf(out, "\nready but not running: %s in all, at most %s (%s)\n",
            human_time(a, (double)totals.sum.state_ns[TRACE_READY]),
            human_time(b, (double)totals.kept->longest_ready_ns),
            trace_task_name(totals.kept, name, sizeof name));
    int64_t idle = trace->end_ns - totals.sum.state_ns[TRACE_RUNNING];
    if (strcmp(trace->runtime, "coro") == 0)
        fprintf(out,
                "no task ran for %s of %s: the loop waited or worked; while a "
                "task runs all others are held\n",
                human_time(a, (double)idle),
                human_time(b, (double)trace->end_ns));
}

void trace_print(FILE *out, const struct trace *trace, const char *workload,
                 unsigned columns)
{
    char text[HUMAN];
    fprintf(out, "%s on %s: %s%zu tasks, %" PRIu64 " events, %s\n", workload,
            trace->runtime, trace_least(trace), trace->tasks_n, trace->events,
            human_time(text, (double)trace->end_ns));
    if (trace->dropped > 0)
        fprintf(out,
                "only the beginning: %" PRIu64 " later events did not fit; "
                "--events keeps more\n",
                trace->dropped);
    if (trace->tasks_n == 0)
        return;
    print_lines(out, trace, columns < 40 ? 40 : columns);
    print_table(out, trace);
    print_totals(out, trace);
}
