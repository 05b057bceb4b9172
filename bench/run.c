/* SPDX-License-Identifier: MIT */
/*
 * Runs the plan.  Invariant: what a cell_state says is in trials.jsonl.
 */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "calibrate.h"
#include "env.h"
#include "human.h"
#include "interrupt.h"
#include "metric.h"
#include "order.h"
#include "proc.h"
#include "progress.h"
#include "stats.h"
#include "trials.h"

enum {
    FAILURES = 2, /* in a row; then a cell is given up */
    DRAWS = 64    /* random numbers for the calibration of one cell */
};
#define SECOND INT64_C(1000000000)
static const int64_t START_NS = 20 * SECOND / 1000; /* start of a process */

/* The state of run_rounds(). */
struct rounds {
    struct run *run;
    struct attempts attempts;
    struct progress progress;
    struct run_summary *summary;
    unsigned long done;
    int fd;
    bool stop;
};

static bool is_quick(const struct run *run)
{
    return strcmp(run->options->profile, "quick") == 0;
}

static bool is_full(const struct run *run)
{
    return strcmp(run->options->profile, "full") == 0;
}

/* How long a trial will take, before any was seen. */
static int64_t first_guess(const struct run *run, const struct cell *cell)
{
    if (cell->calibrated)
        return START_NS + run->target_ns;
    /* Fixed work is short, but for what it waits: once, for requests that
     * take seconds each, or in some turns. */
    static const struct {
        const char *name;
        double seconds;
    } waits[] = { { "sleep_s", 1.1 }, { "scale", 5 }, { "delay_ms", 0.01 } };
    const json_t *params = json_object_get(cell->json, "params");
    double seconds = 0.06;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        seconds += waits[i].seconds *
                   json_number_value(json_object_get(params, waits[i].name));
    return START_NS + (int64_t)(seconds * 1e9);
}

int run_init(struct run *run, const struct plan *plan,
             const struct options *options, const char *folder)
{
    *run = (struct run){ .plan = plan,
                         .options = options,
                         .folder = folder,
                         .seed = options->seed,
                         .repetitions = options->repetitions };
    if (run->repetitions == 0)
        run->repetitions = is_quick(run) ? 3 : 9;
    run->target_ns = (is_quick(run) ? 50 : 300) * SECOND / 1000;
    run->states = calloc(plan->count, sizeof *run->states);
    if (!run->states)
        return -ENOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        struct cell_state *state = &run->states[i];
        state->rounds = calloc(run->repetitions + 1, 1);
        state->times = calloc(run->repetitions + 1, sizeof *state->times);
        if (!state->rounds || !state->times) {
            run_fini(run);
            return -ENOMEM;
        }
        state->left = run->repetitions;
        state->warm = options->no_warmup && !plan->cells[i].calibrated;
        state->process_ns = first_guess(run, &plan->cells[i]);
    }
    return 0;
}

void run_fini(struct run *run)
{
    for (size_t i = 0; run->states && i < run->plan->count; i++) {
        free(run->states[i].rounds);
        free(run->states[i].times);
    }
    free(run->states);
    *run = (struct run){ 0 };
}

/* ---- estimates ---- */

static int64_t warmup_estimate(const struct run *run, size_t i)
{
    const struct cell_state *state = &run->states[i];
    if (state->warm)
        return 0;
    if (!run->plan->cells[i].calibrated)
        return state->process_ns;
    /* A few short trials and one of full length. */
    return state->process_ns + run->target_ns / 3 + 4 * START_NS;
}

int64_t run_estimate(const struct run *run)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->plan->count; i++) {
        const struct cell_state *state = &run->states[i];
        if (!state->given_up)
            sum += state->process_ns * state->left + warmup_estimate(run, i);
    }
    return sum;
}

unsigned long run_trials_left(const struct run *run)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < run->plan->count; i++)
        if (!run->states[i].given_up)
            sum += run->states[i].left + !run->states[i].warm;
    return sum;
}

static int64_t round_estimate(const struct run *run)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->plan->count; i++)
        if (!run->states[i].given_up)
            sum += run->states[i].process_ns;
    return sum;
}

/* How long a trial may take before it is killed: generous, since a busy
 * machine is no reason to fail. */
static int64_t time_limit(const struct run *run, const struct cell_state *state)
{
    if (run->options->time_limit_ns)
        return run->options->time_limit_ns;
    int64_t least = (is_full(run) ? 600 : is_quick(run) ? 30 : 60) * SECOND;
    if (!state->timed || 10 * state->process_ns < least)
        return least;
    return 10 * state->process_ns;
}

/* ---- what a line tells ---- */

static void learn_time(struct cell_state *state, const json_t *line)
{
    int64_t ns = json_integer_value(json_object_get(line, "process_ns"));
    if (ns <= 0)
        return;
    state->process_ns = state->timed ? (state->process_ns + ns) / 2 : ns;
    state->timed = true;
}

static const char *phase_of(const json_t *line)
{
    const char *phase = json_string_value(json_object_get(line, "phase"));
    return phase ? phase : "";
}

/* The calibrated count that the trial of this line ran with; 0: none. */
static int64_t count_of(const struct cell *cell, const json_t *line)
{
    if (!cell->calibrated)
        return 0;
    const json_t *params =
        json_object_get(json_object_get(line, "record"), "params");
    return json_integer_value(json_object_get(params, cell->calibrated));
}

/* Keeps how long a measured trial took. */
static void keep_time(struct cell_state *state, const struct cell *cell,
                      const json_t *line)
{
    const json_t *record = json_object_get(line, "record");
    double ns = metric_number(record, "wall_ns");
    if (cell->calibrated)
        ns /= metric_number(record, "ops");
    if (isfinite(ns))
        state->times[state->times_n++] = ns;
}

/* Brings the state of the cell up to date with a line. */
static void note(struct run *run, size_t index, const json_t *line)
{
    struct cell_state *state = &run->states[index];
    const struct cell *cell = &run->plan->cells[index];
    const char *phase = phase_of(line);
    if (attempt_is(line, "interrupted"))
        return;
    if (strcmp(phase, "measure") == 0) {
        json_int_t round = json_integer_value(json_object_get(line, "round"));
        if (round >= 1 && round <= run->repetitions && !state->rounds[round]) {
            state->rounds[round] = 1;
            state->left--;
            if (attempt_is(line, "ok"))
                keep_time(state, cell, line);
        }
    }
    if (attempt_is(line, "skipped")) {
        state->given_up = true;
    } else if (attempt_is(line, "ok")) {
        state->failures = 0;
        if (strcmp(phase, "calibrate") != 0) {
            learn_time(state, line);
            state->count = count_of(cell, line);
            state->warm = !cell->calibrated || state->count > 0;
        }
    } else if (++state->failures >= FAILURES) {
        state->given_up = true;
    } else if (!cell->calibrated) {
        state->warm = true; /* its next chance is the first round */
    }
}

/* The index of the cell of that name, or SIZE_MAX. */
static size_t find_cell(const struct plan *plan, const json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "cell"));
    for (size_t i = 0; name && i < plan->count; i++)
        if (strcmp(plan->cells[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

void run_resume(struct run *run, const json_t *trials)
{
    size_t i;
    json_t *line;
    json_array_foreach(trials, i, line)
    {
        size_t index = find_cell(run->plan, line);
        if (index != SIZE_MAX)
            note(run, index, line);
    }
}

void run_learn(struct run *run, const json_t *trials)
{
    size_t i;
    json_t *line;
    json_array_foreach(trials, i, line)
    {
        size_t index = find_cell(run->plan, line);
        if (index != SIZE_MAX && strcmp(phase_of(line), "calibrate") != 0)
            learn_time(&run->states[index], line);
    }
    /* Times of another run are good guesses, no more. */
    for (i = 0; i < run->plan->count; i++)
        run->states[i].timed = false;
}

/* ---- one trial ---- */

static int64_t wall_of(const json_t *line)
{
    return json_integer_value(
        json_object_get(json_object_get(line, "record"), "wall_ns"));
}

static void count_outcome(struct rounds *rounds, const struct cell *cell,
                          const json_t *line)
{
    struct run_summary *summary = rounds->summary;
    const char *message = json_string_value(json_object_get(line, "message"));
    char text[448];
    if (attempt_is(line, "ok")) {
        summary->ok += strcmp(phase_of(line), "measure") == 0;
    } else if (attempt_is(line, "skipped")) {
        summary->skipped++;
        const json_t *skip =
            json_object_get(json_object_get(line, "record"), "skip");
        progress_say(&rounds->progress, "skipped: %s: %s", cell->name,
                     human_skip(text, sizeof text, message, skip));
    } else if (!attempt_is(line, "interrupted")) {
        summary->failed++;
        progress_say(&rounds->progress, "%s: %s: %s", attempt_outcome(line),
                     cell->name, message);
    }
}

/* A signal, or a budget that is used up, ends the run. */
static bool must_stop(struct rounds *rounds, size_t index)
{
    const struct run *run = rounds->run;
    if (interrupt_pending()) {
        rounds->summary->signal = interrupt_pending();
        rounds->summary->reason = interrupt_name(interrupt_pending());
        rounds->stop = true;
    } else if (run->options->budget_ns &&
               proc_now() - rounds->attempts.started_ns +
                       run->states[index].process_ns >
                   run->options->budget_ns) {
        progress_say(&rounds->progress,
                     "budget: the next trial would not fit any more");
        rounds->summary->reason = "budget";
        rounds->stop = true;
    }
    return rounds->stop;
}

/* Whether the count just tried will be the one: then the trial was the
 * warm-up, and is called so. */
static bool is_last(const struct calibrate *search, const json_t *line)
{
    struct calibrate ahead = *search;
    calibrate_step(&ahead, wall_of(line));
    return ahead.done;
}

/* Shows what comes now, and what is known of it: the median so far and its
 * interval. */
static void show(struct rounds *rounds, const struct cell *cell,
                 const struct cell_state *state)
{
    const char *runtime =
        json_string_value(json_object_get(cell->json, "runtime"));
    char brief[64], figure[64] = "", median[HUMAN], interval[HUMAN];
    struct estimate e;
    snprintf(brief, sizeof brief, "%s %s", cell->workload,
             runtime ? runtime : "");
    if (stats_estimate(&e, state->times, state->times_n) == 0)
        snprintf(figure, sizeof figure, "%.20s%s%.40s",
                 human_time(median, e.median), e.interval ? " " : "",
                 e.interval ? human_times(interval, &e, 1) : "");
    progress_detail(&rounds->progress, brief, figure);
    progress_set(&rounds->progress, rounds->done, cell->name,
                 run_estimate(rounds->run));
}

/* Runs one trial and puts it on file; search: the calibration it is part of,
 * or NULL.  NULL when that ended the run; else the caller owns the line. */
static json_t *one_trial(struct rounds *rounds, const struct attempt *attempt,
                         size_t index, const struct calibrate *search)
{
    struct run *run = rounds->run;
    if (must_stop(rounds, index))
        return NULL;
    show(rounds, attempt->cell, &run->states[index]);
    json_t *line = attempt_run(&rounds->attempts, attempt);
    if (search && attempt_is(line, "ok") && is_last(search, line))
        json_object_set_new(line, "phase", json_string("warmup"));
    int err = line ? trials_append(rounds->fd, line) : -ENOMEM;
    if (err != 0) {
        rounds->summary->error = err;
        rounds->summary->reason = strerror(-err);
        rounds->stop = true;
        json_decref(line);
        return NULL;
    }
    count_outcome(rounds, attempt->cell, line);
    note(run, index, line);
    return line;
}

static struct attempt make_attempt(const struct run *run, size_t index,
                                   const char *phase)
{
    const struct cell_state *state = &run->states[index];
    return (struct attempt){ .cell = &run->plan->cells[index],
                             .phase = phase,
                             .draw = index * DRAWS,
                             .count = state->count,
                             .limit_ns = time_limit(run, state) };
}

/* ---- the warm-up ---- */

/* Runs and records one calibration trial; false when there is no next. */
static bool calibrate_once(struct rounds *rounds, size_t index,
                           struct calibrate *calibrate, size_t order)
{
    struct run *run = rounds->run;
    struct cell_state *state = &run->states[index];
    struct attempt attempt = make_attempt(run, index, "calibrate");
    attempt.count = calibrate->count;
    attempt.order = order;
    attempt.draw += (uint64_t)calibrate->tries;
    json_t *line = one_trial(rounds, &attempt, index, calibrate);
    if (!line)
        return false;
    if (attempt_is(line, "ok"))
        calibrate_step(calibrate, wall_of(line));
    if (calibrate->done) {
        state->count = calibrate->count;
        state->warm = true;
    }
    json_decref(line);
    return !calibrate->done && !state->given_up;
}

static void warm_up(struct rounds *rounds, size_t index, size_t order)
{
    struct run *run = rounds->run;
    const struct cell *cell = &run->plan->cells[index];
    if (!cell->calibrated) {
        struct attempt attempt = make_attempt(run, index, "warmup");
        attempt.order = order;
        json_decref(one_trial(rounds, &attempt, index, NULL));
        return;
    }
    struct calibrate calibrate;
    calibrate_start(&calibrate, cell->low, cell->high, cell->step,
                    run->target_ns);
    while (calibrate_once(rounds, index, &calibrate, order))
        ;
}

/* ---- the rounds ---- */

static void warm_up_all(struct rounds *rounds, size_t *order)
{
    struct run *run = rounds->run;
    order_shuffle(order, run->plan->count, run->seed, 0);
    for (size_t i = 0; i < run->plan->count && !rounds->stop; i++) {
        const struct cell_state *state = &run->states[order[i]];
        if (state->warm || state->given_up)
            continue;
        warm_up(rounds, order[i], i);
        rounds->done++;
    }
}

static void one_round(struct rounds *rounds, size_t *order, unsigned round)
{
    struct run *run = rounds->run;
    order_shuffle(order, run->plan->count, run->seed, round);
    for (size_t i = 0; i < run->plan->count && !rounds->stop; i++) {
        const struct cell_state *state = &run->states[order[i]];
        if (state->given_up || !state->warm || state->rounds[round])
            continue;
        struct attempt attempt = make_attempt(run, order[i], "measure");
        attempt.round = round;
        attempt.order = i;
        json_decref(one_trial(rounds, &attempt, order[i], NULL));
        rounds->done++;
    }
}

/* The first round is always begun, so that there is something to show. */
static bool round_fits(struct rounds *rounds, unsigned round)
{
    const struct run *run = rounds->run;
    int64_t gone = proc_now() - rounds->attempts.started_ns;
    if (round == 1 || run->options->budget_ns == 0 ||
        gone + round_estimate(run) <= run->options->budget_ns)
        return true;
    progress_say(&rounds->progress,
                 "budget: round %u of %u would not fit any more", round,
                 run->repetitions);
    rounds->summary->reason = "budget";
    return false;
}

static void write_end(struct rounds *rounds)
{
    const struct run_summary *summary = rounds->summary;
    char date[64];
    json_t *line = json_pack("{s:{s:s, s:b, s:s}}", "end", "finished",
                             env_date(date, sizeof date), "interrupted",
                             summary->signal != 0, "reason", summary->reason);
    int err = line ? trials_append(rounds->fd, line) : -ENOMEM;
    json_decref(line);
    if (rounds->summary->error == 0)
        rounds->summary->error = err;
}

void run_rounds(struct run *run, int trials_fd, struct run_summary *out)
{
    *out = (struct run_summary){ .reason = "complete" };
    struct rounds rounds = {
        .run = run,
        .attempts = { .folder = run->folder, .seed = run->seed },
        .summary = out,
        .fd = trials_fd,
    };
    rounds.attempts.progress = &rounds.progress;
    rounds.attempts.started_ns = proc_now();
    size_t *order = calloc(run->plan->count, sizeof *order);
    if (!order) {
        out->error = -ENOMEM;
        out->reason = strerror(ENOMEM);
        return;
    }
    progress_start(&rounds.progress, run_trials_left(run));
    warm_up_all(&rounds, order);
    for (unsigned r = 1; r <= run->repetitions && !rounds.stop; r++) {
        if (!round_fits(&rounds, r))
            break;
        one_round(&rounds, order, r);
    }
    progress_stop(&rounds.progress);
    attempts_fini(&rounds.attempts);
    if (out->error == 0)
        write_end(&rounds);
    free(order);
}
