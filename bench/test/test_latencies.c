/* SPDX-License-Identifier: MIT */
/* Latencies from records to every file and table that shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "latencies.h"
#include "synthetic.h"
#include "table.h"

/* Two rounds, one with 1 to 100 us, the other with 101 to 200 us; both have
 * the percentiles that a single trial has values enough for. */
static void make_run(struct synthetic *s)
{
    synthetic_init(s);
    struct synthetic_cell cell = { .workload = "echo",
                                   .params = "schedule:fixed",
                                   .waits = true };
    const char *name = synthetic_plan(s, &cell);
    for (int round = 0; round < 2; round++) {
        json_t *buckets = json_array();
        for (int i = 1; i <= 100; i++)
            json_array_append_new(
                buckets, json_pack("[ii]", (100 * round + i) * 1000, 1));
        json_object_set_new(
            synthetic_trial(s, name, round + 1, 1e9, 1e8, 100), "latency",
            json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o}", "count", 100,
                      "sum_ns", 5050000, "min_ns", 100000 * round + 1000,
                      "p50_ns", 100000 * round + 50000, "p90_ns",
                      100000 * round + 90000, "max_ns", 100000 * round + 100000,
                      "buckets", buckets));
    }
    cell.runtime = "thread"; /* has not recorded any */
    synthetic_rounds(s, synthetic_plan(s, &cell), 2, 1e9, 1e8, 100, 0);
    synthetic_write(s);
}

static char *table_of(const struct synthetic *s, int columns)
{
    struct analysis analysis;
    struct table_style style = { .columns = columns };
    char message[256], *text = NULL;
    size_t size;
    assert_int_equal(analysis_init(&analysis, s->dir, message, sizeof(message)),
                     0);
    FILE *file = open_memstream(&text, &size);
    table_print(file, &analysis, &style);
    fclose(file);
    analysis_fini(&analysis);
    return text;
}

static void rounds_are_put_together(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis analysis;
    struct histogram all = { 0 };
    char message[256];
    uint64_t value;
    make_run(&s);
    assert_int_equal(analysis_init(&analysis, s.dir, message, sizeof(message)),
                     0);
    assert_true(
        latencies_merge(&all, &analysis.summary.cells[0], WORK_LATENCY));
    assert_int_equal(histogram_count(&all), 200);
    assert_int_equal(histogram_min(&all), 1000);
    assert_int_equal(histogram_max(&all), 200000);
    assert_int_equal(histogram_sum(&all), 10100000);
    assert_true(histogram_percentile(&all, 0.9, &value));
    assert_in_range(value, 179300, 180700);
    assert_false(
        latencies_merge(&all, &analysis.summary.cells[0], WORK_HEARTBEAT));
    assert_false(
        latencies_merge(&all, &analysis.summary.cells[1], WORK_LATENCY));
    analysis_fini(&analysis);
    synthetic_fini(&s);
}

static void the_curve_ends_ten_values_before_the_last(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "latency.csv"), *rest = csv, *line;
    assert_non_null(csv);
    assert_string_equal(strsep(&rest, "\n"),
                        "cell,workload,point,runtime,which,share,ns,count");
    double last = -1;
    unsigned long long ns = 0, before = 0, count = 0;
    int lines = 0;
    while ((line = strsep(&rest, "\n")) && *line) {
        double share;
        static const char prefix[] =
            "echo/schedule:fixed/cpus:1/runtime:coro,echo,"
            "echo/schedule:fixed/cpus:1,coro,latency,";
        assert_memory_equal(line, prefix, sizeof(prefix) - 1);
        assert_int_equal(sscanf(line + sizeof(prefix) - 1, "%lf,%llu,%llu",
                                &share, &ns, &count),
                         3);
        assert_true(share > last && ns >= before);
        assert_int_equal(count, 200);
        last = share;
        before = ns;
        lines++;
    }
    /* Twenty points in a decade: the last is at 1 - 10^(-26/20). */
    assert_int_equal(lines, 27);
    assert_true(200 * (1 - last) >= 10);
    assert_in_range(ns, 189000, 191000);
    free(csv);
    synthetic_fini(&s);
}

static void percentiles_of_trials_are_metrics(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "summary.csv");
    assert_non_null(strstr(csv, ",coro,lat_p50_ns,ns,100000,-,-,50000,150000,2"
                                ",-\n"));
    assert_non_null(strstr(csv, ",coro,lat_max_ns,ns,150000,"));
    assert_non_null(strstr(csv, ",coro,lat_p90_ns,ns,140000,"));
    assert_null(strstr(csv, "lat_p99_ns"));
    assert_null(strstr(csv, "beat_"));
    free(csv);
    char *json = synthetic_read(&s, "results.ci.json");
    assert_non_null(strstr(json, "\"lat_p50_ns\": 100000"));
    free(json);
    synthetic_fini(&s);
}

static void a_table_shows_what_there_are_values_enough_for(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    char *text = table_of(&s, 80);
    assert_non_null(strstr(
        text, "latency      p50      p90      p99    p99.9      max    values\n"
              "echo/schedule:fixed/cpus:1\n"
              "  coro    100 us   180 us        -        -   200 us       200"
              "\n\n"));
    assert_null(strstr(text, "heartbeat  "));
    free(text);
    text = table_of(&s, 40);
    assert_non_null(strstr(text, "latency      p50      max    values\n"));
    free(text);
    synthetic_fini(&s);
}

static void stalls_are_said_where_they_are_watched(void **state)
{
    (void)state;
    static const char said[] =
        "its loop was held longer than 20 ms 3 times in a trial";
    struct synthetic s;
    make_run(&s);
    char *text = table_of(&s, 80);
    assert_null(strstr(text, "its loop"));
    free(text);
    json_t *trial = json_array_get(s.trials, 0), *again;
    json_object_set_new(json_object_get(trial, "record"), "runtime",
                        json_pack("{s:i}", "stalls", 3));
    again = json_array_get(s.trials, 1);
    json_object_set_new(json_object_get(again, "record"), "runtime",
                        json_pack("{s:i}", "stalls", 3));
    synthetic_write(&s);
    text = table_of(&s, 80);
    assert_non_null(strstr(text, said));
    free(text);
    assert_int_equal(synthetic_results(s.dir), 0);
    text = synthetic_read(&s, "report.md");
    assert_non_null(strstr(text, said));
    free(text);
    synthetic_fini(&s);
}

static void the_report_has_them_too(void **state)
{
    (void)state;
    struct synthetic s;
    make_run(&s);
    assert_int_equal(synthetic_results(s.dir), 0);
    char *report = synthetic_read(&s, "report.md");
    assert_non_null(strstr(report, "## Latency\n"));
    assert_null(strstr(report, "## Heartbeats\n"));
    assert_non_null(strstr(report, "| echo/schedule:fixed/cpus:1 | coro | "
                                   "100 us | 180 us | - | - | 200 us | 200 |"));
    free(report);
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_are_put_together),
        cmocka_unit_test(the_curve_ends_ten_values_before_the_last),
        cmocka_unit_test(percentiles_of_trials_are_metrics),
        cmocka_unit_test(a_table_shows_what_there_are_values_enough_for),
        cmocka_unit_test(stalls_are_said_where_they_are_watched),
        cmocka_unit_test(the_report_has_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
