/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "command.h"
#include "decide.h"
#include "noise.h"

enum {
    SCREEN = DECIDE_SCREEN_ROUNDS,
    CONFIRM = DECIDE_CONFIRM_ROUNDS
};

/* A metric with its samples. */
struct measured {
    double base[DECIDE_STAGES][CONFIRM], head[DECIDE_STAGES][CONFIRM];
    struct decide_metric metric;
};

static const struct decide_rule usual = { 0 };

/* 5 % lognormal noise on a ramp; head takes `factor` times as long. */
static void measure(struct measured *m, const char *name, double factor)
{
    struct chance chance;
    chance_init(&chance, 11);
    memset(m, 0, sizeof *m);
    m->metric.name = name;
    m->metric.floor = DECIDE_FLOOR_PINNED;
    for (int stage = 0; stage < DECIDE_STAGES; stage++) {
        size_t n = stage == DECIDE_SCREEN ? SCREEN : CONFIRM;
        noise_pairs(m->base[stage], m->head[stage], n, NOISE_RAMP, factor,
                    &chance);
        m->metric.stages[stage] =
            (struct decide_pairs){ m->base[stage], m->head[stage], n };
    }
}

static struct decision decide_by(const struct decide_metric *metric,
                                 const struct decide_rule *rule)
{
    struct decision d;
    assert_int_equal(decide_all(&d, metric, 1, rule), 0);
    return d;
}

static struct decision decide(const struct measured *m)
{
    return decide_by(&m->metric, &usual);
}

static void assert_close(double a, double b, double tolerance)
{
    assert_true(isfinite(a));
    assert_true(fabs(a - b) <= tolerance);
}

/* ---- the rule ---- */

static void a_slowdown_regresses_and_a_gain_improves(void **state)
{
    (void)state;
    struct measured m;
    measure(&m, "m", 1);
    assert_int_equal(decide(&m).verdict, DECIDE_SAME);
    measure(&m, "m", 1.2);
    struct decision d = decide(&m);
    assert_int_equal(d.verdict, DECIDE_REGRESSED);
    assert_true(d.confirmed);
    assert_int_equal(d.rounds, CONFIRM);
    assert_close(d.ratio, 1.2, 0.03);
    assert_true(d.low < d.ratio && d.ratio < d.high && d.low > 1);
    assert_true(d.detectable > 0.05 && d.detectable < 0.2);
    measure(&m, "m", 1 / 1.2);
    assert_int_equal(decide(&m).verdict, DECIDE_IMPROVED);
}

static void swapping_the_sides_mirrors_the_decision(void **state)
{
    (void)state;
    struct measured m;
    for (double factor = 0.8; factor < 1.3; factor += 0.04) {
        measure(&m, "m", factor);
        struct decision a = decide(&m);
        for (int stage = 0; stage < DECIDE_STAGES; stage++) {
            struct decide_pairs *p = &m.metric.stages[stage];
            *p = (struct decide_pairs){ p->head, p->base, p->n };
        }
        struct decision b = decide(&m);
        m.metric.higher_is_better = true;
        struct decision c = decide(&m);
        assert_true(a.p == b.p_better && a.p_better == b.p);
        assert_true(a.holm == b.holm_better && a.holm_better == b.holm);
        assert_close(a.ratio * b.ratio, 1, 1e-12);
        assert_close(a.low * b.high, 1, 1e-12);
        assert_int_equal(a.verdict == DECIDE_REGRESSED,
                         b.verdict == DECIDE_IMPROVED);
        assert_int_equal(a.verdict, c.verdict);
        assert_true(a.p == c.p && a.ratio == c.ratio);
        assert_true(a.detectable == c.detectable);
    }
}

static void the_unit_does_not_matter(void **state)
{
    (void)state;
    struct measured m;
    measure(&m, "m", 1.06);
    struct decision a = decide(&m);
    for (int stage = 0; stage < DECIDE_STAGES; stage++)
        for (int i = 0; i < CONFIRM; i++) {
            m.base[stage][i] *= 1e-9;
            m.head[stage][i] *= 1e-9;
        }
    struct decision b = decide(&m);
    assert_int_equal(a.verdict, b.verdict);
    assert_true(a.p == b.p);
    assert_close(a.ratio, b.ratio, 1e-12);
    assert_close(a.detectable, b.detectable, 1e-9);
}

static void only_the_fresh_rounds_count(void **state)
{
    (void)state;
    struct measured slow, same;
    measure(&slow, "m", 1.3);
    measure(&same, "m", 1);
    struct decide_metric mixed = slow.metric;
    mixed.stages[DECIDE_CONFIRM] = same.metric.stages[DECIDE_CONFIRM];
    struct decision d = decide_by(&mixed, &usual);
    assert_int_equal(d.verdict, DECIDE_SAME);
    assert_close(d.ratio, 1, 0.05);
    /* And what does not go on is not read again. */
    mixed.stages[DECIDE_SCREEN] = same.metric.stages[DECIDE_SCREEN];
    mixed.stages[DECIDE_CONFIRM] = slow.metric.stages[DECIDE_CONFIRM];
    assert_int_equal(decide_by(&mixed, &usual).verdict, DECIDE_SAME);
}

static void a_change_that_turns_round_is_chance(void **state)
{
    (void)state;
    struct measured faster, slower;
    measure(&faster, "m", 1 / 1.3);
    measure(&slower, "m", 1.3);
    struct decide_metric mixed = faster.metric;
    mixed.stages[DECIDE_CONFIRM] = slower.metric.stages[DECIDE_CONFIRM];
    struct decision d = decide_by(&mixed, &usual);
    assert_int_equal(d.verdict, DECIDE_SAME);
    assert_true(d.confirmed && d.p < 0.01 && d.holm == 1);
}

static void a_change_below_the_floor_does_not_count(void **state)
{
    (void)state;
    struct measured m;
    measure(&m, "m", 1.08);
    assert_int_equal(decide(&m).verdict, DECIDE_REGRESSED);
    m.metric.floor = DECIDE_FLOOR_SHARED;
    struct decision d = decide(&m);
    assert_int_equal(d.verdict, DECIDE_SAME);
    assert_true(d.holm <= 0.01);
    assert_true(d.detectable > 0.10);
    m.metric.floor = DECIDE_FLOOR_PINNED;
    m.metric.abs_floor = 1e6;
    assert_int_equal(decide(&m).verdict, DECIDE_UNSTABLE);
    assert_true(decide(&m).detectable > 0.5);
    m.metric.abs_floor = 1e4;
    assert_int_equal(decide(&m).verdict, DECIDE_REGRESSED);
}

/* Eight pairs that all point one way have p = 1/256: 0.0039, 0.0078, 0.0117. */
static void holm_corrects_over_all_that_went_on(void **state)
{
    (void)state;
    struct measured m;
    struct decide_metric metrics[3];
    struct decision d[3];
    measure(&m, "m", 1.3);
    for (int i = 0; i < 3; i++) {
        metrics[i] = m.metric;
        metrics[i].stages[DECIDE_CONFIRM].n = 8;
    }
    for (size_t n = 1; n <= 3; n++) {
        assert_int_equal(decide_all(d, metrics, n, &usual), 0);
        assert_close(d[0].p, 1.0 / 256, 1e-12);
        assert_close(d[0].holm, (double)n / 256, 1e-12);
        assert_int_equal(d[0].verdict == DECIDE_REGRESSED, n < 3);
    }
    /* Other roles do not count. */
    metrics[1].role = DECIDE_CONTROL;
    metrics[2].role = DECIDE_INFORM;
    assert_int_equal(decide_all(d, metrics, 3, &usual), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(d[i].verdict, DECIDE_REGRESSED);
    /* One that was not measured again does. */
    metrics[1].role = metrics[2].role = DECIDE_GATE;
    metrics[2].stages[DECIDE_CONFIRM].n = 0;
    assert_int_equal(decide_all(d, metrics, 3, &usual), 0);
    assert_close(d[0].holm, 3.0 / 256, 1e-12);
    assert_int_equal(d[2].verdict, DECIDE_UNDECIDED);
}

static void wild_noise_is_unstable(void **state)
{
    (void)state;
    struct measured m;
    struct chance chance;
    chance_init(&chance, 3);
    measure(&m, "m", 1);
    noise_pairs(m.base[0], m.head[0], SCREEN, NOISE_BIMODAL, 1, &chance);
    struct decision d = decide(&m);
    assert_int_equal(d.verdict, DECIDE_UNSTABLE);
    assert_true(d.detectable > DECIDE_BLIND);
    struct decide_rule bare = { .no_figures = true };
    d = decide_by(&m.metric, &bare);
    assert_int_equal(d.verdict, DECIDE_SAME);
    assert_true(isnan(d.detectable) && isnan(d.low));
}

static void the_screen_tells_what_goes_on(void **state)
{
    (void)state;
    struct measured m;
    int on = 0;
    for (double factor = 0.94; factor < 1.06; factor += 0.005) {
        bool goes_on;
        measure(&m, "m", factor);
        m.metric.stages[DECIDE_CONFIRM].n = 0;
        assert_int_equal(decide_screen(&goes_on, &m.metric, &usual), 0);
        assert_int_equal(decide(&m).verdict == DECIDE_UNDECIDED, goes_on);
        on += goes_on;
    }
    assert_in_range(on, 5, 20);
}

static void the_name_seeds_the_flips(void **state)
{
    (void)state;
    struct measured m;
    measure(&m, "one", 1.02);
    struct decision a = decide(&m), b = decide(&m);
    m.metric.name = "two";
    struct decision c = decide(&m);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a.p != c.p);
    assert_close(a.p, c.p, 0.02);
}

static void finished_runs_are_decided_in_one_stage(void **state)
{
    (void)state;
    struct measured m;
    struct decide_rule one = { .one_stage = true };
    measure(&m, "m", 1.2);
    m.metric.stages[DECIDE_SCREEN].n = 0;
    struct decision d = decide_by(&m.metric, &one);
    assert_int_equal(d.verdict, DECIDE_REGRESSED);
    assert_true(d.confirmed);
    measure(&m, "m", 1);
    assert_int_equal(decide_by(&m.metric, &one).verdict, DECIDE_SAME);
    m.metric.stages[DECIDE_CONFIRM].n = 7;
    assert_int_equal(decide_by(&m.metric, &one).verdict, DECIDE_UNMEASURED);
}

/* ---- what cannot be ---- */

static void samples_that_cannot_be_are_broken(void **state)
{
    (void)state;
    static const double bad[] = { NAN, INFINITY, -INFINITY, 0, -1 };
    for (int stage = 0; stage < DECIDE_STAGES; stage++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            struct measured m;
            bool goes_on = true;
            measure(&m, "m", 1);
            m.head[stage][5] = bad[i];
            struct decision d = decide(&m);
            assert_int_equal(d.verdict, DECIDE_BROKEN);
            assert_true(isnan(d.ratio) && isnan(d.p));
            assert_int_equal(decide_screen(&goes_on, &m.metric, &usual), 0);
            assert_false(goes_on);
        }
}

static void too_few_rounds_are_no_measurement(void **state)
{
    (void)state;
    struct measured m;
    measure(&m, "m", 2);
    for (size_t n = 0; n < DECIDE_ROUNDS_MIN; n++) {
        m.metric.stages[DECIDE_SCREEN].n = n;
        assert_int_equal(decide(&m).verdict, DECIDE_UNMEASURED);
    }
    m.metric.stages[DECIDE_SCREEN].n = DECIDE_ROUNDS_MIN;
    assert_int_equal(decide(&m).verdict, DECIDE_REGRESSED);
    m.metric.stages[DECIDE_CONFIRM].n = DECIDE_ROUNDS_MIN - 1;
    assert_int_equal(decide(&m).verdict, DECIDE_UNDECIDED);
}

/* ---- exact metrics ---- */

static enum decide_verdict exact(double tolerance, const double *base,
                                 const double *head, size_t n)
{
    struct decide_metric metric = {
        .name = "bytes",
        .exact = true,
        .floor = tolerance,
        .stages = { { base, head, n } },
    };
    return decide_by(&metric, &usual).verdict;
}

static void exact_metrics_are_equal_or_not(void **state)
{
    (void)state;
    const double four[] = { 4, 4, 4 }, five[] = { 5, 5, 5 },
                 none[] = { 0, 0, 0 }, hundred[] = { 1000, 1001, 1000 },
                 bit_more[] = { 1008, 1009, 1008 },
                 more[] = { 1100, 1101, 1104 }, wild[] = { 900, 1000, 1100 };
    assert_int_equal(exact(0, four, four, 3), DECIDE_SAME);
    assert_int_equal(exact(0, four, five, 3), DECIDE_REGRESSED);
    assert_int_equal(exact(0, five, four, 3), DECIDE_IMPROVED);
    assert_int_equal(exact(0, none, none, 3), DECIDE_SAME);
    assert_int_equal(exact(0.01, none, four, 3), DECIDE_REGRESSED);
    assert_int_equal(exact(0.01, four, none, 3), DECIDE_IMPROVED);
    assert_int_equal(exact(0.01, hundred, bit_more, 3), DECIDE_SAME);
    assert_int_equal(exact(0.01, hundred, more, 3), DECIDE_REGRESSED);
    assert_int_equal(exact(0.01, wild, more, 3), DECIDE_UNSTABLE);
    assert_int_equal(exact(0.01, hundred, more, 2), DECIDE_UNMEASURED);
    const double bad[] = { 4, NAN, 4 }, negative[] = { 4, -1, 4 };
    assert_int_equal(exact(0, four, bad, 3), DECIDE_BROKEN);
    assert_int_equal(exact(0, four, negative, 3), DECIDE_BROKEN);
}

/* ---- the whole run ---- */

static void the_status_is_that_of_the_worst_that_holds(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum decide_verdict verdicts[3];
        enum decide_role last; /* role of the last one */
        struct decide_facts facts;
    } table[] = {
        { .status = STATUS_FINE,
          .verdicts = { DECIDE_SAME, DECIDE_IMPROVED, DECIDE_ACCEPTED } },
        { .status = STATUS_FINE,
          .verdicts = { DECIDE_SAME, DECIDE_UNSTABLE, DECIDE_SAME } },
        { .status = STATUS_FINE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_REGRESSED },
          .last = DECIDE_INFORM },
        { .status = STATUS_FAILED,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_REGRESSED } },
        { .status = STATUS_FAILED,
          .verdicts = { DECIDE_UNSTABLE, DECIDE_UNSTABLE, DECIDE_REGRESSED } },
        { .status = STATUS_FAILED,
          .verdicts = { DECIDE_SAME, DECIDE_UNDECIDED, DECIDE_REGRESSED },
          .facts = { .cut_short = true, .steal_percent = 20 } },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_REGRESSED, DECIDE_REGRESSED },
          .last = DECIDE_CONTROL },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_IMPROVED },
          .last = DECIDE_CONTROL },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_REGRESSED },
          .facts = { .steal_percent = 21 } },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_SAME },
          .facts = { .cut_short = true } },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_UNSTABLE, DECIDE_UNSTABLE } },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_UNDECIDED } },
        { .status = STATUS_INCONCLUSIVE,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_UNMEASURED } },
        { .status = STATUS_BROKEN,
          .verdicts = { DECIDE_UNMEASURED, DECIDE_UNMEASURED,
                        DECIDE_UNMEASURED } },
        { .status = STATUS_BROKEN,
          .verdicts = { DECIDE_SAME, DECIDE_REGRESSED, DECIDE_BROKEN } },
        { .status = STATUS_BROKEN,
          .verdicts = { DECIDE_SAME, DECIDE_SAME, DECIDE_BROKEN },
          .last = DECIDE_CONTROL },
        { .status = STATUS_BROKEN,
          .verdicts = { DECIDE_SAME, DECIDE_REGRESSED, DECIDE_SAME },
          .facts = { .broken = true } },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct decide_metric metrics[3] = { [2].role = table[i].last };
        struct decision d[3];
        const char *reason = NULL;
        for (int k = 0; k < 3; k++)
            d[k].verdict = table[i].verdicts[k];
        assert_int_equal(decide_status(&reason, d, metrics, 3, &table[i].facts),
                         table[i].status);
        assert_non_null(reason);
    }
}

static void an_empty_list_is_no_success(void **state)
{
    (void)state;
    struct decide_facts facts = { 0 };
    struct decide_metric control = { .role = DECIDE_CONTROL };
    struct decision fine = { .verdict = DECIDE_SAME };
    const char *reason;
    assert_int_equal(decide_all(NULL, NULL, 0, &usual), 0);
    assert_int_equal(decide_status(&reason, NULL, NULL, 0, &facts),
                     STATUS_BROKEN);
    assert_int_equal(decide_status(&reason, &fine, &control, 1, &facts),
                     STATUS_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slowdown_regresses_and_a_gain_improves),
        cmocka_unit_test(swapping_the_sides_mirrors_the_decision),
        cmocka_unit_test(the_unit_does_not_matter),
        cmocka_unit_test(only_the_fresh_rounds_count),
        cmocka_unit_test(a_change_that_turns_round_is_chance),
        cmocka_unit_test(a_change_below_the_floor_does_not_count),
        cmocka_unit_test(holm_corrects_over_all_that_went_on),
        cmocka_unit_test(wild_noise_is_unstable),
        cmocka_unit_test(the_screen_tells_what_goes_on),
        cmocka_unit_test(the_name_seeds_the_flips),
        cmocka_unit_test(finished_runs_are_decided_in_one_stage),
        cmocka_unit_test(samples_that_cannot_be_are_broken),
        cmocka_unit_test(too_few_rounds_are_no_measurement),
        cmocka_unit_test(exact_metrics_are_equal_or_not),
        cmocka_unit_test(the_status_is_that_of_the_worst_that_holds),
        cmocka_unit_test(an_empty_list_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
