/* SPDX-License-Identifier: MIT */
/* Whether an operation costs more where there are more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis.h"
#include "synthetic.h"

static struct synthetic s;
static struct analysis analysis;

static int set_up(void **state)
{
    (void)state;
    synthetic_init(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    analysis_fini(&analysis);
    synthetic_fini(&s);
    return 0;
}

/* So many tasks, of so many ns CPU each, in some rounds. */
static const char *add_rounds(const char *axis, int tasks, double each,
                              int rounds)
{
    char params[64];
    snprintf(params, sizeof params, "%s:%d", axis, tasks);
    struct synthetic_cell cell = {
        .workload = "ring",
        .params = params,
        .axis = axis,
        .x = tasks,
        .op = "task",
    };
    const char *name = synthetic_plan(&s, &cell);
    synthetic_rounds(&s, name, rounds, each * tasks, each * tasks, tasks, 0);
    return name;
}

static const char *add(int tasks, double each)
{
    return add_rounds("tasks", tasks, each, 9);
}

static void analyse(void)
{
    char message[256];
    synthetic_write(&s);
    assert_int_equal(analysis_init(&analysis, s.dir, message, sizeof message),
                     0);
}

/* Of the first series. */
static const char *words(void)
{
    static char text[1024];
    growth_words(text, sizeof text, analysis.steps,
                 growth_series(analysis.steps, analysis.steps_n), analysis.env);
    return text;
}

static void a_cost_that_stays_is_linear(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 110);
    add(1000, 90);
    analyse();
    assert_int_equal(analysis.steps_n, 2);
    assert_int_equal(growth_series(analysis.steps, 2), 2);
    assert_int_equal(analysis.steps[0].growth, GROWTH_HOLDS);
    assert_string_equal(
        words(), "100 ns to 90.0 ns each, 10 to 1000 tasks: linear or better");
}

static void a_step_up_breaks_the_line_where_it_is(void **state)
{
    (void)state;
    add(1000, 200); /* in no order */
    add(10, 100);
    add(100, 100);
    analyse();
    assert_int_equal(analysis.steps[0].growth, GROWTH_HOLDS);
    assert_int_equal(analysis.steps[1].growth, GROWTH_BREAKS);
    assert_true(analysis.steps[1].to->x == 1000);
    assert_non_null(strstr(words(), "; 2.00x [2.00, 2.00] the cost from 100 "
                                    "to 1000"));
    assert_null(strstr(words(), "linear"));
}

/* 26 % for ten times as many, 12 % for three times. */
static void how_much_is_allowed_depends_on_the_distance(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 120);
    add(300, 144);
    analyse();
    assert_int_equal(analysis.steps[0].growth, GROWTH_HOLDS);
    assert_int_equal(analysis.steps[1].growth, GROWTH_BREAKS);
}

static void few_rounds_tell_nothing(void **state)
{
    (void)state;
    add_rounds("tasks", 10, 100, 5);
    add_rounds("tasks", 100, 100, 5);
    add_rounds("tasks", 1000, 900, 5);
    analyse();
    assert_int_equal(analysis.steps[1].growth, GROWTH_UNCLEAR);
    assert_non_null(strstr(words(), "too few rounds to tell"));
}

static void what_grew_with_it_is_named(void **state)
{
    (void)state;
    const char *names[] = { add(10, 100), add(100, 100), add(1000, 300) };
    size_t i;
    json_t *line;
    json_array_foreach(s.trials, i, line)
    {
        json_t *record = json_object_get(line, "record");
        bool large = strcmp(json_string_value(json_object_get(line, "cell")),
                            names[2]) == 0;
        /* 6 MiB more, in a process that holds 5 MiB anyway. */
        json_int_t bytes = large ? 11 << 20 : 5 << 20;
        json_object_set_new(record, "minor_faults",
                            json_integer(large ? 2000 : 0));
        json_object_set_new(record, "vol_switches", json_integer(0));
        /* 33 of the 183 ns that a task costs more. */
        json_object_set_new(record, "sys_ns", json_integer(large ? 33000 : 0));
        json_object_set_new(record, "invol_switches", json_integer(0));
        json_object_set_new(json_object_get(record, "memory"), "peak_rss",
                            json_integer(bytes));
    }
    json_object_set_new(s.env, "caches",
                        json_pack("[{s:i,s:i},{s:i,s:i}]", "level", 2, "size",
                                  4 << 20, "level", 3, "size", 64 << 20));
    analyse();
    assert_non_null(strstr(words(), "page faults for each task 0 to 2"));
    assert_non_null(strstr(words(), "more memory than the L2 cache of 4.00M"));
    assert_null(strstr(words(), "waits"));
    assert_null(strstr(words(), "L3"));
    assert_null(strstr(words(), "in the kernel"));
}

static void a_rise_in_the_kernel_is_named(void **state)
{
    (void)state;
    const char *names[] = { add(10, 100), add(100, 100), add(1000, 300) };
    size_t i;
    json_t *line;
    json_array_foreach(s.trials, i, line)
    {
        bool large = strcmp(json_string_value(json_object_get(line, "cell")),
                            names[2]) == 0;
        /* 100 of the 250 ns that a task costs more. */
        json_object_set_new(json_object_get(line, "record"), "sys_ns",
                            json_integer(large ? 100000 : 0));
    }
    analyse();
    assert_non_null(strstr(words(), "40% of the rise in the kernel"));
}

/* A reference at the same point. */
static void add_by_hand(int tasks, double each)
{
    char params[64];
    snprintf(params, sizeof params, "tasks:%d", tasks);
    struct synthetic_cell cell = { .workload = "ring",
                                   .params = params,
                                   .axis = "tasks",
                                   .x = tasks,
                                   .runtime = "epoll",
                                   .op = "task" };
    const char *name = synthetic_plan(&s, &cell);
    json_t *cells = json_object_get(s.run, "cells");
    json_object_set_new(json_array_get(cells, json_array_size(cells) - 1),
                        "reference", json_true());
    synthetic_rounds(&s, name, 9, each * tasks, each * tasks, tasks, 0);
}

static void a_reference_that_breaks_there_clears_the_runtime(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 200);
    add(1000, 400);
    add_by_hand(10, 100);
    add_by_hand(100, 100);
    add_by_hand(1000, 200);
    analyse();
    assert_int_equal(analysis.steps_n, 4);
    assert_null(analysis.steps[0].alike);
    assert_non_null(analysis.steps[1].alike);
    assert_string_equal(analysis.steps[1].alike->runtime, "epoll");
    assert_null(analysis.steps[3].alike); /* the reference's own */
    const char *second = strstr(words(), "the cost from 100 to 1000 (");
    assert_non_null(second);
    assert_non_null(strstr(second, " the same with epoll, by hand)"));
    assert_ptr_equal(strstr(words(), "by hand"), strstr(second, "by hand"));
}

static void what_stopped_a_series_is_said(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 100);
    add(1000, 100);
    /* Neither a size below nor one further up. */
    static const int sizes[] = { 5, 100000, 10000 };
    for (int i = 0; i < 3; i++) {
        int tasks = sizes[i];
        char params[64];
        snprintf(params, sizeof params, "tasks:%d", tasks);
        struct synthetic_cell cell = {
            .workload = "ring", .params = params, .axis = "tasks", .x = tasks
        };
        json_t *skipped = synthetic_failure(&s, synthetic_plan(&s, &cell), 0,
                                            "skipped", NULL);
        json_object_set_new(skipped, "skip",
                            json_pack("{s:s, s:i, s:i}", "reason",
                                      "too few process ids", "needed",
                                      tasks + 64, "limit", 9000));
    }
    analyse();
    assert_string_equal(words(),
                        "100 ns to 100 ns each, 10 to 1000 tasks: linear or "
                        "better; 10000 skipped: too few process ids (needs "
                        "10064, limit 9000)");
}

static void two_sizes_or_another_axis_make_no_series(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 100);
    for (int i = 1; i <= 3; i++)
        add_rounds("cut", i, 100, 9);
    analyse();
    assert_int_equal(analysis.steps_n, 0);
}

static void charts_read_it_from_the_summary(void **state)
{
    (void)state;
    add(10, 100);
    add(100, 100);
    add(1000, 200);
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *text = synthetic_read(&s, "summary.csv");
    assert_non_null(text);
    char *row = strstr(text, "tasks:1000");
    while (row && strncmp(row + strcspn(row, "\n") - 7, ",breaks", 7) != 0)
        row = strstr(row + 1, "tasks:1000");
    assert_non_null(row);
    row[strcspn(row, "\n")] = 0;
    assert_non_null(strstr(row, ",cpu_growth,ratio,"));
    assert_true(strtod(strstr(row, ",ratio,") + 7, NULL) > 1.99);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cost_that_stays_is_linear),
        TEST(a_step_up_breaks_the_line_where_it_is),
        TEST(how_much_is_allowed_depends_on_the_distance),
        TEST(few_rounds_tell_nothing),
        TEST(what_grew_with_it_is_named),
        TEST(a_reference_that_breaks_there_clears_the_runtime),
        TEST(a_rise_in_the_kernel_is_named),
        TEST(what_stopped_a_series_is_said),
        TEST(two_sizes_or_another_axis_make_no_series),
        TEST(charts_read_it_from_the_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
