/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "synthetic.h"

static const char *const names[] = {
    "results.json", "results.ci.json", "results.bmf.json",
    "summary.csv",  "captions.tsv",    "report.md",
};
enum {
    FILES = sizeof names / sizeof *names
};

/* Coro and thread, calibrated; sleepers of four sizes; troubles. */
static void plan_all(struct synthetic *s)
{
    static const char *const sizes[] = { "tasks:1000", "tasks:2000",
                                         "tasks:5000", "tasks:10000" };
    static const int tasks[] = { 1000, 2000, 5000, 10000 };
    struct synthetic_cell cell = { .workload = "switch_pair",
                                   .params = "via:chan",
                                   .question = "What does a switch cost?",
                                   .op = "switch",
                                   .calibrated = true };
    synthetic_rounds(s, synthetic_plan(s, &cell), 9, 2e8, 2e8, 1000000, 0);
    cell.runtime = "thread";
    synthetic_rounds(s, synthetic_plan(s, &cell), 9, 4e8, 6e8, 100000, 5);
    cell.runtime = "pool:2";
    synthetic_failure(s, synthetic_plan(s, &cell), 1, "crashed", "signal 11");
    cell.runtime = "seq";
    json_t *skipped = synthetic_failure(s, synthetic_plan(s, &cell), 0,
                                        "skipped", "needs two tasks");
    json_object_set_new(skipped, "skip",
                        json_pack("{s:s, s:i, s:i, s:s}", "reason",
                                  "needs two tasks", "needed", 2, "limit", 1,
                                  "remedy", "use pool"));
    for (int i = 0; i < 4; i++) {
        cell = (struct synthetic_cell){ .workload = "sleepers",
                                        .params = sizes[i],
                                        .axis = "tasks",
                                        .x = tasks[i],
                                        .waits = true };
        const char *name = synthetic_plan(s, &cell);
        for (int round = 1; round <= 9; round++)
            synthetic_park(synthetic_trial(s, name, round, 1e9, 1e8, tasks[i]),
                           tasks[i], 4096, 128);
    }
}

static void make_run(struct synthetic *s)
{
    synthetic_init(s);
    plan_all(s);
    synthetic_write(s);
}

static json_t *load(const struct synthetic *s, const char *name)
{
    char path[128];
    return json_load_file(synthetic_path(s, name, path, sizeof path),
                          JSON_REJECT_DUPLICATES, NULL);
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "(none)";
}

static const json_t *find(const json_t *array, const char *key,
                          const char *value)
{
    const json_t *entry;
    size_t i;
    json_array_foreach(array, i, entry) if (strcmp(text(entry, key), value) ==
                                            0) return entry;
    return NULL;
}

/* ---- results.json ---- */

static void entries_have_what_google_benchmark_readers_need(void **state)
{
    (void)state;
    static const char *const texts[] = { "name", "run_name", "run_type",
                                         "time_unit" };
    static const char *const numbers[] = {
        "family_index", "per_family_instance_index",
        "repetitions",  "threads",
        "iterations",   "real_time",
        "cpu_time",
    };
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    const json_t *all = json_object_get(root, "benchmarks"), *entry;
    size_t i, aggregates = 0;
    /* Six cells of nine rounds, with four aggregates each. */
    assert_int_equal(json_array_size(all), 6 * (9 + 4));
    json_array_foreach(all, i, entry)
    {
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            assert_true(json_is_string(json_object_get(entry, texts[k])));
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            assert_true(json_is_number(json_object_get(entry, numbers[k])));
        bool aggregate = strcmp(text(entry, "run_type"), "aggregate") == 0;
        assert_int_equal(aggregate,
                         json_object_get(entry, "aggregate_name") != NULL);
        assert_int_equal(!aggregate,
                         json_object_get(entry, "repetition_index") != NULL);
        aggregates += aggregate;
    }
    assert_int_equal(aggregates, 6 * 4);
    json_decref(root);
    synthetic_fini(&s);
}

static void times_are_ns_of_one_operation(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    const json_t *median =
        find(json_object_get(root, "benchmarks"), "name",
             "switch_pair/via:chan/cpus:1/runtime:thread_median");
    assert_non_null(median);
    assert_string_equal(text(median, "run_name"),
                        "switch_pair/via:chan/cpus:1/runtime:thread");
    assert_string_equal(text(median, "time_unit"), "ns");
    assert_true(fabs(number(median, "real_time") - 4000) < 1e-6);
    assert_true(fabs(number(median, "cpu_time") - 6000) < 1e-6);
    assert_true(fabs(number(median, "ns_per_op") - 4000) < 1e-6);
    assert_true(fabs(number(median, "items_per_second") - 250000) < 1e-3);
    assert_true(number(median, "peak_rss_bytes") == 4194304);
    /* Nothing parks there. */
    assert_null(json_object_get(median, "full_per_task_bytes"));
    json_decref(root);
    synthetic_fini(&s);
}

static void the_context_is_the_environment_and_the_run(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    const json_t *context = json_object_get(root, "context");
    assert_string_equal(text(context, "host_name"), "nowhere");
    assert_string_equal(text(context, "date"), "2026-01-02T03:04:05Z");
    assert_string_equal(text(context, "run_id"), "made-up");
    assert_string_equal(text(context, "library_build_type"), "release");
    assert_int_equal(number(context, "json_schema_version"), 1);
    assert_int_equal(number(context, "rounds"), 9);
    assert_true(json_is_array(json_object_get(context, "caches")));
    assert_true(json_is_array(json_object_get(context, "load_avg")));
    json_decref(root);
    synthetic_fini(&s);
}

static void what_cobench_adds_stands_beside(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    const json_t *all = json_object_get(root, "comparisons");
    assert_int_equal(json_array_size(all), 2);
    const json_t *wall = find(all, "metric", "ns_per_op");
    assert_non_null(wall);
    assert_string_equal(text(wall, "baseline"), "coro");
    assert_string_equal(text(wall, "contender"), "thread");
    assert_string_equal(text(wall, "verdict"), "slower");
    assert_true(fabs(number(wall, "ratio") - 20) < 0.5);
    assert_true(number(wall, "ci_low") <= number(wall, "ratio"));
    assert_true(number(wall, "ci_high") >= number(wall, "ratio"));
    assert_int_equal(number(wall, "rounds"), 9);
    assert_non_null(json_object_get(wall, "params"));
    const json_t *skipped = json_array_get(json_object_get(root, "skipped"), 0);
    assert_string_equal(text(skipped, "reason"), "needs two tasks");
    assert_int_equal(number(skipped, "needed"), 2);
    assert_string_equal(text(skipped, "remedy"), "use pool");
    const json_t *failed = json_array_get(json_object_get(root, "failed"), 0);
    assert_string_equal(text(failed, "message"), "signal 11");
    assert_null(json_object_get(root, "crossovers"));
    assert_int_equal(json_array_size(json_object_get(root, "slopes")), 1);
    json_decref(root);
    synthetic_fini(&s);
}

static void unequal_work_is_listed_and_has_no_comparison(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    struct synthetic_cell cell = { .workload = "cpu" };
    synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e9, 4, 0);
    cell.runtime = "thread";
    synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e9, 5, 0);
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    assert_int_equal(json_array_size(json_object_get(root, "comparisons")), 0);
    const json_t *refused = json_array_get(json_object_get(root, "refused"), 0);
    assert_non_null(strstr(text(refused, "reason"), "operations 5"));
    char *csv = synthetic_read(&s, "summary.csv");
    assert_non_null(strstr(csv, ",wall_vs_coro,ratio,-,-,-,-,-,0,refused\n"));
    free(csv);
    json_decref(root);
    synthetic_fini(&s);
}

/* ---- the other formats ---- */

static void ci_results_have_one_entry_per_cell(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.ci.json");
    const json_t *all = json_object_get(root, "benchmarks"), *entry;
    size_t i;
    assert_int_equal(json_array_size(all), 6);
    json_array_foreach(all, i, entry)
    {
        assert_string_equal(text(entry, "name"), text(entry, "run_name"));
        assert_true(number(entry, "real_time") > 0);
    }
    entry = json_array_get(all, 1);
    assert_true(fabs(number(entry, "real_time") - 4000) < 1e-6);
    json_decref(root);
    synthetic_fini(&s);
}

static void bencher_gets_values_with_bounds(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.bmf.json");
    assert_int_equal(json_object_size(root), 6);
    const json_t *cell =
        json_object_get(root, "sleepers/tasks:1000/cpus:1/runtime:coro");
    const json_t *memory = json_object_get(cell, "full-bytes-per-task");
    assert_int_equal(number(memory, "value"), 4096 + 128);
    assert_int_equal(number(memory, "lower_value"), 4096 + 128);
    assert_int_equal(number(memory, "upper_value"), 4096 + 128);
    assert_int_equal(number(json_object_get(cell, "latency"), "value"), 1e6);
    assert_non_null(json_object_get(cell, "cpu-time"));
    assert_non_null(json_object_get(cell, "peak-rss"));
    assert_null(json_object_get(cell, "p99"));
    json_decref(root);
    synthetic_fini(&s);
}

static size_t count(const char *text_, char wanted)
{
    size_t n = 0;
    for (; *text_; text_++)
        n += *text_ == wanted;
    return n;
}

static void every_csv_row_has_sixteen_plain_fields(void **state)
{
    (void)state;
    struct synthetic s;
    char *state_of, *line;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "summary.csv");
    assert_non_null(csv);
    assert_null(strstr(csv, "nan"));
    assert_null(strstr(csv, "inf"));
    assert_null(strchr(csv, '"'));
    size_t rows = 0;
    for (line = strtok_r(csv, "\n", &state_of); line;
         line = strtok_r(NULL, "\n", &state_of)) {
        assert_int_equal(count(line, ','), 15);
        rows++;
    }
    assert_true(rows > 60);
    free(csv);
    synthetic_fini(&s);
}

static void the_csv_has_slopes_and_means(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    plan_all(&s);
    struct synthetic_cell cell = { .workload = "cpu" };
    synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e9, 4, 0);
    cell.runtime = "thread";
    synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 5e8, 1e9, 4, 0);
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "summary.csv");
    assert_non_null(csv);
    assert_non_null(
        strstr(csv, "\nsleepers/cpus:1/runtime:coro,sleepers,sleepers/cpus:1,"
                    "-,-,1,coro,full_slope,bytes,4224,4224,4224,-,-,36,-\n"));
    assert_non_null(strstr(csv, ",all,all/cpus:1,-,-,1,thread,"
                                "wall_vs_coro_geomean,ratio,"));
    assert_non_null(strstr(csv, "\nsleepers/tasks:1000/cpus:1/runtime:coro,"
                                "sleepers,sleepers/cpus:1,tasks,1000,1,coro,"
                                "wall_s,s,1,1,1,1,1,9,-\n"));
    free(csv);
    synthetic_fini(&s);
}

static void captions_are_one_fact_per_line(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *captions = synthetic_read(&s, "captions.tsv");
    assert_string_equal(
        captions,
        "machine\tMade Up, 2 CPUs, Linux 6.18\n"
        "commit\t0123456789ab\n"
        "rounds\t9\n"
        "workload\tswitch_pair\tns_per_op\tswitch\tWhat does a switch cost?\n"
        "workload\tsleepers\twall_s\t\t\n");
    free(captions);
    synthetic_fini(&s);
}

static void a_crossover_becomes_a_row_per_point(void **state)
{
    (void)state;
    struct synthetic s;
    char path[128];
    make_run(&s);
    json_t *found = json_pack(
        "[{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:s, s:s, s:[{s:f, s:i},"
        " {s:f, s:i, s:f, s:f, s:f}]}]",
        "workload", "echo", "param", "conns", "a", "coro", "b", "pool:20",
        "metric", "wall", "answer", "onset", "low", 10.0, "high", 20.5,
        "winner_below", "?", "winner_above", "coro", "points", "x", 10.0,
        "rounds", 2, "x", 20.5, "rounds", 9, "ratio", 1.5, "ci_low", 1.4,
        "ci_high", 1.6);
    assert_non_null(found);
    assert_int_equal(
        json_dump_file(
            found, synthetic_path(&s, "crossovers.json", path, sizeof path), 0),
        0);
    json_decref(found);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "crossovers.csv");
    assert_string_equal(
        csv, "workload,param,a,b,metric,answer,low,high,below,above,x,ratio,"
             "ci_low,ci_high\n"
             "echo,conns,coro,pool:20,wall,onset,10,20.5,?,coro,10,-,-,-\n"
             "echo,conns,coro,pool:20,wall,onset,10,20.5,?,coro,20.5,1.5,1.4,"
             "1.6\n");
    free(csv);
    synthetic_fini(&s);
}

static void the_points_of_the_verdict_are_listed(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "cpu",
                                       .params = "tasks:4",
                                       .runtime = i ? "thread" : "coro" };
        synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, i ? 2e6 : 4e6, 1e6,
                         100, 0);
    }
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "verdict.csv");
    assert_string_equal(
        csv, "kind,way,measure,cpus,cell,ratio,low,high,winner\n"
             "computing,coroutines,time,1,cpu/tasks:4/cpus:1/runtime:thread,"
             "0.5,0.5,0.5,threads\n");
    free(csv);
    synthetic_fini(&s);
}

static void samples_stand_beside_the_median_of_their_cell(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "samples.csv");
    assert_non_null(csv);
    /* Nine of each cell that was measured, and the head. */
    assert_int_equal(count(csv, '\n'), 1 + 6 * 9);
    assert_non_null(strstr(csv, ",switch_pair,switch_pair/via:chan/cpus:1,coro,"
                                "ns_per_op,1,"));
    assert_non_null(strstr(csv, ",200,1,0\n"));
    free(csv);
    synthetic_fini(&s);
}

static void the_report_holds_tables_troubles_and_charts(void **state)
{
    (void)state;
    struct synthetic s;
    char path[128], chart[160];
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    mkdir(synthetic_path(&s, "charts", path, sizeof path), 0700);
    snprintf(chart, sizeof chart, "%s/wall-echo.svg", path);
    FILE *file = fopen(chart, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(synthetic_reports(s.dir), 0);
    char *report = synthetic_read(&s, "report.md");
    assert_non_null(report);
    assert_non_null(strstr(report, "## switch_pair: What does a switch cost?"));
    assert_non_null(strstr(report, "|  | thread | 4.00 us |"));
    assert_non_null(strstr(report, "## What RSS hides"));
    /* Between two ends that read the same. */
    assert_non_null(strstr(report, "| \u00b10 B |"));
    assert_non_null(strstr(report, "signal 11"));
    assert_non_null(strstr(
        report, "skipped: needs two tasks (needs 2, limit 1): use pool"));
    assert_non_null(strstr(report, "![wall-echo](charts/wall-echo.svg)"));
    assert_non_null(strstr(report, "load average is 3.00: wait"));
    assert_non_null(strstr(report, "cobench run --workload echo --seed 7\n"));
    free(report);
    synthetic_fini(&s);
}

static void an_unfinished_run_says_so(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    json_decref(s.end);
    s.end = NULL;
    plan_all(&s);
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *report = synthetic_read(&s, "report.md");
    assert_non_null(strstr(report, "The run was cut off"));
    free(report);
    synthetic_fini(&s);
}

static void a_run_without_a_good_trial_says_so_first(void **state)
{
    (void)state;
    struct synthetic s;
    struct synthetic_cell cell = { .workload = "cpu", .params = "tasks:4" };
    synthetic_init(&s);
    synthetic_failure(&s, synthetic_plan(&s, &cell), 1, "crashed", "signal 11");
    synthetic_write(&s);
    synthetic_results(s.dir);
    assert_int_equal(synthetic_reports(s.dir), 0);
    char *report = synthetic_read(&s, "report.md");
    assert_non_null(report);
    const char *said = strstr(report, "**Nothing was measured");
    assert_non_null(said);
    const char *verdict = strstr(report, "## Verdict");
    assert_true(!verdict || said < verdict);
    free(report);
    synthetic_fini(&s);
}

/* ---- faults ---- */

/* Everything still complete under its name, and no temporary file left. */
static void assert_untouched(const struct synthetic *s, char *const before[])
{
    char path[160];
    for (int i = 0; i < FILES; i++) {
        char *now = synthetic_read(s, names[i]);
        assert_non_null(now);
        assert_string_equal(now, before[i]);
        free(now);
        snprintf(path, sizeof path, "%s/%s.tmp", s->dir, names[i]);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

static void a_full_disk_keeps_what_was_there(void **state)
{
    (void)state;
    struct synthetic s;
    struct rlimit old, small;
    char *before[FILES];
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    for (int i = 0; i < FILES; i++)
        before[i] = synthetic_read(&s, names[i]);
    /* No file may grow beyond 16 bytes. */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 16;
    signal(SIGXFSZ, SIG_IGN);
    fflush(NULL);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    close(STDERR_FILENO);
    setrlimit(RLIMIT_FSIZE, &small);
    int error = synthetic_results(s.dir);
    setrlimit(RLIMIT_FSIZE, &old);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(error, -EFBIG);
    assert_untouched(&s, before);
    for (int i = 0; i < FILES; i++)
        free(before[i]);
    synthetic_fini(&s);
}

static void a_name_that_is_taken_is_said_and_the_rest_written(void **state)
{
    (void)state;
    struct synthetic s;
    char path[128], message[1024] = "";
    int pipes[2];
    make_run(&s);
    mkdir(synthetic_path(&s, "results.json", path, sizeof path), 0700);
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    int saved = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    close(pipes[1]);
    int error = synthetic_results(s.dir);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_true(read(pipes[0], message, sizeof message - 1) > 0);
    close(pipes[0]);
    assert_int_equal(error, -EISDIR);
    assert_non_null(strstr(message, "results.json: Is a directory\n"));
    assert_int_equal(count(message, '\n'), 1);
    json_t *bmf = load(&s, "results.bmf.json");
    assert_non_null(bmf);
    json_decref(bmf);
    rmdir(path);
    synthetic_fini(&s);
}

static void a_run_of_nothing_writes_valid_files(void **state)
{
    (void)state;
    struct synthetic s;
    synthetic_init(&s);
    synthetic_write(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    json_t *root = load(&s, "results.json");
    assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 0);
    json_decref(root);
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_what_google_benchmark_readers_need),
        cmocka_unit_test(times_are_ns_of_one_operation),
        cmocka_unit_test(the_context_is_the_environment_and_the_run),
        cmocka_unit_test(what_cobench_adds_stands_beside),
        cmocka_unit_test(unequal_work_is_listed_and_has_no_comparison),
        cmocka_unit_test(ci_results_have_one_entry_per_cell),
        cmocka_unit_test(bencher_gets_values_with_bounds),
        cmocka_unit_test(every_csv_row_has_sixteen_plain_fields),
        cmocka_unit_test(the_csv_has_slopes_and_means),
        cmocka_unit_test(captions_are_one_fact_per_line),
        cmocka_unit_test(a_crossover_becomes_a_row_per_point),
        cmocka_unit_test(the_points_of_the_verdict_are_listed),
        cmocka_unit_test(samples_stand_beside_the_median_of_their_cell),
        cmocka_unit_test(the_report_holds_tables_troubles_and_charts),
        cmocka_unit_test(an_unfinished_run_says_so),
        cmocka_unit_test(a_run_without_a_good_trial_says_so_first),
        cmocka_unit_test(a_full_disk_keeps_what_was_there),
        cmocka_unit_test(a_name_that_is_taken_is_said_and_the_rest_written),
        cmocka_unit_test(a_run_of_nothing_writes_valid_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
