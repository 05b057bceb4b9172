/* SPDX-License-Identifier: MIT */
/*
 * Reads trials.jsonl line by line into cells with samples.  The parsed lines
 * are kept: everything else points into them.
 */

#include "summary.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

/* What is needed while reading, and not afterwards. */
struct reader {
    struct summary *summary;
    json_t *index; /* cell name -> position in cells */
    unsigned line;
    bool foreign; /* the run is of another schema */
};

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *text_or_empty(const json_t *object, const char *key)
{
    const char *value = text(object, key);
    return value ? value : "";
}

__attribute__((format(printf, 2, 3))) static int warn(struct reader *reader,
                                                      const char *format, ...)
{
    char message[256];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    json_t *string = json_string(message);
    if (!string || json_array_append_new(reader->summary->warnings, string))
        return -ENOMEM;
    return 0;
}

/* Room for one more element: capacities are the powers of two. */
static int grow(void **array, size_t n, size_t size)
{
    if (n & (n - 1))
        return 0;
    void *larger = reallocarray(*array, n ? 2 * n : 1, size);
    if (!larger)
        return -ENOMEM;
    *array = larger;
    return 0;
}

static int take_cell(struct reader *reader, const json_t *plan)
{
    struct summary *s = reader->summary;
    struct cell cell = {
        .plan = plan,
        .name = text(plan, "name"),
        .workload = text(plan, "workload"),
        .point = text(plan, "point"),
        .group = text(plan, "group"),
        .runtime = text(plan, "runtime"),
        .cpus = text(plan, "cpus"),
        .op = text_or_empty(plan, "op"),
        .question = text_or_empty(plan, "question"),
        .axis = text(plan, "axis"),
        .x = metric_number(plan, "x"),
        .calibrated = json_is_string(json_object_get(plan, "calibrated")),
        .waits = json_is_true(json_object_get(plan, "waits")),
        .third_party = json_is_true(json_object_get(plan, "third_party")),
        .reference = json_is_true(json_object_get(plan, "reference")),
        .origin_share = NAN,
    };
    if (!cell.name || !cell.workload || !cell.point || !cell.group ||
        !cell.runtime || !cell.cpus)
        return warn(reader, "line %u: a cell without its names", reader->line);
    if (json_object_get(reader->index, cell.name))
        return 0;
    int error = grow((void **)&s->cells, s->n, sizeof *s->cells);
    if (error)
        return error;
    json_t *position = json_integer((json_int_t)s->n);
    if (json_object_set_new(reader->index, cell.name, position))
        return -ENOMEM;
    s->cells[s->n++] = cell;
    return 0;
}

/* A resumed run may describe itself again, with further cells. */
static int take_run(struct reader *reader, const json_t *run)
{
    const json_t *cell;
    size_t i;
    if (json_integer_value(json_object_get(run, "schema")) != RECORD_SCHEMA) {
        reader->foreign = true;
        return 0;
    }
    if (!reader->summary->run)
        reader->summary->run = run;
    json_array_foreach(json_object_get(run, "cells"), i, cell)
    {
        int error = take_cell(reader, cell);
        if (error)
            return error;
    }
    return 0;
}

static struct receipt read_receipt(const json_t *record)
{
    const char *digest = text(record, "digest");
    return (struct receipt){
        .units = json_integer_value(json_object_get(record, "units")),
        .ops = json_integer_value(json_object_get(record, "ops")),
        .bytes = json_integer_value(json_object_get(record, "bytes")),
        .digest = digest ? strtoull(digest, NULL, 16) : 0,
        .peak = json_integer_value(json_object_get(record, "units_peak")),
    };
}

static int take_sample(struct cell *cell, const json_t *trial)
{
    const json_t *record = json_object_get(trial, "record");
    struct sample sample = { .record = record };
    sample.round =
        (unsigned)json_integer_value(json_object_get(trial, "round"));
    sample.receipt = read_receipt(record);
    metric_read(sample.values, record);
    size_t at = cell->n;
    while (at > 0 && cell->samples[at - 1].round >= sample.round)
        at--;
    if (at < cell->n && cell->samples[at].round == sample.round) {
        cell->samples[at] = sample;
        return 0;
    }
    int error = grow((void **)&cell->samples, cell->n, sizeof sample);
    if (error)
        return error;
    memmove(&cell->samples[at + 1], &cell->samples[at],
            (cell->n - at) * sizeof sample);
    cell->samples[at] = sample;
    cell->n++;
    return 0;
}

static void take_failure(struct cell *cell, const char *outcome,
                         const char *message)
{
    if (cell->failed++ > 0)
        return;
    cell->outcome = outcome;
    cell->message = message ? message : "no reason given";
}

static void take_skip(struct cell *cell, const json_t *trial)
{
    const json_t *skip = json_object_get(trial, "skip");
    if (!skip)
        skip = json_object_get(json_object_get(trial, "record"), "skip");
    const char *reason = text(skip, "reason");
    if (!reason)
        reason = text(trial, "message");
    cell->skip = skip;
    cell->skip_reason = reason ? reason : "no reason given";
}

static int take_trial(struct reader *reader, const json_t *trial)
{
    const char *name = text_or_empty(trial, "cell");
    const char *phase = text_or_empty(trial, "phase");
    const char *outcome = text_or_empty(trial, "outcome");
    const json_t *position = json_object_get(reader->index, name);
    if (!position)
        return warn(reader, "line %u: a trial of a cell not in the plan",
                    reader->line);
    struct cell *cell = &reader->summary->cells[json_integer_value(position)];
    const json_t *record = json_object_get(trial, "record");
    if (strcmp(outcome, "interrupted") == 0)
        return 0;
    if (strcmp(outcome, "skipped") == 0)
        take_skip(cell, trial);
    else if (strcmp(outcome, "ok") != 0)
        take_failure(cell, outcome, text(trial, "message"));
    else if (!isfinite(metric_number(record, "wall_ns")))
        take_failure(cell, "garbage", "a record without wall_ns");
    else if (strcmp(phase, "measure") == 0)
        return take_sample(cell, trial);
    return 0;
}

static int take_line(struct reader *reader, const char *line, size_t length)
{
    json_error_t problem;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(object)) {
        json_decref(object);
        if (line[length - 1] == '\n')
            return warn(reader, "line %u is not a JSON object: left out",
                        reader->line);
        return warn(reader, "line %u, the last, is truncated: left out",
                    reader->line);
    }
    if (json_array_append_new(reader->summary->lines, object))
        return -ENOMEM;
    const json_t *run = json_object_get(object, "run");
    const json_t *end = json_object_get(object, "end");
    if (run)
        return take_run(reader, run);
    if (end) {
        reader->summary->end = end;
        return 0;
    }
    /* Trials after an end belong to a run that was resumed. */
    reader->summary->end = NULL;
    return take_trial(reader, object);
}

static int take_file(struct reader *reader, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int error = 0;
    errno = 0;
    while (!error && (length = getline(&line, &capacity, file)) > 0) {
        reader->line++;
        if (line[0] != '\n')
            error = take_line(reader, line, (size_t)length);
        errno = 0;
    }
    if (!error && !feof(file))
        error = errno ? -errno : -EIO;
    free(line);
    return error;
}

/* Collects one metric; returns the number of samples that have it. */
static size_t collect(double *values, const struct cell *cell, enum metric m)
{
    size_t n = 0;
    for (size_t i = 0; i < cell->n; i++)
        if (isfinite(cell->samples[i].values[m]))
            values[n++] = cell->samples[i].values[m];
    return n;
}

static bool same_receipt(const struct receipt *a, const struct receipt *b)
{
    return a->units == b->units && a->ops == b->ops && a->bytes == b->bytes &&
           a->digest == b->digest;
}

static void read_origin(struct cell *cell, double *values)
{
    struct estimate share;
    size_t n = 0;
    for (size_t i = 0; i < cell->n; i++) {
        const json_t *record = cell->samples[i].record;
        double value =
            metric_number(json_object_get(record, "origin"), "cpu_share");
        if (isfinite(value))
            values[n++] = value;
    }
    if (n > 0 && !stats_estimate(&share, values, n))
        cell->origin_share = share.median;
}

static int mark_outliers(struct cell *cell, double *values)
{
    bool *marks = calloc(cell->n, sizeof *marks);
    if (!marks)
        return -ENOMEM;
    int error = 0;
    if (collect(values, cell, METRIC_WALL) == cell->n)
        error = stats_outliers(marks, &cell->outliers, values, cell->n);
    for (size_t i = 0; i < cell->n; i++)
        cell->samples[i].outlier = marks[i];
    free(marks);
    return error;
}

static int estimate_cell(struct cell *cell)
{
    if (cell->n == 0)
        return 0;
    double *values = calloc(cell->n, sizeof *values);
    if (!values)
        return -ENOMEM;
    int error = 0;
    for (int m = 0; m < METRICS && !error; m++) {
        size_t n = collect(values, cell, (enum metric)m);
        if (n > 0)
            error = stats_estimate(&cell->estimates[m], values, n);
    }
    if (!error)
        error = mark_outliers(cell, values);
    read_origin(cell, values);
    free(values);
    const struct sample *first = &cell->samples[0];
    for (size_t i = 1; i < cell->n; i++)
        if (!same_receipt(&first->receipt, &cell->samples[i].receipt))
            cell->receipts_differ = true;
    double workers =
        metric_number(json_object_get(first->record, "runtime"), "workers");
    cell->workers = workers > 0 ? (unsigned)workers : 0;
    return error;
}

static int read_all(struct reader *reader, const char *run_dir)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/trials.jsonl", run_dir) >=
        sizeof path)
        return -ENAMETOOLONG;
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    int error = take_file(reader, file);
    fclose(file);
    if (!error && !reader->summary->run)
        error = reader->foreign ? -EPROTO : -ENODATA;
    for (size_t i = 0; !error && i < reader->summary->n; i++)
        error = estimate_cell(&reader->summary->cells[i]);
    return error;
}

int summary_read(struct summary *out, const char *run_dir)
{
    struct summary summary = {
        .warnings = json_array(),
        .lines = json_array(),
    };
    struct reader reader = { .summary = &summary, .index = json_object() };
    int error = -ENOMEM;
    if (summary.warnings && summary.lines && reader.index)
        error = read_all(&reader, run_dir);
    json_decref(reader.index);
    if (error)
        summary_free(&summary);
    else
        *out = summary;
    return error;
}

void summary_free(struct summary *summary)
{
    for (size_t i = 0; i < summary->n; i++)
        free(summary->cells[i].samples);
    free(summary->cells);
    json_decref(summary->warnings);
    json_decref(summary->lines);
}
