/* SPDX-License-Identifier: MIT */
/*
 * The rounds.  Invariant: both sides of a pair have as many samples.
 */
#include "gate_rounds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "calibrate.h"
#include "interrupt.h"
#include "order.h"
#include "proc.h"

enum {
    TRIES = 2,        /* of a trial that fails */
    SIZES = 2,        /* a slope has two */
    SAMPLE = 5,       /* the most trials of a sample */
    CALIBRATIONS = 4, /* trials until the count is found, by experience */
    STAGE = 1000,     /* rounds of different stages draw different numbers */
    WARM_UP = 900,    /* as a round's number */
    DRAWS = 16        /* random numbers of a pair in a round */
};
static const int64_t TARGET_NS = 20 * 1000 * 1000;
static const int64_t LIMIT_NS = INT64_C(60) * 1000 * 1000 * 1000;

/* What becomes of the run after a trial. */
enum next {
    GO_ON,
    DROP, /* this pair cannot be measured */
    STOP  /* the run is over: interrupted, out of time, or broken */
};

struct rounds {
    struct gate *gate;
    struct gate_plan *plan;
    const struct gate_effort *effort;
    struct attempts attempts;
    struct progress progress;
    unsigned long done, total;
    int64_t started_ns;
    int error;
};

static const char *const sides[] = { "base", "head" };

/* ---- work ---- */

static uint64_t whole(const json_t *record, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(record, key));
}

static uint64_t digest(const json_t *record)
{
    const char *text = json_string_value(json_object_get(record, "digest"));
    return text ? strtoull(text, NULL, 16) : 0;
}

/* What two records differ in, NULL when they have done the same work; per
 * operation where they were asked for different amounts. */
static const char *unequal(const json_t *a, const json_t *b)
{
    uint64_t a_ops = whole(a, "ops"), b_ops = whole(b, "ops");
    if (digest(a) * b_ops != digest(b) * a_ops)
        return "digest";
    if (whole(a, "bytes") * b_ops != whole(b, "bytes") * a_ops)
        return "bytes";
    const json_t *params = json_object_get(b, "params");
    if (!json_equal(json_object_get(a, "params"), params))
        return NULL;
    if (a_ops != b_ops)
        return "ops";
    if (whole(a, "units") != whole(b, "units"))
        return "units";
    return whole(a, "connections") != whole(b, "connections") ? "connections"
                                                              : NULL;
}

static enum next check_work(struct rounds *rounds, struct gate_pair *pair,
                            int side, json_t *record)
{
    if (!pair->first) {
        pair->first = json_incref(record);
        return GO_ON;
    }
    const char *what = unequal(pair->first, record);
    if (!what)
        return GO_ON;
    gate_break(rounds->gate, "%s: %s did other work than base: its %s differs",
               pair->entry.name, sides[side], what);
    return STOP;
}

/* ---- one trial ---- */

static bool out_of_time(struct rounds *rounds)
{
    if (proc_now() - rounds->started_ns < rounds->effort->budget_ns)
        return false;
    rounds->gate->cut_short = true;
    return true;
}

static int64_t time_left(const struct rounds *rounds)
{
    int64_t spent = proc_now() - rounds->started_ns;
    if (rounds->done == 0 || rounds->total <= rounds->done)
        return 0;
    return spent / (int64_t)rounds->done *
           (int64_t)(rounds->total - rounds->done);
}

/* Judges a line that is not ok. */
static enum next judge_failure(struct rounds *rounds, struct gate_pair *pair,
                               int side, const json_t *line)
{
    const char *message = json_string_value(json_object_get(line, "message"));
    if (attempt_is(line, "interrupted"))
        return STOP;
    if (attempt_is(line, "skipped")) {
        gate_leave_out(rounds->gate, pair->entry.name, "skipped: %s",
                       message ? message : "");
        return DROP;
    }
    gate_break(rounds->gate, "%s: %s %s: %s", pair->entry.name, sides[side],
               attempt_outcome(line), message ? message : "");
    return STOP;
}

/* Whether it may be the machine's fault, and another try is fair: a program
 * that crashes or writes no record does so by itself. */
static bool may_pass(const json_t *line)
{
    return attempt_is(line, "failed") || attempt_is(line, "timeout");
}

static void say_again(struct rounds *rounds, const struct gate_pair *pair,
                      int side, const json_t *line)
{
    const char *message = json_string_value(json_object_get(line, "message"));
    progress_say(&rounds->progress, "%s: %s %s, it is tried again: %s",
                 pair->entry.name, sides[side], attempt_outcome(line),
                 message ? message : "");
}

/* Runs a trial, a second time if that is fair.  The line is the caller's where
 * the result is GO_ON. */
static enum next run_trial(struct rounds *rounds, struct gate_pair *pair,
                           int side, struct attempt *attempt, json_t **out)
{
    json_t *line = NULL;
    attempt->cell = &pair->cells[side];
    attempt->phase = "measure";
    attempt->limit_ns = LIMIT_NS;
    attempt->count_of = gate_quantities[pair->quantity].count_of;
    attempt->inject = side == GATE_HEAD && *pair->inject ? pair->inject : NULL;
    for (int i = 0; i < TRIES; i++) {
        if (interrupt_pending() || out_of_time(rounds)) {
            json_decref(line);
            return STOP;
        }
        progress_set(&rounds->progress, rounds->done++, pair->entry.name,
                     time_left(rounds));
        json_decref(line);
        line = attempt_run(&rounds->attempts, attempt);
        if (!line) {
            rounds->error = -ENOMEM;
            return STOP;
        }
        if (!may_pass(line))
            break;
        if (i + 1 < TRIES)
            say_again(rounds, pair, side, line);
    }
    enum next next = GO_ON;
    if (!attempt_is(line, "ok"))
        next = judge_failure(rounds, pair, side, line);
    else
        next = check_work(rounds, pair, side, json_object_get(line, "record"));
    if (next != GO_ON)
        json_decref(line);
    else
        *out = line;
    return next;
}

static enum next read_trial(struct rounds *rounds, struct gate_pair *pair,
                            int side, struct attempt *attempt, double *out)
{
    json_t *line;
    enum next next = run_trial(rounds, pair, side, attempt, &line);
    if (next != GO_ON)
        return next;
    if (gate_read(out, pair->quantity, line) != 0) {
        gate_leave_out(rounds->gate, pair->entry.name,
                       "%s's record has no such figure", sides[side]);
        next = DROP;
    }
    json_decref(line);
    return next;
}

static unsigned trials_of_sample(const struct gate_pair *pair)
{
    const struct gate_quantity_info *info = &gate_quantities[pair->quantity];
    return info->slope ? SIZES : info->least_of ? info->least_of : 1;
}

static double least(const double *figures, unsigned n)
{
    double lowest = figures[0];
    for (unsigned i = 1; i < n; i++)
        lowest = fmin(lowest, figures[i]);
    return lowest;
}

/* One sample: the figure of a trial, the least of some, or the slope between
 * two. */
static enum next sample(struct rounds *rounds, size_t index, int side,
                        unsigned round, double *out)
{
    struct gate_pair *pair = &rounds->plan->pairs[index];
    bool slope = gate_quantities[pair->quantity].slope;
    double figures[SAMPLE] = { 0 };
    unsigned trials = trials_of_sample(pair);
    enum next next = GO_ON;
    for (unsigned i = 0; i < trials && next == GO_ON; i++) {
        struct attempt attempt = {
            .round = round,
            .draw = index * DRAWS + (uint64_t)side * SAMPLE + i,
            .count = pair->counts[side] * (slope ? i + 1 : 1),
        };
        next = read_trial(rounds, pair, side, &attempt, &figures[i]);
    }
    *out = slope ? (figures[1] - figures[0]) / (double)pair->counts[side]
                 : least(figures, trials);
    return next;
}

/* ---- calibration ---- */

/* How long a trial took in the sense of its metric: beside other work, 20 ms
 * of wall time would be few of CPU time. */
static int64_t time_of(const struct gate_pair *pair, const json_t *record)
{
    if (pair->quantity != GATE_CPU)
        return (int64_t)whole(record, "wall_ns");
    return (int64_t)(whole(record, "user_ns") + whole(record, "sys_ns"));
}

/* Finds the count of one side; the last trial warms up. */
static enum next calibrate(struct rounds *rounds, size_t index, int side)
{
    struct gate_pair *pair = &rounds->plan->pairs[index];
    const struct plan_cell *cell = &pair->cells[side];
    struct calibrate search;
    calibrate_start(&search, cell->low, cell->high, cell->step, TARGET_NS);
    while (!search.done) {
        struct attempt attempt = { .round = WARM_UP + (unsigned)search.tries,
                                   .draw = index * DRAWS,
                                   .count = search.count };
        json_t *line;
        enum next next = run_trial(rounds, pair, side, &attempt, &line);
        if (next != GO_ON)
            return next;
        calibrate_step(&search, time_of(pair, json_object_get(line, "record")));
        json_decref(line);
    }
    pair->counts[side] = search.count;
    return GO_ON;
}

/* Two sides of one runtime do the same number of operations. */
static bool same_runtime(const struct gate_pair *pair)
{
    return strcmp(pair->cells[GATE_BASE].name, pair->cells[GATE_HEAD].name) ==
           0;
}

static enum next warm_up(struct rounds *rounds, size_t index)
{
    struct gate_pair *pair = &rounds->plan->pairs[index];
    const struct gate_pair *twin = &rounds->plan->pairs[pair->twin];
    enum next next = GO_ON;
    double ignored;
    if (twin != pair) {
        memcpy(pair->counts, twin->counts, sizeof pair->counts);
        return twin->dropped ? DROP : GO_ON;
    }
    if (pair->entry.exact || !pair->cells[GATE_BASE].calibrated)
        return GO_ON;
    next = calibrate(rounds, index, GATE_BASE);
    if (next != GO_ON)
        return next;
    if (!same_runtime(pair))
        return calibrate(rounds, index, GATE_HEAD);
    pair->counts[GATE_HEAD] = pair->counts[GATE_BASE];
    return sample(rounds, index, GATE_HEAD, WARM_UP, &ignored);
}

/* ---- rounds ---- */

static unsigned rounds_of(const struct gate_pair *pair, int stage)
{
    if (pair->entry.exact)
        return stage == DECIDE_SCREEN ? DECIDE_EXACT_MIN : 0;
    return stage == DECIDE_SCREEN ? DECIDE_SCREEN_ROUNDS
                                  : DECIDE_CONFIRM_ROUNDS;
}

static enum next play_pair(struct rounds *rounds, size_t index, int stage,
                           unsigned round)
{
    struct gate_pair *pair = &rounds->plan->pairs[index];
    unsigned number = (unsigned)stage * STAGE + round;
    bool swapped = order_swapped(rounds->effort->seed, number, index);
    double figures[GATE_SIDES];
    for (int i = 0; i < GATE_SIDES; i++) {
        int side = swapped ? !i : i;
        enum next next = sample(rounds, index, side, number, &figures[side]);
        if (next != GO_ON)
            return next;
    }
    struct gate_samples *samples = &pair->entry.stages[stage];
    samples->base[samples->n] = figures[GATE_BASE];
    samples->head[samples->n] = figures[GATE_HEAD];
    samples->n++;
    return GO_ON;
}

/* Plays all rounds of a stage with the pairs that are `active`. */
static enum next play_stage(struct rounds *rounds, int stage, bool *active)
{
    size_t n = rounds->plan->n, *order = calloc(n + 1, sizeof *order);
    enum next next = GO_ON;
    if (!order) {
        rounds->error = -ENOMEM;
        return STOP;
    }
    for (unsigned round = 0; round < GATE_ROUNDS && next != STOP; round++) {
        order_shuffle(order, n, rounds->effort->seed,
                      (unsigned)stage * STAGE + round);
        for (size_t i = 0; i < n && next != STOP; i++) {
            struct gate_pair *pair = &rounds->plan->pairs[order[i]];
            if (!active[order[i]] || pair->dropped ||
                round >= rounds_of(pair, stage))
                continue;
            next = play_pair(rounds, order[i], stage, round);
            pair->dropped = next == DROP;
        }
    }
    free(order);
    return next == STOP ? STOP : GO_ON;
}

static unsigned long trials_of(const struct gate_pair *pair, int stage)
{
    return rounds_of(pair, stage) * GATE_SIDES * trials_of_sample(pair);
}

static enum next play(struct rounds *rounds, bool *active)
{
    struct gate_plan *plan = rounds->plan;
    const struct gate_effort *effort = rounds->effort;
    for (size_t i = 0; i < plan->n; i++) {
        enum next next = warm_up(rounds, i);
        if (next == STOP)
            return STOP;
        plan->pairs[i].dropped = next == DROP;
        active[i] = true;
    }
    if (play_stage(rounds, DECIDE_SCREEN, active) == STOP)
        return STOP;
    for (size_t i = 0; i < plan->n; i++) {
        active[i] = false;
        if (!plan->pairs[i].dropped)
            rounds->error = effort->screen(&active[i], &plan->pairs[i].entry,
                                           effort->screen_arg);
        if (rounds->error != 0)
            return STOP;
        if (active[i])
            rounds->total += trials_of(&plan->pairs[i], DECIDE_CONFIRM);
    }
    rounds->progress.total = rounds->total;
    return play_stage(rounds, DECIDE_CONFIRM, active);
}

/* Hands over what was measured. */
static int hand_over(struct gate *gate, const struct gate_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct gate_pair *pair = &plan->pairs[i];
        if (pair->dropped)
            continue;
        struct gate_entry *entry = gate_add(gate, pair->entry.name);
        if (!entry)
            return -ENOMEM;
        *entry = pair->entry;
    }
    return 0;
}

int gate_measure(struct gate *gate, struct gate_plan *plan,
                 const struct gate_effort *effort)
{
    struct rounds rounds = { .gate = gate,
                             .plan = plan,
                             .effort = effort,
                             .started_ns = proc_now(),
                             .attempts = { .folder = effort->folder,
                                           .seed = effort->seed } };
    bool *active = calloc(plan->n + 1, sizeof *active);
    if (!active)
        return -ENOMEM;
    rounds.attempts.started_ns = rounds.started_ns;
    rounds.attempts.progress = &rounds.progress;
    for (size_t i = 0; i < plan->n; i++)
        rounds.total += trials_of(&plan->pairs[i], DECIDE_SCREEN) +
                        (plan->pairs[i].twin == i ? CALIBRATIONS : 0);
    progress_start(&rounds.progress, rounds.total);
    play(&rounds, active);
    attempts_fini(&rounds.attempts);
    progress_stop(&rounds.progress);
    free(active);
    if (rounds.error == 0)
        rounds.error = hand_over(gate, plan);
    if (rounds.error == 0 && interrupt_pending())
        rounds.error = -EINTR;
    return rounds.error;
}
