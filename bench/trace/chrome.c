/* SPDX-License-Identifier: MIT */
/* Writes the Trace Event Format, one event a line. */
#include "trace/chrome.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* A string of JSON with its quotes; names come from outside. */
static void print_string(FILE *out, const char *text)
{
    json_t *string = json_string(text);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    fputs(quoted ? quoted : "\"?\"", out); /* "?": not UTF-8 */
    free(quoted);
    json_decref(string);
}

static void print_metadata(FILE *out, const char *what, unsigned pid,
                           uint32_t tid, const char *name)
{
    fprintf(out,
            "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%u,\"tid\":%" PRIu32
            ",\"args\":{\"name\":",
            what, pid, tid);
    print_string(out, name);
    fputs("}},\n", out);
}

static void print_span(FILE *out, const struct trace *trace,
                       const struct trace_span *span, unsigned pid)
{
    static const char *const names[] = {
        [TRACE_READY] = "ready", [TRACE_RUNNING] = "running"
    };
    char waiting[64];
    const char *name = names[span->state < TRACE_WAITING ? span->state : 0];
    snprintf(waiting, sizeof waiting, "waiting: %s",
             span->reason ? span->reason : "?");
    fprintf(out,
            "{\"ph\":\"X\",\"pid\":%u,\"tid\":%" PRIu32
            ",\"ts\":%.3f,\"dur\":%.3f,\"cat\":\"task\",\"name\":",
            pid, trace->tasks[span->task].number, (double)span->from_ns / 1000,
            (double)(span->to_ns - span->from_ns) / 1000);
    print_string(out, span->state == TRACE_WAITING ? waiting : name);
    fputs("},\n", out);
}

void chrome_begin(FILE *out)
{
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
}

void chrome_add(FILE *out, const struct trace *trace, const char *workload,
                unsigned pid)
{
    char name[256], cut[96];
    trace_cut(trace, cut, sizeof cut);
    snprintf(name, sizeof name, "%s on %s%s%s", workload, trace->runtime,
             *cut ? ": " : "", cut);
    print_metadata(out, "process_name", pid, 0, name);
    for (size_t i = 0; i < trace->tasks_n; i++)
        print_metadata(out, "thread_name", pid, trace->tasks[i].number,
                       trace_task_name(&trace->tasks[i], name, sizeof name));
    for (size_t i = 0; i < trace->spans_n; i++)
        print_span(out, trace, &trace->spans[i], pid);
}

void chrome_end(FILE *out)
{
    /* The list may not end with a comma. */
    fputs(
        "{\"ph\":\"M\",\"name\":\"trace_end\",\"pid\":1,\"tid\":0,\"args\":{}}"
        "\n]}\n",
        out);
}
