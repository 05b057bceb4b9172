/* SPDX-License-Identifier: MIT */
/*
 * Runs the plan.  Invariant: what a cell_state says is in trials.jsonl.
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "calibrate.h"
#include "env.h"
#include "human.h"
#include "interrupt.h"
#include "order.h"
#include "proc.h"
#include "progress.h"
#include "stats.h"
#include "trials.h"

enum {
    DRAWS = 64 /* random numbers for the calibration of one cell */
};

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

/* ---- one trial ---- */

static int64_t wall_of(const json_t *line)
{
    return json_integer_value(
        json_object_get(json_object_get(line, "record"), "wall_ns"));
}

static void count_outcome(struct rounds *rounds, const struct plan_cell *cell,
                          const json_t *line)
{
    struct run_summary *summary = rounds->summary;
    const char *message = json_string_value(json_object_get(line, "message"));
    char text[448];
    if (attempt_is(line, "ok")) {
        summary->ok += strcmp(attempt_phase(line), "measure") == 0;
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
static void show(struct rounds *rounds, size_t index)
{
    const struct plan_cell *cell = &rounds->run->plan->cells[index];
    const struct cell_state *state = &rounds->run->states[index];
    const char *runtime =
        json_string_value(json_object_get(cell->json, "runtime"));
    char brief[64], figure[64] = "", median[HUMAN], interval[HUMAN];
    struct estimate e;
    snprintf(brief, sizeof brief, "%s %s", cell->workload,
             runtime ? runtime : "");
    if (stats_estimate(&e, state->times, state->times_n) == 0)
        snprintf(figure, sizeof figure, "%.16s%s%s%.40s",
                 human_time(median, e.median),
                 run_counts_cpu(rounds->run, index) ? " CPU" : "",
                 e.interval ? " " : "",
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
    show(rounds, index);
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
    run_note(run, index, line);
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
                             .limit_ns = run_time_limit(run, state) };
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
    const struct plan_cell *cell = &run->plan->cells[index];
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

/* An extra round has only the cells chosen for it. */
static bool takes_part(const struct run *run, const struct cell_state *state,
                       unsigned round)
{
    return !state->given_up && state->warm && !state->rounds[round] &&
           (round <= run->repetitions || state->chosen);
}

static void one_round(struct rounds *rounds, size_t *order, unsigned round)
{
    struct run *run = rounds->run;
    order_shuffle(order, run->plan->count, run->seed, round);
    for (size_t i = 0; i < run->plan->count && !rounds->stop; i++) {
        if (!takes_part(run, &run->states[order[i]], round))
            continue;
        struct attempt attempt = make_attempt(run, order[i], "measure");
        attempt.round = round;
        attempt.order = i;
        json_decref(one_trial(rounds, &attempt, order[i], NULL));
        rounds->done++;
    }
}

static void out_of_budget(struct rounds *rounds, unsigned round)
{
    progress_say(&rounds->progress,
                 "budget: round %u of %u would not fit any more", round,
                 rounds->run->rounds_max);
    rounds->summary->reason = "budget";
}

/* The first round is always begun, so that there is something to show. */
static bool round_fits(struct rounds *rounds, unsigned round)
{
    const struct run *run = rounds->run;
    int64_t gone = proc_now() - rounds->attempts.started_ns;
    if (round == 1 || run->options->budget_ns == 0 ||
        gone + run_round_estimate(run, round) <= run->options->budget_ns)
        return true;
    out_of_budget(rounds, round);
    return false;
}

/* What the budget has left. */
static int64_t time_left(const struct rounds *rounds)
{
    int64_t budget = rounds->run->options->budget_ns;
    return budget == 0 ? INT64_MAX
                       : budget - (proc_now() - rounds->attempts.started_ns);
}

/* The rounds after the fixed ones, until nothing is too wide, or nothing fits.
 * One that was cut off earlier is completed first; those before it are not
 * touched, for what would be measured now has no pair there. */
static void until_precise(struct rounds *rounds, size_t *order)
{
    struct run *run = rounds->run;
    unsigned round = run->repetitions + 1;
    if (round < run->last_round)
        round = run->last_round;
    for (; round <= run->rounds_max && !rounds->stop; round++) {
        int chosen = run_choose(run, round, time_left(rounds));
        if (chosen < 0) {
            rounds->summary->error = chosen;
            rounds->summary->reason = strerror(-chosen);
            return;
        }
        if (chosen == 0 && round > run->last_round) {
            if (run_choose(run, round, INT64_MAX) > 0)
                out_of_budget(rounds, round);
            return;
        }
        rounds->progress.total = rounds->done + run_trials_left(run);
        one_round(rounds, order, round);
    }
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
    if (run->options->precision > 0) {
        until_precise(&rounds, order);
        out->wide = run_wide(run);
    }
    progress_stop(&rounds.progress);
    attempts_fini(&rounds.attempts);
    if (out->error == 0)
        write_end(&rounds);
    free(order);
}
