/* SPDX-License-Identifier: MIT */
/*
 * Starts a trial and judges how it ended.  Whatever a trial does, the result
 * is one well-formed line.
 */
#include "attempt.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "env.h"
#include "interrupt.h"
#include "order.h"
#include "proc.h"
#include "record.h"

enum {
    ARGUMENTS = 32,
    PAD_BYTES = 4096,
    UV_THREADS = 4, /* libuv's default, made visible */
    ORIGIN_DEATHS = 3
};
static const double GRAIN_NS = 1e9;
static const int64_t TICK_NS = INT64_C(1000) * 1000 * 1000;

/* How it went, before it is put into the line. */
struct verdict {
    const char *outcome;
    char message[256];
    json_t *record;  /* owned */
    json_t *counted; /* owned; NULL unless it was asked for */
};

static void judge(struct verdict *verdict, const char *outcome,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void judge(struct verdict *verdict, const char *outcome,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    verdict->outcome = outcome;
    vsnprintf(verdict->message, sizeof verdict->message, format, args);
    va_end(args);
    /* It must be one line of plain text, whatever a program printed. */
    for (char *c = verdict->message; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
}

/* ---- what it wrote ---- */

/* The first line of its standard error that says something, with a separator
 * before it; "" when there is none. */
static const char *complaint(const struct proc_text *text, char *out,
                             size_t size)
{
    const char *at = text->data;
    out[0] = 0;
    while (at && *at) {
        size_t n = strcspn(at, "\n");
        size_t letters = 0;
        for (size_t i = 0; i < n; i++)
            letters += isalpha((unsigned char)at[i]) != 0;
        if (letters > 2) {
            snprintf(out, size, ": %.*s", (int)(n < 160 ? n : 160), at);
            break;
        }
        at += n + (at[n] == '\n');
    }
    return out;
}

static const char *text_in(const json_t *record, const char *object,
                           const char *key)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(record, object), key));
    return text ? text : "no reason given";
}

static json_int_t figure(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

/* The first figure of a good trial's record that is missing or cannot be
 * true; NULL when there is none. */
static const char *bad_figure(const json_t *record)
{
    static const char *const names[] = { "wall_ns", "user_ns", "sys_ns",
                                         "units", "ops" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!json_is_integer(json_object_get(record, names[i])) ||
            figure(record, names[i]) < 0)
            return names[i];
    if (!json_is_string(json_object_get(record, "digest")))
        return "digest";
    double wall = (double)figure(record, "wall_ns");
    if (wall <= 0 && figure(record, "units") > 0)
        return "wall_ns";
    /* Twice what all CPUs can give, and the grain of the kernel's clocks. */
    double most = 2 * wall * (double)sysconf(_SC_NPROCESSORS_CONF) + GRAIN_NS;
    if ((double)figure(record, "user_ns") > most)
        return "user_ns";
    return (double)figure(record, "sys_ns") > most ? "sys_ns" : NULL;
}

/* What `cobench count` prints: "NAME NUMBER" lines. */
static json_t *read_counts(const struct proc_text *text)
{
    json_t *counts = json_object();
    const char *at = text->data ? text->data : "";
    for (; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        char name[32];
        long long value;
        if (sscanf(at, "%31[a-z_] %lld", name, &value) == 2)
            json_object_set_new(counts, name, json_integer(value));
    }
    return counts;
}

/* A process that ended by itself and left something to read. */
static void judge_record(struct verdict *verdict, const struct plan_cell *cell,
                         const struct proc_result *result)
{
    char said[192];
    json_t *record =
        json_loadb(result->record.data, result->record.bytes, 0, NULL);
    const char *workload =
        json_string_value(json_object_get(record, "workload"));
    const char *status = json_string_value(json_object_get(record, "status"));
    verdict->record = record;
    if (!workload || !status ||
        json_integer_value(json_object_get(record, "schema")) !=
            RECORD_SCHEMA ||
        strcmp(workload, cell->workload) != 0) {
        judge(verdict, "garbage", "what it wrote is no record%s",
              complaint(&result->err, said, sizeof said));
        json_decref(record);
        verdict->record = NULL;
    } else if (strcmp(status, "failed") == 0) {
        judge(verdict, "failed", "%s", text_in(record, "error", "message"));
    } else if (strcmp(status, "skipped") == 0) {
        judge(verdict, "skipped", "%s", text_in(record, "skip", "reason"));
    } else if (result->code != 0) {
        judge(verdict, "crashed", "exit status %d behind a good record%s",
              result->code, complaint(&result->err, said, sizeof said));
    } else if (bad_figure(record)) {
        judge(verdict, "garbage", "its record has no usable %s",
              bad_figure(record));
    } else {
        judge(verdict, "ok", "%s", "");
    }
}

static void judge_end(struct verdict *verdict, const struct attempt *attempt,
                      const struct proc_result *result)
{
    char said[192];
    complaint(&result->err, said, sizeof said);
    switch (result->end) {
    case PROC_TIMEOUT:
        judge(verdict, "timeout", "killed after %.3g s%s",
              (double)attempt->limit_ns / 1e9, said);
        return;
    case PROC_FLOODED:
        judge(verdict, "garbage", "killed: it wrote without end%s", said);
        return;
    case PROC_INTERRUPTED:
        judge(verdict, "interrupted", "the run was ended");
        return;
    case PROC_SIGNALED:
        judge(verdict, "crashed", "signal %d (%s)%s", result->code,
              strsignal(result->code), said);
        return;
    case PROC_EXITED:
        break;
    }
    if (result->record.bytes > 0)
        judge_record(verdict, attempt->cell, result);
    else if (result->code != 0)
        judge(verdict, "crashed", "exit status %d and no record%s",
              result->code, said);
    else
        judge(verdict, "garbage", "it wrote no record%s", said);
}

/* ---- the origin ---- */

static bool origin_is_dead(const struct origin *origin)
{
    siginfo_t info = { 0 };
    return waitid(P_PID, (id_t)origin->pid, &info,
                  WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

/* Takes a dead one away; false while it lives. */
static bool origin_bury(struct attempts *all)
{
    if (!origin_is_dead(&all->origin))
        return false;
    origin_stop(&all->origin);
    all->origin_runs = false;
    all->origin_deaths++;
    if (!interrupt_pending())
        progress_say(all->progress, "warning: the origin died; %s",
                     all->origin_deaths < ORIGIN_DEATHS
                         ? "it is started again"
                         : "cells that need it fail");
    return true;
}

/* Sees to it that the origin runs; else the verdict says why not. */
static bool origin_ready(struct attempts *all, struct verdict *verdict)
{
    if (all->origin_runs && !origin_bury(all))
        return true;
    if (all->origin_deaths >= ORIGIN_DEATHS) {
        judge(verdict, "failed", "the origin died %u times in a row",
              all->origin_deaths);
        return false;
    }
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/origin", all->folder);
    int err = origin_start(&all->origin, path, env_last_cpu());
    all->origin_runs = err == 0;
    if (err != 0) {
        all->origin_deaths++;
        judge(verdict, "failed", "cannot start the origin: %s", strerror(-err));
    }
    return err == 0;
}

/* A trial whose origin died has failed, whatever it says itself. */
static void origin_check(struct attempts *all, struct verdict *verdict)
{
    if (!origin_bury(all)) {
        all->origin_deaths = 0;
        return;
    }
    if (strcmp(verdict->outcome, "interrupted") != 0)
        judge(verdict, "failed", "the origin died while it ran");
}

void attempts_fini(struct attempts *all)
{
    if (all->origin_runs)
        origin_stop(&all->origin);
    all->origin_runs = false;
}

/* ---- the process ---- */

struct command {
    const char *argv[ARGUMENTS];
    const char *env[10];
    char threads[64], counter[PATH_MAX + 16], count[128], origin[160],
        inject[128], round[32], pad[PAD_BYTES + 32];
};

/* The command line and environment of a trial. */
static void command_init(struct command *command, const struct attempts *all,
                         const struct attempt *attempt)
{
    const struct plan_cell *cell = attempt->cell;
    size_t n = 0, e = 0, i;
    if (attempt->count_of != COUNT_NOTHING) {
        snprintf(command->counter, sizeof command->counter, "%s/cobench",
                 all->folder);
        command->argv[n++] = command->counter;
        command->argv[n++] = "count";
    }
    if (attempt->count_of == COUNT_ALLOCATIONS)
        command->argv[n++] = "--allocations";
    command->argv[n++] = cell->program;
    command->argv[n++] = cell->workload;
    json_t *argument;
    json_array_foreach(cell->arguments, i, argument)
    {
        if (n < ARGUMENTS - 2)
            command->argv[n++] = json_string_value(argument);
    }
    if (attempt->count > 0) {
        snprintf(command->count, sizeof command->count, "%s=%lld",
                 cell->calibrated, (long long)attempt->count);
        command->argv[n++] = command->count;
    }
    command->argv[n] = NULL;

    command->env[e++] = "COBENCH_RECORD_FD=3";
    snprintf(command->round, sizeof command->round, "COBENCH_ROUND=%u",
             attempt->round);
    command->env[e++] = command->round;
    if (cell->env)
        command->env[e++] = cell->env;
    /* The user's own value wins. */
    if (!getenv("UV_THREADPOOL_SIZE")) {
        snprintf(command->threads, sizeof command->threads,
                 "UV_THREADPOOL_SIZE=%u",
                 cell->offload_threads ? cell->offload_threads : UV_THREADS);
        command->env[e++] = command->threads;
    }
    if (cell->origin) {
        char ports[128];
        snprintf(command->origin, sizeof command->origin, "COBENCH_ORIGIN=%s",
                 origin_describe(&all->origin, ports, sizeof ports));
        command->env[e++] = command->origin;
    }
    if (attempt->inject) {
        snprintf(command->inject, sizeof command->inject, "COBENCH_INJECT=%s",
                 attempt->inject);
        command->env[e++] = command->inject;
    }
    /* Random padding moves the stack and what is aligned with it. */
    size_t bytes =
        (size_t)order_draw(all->seed, attempt->round, attempt->draw, PAD_BYTES);
    int used = snprintf(command->pad, sizeof command->pad, "COBENCH_PAD=");
    memset(command->pad + used, 'x', bytes);
    command->pad[(size_t)used + bytes] = 0;
    command->env[e++] = command->pad;
    command->env[e] = NULL;
}

/* Runs the process; returns how long it took. */
static int64_t run_process(struct attempts *all, const struct attempt *attempt,
                           struct verdict *verdict)
{
    struct command command;
    command_init(&command, all, attempt);
    struct proc_options options = {
        .argv = command.argv,
        .env = command.env,
        .limit_ns = attempt->limit_ns,
        .tick_ns = all->progress->terminal ? TICK_NS : 0,
        .tick = progress_tick,
        .tick_arg = all->progress,
    };
    struct proc_result result;
    int err = proc_run(&options, &result);
    if (err != 0) {
        judge(verdict, "failed", "cannot start %s: %s", attempt->cell->program,
              strerror(-err));
        return 0;
    }
    int64_t ns = result.ns;
    judge_end(verdict, attempt, &result);
    if (attempt->count_of != COUNT_NOTHING)
        verdict->counted = read_counts(&result.out);
    proc_result_fini(&result);
    return ns;
}

/* ---- the line ---- */

static json_t *make_line(const struct attempts *all,
                         const struct attempt *attempt, int64_t started_ns,
                         int64_t ns, const struct verdict *verdict)
{
    double at = (double)(started_ns - all->started_ns) / 1e9;
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:I, s:f, s:I, s:s}", "cell",
                  attempt->cell->name, "phase", attempt->phase, "round",
                  (json_int_t)attempt->round, "order",
                  (json_int_t)attempt->order, "at", round(at * 1000) / 1000,
                  "process_ns", (json_int_t)ns, "outcome", verdict->outcome);
    if (line && *verdict->message)
        json_object_set_new(line, "message", json_string(verdict->message));
    if (line && verdict->record)
        json_object_set(line, "record", verdict->record);
    if (line && verdict->counted)
        json_object_set(line, "counted", verdict->counted);
    return line;
}

json_t *attempt_run(struct attempts *all, const struct attempt *attempt)
{
    struct verdict verdict = { .outcome = "failed" };
    int64_t started_ns = proc_now(), ns = 0;
    if (!attempt->cell->origin) {
        ns = run_process(all, attempt, &verdict);
    } else if (origin_ready(all, &verdict)) {
        ns = run_process(all, attempt, &verdict);
        origin_check(all, &verdict);
    }
    json_t *line = make_line(all, attempt, started_ns, ns, &verdict);
    json_decref(verdict.record);
    json_decref(verdict.counted);
    return line;
}

const char *attempt_phase(const json_t *line)
{
    const char *phase = json_string_value(json_object_get(line, "phase"));
    return phase ? phase : "";
}

const char *attempt_outcome(const json_t *line)
{
    const char *text = json_string_value(json_object_get(line, "outcome"));
    return text ? text : "";
}

bool attempt_is(const json_t *line, const char *outcome)
{
    return strcmp(attempt_outcome(line), outcome) == 0;
}
