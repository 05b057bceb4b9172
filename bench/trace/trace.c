/* SPDX-License-Identifier: MIT */
/*
 * Reads a trace.  Each task's spans follow one another without a gap, from its
 * first event to its last or to the end of the trace.
 */
#include "trace/trace.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    TASKS_MAX = 100000000,
    ROWS = 40,   /* of a picture, and */
    STEPS = 1200 /* about as many as it has pixels */
};

/* A task and what it has been doing since when. */
struct open_span {
    enum trace_state state;
    int64_t since_ns;
    const char *reason;
};

struct reader {
    struct trace *trace;
    struct open_span *open; /* one per task */
    size_t tasks_room, spans_room;
    uint32_t *index; /* by number: 1 more than the index into tasks */
    size_t index_room;
    uint64_t line;
    char *message;
    size_t message_size;
};

struct event {
    int64_t when_ns;
    uint32_t task, by;
    int status;
    char what[8], reason[24], name[64];
};

static int complain(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int complain(struct reader *reader, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(reader->message, reader->message_size, "line %" PRIu64 ": %s",
             reader->line, text);
    return -EINVAL;
}

/* Makes room for one more of n elements; false when there is no memory. */
static bool grow(void **array, size_t n, size_t *room, size_t bytes)
{
    if (n < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *bigger = reallocarray(*array, more, bytes);
    if (!bigger)
        return false;
    *array = bigger;
    *room = more;
    return true;
}

/* ---- tasks and reasons ---- */

static bool grow_index(struct reader *reader, uint32_t number)
{
    size_t room = reader->index_room;
    if (number < room)
        return true;
    size_t more = room ? room : 64;
    while (more <= number)
        more *= 2;
    uint32_t *bigger = reallocarray(reader->index, more, sizeof *bigger);
    if (!bigger)
        return false;
    memset(bigger + room, 0, (more - room) * sizeof *bigger);
    reader->index = bigger;
    reader->index_room = more;
    return true;
}

static bool add_task(struct reader *reader, const struct event *event)
{
    struct trace *trace = reader->trace;
    size_t room = reader->tasks_room;
    if (!grow((void **)&trace->tasks, trace->tasks_n, &room,
              sizeof *trace->tasks) ||
        !grow((void **)&reader->open, trace->tasks_n, &reader->tasks_room,
              sizeof *reader->open))
        return false;
    trace->tasks[trace->tasks_n] = (struct trace_task){
        .number = event->task,
        .parent = strcmp(event->what, "spawn") == 0 ? event->by : 0,
        .born_ns = event->when_ns,
        .ended_ns = -1,
    };
    reader->open[trace->tasks_n] =
        (struct open_span){ TRACE_READY, event->when_ns, NULL };
    reader->index[event->task] = (uint32_t)++trace->tasks_n;
    return true;
}

/* The index of an event's task, or -1 without memory. */
static int64_t find_task(struct reader *reader, const struct event *event)
{
    if (!grow_index(reader, event->task))
        return -1;
    if (reader->index[event->task] == 0 && !add_task(reader, event))
        return -1;
    return (int64_t)reader->index[event->task] - 1;
}

/* The one place of that text; beyond TRACE_REASONS they are all the last. */
static size_t find_reason(struct trace *trace, const char *text)
{
    size_t i = 0;
    while (i < trace->reasons_n && strcmp(trace->reasons[i], text) != 0)
        i++;
    if (i < trace->reasons_n)
        return i;
    if (i == TRACE_REASONS)
        return i - 1;
    trace->reasons[i] = strdup(text);
    trace->reasons_n += trace->reasons[i] != NULL;
    return trace->reasons[i] ? i : 0;
}

/* ---- spans ---- */

static void count(struct trace_task *task, const struct trace_span *span)
{
    int64_t ns = span->to_ns - span->from_ns;
    task->state_ns[span->state] += ns;
    if (span->state == TRACE_RUNNING && ns > task->longest_turn_ns) {
        task->longest_turn_ns = ns;
        task->longest_turn_at_ns = span->from_ns;
    }
    if (span->state == TRACE_READY && ns > task->longest_ready_ns)
        task->longest_ready_ns = ns;
}

/* Ends what the task has been doing and begins something else. */
static bool turn_to(struct reader *reader, size_t i, enum trace_state state,
                    int64_t now_ns, const char *reason)
{
    struct trace *trace = reader->trace;
    assert(reader->open && i < trace->tasks_n); /* they grow together */
    struct open_span *open = &reader->open[i];
    struct trace_span span = { open->since_ns, now_ns, (uint32_t)i, open->state,
                               open->state == TRACE_RUNNING ? reason
                                                            : open->reason };
    *open = (struct open_span){ state, now_ns, reason };
    if (span.state == TRACE_ABSENT || span.from_ns == span.to_ns)
        return true;
    count(&trace->tasks[i], &span);
    if (!grow((void **)&trace->spans, trace->spans_n, &reader->spans_room,
              sizeof *trace->spans))
        return false;
    trace->spans[trace->spans_n++] = span;
    return true;
}

static bool take_event(struct reader *reader, size_t i,
                       const struct event *event)
{
    struct trace_task *task = &reader->trace->tasks[i];
    switch (event->what[0]) {
    case 'r':
        task->turns++;
        return turn_to(reader, i, TRACE_RUNNING, event->when_ns, NULL);
    case 'p': {
        size_t reason = find_reason(reader->trace, event->reason);
        task->parks[reason]++;
        bool yields = strcmp(event->reason, "yield") == 0;
        return turn_to(reader, i, yields ? TRACE_READY : TRACE_WAITING,
                       event->when_ns, reader->trace->reasons[reason]);
    }
    case 'w':
        return turn_to(reader, i, TRACE_READY, event->when_ns, NULL);
    case 'f':
        task->ended_ns = event->when_ns;
        task->status = event->status;
        return turn_to(reader, i, TRACE_ABSENT, event->when_ns, NULL);
    default: /* spawn: add_task() has done it */
        return true;
    }
}

/* ---- the file ---- */

static int take_line(struct reader *reader, const char *line)
{
    struct event event = { 0 };
    if (sscanf(line,
               "%" SCNd64 "\t%" SCNu32 "\t%7[a-z]\t%" SCNu32
               "\t%d\t%23[^\t\n]\t%63[^\t\n]",
               &event.when_ns, &event.task, event.what, &event.by,
               &event.status, event.reason, event.name) != 7)
        return complain(reader, "not an event");
    if (event.when_ns < reader->trace->end_ns)
        return complain(reader, "the clock goes backwards");
    if (event.task == 0 || event.task > TASKS_MAX)
        return complain(reader, "no task has the number %u", event.task);
    int64_t i = find_task(reader, &event);
    if (i < 0)
        return -ENOMEM;
    reader->trace->end_ns = event.when_ns;
    struct trace_task *task = &reader->trace->tasks[i];
    if (!task->name && strcmp(event.name, "-") != 0)
        task->name = strdup(event.name);
    return take_event(reader, (size_t)i, &event) ? 0 : -ENOMEM;
}

static int take_heading(struct reader *reader, const char *line)
{
    struct trace *trace = reader->trace;
    if (sscanf(line, "cobench-trace 1 %31s %" SCNu64 " %" SCNu64,
               trace->runtime, &trace->events, &trace->dropped) != 3)
        return complain(reader, "not a trace of this version");
    return 0;
}

static int take_lines(struct reader *reader, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    while (error == 0 && getline(&line, &room, file) > 0) {
        reader->line++;
        error = reader->line == 1 ? take_heading(reader, line)
                                  : take_line(reader, line);
    }
    free(line);
    if (error == 0 && reader->line == 0)
        error = complain(reader, "the file is empty");
    if (error == 0 && reader->line != reader->trace->events + 1)
        error = complain(reader, "%" PRIu64 " events were announced",
                         reader->trace->events);
    return error;
}

/* What still went on when the trace ended. */
static int end_spans(struct reader *reader)
{
    struct trace *trace = reader->trace;
    for (size_t i = 0; i < trace->tasks_n; i++)
        if (!turn_to(reader, i, TRACE_ABSENT, trace->end_ns, NULL))
            return -ENOMEM;
    return 0;
}

int trace_read(struct trace *out, const char *path, char *message, size_t size)
{
    *out = (struct trace){ 0 };
    struct reader reader = { .trace = out,
                             .message = message,
                             .message_size = size };
    snprintf(message, size, "cannot be read");
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    int error = take_lines(&reader, file);
    if (error == 0)
        error = end_spans(&reader);
    fclose(file);
    free(reader.open);
    free(reader.index);
    if (error)
        trace_fini(out);
    return error;
}

void trace_fini(struct trace *trace)
{
    for (size_t i = 0; i < trace->tasks_n; i++)
        free(trace->tasks[i].name);
    for (size_t i = 0; i < trace->reasons_n; i++)
        free(trace->reasons[i]);
    free(trace->tasks);
    free(trace->spans);
    *trace = (struct trace){ 0 };
}

char *trace_task_name(const struct trace_task *task, char *text, size_t size)
{
    const char *name = task->name;
    if (!name && task->number == 1)
        name = "main";
    snprintf(text, size, name ? "%u %s" : "%u", task->number, name);
    return text;
}

char *trace_cut(const struct trace *trace, char *text, size_t size)
{
    text[0] = 0;
    if (trace->dropped > 0)
        snprintf(text, size, "the first %" PRIu64 " of %" PRIu64 " events",
                 trace->events, trace->events + trace->dropped);
    return text;
}

const char *trace_least(const struct trace *trace)
{
    return trace->dropped > 0 ? "at least " : "";
}

/* States are numbered by how much they are worth showing, but for these. */
static unsigned weight(uint8_t state)
{
    return state == TRACE_RUNNING ? 3
           : state == TRACE_READY ? 2
                                  : state == TRACE_WAITING;
}

void trace_line(const struct trace *trace, size_t i, uint8_t *states,
                unsigned steps)
{
    double scale = trace->end_ns > 0 ? steps / (double)trace->end_ns : 0;
    memset(states, TRACE_ABSENT, steps);
    for (size_t j = 0; j < trace->spans_n; j++) {
        const struct trace_span *span = &trace->spans[j];
        if (span->task != i)
            continue;
        unsigned to = (unsigned)((double)span->to_ns * scale);
        unsigned at = (unsigned)((double)span->from_ns * scale);
        for (; at <= to && at < steps; at++)
            if (weight((uint8_t)span->state) > weight(states[at]))
                states[at] = (uint8_t)span->state;
    }
}

/* What a picture does not have, or "-". */
static void name_left_out(const struct trace *trace, char *text, size_t size)
{
    char cut[96], tasks[64] = "";
    trace_cut(trace, cut, sizeof cut);
    if (trace->tasks_n > ROWS)
        snprintf(tasks, sizeof tasks, "the first %d of %s%zu tasks", ROWS,
                 trace_least(trace), trace->tasks_n);
    snprintf(text, size, "%s%s%s", tasks, *tasks && *cut ? ", " : "", cut);
    if (!*text)
        snprintf(text, size, "-");
}

static void print_row(FILE *out, const struct trace *trace, size_t row,
                      const char *panel, const char *left_out)
{
    static const char *const names[] = { "absent", "ready", "running",
                                         "waiting" };
    uint8_t states[STEPS];
    char name[80];
    double step = (double)trace->end_ns * 1e-9 / STEPS;
    trace_line(trace, row, states, STEPS);
    trace_task_name(&trace->tasks[row], name, sizeof name);
    for (unsigned from = 0, to; from < STEPS; from = to) {
        for (to = from + 1; to < STEPS && states[to] == states[from];)
            to++;
        if (states[from] != TRACE_ABSENT)
            fprintf(out, "%s\t%zu\t%.9f\t%.9f\t%s\t%s\t%s\n", panel, row,
                    from * step, to * step, names[states[from]], name,
                    left_out);
    }
}

void trace_print_rows(FILE *out, const struct trace *trace, const char *panel)
{
    char left_out[192];
    name_left_out(trace, left_out, sizeof left_out);
    for (size_t row = 0; row < trace->tasks_n && row < ROWS; row++)
        print_row(out, trace, row, panel, left_out);
}
