/* SPDX-License-Identifier: MIT */
/* Which cells get another round, and what is said of those that lack one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "precise.h"
#include "synthetic.h"

#define GOAL 0.02

enum {
    CELLS = 4,
    BASE = 0 /* the baseline of all but the last */
};
static struct precise cells[CELLS];

/* All narrow enough, each trial a second. */
static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = (struct precise){ .width = 0.01,
                                     .baseline = i == 3 ? 3 : BASE,
                                     .ns = 1000000000 };
    return 0;
}

/* Chooses with so many seconds left: "0110" says which. */
static const char *choose(int seconds)
{
    static char text[CELLS + 1];
    size_t n =
        precise_choose(cells, CELLS, GOAL, seconds * INT64_C(1000000000));
    for (size_t i = 0; i < CELLS; i++) {
        text[i] = cells[i].chosen ? '1' : '0';
        n -= cells[i].chosen;
    }
    assert_int_equal(n, 0);
    return text;
}

static void narrow_cells_need_no_round(void **state)
{
    (void)state;
    cells[1].width = GOAL;
    assert_string_equal(choose(100), "0000");
}

static void a_wide_cell_brings_its_baseline(void **state)
{
    (void)state;
    cells[2].width = 0.05;
    assert_string_equal(choose(100), "1010");
}

static void a_wide_baseline_comes_alone(void **state)
{
    (void)state;
    cells[BASE].width = cells[3].width = 0.05;
    assert_string_equal(choose(100), "1001");
}

static void short_time_goes_to_the_widest(void **state)
{
    (void)state;
    cells[1].width = 0.03;
    cells[2].width = 0.05;
    assert_string_equal(choose(2), "1010");
    set_up(NULL);
    cells[1].width = 0.03;
    cells[2].width = INFINITY; /* no interval yet */
    cells[3].width = 0.9;
    assert_string_equal(choose(3), "1011");
}

static void a_pair_that_does_not_fit_leaves_its_time_to_others(void **state)
{
    (void)state;
    cells[2].width = 0.9;
    cells[3].width = 0.03;
    assert_string_equal(choose(1), "0001");
    set_up(NULL);
    cells[2].width = 0.9;
    assert_string_equal(choose(0), "0000");
}

static void what_is_lost_is_not_measured(void **state)
{
    (void)state;
    cells[1].width = cells[2].width = 0.9;
    cells[2].lost = true;
    assert_string_equal(choose(100), "1100");
    set_up(NULL);
    cells[1].width = 0.9;
    cells[BASE].lost = true;
    assert_string_equal(choose(100), "0100");
}

static void a_round_cut_off_gets_its_missing_halves(void **state)
{
    (void)state;
    /* Narrow by now, but measured in this round before its baseline was. */
    cells[1].measured = true;
    assert_string_equal(choose(1), "1000");
    set_up(NULL);
    cells[BASE].measured = true;
    cells[1].width = 0.05;
    assert_string_equal(choose(1), "0100");
    set_up(NULL);
    cells[BASE].measured = cells[1].measured = true;
    cells[1].width = 0.05;
    assert_string_equal(choose(100), "0000");
}

static void trials_to_come_grow_with_the_square_of_the_width(void **state)
{
    (void)state;
    assert_int_equal(precise_trials(0.02, GOAL, 9), 0);
    assert_int_equal(precise_trials(0.04, GOAL, 9), 27);
    assert_int_equal(precise_trials(0.4, GOAL, 9), PRECISE_ROUNDS_MAX - 9);
    assert_int_equal(precise_trials(0.4, GOAL, 10000), 0);
}

/* ---- what is said ---- */

/* Coro within 1 %; thread far from it, whose CPU time counts if it waits. */
static void make_run(struct synthetic *s, bool waits)
{
    static const char *const runtimes[] = { "coro", "thread" };
    synthetic_init(s);
    json_object_set_new(s->run, "precision", json_real(GOAL));
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "echo",
                                       .runtime = runtimes[i],
                                       .waits = waits };
        const char *name = synthetic_plan(s, &cell);
        for (int round = 1; round <= 9; round++) {
            double wall = 1e8 * (1 + 0.2 * (i == 1) * (round % 5));
            synthetic_trial(s, name, round, wall, 1e7, 10);
        }
    }
    synthetic_write(s);
    assert_int_equal(synthetic_results(s->dir), 0);
}

static bool converged(const struct synthetic *s, size_t index)
{
    char path[128];
    json_t *root =
        json_load_file(synthetic_path(s, "results.json", path, sizeof path), 0,
                       NULL);
    const json_t *cell =
        json_array_get(json_object_get(root, "precision"), index);
    const json_t *value = json_object_get(cell, "converged");
    assert_true(json_is_boolean(value));
    bool yes = json_is_true(value);
    json_decref(root);
    return yes;
}

static void each_cell_says_whether_it_converged(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s, false);
    assert_true(converged(&s, 0));
    assert_false(converged(&s, 1));
    char *report = synthetic_read(&s, "report.md");
    assert_non_null(strstr(report, "## Less precise than asked for"));
    assert_non_null(strstr(
        report, "echo/cpus:1/runtime:thread: within 21% after 9 rounds"));
    assert_null(strstr(report, "runtime:coro: within"));
    free(report);
    synthetic_fini(&s);
}

static void where_a_workload_waits_its_cpu_time_converges(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s, true);
    assert_true(converged(&s, 0));
    assert_true(converged(&s, 1));
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(narrow_cells_need_no_round, set_up),
        cmocka_unit_test_setup(a_wide_cell_brings_its_baseline, set_up),
        cmocka_unit_test_setup(a_wide_baseline_comes_alone, set_up),
        cmocka_unit_test_setup(short_time_goes_to_the_widest, set_up),
        cmocka_unit_test_setup(
            a_pair_that_does_not_fit_leaves_its_time_to_others, set_up),
        cmocka_unit_test_setup(what_is_lost_is_not_measured, set_up),
        cmocka_unit_test_setup(a_round_cut_off_gets_its_missing_halves, set_up),
        cmocka_unit_test(trials_to_come_grow_with_the_square_of_the_width),
        cmocka_unit_test(each_cell_says_whether_it_converged),
        cmocka_unit_test(where_a_workload_waits_its_cpu_time_converges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
