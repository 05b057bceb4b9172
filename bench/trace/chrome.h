/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRACE_CHROME_H
#define BENCH_TRACE_CHROME_H

/*
 * Traces in the Trace Event Format (Chrome, "JSON Object Format"), which
 * chrome://tracing and ui.perfetto.dev open.  A runtime is a process there and
 * a task is a thread; what it does are complete events ("ph":"X") named
 * "running", "ready" or "waiting: sleep".  Times are in microseconds.
 */

#include <stdio.h>

#include "trace/trace.h"

void chrome_begin(FILE *out);
/* The pid-th trace, from 1 on. */
void chrome_add(FILE *out, const struct trace *trace, const char *workload,
                unsigned pid);
void chrome_end(FILE *out);

#endif
