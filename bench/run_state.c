/* SPDX-License-Identifier: MIT */
/*
 * What the cells of a run have been through, line by line, and what that lets
 * expect.
 */
#include "run_state.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "metric.h"
#include "precise.h"
#include "stats.h"
#include "trials.h"

enum {
    FAILURES = 2 /* in a row; then a cell is given up */
};
#define SECOND INT64_C(1000000000)
static const int64_t START_NS = 20 * SECOND / 1000; /* start of a process */

static double param_of(const struct plan_cell *cell, const char *name)
{
    const json_t *params = json_object_get(cell->json, "params");
    return json_number_value(json_object_get(params, name));
}

/* What fixed work waits for: once, for requests that take seconds each, in
 * some turns, or for a schedule; what its tasks compute, and what it takes to
 * make and end them. */
static double fixed_seconds(const struct plan_cell *cell)
{
    bool kernel = json_object_get(json_object_get(cell->json, "params"),
                                  "kernel") != NULL;
    double us = param_of(cell, "cpu_us") + (kernel ? 500 : 0);
    double rate = param_of(cell, "rate");
    return 0.06 + 1.1 * param_of(cell, "sleep_s") +
           7 * param_of(cell, "scale") + 0.01 * param_of(cell, "delay_ms") +
           1e-6 * (us + 5) * param_of(cell, "tasks") +
           (rate > 0 ? param_of(cell, "requests") / rate : 0);
}

/* How long a trial will take, before any was seen. */
static int64_t first_guess(const struct run *run, const struct plan_cell *cell)
{
    double seconds = 1e-4 * param_of(cell, "conns"); /* to open them */
    seconds +=
        cell->calibrated ? (double)run->target_ns / 1e9 : fixed_seconds(cell);
    return START_NS + (int64_t)(seconds * 1e9);
}

static const char *text(const struct plan_cell *cell, const char *key)
{
    const char *value = json_string_value(json_object_get(cell->json, key));
    return value ? value : "";
}

/* The cell of the baseline at the same point; its own where there is none. */
static size_t find_baseline(const struct plan *plan, size_t index)
{
    const char *point = text(&plan->cells[index], "point");
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(text(&plan->cells[i], "point"), point) == 0 &&
            strcmp(text(&plan->cells[i], "runtime"), BASELINE) == 0)
            return i;
    return index;
}

int run_init(struct run *run, const struct plan *plan,
             const struct options *options, const char *folder)
{
    *run = (struct run){ .plan = plan,
                         .options = options,
                         .folder = folder,
                         .seed = options->seed,
                         .target_ns = options->profile->target_ns,
                         .repetitions = options->repetitions };
    if (run->repetitions == 0)
        run->repetitions = options->profile->repetitions;
    run->rounds_max = run->repetitions;
    if (options->precision > 0 && run->rounds_max < PRECISE_ROUNDS_MAX)
        run->rounds_max = PRECISE_ROUNDS_MAX;
    run->states = calloc(plan->count, sizeof *run->states);
    if (!run->states)
        return -ENOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        struct cell_state *state = &run->states[i];
        state->rounds = calloc(run->rounds_max + 1, 1);
        state->times = calloc(run->rounds_max + 1, sizeof *state->times);
        if (!state->rounds || !state->times) {
            run_fini(run);
            return -ENOMEM;
        }
        state->left = run->repetitions;
        state->baseline = find_baseline(plan, i);
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

/* Extra rounds the cell will need, as far as its first ones tell. */
static unsigned extra_rounds(const struct run *run,
                             const struct cell_state *state)
{
    double goal = run->options->precision;
    unsigned n = (unsigned)state->times_n;
    if (goal == 0 || !isfinite(run_width(state)))
        return 0;
    unsigned all = n + precise_trials(run_width(state), goal, n);
    return all > n + state->left ? all - n - state->left : 0;
}

int64_t run_estimate(const struct run *run)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->plan->count; i++) {
        const struct cell_state *state = &run->states[i];
        unsigned rounds = state->left + extra_rounds(run, state);
        if (!state->given_up)
            sum += state->process_ns * rounds + warmup_estimate(run, i);
    }
    return sum;
}

unsigned long run_trials_left(const struct run *run)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < run->plan->count; i++)
        if (!run->states[i].given_up)
            sum += run->states[i].left + !run->states[i].warm +
                   extra_rounds(run, &run->states[i]);
    return sum;
}

int64_t run_round_estimate(const struct run *run, unsigned round)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->plan->count; i++)
        if (!run->states[i].given_up && !run->states[i].rounds[round])
            sum += run->states[i].process_ns;
    return sum;
}

/* How long a trial may take before it is killed: generous, since a busy
 * machine is no reason to fail. */
int64_t run_time_limit(const struct run *run, const struct cell_state *state)
{
    if (run->options->time_limit_ns)
        return run->options->time_limit_ns;
    int64_t least = run->options->profile->patience_ns;
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

/* The calibrated count that the trial of this line ran with; 0: none. */
static int64_t count_of(const struct plan_cell *cell, const json_t *line)
{
    if (!cell->calibrated)
        return 0;
    const json_t *params =
        json_object_get(json_object_get(line, "record"), "params");
    return json_integer_value(json_object_get(params, cell->calibrated));
}

bool run_counts_cpu(const struct run *run, size_t index)
{
    return json_is_true(json_object_get(run->plan->cells[index].json, "waits"));
}

/* Keeps how long a measured trial took. */
static void keep_time(struct run *run, size_t index, const json_t *line)
{
    struct cell_state *state = &run->states[index];
    bool per_op = run->plan->cells[index].calibrated;
    double values[METRICS];
    metric_read(values, json_object_get(line, "record"));
    double time = values[metric_compared(run_counts_cpu(run, index), per_op)];
    if (isfinite(time))
        state->times[state->times_n++] = per_op ? time : time * 1e9;
}

/* A round of the cell is over, with whatever outcome. */
static void note_round(struct run *run, size_t index, const json_t *line)
{
    struct cell_state *state = &run->states[index];
    json_int_t round = json_integer_value(json_object_get(line, "round"));
    if (round < 1 || round > run->rounds_max || state->rounds[round])
        return;
    state->rounds[round] = 1;
    state->left -= round <= run->repetitions;
    if (round > run->last_round)
        run->last_round = (unsigned)round;
    if (attempt_is(line, "ok"))
        keep_time(run, index, line);
}

void run_note(struct run *run, size_t index, const json_t *line)
{
    struct cell_state *state = &run->states[index];
    const struct plan_cell *cell = &run->plan->cells[index];
    const char *phase = attempt_phase(line);
    if (attempt_is(line, "interrupted"))
        return;
    if (strcmp(phase, "measure") == 0)
        note_round(run, index, line);
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
            run_note(run, index, line);
    }
}

void run_learn(struct run *run, const json_t *trials)
{
    size_t i;
    json_t *line;
    json_array_foreach(trials, i, line)
    {
        size_t index = find_cell(run->plan, line);
        if (index != SIZE_MAX && strcmp(attempt_phase(line), "calibrate") != 0)
            learn_time(&run->states[index], line);
    }
    /* Times of another run are good guesses, no more. */
    for (i = 0; i < run->plan->count; i++)
        run->states[i].timed = false;
}

/* ---- precision ---- */

double run_width(const struct cell_state *state)
{
    struct estimate e = { 0 };
    (void)stats_estimate(&e, state->times, state->times_n); /* or none */
    return stats_spread(&e);
}

int run_choose(struct run *run, unsigned round, int64_t left_ns)
{
    size_t n = run->plan->count;
    struct precise *cells = calloc(n, sizeof *cells);
    if (!cells)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct cell_state *state = &run->states[i];
        cells[i] = (struct precise){
            .width = run_width(state),
            .baseline = state->baseline,
            .ns = state->process_ns,
            .measured = state->rounds[round],
            .lost = state->given_up || !state->warm,
        };
    }
    size_t chosen = precise_choose(cells, n, run->options->precision, left_ns);
    for (size_t i = 0; i < n; i++)
        run->states[i].chosen = cells[i].chosen;
    free(cells);
    return (int)chosen;
}

unsigned long run_wide(const struct run *run)
{
    unsigned long n = 0;
    for (size_t i = 0; i < run->plan->count; i++)
        n += run->states[i].times_n > 0 &&
             run_width(&run->states[i]) > run->options->precision;
    return n;
}
