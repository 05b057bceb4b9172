/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "synthetic.h"
#include "verdict.h"

/* One point: what a round takes on coro and on the other runtime. */
struct made {
    const char *workload, *params, *axis, *runtime;
    int x;
    double coro, other; /* ns */
    bool noisy;         /* other is above and below coro in turns */
};

static void fill(struct synthetic *s, const char *name, int rounds, double ns,
                 bool noisy)
{
    for (int round = 1; round <= rounds; round++) {
        double factor = noisy ? round % 2 ? 1.5 : 0.6 : 1;
        factor *= 1 + 0.0001 * round;
        synthetic_trial(s, name, round, ns * factor, ns * factor / 2, 100);
    }
}

/* Whether coro was not measured there for a point before. */
static bool is_new(const struct made *points, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(points[j].workload, points[i].workload) == 0 &&
            strcmp(points[j].params, points[i].params) == 0)
            return false;
    return true;
}

static void add(struct synthetic *s, const struct made *made, int rounds,
                bool coro)
{
    struct synthetic_cell cell = { .workload = made->workload,
                                   .params = made->params,
                                   .axis = made->axis,
                                   .x = made->x };
    if (coro)
        fill(s, synthetic_plan(s, &cell), rounds, made->coro, false);
    cell.runtime = made->runtime ? made->runtime : "thread";
    fill(s, synthetic_plan(s, &cell), rounds, made->other, made->noisy);
}

static void answer(struct answers *answers, struct synthetic *s)
{
    struct analysis a;
    char message[256];
    synthetic_write(s);
    assert_int_equal(analysis_init(&a, s->dir, message, sizeof message), 0);
    assert_int_equal(verdict_make(answers, &a), 0);
    analysis_fini(&a);
    synthetic_fini(s);
}

static void add_points(struct synthetic *s, const struct made *points, size_t n,
                       int rounds)
{
    for (size_t i = 0; i < n; i++)
        add(s, &points[i], rounds, is_new(points, i));
}

static void answer_points(struct answers *answers, const struct made *points,
                          size_t n, int rounds)
{
    struct synthetic s;
    synthetic_init(&s);
    add_points(&s, points, n, rounds);
    answer(answers, &s);
}
#define ANSWER(answers, points, rounds) \
    answer_points(answers, points, sizeof points / sizeof *points, rounds)

static void check(const struct answer *answer, const char *heading,
                  const char *winner, const char *gain, const char *sentence)
{
    assert_string_equal(answer->heading, heading);
    assert_string_equal(answer->winner, winner);
    assert_string_equal(answer->gain, gain);
    assert_string_equal(answer->sentences[0], sentence);
}

/* The test server was the bottleneck in every trial. */
static void wear_out_server(struct synthetic *s)
{
    size_t i;
    json_t *trial;
    json_array_foreach(s->trials, i, trial)
    {
        json_object_set_new(json_object_get(trial, "record"), "origin",
                            json_pack("{s:f}", "cpu_share", 0.95));
    }
}

/* What a terminal gets, for the caller to free; ends the answers. */
static char *print(struct answers *answers, int columns)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    verdict_print(file, answers, columns, false);
    assert_int_equal(fclose(file), 0);
    verdict_fini(answers);
    return text;
}

/* ---- one sentence ---- */

static void who_wins_everywhere_wins(void **state)
{
    static const struct made points[] = {
        { "cpu", "kernel:fib/tasks:4", .coro = 2e6, .other = 1e6 },
        { "cpu", "kernel:fib/tasks:8", .coro = 3e6, .other = 1e6 },
        { "cpu", "kernel:sum/tasks:4", .coro = 4e6, .other = 1e6 },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    assert_int_equal(answers.n, 1);
    check(&answers.answers[0], "computing", "threads",
          "2.00x to 4.00x faster (all 3 points) than coroutines",
          "Time on one CPU, coroutines against threads: threads 2.00x "
          "(cpu kernel:fib tasks:4) to 4.00x (cpu "
          "kernel:sum tasks:4) faster at all 3 points.");
    verdict_fini(&answers);
}

static void a_difference_of_two_percent_is_none(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 1e6, .other = 1.02e6 },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "computing", "no difference", "",
          "Time on one CPU, coroutines against threads: the same at cpu.");
    verdict_fini(&answers);
}

static void noise_tells_nothing(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 1e6, .other = 1e6, .noisy = true },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "computing", "cannot tell", "",
          "Time on one CPU, coroutines against threads: cannot tell at cpu.");
    verdict_fini(&answers);
}

static void few_rounds_tell_nothing(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 1e6, .other = 9e6 },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 5);
    check(&answers.answers[0], "computing", "cannot tell", "",
          "Time on one CPU, coroutines against threads: cannot tell: 5 "
          "rounds, and an interval needs 6.");
    verdict_fini(&answers);
}

static void more_unclear_than_clear_is_said(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:1", .coro = 1e6, .other = 9e6 },
        { "cpu", "tasks:2", .coro = 1e6, .other = 1e6, .noisy = true },
        { "cpu", "tasks:3", .coro = 1e6, .other = 1e6, .noisy = true },
        { "cpu", "tasks:4", .coro = 1e6, .other = 1e6, .noisy = true },
        { "cpu", "tasks:5", .coro = 1e6, .other = 1e6, .noisy = true },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "computing",
          "coroutines, as far as one can tell",
          "9.00x faster (1 of 5 points, 4 unclear) than threads",
          "Time on one CPU, coroutines against threads: coroutines 9.00x "
          "faster at cpu tasks:1; cannot tell at cpu tasks:2, "
          "cpu tasks:3 and 2 more.");
    verdict_fini(&answers);
}

/* ---- sizes ---- */

static void sizes_between_which_it_changes_are_named(void **state)
{
    static const struct made points[] = {
        { "mixed", "tasks:10", "tasks", NULL, 10, 1e6, 1e6, false },
        { "mixed", "tasks:100", "tasks", NULL, 100, 1e6, 1e6, false },
        { "mixed", "tasks:500", "tasks", NULL, 500, 1e6, 1e6, true },
        { "mixed", "tasks:1000", "tasks", NULL, 1000, 1e6, 2e6, false },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "waiting and computing",
          "coroutines, depending on size",
          "2.00x faster (1 of 4 points, 1 unclear, 2 the same) than threads; "
          "with the tasks of mixed: the "
          "same from 10 to 100, coroutines at 1000",
          "Time on one CPU, coroutines against threads: coroutines 2.00x "
          "faster at mixed tasks:1000; the same at mixed "
          "tasks:10, mixed tasks:100; cannot tell at mixed tasks:500; with "
          "the tasks of mixed: the same from 10 to 100, coroutines at 1000.");
    verdict_fini(&answers);
}

static void there_is_no_winner_where_both_win(void **state)
{
    static const struct made points[] = {
        { "mixed", "tasks:10", "tasks", NULL, 10, 1e6, 2e6, false },
        { "mixed", "tasks:1000", "tasks", NULL, 1000, 3e6, 1e6, false },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "waiting and computing", "it depends on size",
          "with the tasks of mixed: coroutines at 10, threads at 1000",
          "Time on one CPU, coroutines against threads: coroutines 2.00x "
          "faster at mixed tasks:10; threads 3.00x "
          "faster at mixed tasks:1000; with the tasks of mixed: coroutines "
          "at 10, threads at 1000.");
    verdict_fini(&answers);
}

/* ---- who ---- */

static void a_loss_against_pools_counts_too(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 2e6, .other = 3e6 },
        { "cpu", "tasks:4", .coro = 2e6, .other = 1e6, .runtime = "pool:2" },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    assert_int_equal(answers.answers[0].n, 2);
    assert_string_equal(answers.answers[0].winner, "pools");
    assert_string_equal(answers.answers[0].gain,
                        "2.00x faster (the only point) than coroutines");
    verdict_fini(&answers);
}

/* A mixed result against pools does not hide a clear one against threads. */
static void where_it_depends_a_clear_pair_is_named(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 2e6, .other = 6e6 },
        { "cpu", "tasks:4", .coro = 2e6, .other = 1e6, .runtime = "pool:2" },
        { "cpu", "tasks:9", .coro = 2e6, .other = 9e6 },
        { "cpu", "tasks:9", .coro = 2e6, .other = 3e6, .runtime = "pool:2" },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    assert_int_equal(answers.answers[0].n, 2);
    assert_string_equal(answers.answers[0].winner,
                        "it depends, but coroutines over threads");
    assert_string_equal(answers.answers[0].gain,
                        "3.00x to 4.50x faster (both points) than threads");
    verdict_fini(&answers);
}

static void a_win_on_all_cpus_is_called_so(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "cpu",
                                       .cpus = "all",
                                       .runtime = i ? "thread" : "coro" };
        fill(&s, synthetic_plan(&s, &cell), 9, i ? 1e6 : 2e6, false);
    }
    answer(&answers, &s);
    check(&answers.answers[0], "computing", "threads",
          "2.00x faster (the only point) on all CPUs than coroutines",
          "Time on all CPUs, coroutines against threads: threads 2.00x "
          "faster at cpu.");
    verdict_fini(&answers);
}

static void other_runtimes_have_no_say(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 2e6, .other = 1e6, .runtime = "seq" },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    check(&answers.answers[0], "computing", "cannot tell", "",
          "No two of them were measured at the same point.");
    verdict_fini(&answers);
}

static void offload_is_a_way_of_its_own(void **state)
{
    static const double ns[] = { 8e6, 1e6, 2e6 };
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    for (int i = 0; i < 3; i++) {
        struct synthetic_cell cell = {
            .workload = "mixed",
            .params = i == 1 ? "tasks:9/offload:1" : "tasks:9/offload:0",
            .runtime = i == 2 ? "thread" : "coro",
        };
        fill(&s, synthetic_plan(&s, &cell), 9, ns[i], false);
    }
    answer(&answers, &s);
    const struct answer *a = &answers.answers[0];
    assert_int_equal(a->n, 3);
    check(a, "waiting and computing", "coroutines with offload",
          "8.00x faster (the only point) than coroutines",
          "Time on one CPU, coroutines against threads: threads 4.00x "
          "faster at mixed.");
    assert_string_equal(a->sentences[2],
                        "Time on one CPU, coroutines with offload against "
                        "threads: coroutines with offload 2.00x "
                        "faster at mixed.");
    verdict_fini(&answers);
}

static void each_of_several_winners_has_its_figure(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 6e6, .other = 2e6 },
        { "cpu", "tasks:4", .coro = 6e6, .other = 3e6, .runtime = "pool:2" },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    assert_string_equal(answers.answers[0].winner, "threads or pools");
    assert_string_equal(
        answers.answers[0].gain,
        "threads: 3.00x faster (the only point) than coroutines; pools: 2.00x "
        "faster (the only point) than coroutines");
    verdict_fini(&answers);
}

static void an_interval_that_can_be_seen_is_given(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    struct synthetic_cell cell = { .workload = "cpu", .params = "tasks:4" };
    fill(&s, synthetic_plan(&s, &cell), 9, 1e6, false);
    cell.runtime = "thread";
    const char *name = synthetic_plan(&s, &cell);
    for (int round = 1; round <= 9; round++)
        synthetic_trial(&s, name, round,
                        1e6 * (2 + 0.1 * round) * (1 + 0.0001 * round), 5e5,
                        100);
    answer(&answers, &s);
    assert_string_equal(answers.answers[0].gain,
                        "2.50x [2.20, 2.80] faster (the only point) than "
                        "threads");
    verdict_fini(&answers);
}

/* ---- where threads win ---- */

static void check_threads(const struct made *points, size_t n,
                          const char *expected)
{
    struct answers answers;
    answer_points(&answers, points, n, 9);
    assert_string_equal(answers.answers[0].threads, expected);
    verdict_fini(&answers);
}

static void where_threads_win_is_told_of_every_size(void **state)
{
    static const struct made at[][2] = {
        /* coroutines win both, threads both, neither can be told */
        { { "cpu", "tasks:4", "tasks", NULL, 4, 1e6, 2e6, false },
          { "cpu", "tasks:9", "tasks", NULL, 9, 1e6, 2e6, false } },
        { { "cpu", "tasks:4", "tasks", NULL, 4, 2e6, 1e6, false },
          { "cpu", "tasks:9", "tasks", NULL, 9, 2e6, 1e6, false } },
        { { "cpu", "tasks:4", "tasks", NULL, 4, 1e6, 1e6, true },
          { "cpu", "tasks:9", "tasks", NULL, 9, 1e6, 1e6, true } },
        /* they win one, and of the other one cannot tell */
        { { "cpu", "tasks:4", "tasks", NULL, 4, 2e6, 1e6, false },
          { "cpu", "tasks:9", "tasks", NULL, 9, 1e6, 1e6, true } },
        /* they win none, and of one one cannot tell */
        { { "cpu", "tasks:4", "tasks", NULL, 4, 1e6, 1e6, false },
          { "cpu", "tasks:9", "tasks", NULL, 9, 1e6, 1e6, true } },
    };
    static const char *const expected[] = {
        "on one CPU: at no size measured (4 to 9 tasks)",
        "on one CPU: at every size measured (4 to 9 tasks)",
        "on one CPU: cannot tell (4 to 9 tasks)",
        "on one CPU: at every size where one can tell (1 of 2 points, 4 to 9 "
        "tasks)",
        "on one CPU: at no size where one can tell (1 of 2 points, 4 to 9 "
        "tasks)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        check_threads(at[i], 2, expected[i]);
}

static void the_sizes_between_which_threads_begin_to_win_are_told(void **state)
{
    static const struct made begin[] = {
        { "mixed", "tasks:10", "tasks", NULL, 10, 1e6, 2e6, false },
        { "mixed", "tasks:100", "tasks", NULL, 100, 1e6, 1e6, true },
        { "mixed", "tasks:1000", "tasks", NULL, 1000, 3e6, 1e6, false },
    };
    static const struct made cease[] = {
        { "mixed", "tasks:10", "tasks", NULL, 10, 3e6, 1e6, false },
        { "mixed", "tasks:100", "tasks", NULL, 100, 1e6, 1e6, false },
    };
    /* To and fro says nothing of where. */
    static const struct made twice[] = {
        { "mixed", "tasks:10", "tasks", NULL, 10, 1e6, 2e6, false },
        { "mixed", "tasks:100", "tasks", NULL, 100, 2e6, 1e6, false },
        { "mixed", "tasks:1000", "tasks", NULL, 1000, 1e6, 2e6, false },
    };
    /* More than can be named. */
    static const struct made axes[] = {
        { "ring", "tasks:10", "tasks", NULL, 10, 1e6, 2e6, false },
        { "mutex", "permits:10", "permits", NULL, 10, 1e6, 2e6, false },
        { "skynet", "leaves:10", "leaves", NULL, 10, 1e6, 2e6, false },
    };
    (void)state;
    check_threads(
        begin, 3,
        "on one CPU: at 1 of 2 points where one can tell: mixed, from "
        "somewhere within 10 to 1000 tasks on");
    check_threads(cease, 2,
                  "on one CPU: at 1 of 2 points: mixed, up to somewhere within "
                  "10 to 100 tasks");
    check_threads(twice, 3, "on one CPU: at 1 of 3 points: mixed tasks:100");
    check_threads(axes, 3, "on one CPU: at no size measured");
}

/* Time is left out where the test server was the bottleneck: CPU tells. */
static void where_time_tells_nothing_the_next_measure_does(void **state)
{
    struct synthetic s;
    struct answers answers;
    static const struct made point = { "echo", "conns:9", "conns", NULL,
                                       9,      1e6,       2e6,     false };
    (void)state;
    synthetic_init(&s);
    add(&s, &point, 9, true);
    wear_out_server(&s);
    answer(&answers, &s);
    assert_string_equal(answers.answers[0].threads,
                        "on one CPU, by CPU time: not at the only point "
                        "measured (9 connections)");
    verdict_fini(&answers);
}

static void both_cpu_views_have_their_answer(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    for (int i = 0; i < 4; i++) {
        struct synthetic_cell cell = { .workload = "cpu",
                                       .cpus = i < 2 ? "1" : "all",
                                       .runtime = i % 2 ? "thread" : "coro" };
        fill(&s, synthetic_plan(&s, &cell), 9, i == 3 ? 1e6 : 2e6, false);
    }
    answer(&answers, &s);
    assert_string_equal(answers.answers[0].threads,
                        "on one CPU: not at the only point measured; on all "
                        "CPUs: at the only point measured");
    verdict_fini(&answers);
}

static void what_was_not_measured_has_no_place(void **state)
{
    static const struct made pool = { "cpu", "tasks:4", .coro = 2e6,
                                      .other = 1e6, .runtime = "pool:2" };
    (void)state;
    check_threads(&pool, 1, "not measured");
}

/* ---- what may be said ---- */

static void nothing_is_said_of_what_was_not_planned(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    struct synthetic_cell cell = { .workload = "null" };
    fill(&s, synthetic_plan(&s, &cell), 9, 1e6, false);
    answer(&answers, &s);
    assert_int_equal(answers.n, 0);
    verdict_fini(&answers);
}

static void unequal_work_is_not_compared(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    struct synthetic_cell cell = { .workload = "cpu", .params = "tasks:4" };
    fill(&s, synthetic_plan(&s, &cell), 9, 1e6, false);
    cell.runtime = "thread";
    const char *name = synthetic_plan(&s, &cell);
    for (int round = 1; round <= 9; round++)
        synthetic_trial(&s, name, round, 1e6, 1e6, 99);
    answer(&answers, &s);
    check(&answers.answers[0], "computing", "cannot tell", "",
          "Time on one CPU, coroutines against threads: not compared for "
          "unequal work at cpu.");
    verdict_fini(&answers);
}

static void an_origin_bound_time_is_no_answer(void **state)
{
    static const struct made points[] = {
        { "echo", "conns:9", .coro = 1e6, .other = 2e6 },
    };
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    add(&s, points, 9, true);
    wear_out_server(&s);
    answer(&answers, &s);
    const struct answer *a = &answers.answers[0];
    check(a, "waiting on the network (HTTP or sockets)", "coroutines",
          "2.00x less CPU (the only point) than threads",
          "Time on one CPU, coroutines against threads: the test server was "
          "the bottleneck at echo.");
    assert_int_equal(a->n, 2);
    verdict_fini(&answers);
}

static void add_sleepers(struct synthetic *s, const char *runtime, int tasks,
                         int rss_each, int kernel_each)
{
    char params[32];
    snprintf(params, sizeof params, "tasks:%d", tasks);
    struct synthetic_cell cell = { .workload = "sleepers",
                                   .params = params,
                                   .axis = "tasks",
                                   .x = tasks,
                                   .waits = true,
                                   .runtime = runtime };
    const char *name = synthetic_plan(s, &cell);
    for (int round = 1; round <= 9; round++)
        synthetic_park(synthetic_trial(s, name, round, 1e9, 1e6, tasks), tasks,
                       rss_each, kernel_each);
}

/* Sleepers of which each holds 4000 bytes on coro, and as said on threads. */
static void answer_sleepers(struct answers *answers, int rss_each,
                            int kernel_each)
{
    struct synthetic s;
    synthetic_init(&s);
    add_sleepers(&s, "coro", 1000, 4000, 0);
    add_sleepers(&s, "thread", 1000, rss_each, kernel_each);
    answer(answers, &s);
}

static void memory_is_that_of_a_parked_task_in_full(void **state)
{
    struct answers answers;
    (void)state;
    answer_sleepers(&answers, 8000, 16000);
    check(&answers.answers[0], "memory of waiting tasks", "coroutines",
          "6.00x less memory (the only point) than threads; coroutines hold "
          "3.91 KiB a task, threads 23.4 KiB, of which RSS shows 7.81 KiB "
          "(with 1000 tasks)",
          "Memory of a waiting task on one CPU, coroutines against threads: "
          "coroutines 6.00x less memory at sleepers.");
    verdict_fini(&answers);
    answer_sleepers(&answers, 4000, 0);
    check(&answers.answers[0], "memory of waiting tasks", "no difference", "",
          "Memory of a waiting task on one CPU, coroutines against threads: "
          "the same at sleepers.");
    verdict_fini(&answers);
}

static void memory_is_told_of_the_most_tasks(void **state)
{
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    for (int i = 0; i < 3; i++) {
        static const int tasks[] = { 1000, 9000, 3000 };
        add_sleepers(&s, "coro", tasks[i], 4096 + tasks[i], 0);
        add_sleepers(&s, "thread", tasks[i], 99999, 0);
    }
    answer(&answers, &s);
    assert_non_null(strstr(answers.answers[0].gain,
                           "; coroutines hold 12.8 KiB a task, threads "));
    assert_non_null(strstr(answers.answers[0].gain, "(with 9000 tasks)"));
    verdict_fini(&answers);
}

static void a_disturbed_run_is_cautioned_of(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", .coro = 1e6, .other = 2e6 },
    };
    (void)state;
    for (int disturbed = 0; disturbed < 2; disturbed++) {
        struct synthetic s;
        struct answers answers;
        char text[256];
        synthetic_init(&s); /* it has one warning */
        if (!disturbed)
            json_object_del(s.env, "warnings");
        add(&s, points, 9, true);
        answer(&answers, &s);
        verdict_caution(text, sizeof text, &answers);
        assert_int_equal(strncmp(text, "1 thing disturbed", 17) == 0,
                         disturbed);
        assert_int_equal(text[0] != 0, disturbed);
        verdict_fini(&answers);
    }
}

/* ---- for a terminal ---- */

static void each_part_of_an_answer_has_a_line_of_its_own(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", "tasks", NULL, 4, 6e6, 2e6, false },
        { "cpu", "tasks:4", "tasks", "pool:2", 4, 6e6, 3e6, false },
    };
    struct synthetic s;
    struct answers answers;
    (void)state;
    synthetic_init(&s);
    json_object_del(s.env, "warnings");
    add_points(&s, points, sizeof points / sizeof *points, 9);
    answer(&answers, &s);
    char *text = print(&answers, 40);
    assert_string_equal(strstr(text, "Verdict for"),
                        "Verdict for this machine\n"
                        "computing: threads or pools\n"
                        "  threads: 3.00x faster (the only point)\n"
                        "    than coroutines\n"
                        "  pools: 2.00x faster (the only point)\n"
                        "    than coroutines\n"
                        "  threads win on one CPU: at the only\n"
                        "    point measured (4 tasks)\n");
    free(text);
}

static void threads_that_were_not_measured_win_nothing(void **state)
{
    static const struct made points[] = {
        { "cpu", "tasks:4", "tasks", "pool:2", 4, 6e6, 3e6, false },
    };
    struct answers answers;
    (void)state;
    ANSWER(&answers, points, 9);
    char *text = print(&answers, 80);
    assert_non_null(strstr(text, "\n  threads win: not measured\n"));
    free(text);
}

static void one_difference_among_many_needs_more_rounds(void **state)
{
    static const struct made noise = {
        .workload = "cpu", .coro = 1e6, .other = 1e6, .noisy = true
    };
    char params[20][16];
    struct made points[20];
    struct answers answers;
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(params[i], sizeof params[i], "tasks:%d", i);
        points[i] = noise;
        points[i].params = params[i];
    }
    points[0].noisy = false;
    points[0].other = 9e6;
    ANSWER(&answers, points, 9); /* 2 * 2^-9 > 0.05 / 20 */
    check(&answers.answers[0], "computing", "cannot tell", "",
          "Time on one CPU, coroutines against threads: cannot tell at any "
          "of 20 points.");
    verdict_fini(&answers);
    ANSWER(&answers, points, 10);
    assert_string_equal(answers.answers[0].winner,
                        "coroutines, as far as one can tell");
    verdict_fini(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wins_everywhere_wins),
        cmocka_unit_test(a_difference_of_two_percent_is_none),
        cmocka_unit_test(noise_tells_nothing),
        cmocka_unit_test(few_rounds_tell_nothing),
        cmocka_unit_test(more_unclear_than_clear_is_said),
        cmocka_unit_test(sizes_between_which_it_changes_are_named),
        cmocka_unit_test(there_is_no_winner_where_both_win),
        cmocka_unit_test(a_loss_against_pools_counts_too),
        cmocka_unit_test(where_it_depends_a_clear_pair_is_named),
        cmocka_unit_test(a_win_on_all_cpus_is_called_so),
        cmocka_unit_test(other_runtimes_have_no_say),
        cmocka_unit_test(offload_is_a_way_of_its_own),
        cmocka_unit_test(each_of_several_winners_has_its_figure),
        cmocka_unit_test(an_interval_that_can_be_seen_is_given),
        cmocka_unit_test(where_threads_win_is_told_of_every_size),
        cmocka_unit_test(the_sizes_between_which_threads_begin_to_win_are_told),
        cmocka_unit_test(where_time_tells_nothing_the_next_measure_does),
        cmocka_unit_test(both_cpu_views_have_their_answer),
        cmocka_unit_test(what_was_not_measured_has_no_place),
        cmocka_unit_test(nothing_is_said_of_what_was_not_planned),
        cmocka_unit_test(unequal_work_is_not_compared),
        cmocka_unit_test(an_origin_bound_time_is_no_answer),
        cmocka_unit_test(memory_is_that_of_a_parked_task_in_full),
        cmocka_unit_test(memory_is_told_of_the_most_tasks),
        cmocka_unit_test(a_disturbed_run_is_cautioned_of),
        cmocka_unit_test(each_part_of_an_answer_has_a_line_of_its_own),
        cmocka_unit_test(threads_that_were_not_measured_win_nothing),
        cmocka_unit_test(one_difference_among_many_needs_more_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
