/* SPDX-License-Identifier: MIT */
/*
 * How often the rule is wrong: made-up machines, all seeds fixed.  The rates
 * observed are printed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "decide.h"
#include "noise.h"

enum {
    RUNS = 2000,
    METRICS = 60,
    ALARMS_MAX = 33, /* 1 % of the runs and three standard deviations */
    TRIALS = 200,    /* per family, of the power */
    FLIPS = 999
};

/* The samples of one run, in two stages. */
struct run {
    double base[METRICS][DECIDE_CONFIRM_ROUNDS];
    double head[METRICS][DECIDE_CONFIRM_ROUNDS];
    double screen_base[METRICS][DECIDE_SCREEN_ROUNDS];
    double screen_head[METRICS][DECIDE_SCREEN_ROUNDS];
    char names[METRICS][32];
    struct decide_metric metrics[METRICS];
    struct decision decisions[METRICS];
};

static const struct decide_rule verdicts = { .flips = FLIPS,
                                             .no_figures = true };

/* Stage 2 is made for all metrics; only those that need it have it read. */
static void run_take(struct run *run, size_t metrics, enum noise noise,
                     double factor, struct chance *chance)
{
    for (size_t i = 0; i < metrics; i++) {
        struct decide_metric *m = &run->metrics[i];
        snprintf(run->names[i], sizeof run->names[i], "%llx",
                 (unsigned long long)chance_next(chance));
        noise_pairs(run->screen_base[i], run->screen_head[i],
                    DECIDE_SCREEN_ROUNDS, noise, factor, chance);
        noise_pairs(run->base[i], run->head[i], DECIDE_CONFIRM_ROUNDS, noise,
                    factor, chance);
        *m = (struct decide_metric){
            .name = run->names[i],
            .stages = { { run->screen_base[i], run->screen_head[i],
                          DECIDE_SCREEN_ROUNDS },
                        { run->base[i], run->head[i], DECIDE_CONFIRM_ROUNDS } },
        };
    }
}

static void run_decide(struct run *run, size_t metrics,
                       const struct decide_rule *rule)
{
    assert_int_equal(decide_all(run->decisions, run->metrics, metrics, rule),
                     0);
}

/* Whether any is slower by `floor` at least, for certain. */
static bool run_alarms(const struct run *run, size_t metrics, double floor)
{
    for (size_t i = 0; i < metrics; i++)
        if (run->decisions[i].verdict == DECIDE_REGRESSED &&
            run->decisions[i].ratio >= 1 + floor)
            return true;
    return false;
}

static struct run run; /* too large for a stack */

/* Base against base, 2000 times 60 metrics.  Without a floor the bound is that
 * of Holm's rule; the floors only take alarms away. */
static void base_against_base_hardly_ever_alarms(void **state)
{
    (void)state;
    size_t bare[NOISES] = { 0 }, pinned = 0, shared = 0, total = 0;
    struct chance chance;
    chance_init(&chance, 2024);
    for (unsigned i = 0; i < RUNS; i++) {
        run_take(&run, METRICS, i % NOISES, 1, &chance);
        run_decide(&run, METRICS, &verdicts);
        bare[i % NOISES] += run_alarms(&run, METRICS, 0);
        pinned += run_alarms(&run, METRICS, DECIDE_FLOOR_PINNED);
        shared += run_alarms(&run, METRICS, DECIDE_FLOOR_SHARED);
    }
    printf("alarms in %d runs of %d metrics\n", RUNS, METRICS);
    for (int n = 0; n < NOISES; n++) {
        printf("  %-12s %zu of %d without a floor\n", noise_name(n), bare[n],
               (RUNS + NOISES - 1 - n) / NOISES);
        total += bare[n];
    }
    printf("  in all %zu; %zu with a floor of 5 %%, %zu of 10 %%\n", total,
           pinned, shared);
    assert_true(total > 0); /* else nothing was tested */
    assert_true(total <= ALARMS_MAX);
    assert_true(pinned <= ALARMS_MAX && shared <= ALARMS_MAX);
}

/* What one metric says is detectable. */
static double detectable(enum noise noise, struct chance *chance)
{
    static const struct decide_rule figures = { .flips = FLIPS };
    run_take(&run, 1, noise, 1, chance);
    run.metrics[0].floor = DECIDE_FLOOR_PINNED;
    run_decide(&run, 1, &figures);
    return run.decisions[0].detectable;
}

static bool detects(enum noise noise, double effect, struct chance *chance)
{
    run_take(&run, 1, noise, 1 + effect, chance);
    run.metrics[0].floor = DECIDE_FLOOR_PINNED;
    run_decide(&run, 1, &verdicts);
    return run.decisions[0].verdict == DECIDE_REGRESSED;
}

static void what_is_said_to_be_detectable_is_detected(void **state)
{
    (void)state;
    struct chance chance;
    chance_init(&chance, 7);
    unsigned least = TRIALS;
    printf("power at the detectable effect that is printed\n");
    for (int noise = 0; noise < NOISES; noise++) {
        unsigned found = 0;
        double sum = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            double effect = detectable(noise, &chance);
            sum += log1p(effect);
            found += detects(noise, effect, &chance);
        }
        printf("  %-12s %5.1f %% at %.3fx on average\n", noise_name(noise),
               100.0 * found / TRIALS, exp(sum / TRIALS));
        least = found < least ? found : least;
    }
    assert_true(least >= 0.95 * TRIALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_against_base_hardly_ever_alarms),
        cmocka_unit_test(what_is_said_to_be_detectable_is_detected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
