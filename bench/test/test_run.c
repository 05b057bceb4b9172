/* SPDX-License-Identifier: MIT */
/* What is left to do of a run, and how many operations make a trial. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calibrate.h"
#include "run.h"

static struct plan_cell cells[] = {
    { .name = "a", .calibrated = "rounds", .low = 1, .high = 1000000 },
    { .name = "b" },
};
static const struct plan plan = { cells, 2 };
static struct options options;
static struct run run;

static int set_up(void **state)
{
    (void)state;
    options =
        (struct options){ .profile = profile_find("quick"), .repetitions = 3 };
    return run_init(&run, &plan, &options, "/bin");
}

static int tear_down(void **state)
{
    (void)state;
    run_fini(&run);
    return 0;
}

static void resume(const char *lines)
{
    json_t *trials = json_loads(lines, 0, NULL);
    assert_non_null(trials);
    run_resume(&run, trials);
    json_decref(trials);
}

#define LINE(cell, phase, round, outcome)                                   \
    "{\"cell\": \"" cell "\", \"phase\": \"" phase "\", \"round\": " #round \
    ", \"process_ns\": 1000, \"outcome\": \"" outcome                       \
    "\", \"record\": {\"params\": {\"rounds\": 500}}}"

static void a_fresh_run_does_everything(void **state)
{
    (void)state;
    assert_int_equal(run_trials_left(&run), 2 * (1 + 3));
    assert_true(run_estimate(&run) > 0);
}

static void what_was_measured_is_not_measured_again(void **state)
{
    (void)state;
    resume("[" LINE("a", "warmup", 0, "ok") "," LINE(
        "b", "warmup", 0,
        "ok") "," LINE("a", "measure", 1,
                       "ok") "," LINE("b", "measure", 1,
                                      "failed") "," LINE("a", "measure", 2,
                                                         "interrupted") "]");
    assert_true(run.states[0].warm);
    assert_int_equal(run.states[0].count, 500);
    assert_int_equal(run.states[0].rounds[1], 1);
    assert_int_equal(run.states[0].rounds[2], 0);
    assert_int_equal(run.states[0].left, 2);
    assert_int_equal(run.states[1].left, 2);
    assert_int_equal(run_trials_left(&run), 4);
}

static void the_same_round_twice_counts_once(void **state)
{
    (void)state;
    resume("[" LINE("b", "measure", 1, "ok") "," LINE(
        "b", "measure", 1, "ok") "," LINE("b", "measure", 99, "ok") "]");
    assert_int_equal(run.states[1].left, 2);
}

static void calibration_alone_is_no_warm_up(void **state)
{
    (void)state;
    resume("[" LINE("a", "calibrate", 0, "ok") "]");
    assert_false(run.states[0].warm);
    assert_int_equal(run_trials_left(&run), 8);
}

static void two_failures_in_a_row_end_a_cell(void **state)
{
    (void)state;
    resume("[" LINE("b", "measure", 1, "crashed") "," LINE(
        "b", "measure", 2, "ok") "," LINE("b", "measure", 3, "timeout") "]");
    assert_false(run.states[1].given_up);
    resume("[" LINE("a", "calibrate", 0, "garbage") "," LINE("a", "calibrate",
                                                             0, "failed") "]");
    assert_true(run.states[0].given_up);
    assert_int_equal(run_trials_left(&run), 0);
}

static void a_skipped_cell_is_not_tried_again(void **state)
{
    (void)state;
    resume("[" LINE("b", "warmup", 0, "skipped") "]");
    assert_true(run.states[1].given_up);
    assert_int_equal(run_trials_left(&run), 4);
}

static void cells_of_another_plan_are_ignored(void **state)
{
    (void)state;
    resume("[" LINE("c", "measure", 1, "ok") ", {\"cell\": 7}, {}]");
    assert_int_equal(run_trials_left(&run), 8);
}

static void without_warm_up_only_calibration_comes_first(void **state)
{
    (void)state;
    run_fini(&run);
    options.no_warmup = true;
    assert_int_equal(run_init(&run, &plan, &options, "/bin"), 0);
    assert_int_equal(run_trials_left(&run), 3 + 1 + 3);
}

static void rounds_for_precision_come_on_top(void **state)
{
    (void)state;
    const char *line = "[" LINE("b", "measure", 7, "ok") "]";
    run_fini(&run);
    options.precision = 0.02;
    assert_int_equal(run_init(&run, &plan, &options, "/bin"), 0);
    assert_int_equal(run_trials_left(&run), 8);
    resume(line);
    assert_int_equal(run.states[1].rounds[7], 1);
    assert_int_equal(run.states[1].left, 3);
    assert_int_equal(run.last_round, 7);
}

static void earlier_times_make_the_estimate(void **state)
{
    (void)state;
    json_t *trials =
        json_loads("[{\"cell\": \"b\", \"phase\": \"measure\", \"process_ns\": "
                   "7000000000000, \"outcome\": \"ok\"}]",
                   0, NULL);
    run_learn(&run, trials);
    json_decref(trials);
    assert_true(run_estimate(&run) > INT64_C(4) * 7000 * 1000000000);
    assert_int_equal(run_trials_left(&run), 8);
}

/* Calibrates against a runtime whose start takes `fixed` ns and an operation
 * `each` ns. */
static struct calibrate search(int64_t low, int64_t high, double fixed,
                               double each)
{
    struct calibrate c;
    calibrate_start(&c, low, high, 1, 50000000);
    while (!c.done)
        calibrate_step(&c, (int64_t)(fixed + each * (double)c.count));
    return c;
}

static void calibration_comes_near_the_target(void **state)
{
    (void)state;
    static const double costs[] = { 1.3, 15, 400, 9000, 40000, 300000 };
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        struct calibrate c = search(1, INT64_C(1) << 40, 20000, costs[i]);
        double ns = 20000 + costs[i] * (double)c.count;
        assert_true(ns >= 25e6 && ns <= 80e6);
        assert_true(c.tries <= 6);
    }
}

static void calibration_stays_within_its_bounds(void **state)
{
    (void)state;
    assert_int_equal(search(1, 1000, 0, 1).count, 1000);
    assert_int_equal(search(2, 1000, 0, 1e9).count, 2);
    assert_int_equal(search(500, 1000, 0, 1e9).count, 500);
    /* One operation is over the target already. */
    assert_int_equal(search(1, 1000, 1e9, 0).count, 1);
}

static void every_connection_has_the_same_share(void **state)
{
    (void)state;
    static const double costs[] = { 15, 9000, 700000 };
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        struct calibrate c;
        calibrate_start(&c, 1, INT64_C(1) << 40, 128, 50000000);
        while (!c.done)
            calibrate_step(&c, (int64_t)(costs[i] * (double)c.count));
        assert_int_equal(c.count % 128, 0);
        assert_true(c.count >= 4 * 128);
    }
}

static void calibration_ends_on_a_clock_that_does_not_move(void **state)
{
    (void)state;
    struct calibrate c;
    calibrate_start(&c, 1, INT64_MAX, 1, 50000000);
    int steps = 0;
    for (; !c.done; steps++)
        calibrate_step(&c, 0);
    assert_true(steps <= 10);
    assert_true(c.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_fresh_run_does_everything),
        TEST(what_was_measured_is_not_measured_again),
        TEST(the_same_round_twice_counts_once),
        TEST(calibration_alone_is_no_warm_up),
        TEST(two_failures_in_a_row_end_a_cell),
        TEST(a_skipped_cell_is_not_tried_again),
        TEST(cells_of_another_plan_are_ignored),
        TEST(without_warm_up_only_calibration_comes_first),
        TEST(rounds_for_precision_come_on_top),
        TEST(earlier_times_make_the_estimate),
        cmocka_unit_test(calibration_comes_near_the_target),
        cmocka_unit_test(calibration_stays_within_its_bounds),
        cmocka_unit_test(every_connection_has_the_same_share),
        cmocka_unit_test(calibration_ends_on_a_clock_that_does_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
