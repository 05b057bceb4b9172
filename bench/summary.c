/* SPDX-License-Identifier: MIT */
/*
 * Groups the trials of a run into cells with samples.  The trials are kept:
 * everything else points into them.
 */

#include "summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *text_or_empty(const json_t *object, const char *key)
{
    const char *value = text(object, key);
    return value ? value : "";
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

/* False when the description lacks one of its names. */
static bool describe_cell(struct cell *out, const json_t *plan)
{
    *out = (struct cell){
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
        .offload_threads = (unsigned)json_integer_value(
            json_object_get(plan, "offload_threads")),
        .reference = json_is_true(json_object_get(plan, "reference")),
        .origin_share = NAN,
    };
    return out->name && out->workload && out->point && out->group &&
           out->runtime && out->cpus;
}

/* Fills index with cell name -> position in cells. */
static int take_cells(struct summary *s, json_t *index)
{
    const json_t *plan;
    size_t i, planned = json_array_size(s->trials.cells);
    s->cells = calloc(planned ? planned : 1, sizeof *s->cells);
    if (!s->cells)
        return -ENOMEM;
    json_array_foreach(s->trials.cells, i, plan)
    {
        struct cell *cell = &s->cells[s->n];
        if (!describe_cell(cell, plan))
            return -EBADMSG;
        if (json_object_get(index, cell->name))
            continue;
        json_t *position = json_integer((json_int_t)s->n);
        if (json_object_set_new(index, cell->name, position))
            return -ENOMEM;
        s->n++;
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

static int take_trial(struct summary *s, const json_t *index,
                      const json_t *trial)
{
    const char *outcome = text_or_empty(trial, "outcome");
    const json_t *record = json_object_get(trial, "record");
    const json_t *position =
        json_object_get(index, text_or_empty(trial, "cell"));
    if (!position)
        return -EBADMSG;
    struct cell *cell = &s->cells[json_integer_value(position)];
    if (strcmp(outcome, "interrupted") == 0)
        return 0;
    if (strcmp(outcome, "skipped") == 0)
        take_skip(cell, trial);
    else if (strcmp(outcome, "ok") != 0)
        take_failure(cell, outcome, text(trial, "message"));
    else if (!isfinite(metric_number(record, "wall_ns")))
        take_failure(cell, "garbage", "a record without wall_ns");
    else if (strcmp(text_or_empty(trial, "phase"), "measure") == 0)
        return take_sample(cell, trial);
    return 0;
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

/* Where a pool's joiner ran the task itself, no worker was woken for it. */
static void read_helped(struct cell *cell, double *values)
{
    struct estimate share;
    size_t n = 0;
    for (size_t i = 0; i < cell->n; i++) {
        const json_t *runtime =
            json_object_get(cell->samples[i].record, "runtime");
        double helped = metric_number(runtime, "helped");
        double tasks = metric_number(runtime, "tasks");
        values[n++] = tasks > 0 && isfinite(helped) ? helped / tasks : 0;
    }
    if (!stats_estimate(&share, values, n))
        cell->helped_share = share.median;
}

static void read_behind(struct cell *cell)
{
    for (size_t i = 0; i < cell->n; i++)
        cell->behind |=
            metric_number(json_object_get(cell->samples[i].record, "counts"),
                          "unstarted") > 0;
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
    read_helped(cell, values);
    read_behind(cell);
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

static int take_all(struct summary *s, json_t *index)
{
    const json_t *trial;
    size_t i;
    int error = index ? take_cells(s, index) : -ENOMEM;
    if (error)
        return error;
    json_array_foreach(s->trials.trials, i, trial)
    {
        error = take_trial(s, index, trial);
        if (error)
            return error;
    }
    for (i = 0; i < s->n && !error; i++)
        error = estimate_cell(&s->cells[i]);
    return error;
}

int summary_read(struct summary *out, const char *dir, char *message,
                 size_t message_size)
{
    struct summary summary = { 0 };
    int error = trials_read(&summary.trials, dir, message, message_size);
    if (error)
        return error;
    json_t *index = json_object();
    error = take_all(&summary, index);
    json_decref(index);
    if (error) {
        snprintf(message, message_size, "cannot use %s/trials.jsonl: %s", dir,
                 strerror(-error));
        summary_fini(&summary);
    } else {
        *out = summary;
    }
    return error;
}

void summary_fini(struct summary *summary)
{
    for (size_t i = 0; i < summary->n; i++)
        free(summary->cells[i].samples);
    free(summary->cells);
    trials_fini(&summary->trials);
    *summary = (struct summary){ 0 };
}
