/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis.h"
#include "results.h"
#include "synthetic.h"

static void assert_close(double a, double b)
{
    assert_true(isfinite(a));
    assert_true(fabs(a - b) <= 1e-9 * fabs(b));
}

/* Writes the run and reads it back. */
static int analyse(struct analysis *a, const struct synthetic *s)
{
    char message[256];
    synthetic_write(s);
    return analysis_init(a, s->dir, message, sizeof message);
}

static const char *plan(struct synthetic *s, const char *workload,
                        const char *runtime, bool calibrated)
{
    struct synthetic_cell cell = {
        .workload = workload,
        .runtime = runtime,
        .calibrated = calibrated,
    };
    return synthetic_plan(s, &cell);
}

/* ---- what counts ---- */

static void only_measured_trials_that_succeeded_count(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *name = plan(&s, "cpu", "coro", false);
    synthetic_trial(&s, name, 1, 100, 100, 4);
    json_t *warmup = json_array_get(s.trials, 0);
    json_object_set_new(warmup, "phase", json_string("warmup"));
    synthetic_trial(&s, name, 1, 2e9, 1e9, 4);
    synthetic_trial(&s, name, 2, 4e9, 1e9, 4);
    synthetic_failure(&s, name, 3, "timeout", "no end after 60 s");
    synthetic_failure(&s, name, 4, "interrupted", "SIGINT");
    assert_int_equal(analyse(&a, &s), 0);
    const struct cell *cell = &a.summary.cells[0];
    assert_int_equal(cell->n, 2);
    assert_close(cell->estimates[METRIC_WALL].median, 3);
    assert_int_equal(cell->failed, 1);
    assert_string_equal(cell->outcome, "timeout");
    assert_string_equal(cell->message, "no end after 60 s");
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void metrics_are_made_from_the_record(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    json_t *record = synthetic_trial(&s, plan(&s, "sleepers", "thread", false),
                                     1, 2e9, 4e8, 1000);
    synthetic_park(record, 1000, 8192, 20480);
    json_t *memory = json_object_get(record, "memory");
    json_object_set_new(json_object_get(memory, "before"), "slab_system",
                        json_integer(1000000));
    json_object_set_new(json_object_get(memory, "parked"), "slab_system",
                        json_integer(5000000));
    assert_int_equal(analyse(&a, &s), 0);
    const struct estimate *e = a.summary.cells[0].estimates;
    assert_close(e[METRIC_WALL].median, 2);
    assert_close(e[METRIC_USER].median, 0.3);
    assert_close(e[METRIC_SYS].median, 0.1);
    assert_close(e[METRIC_CPU].median, 0.4);
    assert_close(e[METRIC_NS_PER_OP].median, 2e6);
    assert_close(e[METRIC_CPU_NS_PER_OP].median, 4e5);
    assert_close(e[METRIC_OPS_PER_S].median, 500);
    assert_close(e[METRIC_PEAK_RSS].median, 4194304);
    assert_close(e[METRIC_RSS_PER_TASK].median, 8192);
    assert_close(e[METRIC_FULL_PER_TASK].median, 8192 + 20480);
    assert_close(e[METRIC_SLAB_PER_TASK].median, 4000);
    assert_close(e[METRIC_PARKED_RSS].median, 2097152 + 8192000.0);
    assert_close(e[METRIC_PARKED_FULL].median,
                 2097152 + 8192000.0 + 40960 + 20480000 + 16384);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void what_a_record_lacks_is_absent(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    json_t *record =
        synthetic_trial(&s, plan(&s, "null", "coro", false), 1, 1000, 900, 0);
    json_object_del(record, "memory");
    json_object_del(record, "sys_ns");
    assert_int_equal(analyse(&a, &s), 0);
    const struct estimate *e = a.summary.cells[0].estimates;
    assert_int_equal(e[METRIC_WALL].n, 1);
    assert_int_equal(e[METRIC_USER].n, 1);
    assert_int_equal(e[METRIC_CPU].n, 0);
    assert_int_equal(e[METRIC_NS_PER_OP].n, 0);
    assert_int_equal(e[METRIC_OPS_PER_S].n, 0);
    assert_int_equal(e[METRIC_PEAK_RSS].n, 0);
    assert_int_equal(e[METRIC_PARKED_RSS].n, 0);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void failed_and_skipped_cells_keep_their_reasons(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    synthetic_failure(&s, plan(&s, "a", "coro", false), 0, "crashed",
                      "ended by signal 11");
    json_t *trial =
        synthetic_failure(&s, plan(&s, "b", "coro", false), 0, "skipped", "no");
    json_object_set_new(trial, "skip",
                        json_pack("{s:s, s:i}", "reason", "too few descriptors",
                                  "needed", 20000));
    json_t *late =
        synthetic_failure(&s, plan(&s, "c", "coro", false), 0, "skipped", "no");
    json_object_set_new(late, "record",
                        json_pack("{s:{s:s}}", "skip", "reason", "not here"));
    plan(&s, "d", "coro", false);
    assert_int_equal(analyse(&a, &s), 0);
    const struct cell *cells = a.summary.cells;
    assert_int_equal(a.summary.n, 4);
    assert_int_equal(cells[0].failed, 1);
    assert_string_equal(cells[0].message, "ended by signal 11");
    assert_string_equal(cells[1].skip_reason, "too few descriptors");
    assert_string_equal(cells[2].skip_reason, "not here");
    assert_int_equal(cells[3].n + cells[3].failed, 0);
    assert_null(cells[3].skip_reason);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void the_later_trial_of_a_round_counts(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *name = plan(&s, "cpu", "coro", false);
    synthetic_trial(&s, name, 2, 2e9, 1e9, 4);
    synthetic_trial(&s, name, 1, 1e9, 1e9, 4);
    synthetic_trial(&s, name, 2, 3e9, 1e9, 4);
    assert_int_equal(analyse(&a, &s), 0);
    const struct cell *cell = &a.summary.cells[0];
    assert_int_equal(cell->n, 2);
    assert_int_equal(cell->samples[0].round, 1);
    assert_close(cell->samples[1].values[METRIC_WALL], 3);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void a_sample_far_off_is_marked_and_counted(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *name = plan(&s, "cpu", "coro", false);
    synthetic_rounds(&s, name, 9, 1e9, 1e9, 4, 0);
    synthetic_trial(&s, name, 10, 9e9, 1e9, 4);
    assert_int_equal(analyse(&a, &s), 0);
    const struct cell *cell = &a.summary.cells[0];
    assert_int_equal(cell->n, 10);
    assert_int_equal(cell->outliers, 1);
    assert_true(cell->samples[9].outlier);
    assert_close(cell->estimates[METRIC_WALL].max, 9);
    analysis_fini(&a);
    synthetic_fini(&s);
}

/* ---- bad input ---- */

static void a_truncated_last_line_loses_nothing_else(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    char message[256];
    synthetic_init(&s);
    json_decref(s.end);
    s.end = NULL;
    synthetic_rounds(&s, plan(&s, "cpu", "coro", false), 9, 1e9, 1e9, 4, 0);
    synthetic_write(&s);
    synthetic_append(&s, "{\"cell\": \"cpu/cpus:1/runt");
    assert_int_equal(analysis_init(&a, s.dir, message, sizeof message), 0);
    assert_non_null(strstr(message, "cut off"));
    assert_int_equal(a.summary.cells[0].n, 9);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void a_trial_of_an_unplanned_cell_is_refused(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    char message[256];
    synthetic_init(&s);
    synthetic_trial(&s, "nobody/planned/this", 1, 1, 1, 1);
    synthetic_write(&s);
    assert_int_equal(analysis_init(&a, s.dir, message, sizeof message),
                     -EBADMSG);
    assert_non_null(strstr(message, s.dir));
    synthetic_fini(&s);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct analysis a;
    char message[256];
    assert_int_equal(analysis_init(&a, "/nonexistent", message, sizeof message),
                     -ENOENT);
    assert_non_null(strstr(message, "/nonexistent/trials.jsonl"));
}

static void a_run_without_env_can_still_be_read(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    char path[128], message[256];
    synthetic_init(&s);
    plan(&s, "cpu", "coro", false);
    synthetic_write(&s);
    unlink(synthetic_path(&s, "env.json", path, sizeof path));
    assert_int_equal(analysis_init(&a, s.dir, message, sizeof message), 0);
    assert_non_null(strstr(message, "env.json"));
    assert_false(analysis_measured(&a));
    analysis_fini(&a);
    synthetic_fini(&s);
}

/* ---- comparisons ---- */

static void runtimes_are_compared_with_coro_at_the_same_point(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    synthetic_rounds(&s, plan(&s, "cpu", "coro", false), 9, 1e9, 1e9, 4, 0);
    synthetic_rounds(&s, plan(&s, "cpu", "thread", false), 9, 5e8, 2e9, 4, 0);
    synthetic_rounds(&s, plan(&s, "other", "thread", false), 9, 1e9, 1e9, 4, 0);
    assert_int_equal(analyse(&a, &s), 0);
    assert_int_equal(a.compared.n, 1);
    const struct comparison *c = &a.compared.comparisons[0];
    assert_ptr_equal(compare_find(&a.compared, &a.summary.cells[1]), c);
    assert_string_equal(c->baseline->runtime, "coro");
    assert_string_equal(c->refused, "");
    assert_close(c->ratios[COMPARE_WALL].estimate.median, 0.5);
    assert_int_equal(c->ratios[COMPARE_WALL].verdict, VERDICT_FASTER);
    assert_close(c->ratios[COMPARE_CPU].estimate.median, 2);
    assert_int_equal(c->ratios[COMPARE_CPU].verdict, VERDICT_SLOWER);
    assert_int_equal(compare_cost(c), COMPARE_WALL);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void a_round_one_side_lacks_is_no_pair(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "cpu", "coro", false);
    const char *thread = plan(&s, "cpu", "thread", false);
    for (int round = 1; round <= 9; round++) {
        if (round != 4)
            synthetic_trial(&s, coro, round, 1e9 * round, 1e9, 4);
        if (round != 7)
            synthetic_trial(&s, thread, round, 3e9 * round, 1e9, 4);
    }
    assert_int_equal(analyse(&a, &s), 0);
    const struct estimate *e =
        &a.compared.comparisons[0].ratios[COMPARE_WALL].estimate;
    assert_int_equal(e->n, 7);
    assert_close(e->median, 3);
    assert_close(e->low, 3);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void an_empty_workload_has_no_ratio(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    static const char *const runtimes[] = { "coro", "thread" };
    for (int i = 0; i < 2; i++) {
        const char *name = plan(&s, "null", runtimes[i], false);
        for (int round = 1; round <= 9; round++)
            json_object_set_new(synthetic_trial(&s, name, round, 100 + 50 * i,
                                                1000, 1),
                                "units", json_integer(0));
    }
    assert_int_equal(analyse(&a, &s), 0);
    assert_int_equal(a.compared.n, 0);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void points_are_shown_by_size(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    static const struct synthetic_cell cells[] = {
        { .workload = "b", .params = "tasks:1000", .axis = "tasks", .x = 1000 },
        { .workload = "b",
          .params = "tasks:30000",
          .axis = "tasks",
          .x = 30000 },
        { .workload = "a", .params = "via:pipe" },
        { .workload = "a", .params = "via:chan" },
        { .workload = "b",
          .params = "tasks:1000",
          .axis = "tasks",
          .x = 1000,
          .runtime = "thread" },
        { .workload = "b",
          .params = "tasks:2000",
          .axis = "tasks",
          .x = 2000,
          .runtime = "thread" },
    };
    static const char *const expected[] = {
        "b/tasks:1000/cpus:1/runtime:coro",
        "b/tasks:1000/cpus:1/runtime:thread",
        "b/tasks:2000/cpus:1/runtime:thread",
        "b/tasks:30000/cpus:1/runtime:coro",
        "a/via:pipe/cpus:1/runtime:coro",
        "a/via:chan/cpus:1/runtime:coro",
    };
    for (int i = 0; i < 6; i++)
        synthetic_plan(&s, &cells[i]);
    assert_int_equal(analyse(&a, &s), 0);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(a.shown[i]->name, expected[i]);
    assert_true(analysis_opens_workload(&a, 4));
    assert_false(analysis_opens_workload(&a, 5));
    assert_false(analysis_opens_point(&a, 1));
    assert_true(analysis_opens_point(&a, 2));
    analysis_fini(&a);
    synthetic_fini(&s);
}

/* The refusal when the contender's record has `value` under `key`. */
static void assert_refused(const char *key, json_t *value, const char *reason)
{
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "cpu", "coro", false);
    const char *thread = plan(&s, "cpu", "thread", false);
    for (int round = 1; round <= 9; round++) {
        synthetic_trial(&s, coro, round, 1e9, 1e9, 4);
        json_object_set(synthetic_trial(&s, thread, round, 1e9, 1e9, 4), key,
                        value);
    }
    json_decref(value);
    assert_int_equal(analyse(&a, &s), 0);
    const struct comparison *c = &a.compared.comparisons[0];
    assert_non_null(strstr(c->refused, reason));
    assert_int_equal(c->ratios[COMPARE_WALL].estimate.n, 0);
    assert_int_equal(c->ratios[COMPARE_CPU].estimate.n, 0);
    assert_int_equal(a.geomeans_n, 0);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void unequal_work_has_no_ratio(void **state)
{
    (void)state;
    assert_refused("units", json_integer(5), "units 5, coro has 4");
    assert_refused("ops", json_integer(3), "operations 3, coro has 4");
    assert_refused("bytes", json_integer(255), "bytes 255, coro has 256");
    assert_refused("digest", json_string("00000000deadbeef"),
                   "digest 00000000deadbeef");
}

static void work_that_differs_between_trials_has_no_ratio(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "cpu", "coro", true);
    const char *thread = plan(&s, "cpu", "thread", true);
    for (int round = 1; round <= 9; round++) {
        synthetic_trial(&s, coro, round, 1e9, 1e9, 4);
        synthetic_trial(&s, thread, round, 1e9, 1e9, round == 5 ? 5 : 4);
    }
    assert_int_equal(analyse(&a, &s), 0);
    assert_non_null(strstr(a.compared.comparisons[0].refused, "thread"));
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void who_does_not_keep_up_with_a_schedule_has_no_ratio(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "cpu", "coro", false);
    const char *thread = plan(&s, "cpu", "thread", false);
    for (int round = 1; round <= 9; round++) {
        json_t *record = synthetic_trial(&s, coro, round, 1e9, 1e9, 4);
        json_object_set_new(record, "counts",
                            json_pack("{s:i}", "unstarted", 0));
        record = synthetic_trial(&s, thread, round, 1e9, 1e9, 4 - (round == 5));
        json_object_set_new(record, "counts",
                            json_pack("{s:i}", "unstarted", round == 5));
    }
    assert_int_equal(analyse(&a, &s), 0);
    assert_false(a.compared.comparisons[0].baseline->behind);
    assert_true(a.compared.comparisons[0].contender->behind);
    assert_string_equal(a.compared.comparisons[0].refused,
                        "thread did not keep up with the schedule");
    assert_int_equal(results_unequal(&a), 0);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void calibrated_cells_compare_per_operation(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "switch", "coro", true);
    const char *thread = plan(&s, "switch", "thread", true);
    synthetic_rounds(&s, coro, 9, 14.0 * 20000000, 14.0 * 20000000, 20000000,
                     0);
    synthetic_rounds(&s, thread, 9, 2800.0 * 100000, 2800.0 * 100000, 100000,
                     0);
    assert_int_equal(analyse(&a, &s), 0);
    const struct comparison *c = &a.compared.comparisons[0];
    assert_string_equal(c->refused, "");
    assert_true(fabs(c->ratios[COMPARE_WALL].estimate.median - 200) < 0.01);
    assert_int_equal(c->ratios[COMPARE_WALL].verdict, VERDICT_SLOWER);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void a_digest_that_differs_per_operation_is_refused(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "switch", "coro", true);
    const char *thread = plan(&s, "switch", "thread", true);
    for (int round = 1; round <= 9; round++) {
        synthetic_trial(&s, coro, round, 1e9, 1e9, 2000);
        /* One too many in 1000 operations. */
        json_t *record = synthetic_trial(&s, thread, round, 1e9, 1e9, 1000);
        json_object_set_new(record, "digest", json_string("0000000000bc5ea9"));
    }
    assert_int_equal(analyse(&a, &s), 0);
    assert_non_null(strstr(a.compared.comparisons[0].refused, "digest"));
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void origin_bound_wall_time_has_no_verdict(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    const char *coro = plan(&s, "echo", "coro", false);
    const char *thread = plan(&s, "echo", "thread", false);
    synthetic_rounds(&s, thread, 9, 2e9, 2e9, 4, 0);
    for (int round = 1; round <= 9; round++)
        json_object_set_new(synthetic_trial(&s, coro, round, 1e9, 1e9, 4),
                            "origin", json_pack("{s:f}", "cpu_share", 0.91));
    assert_int_equal(analyse(&a, &s), 0);
    const struct comparison *c = &a.compared.comparisons[0];
    assert_true(c->origin_bound);
    assert_int_equal(compare_cost(c), COMPARE_CPU);
    assert_int_equal(c->ratios[COMPARE_WALL].verdict, VERDICT_INCONCLUSIVE);
    assert_int_equal(c->ratios[COMPARE_CPU].verdict, VERDICT_SLOWER);
    /* It is none of those that are corrected for their number. */
    assert_false(compare_judged(c, COMPARE_WALL));
    assert_true(c->ratios[COMPARE_WALL].p < 0.01);
    assert_true(c->ratios[COMPARE_WALL].holm == 1);
    assert_true(compare_judged(c, COMPARE_CPU));
    assert_string_equal(compare_verdict(c, COMPARE_WALL), "origin-bound");
    assert_string_equal(compare_verdict(c, COMPARE_CPU), "slower");
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void workloads_weigh_the_same_in_the_mean(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    /* Two points of one workload at 4, one of another at 1: the mean is 2. */
    struct synthetic_cell cell = { .workload = "a", .params = "tasks:1" };
    for (int i = 0; i < 3; i++) {
        cell.workload = i < 2 ? "a" : "b";
        cell.params = i == 0 ? "tasks:1" : "tasks:2";
        cell.runtime = "coro";
        synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e9, 4, 3);
        cell.runtime = "thread";
        synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, i < 2 ? 4e9 : 1e9,
                         1e9, 4, 3);
    }
    assert_int_equal(analyse(&a, &s), 0);
    assert_int_equal(a.geomeans_n, 1);
    const struct geomean *g = &a.geomeans[0];
    assert_string_equal(g->runtime, "thread");
    assert_close(g->estimates[COMPARE_WALL].median, 2);
    assert_close(g->estimates[COMPARE_WALL].high, 2);
    assert_close(g->estimates[COMPARE_CPU].median, 1);
    assert_int_equal(g->workloads[COMPARE_WALL], 2);
    assert_int_equal(g->points[COMPARE_WALL], 3);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void waiting_time_stays_out_of_the_mean_of_wall_time(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    struct synthetic_cell cell = { .workload = "sleepers", .waits = true };
    for (int i = 0; i < 2; i++) {
        cell.runtime = "coro";
        synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 1e8, 4, 0);
        cell.runtime = "thread";
        synthetic_rounds(&s, synthetic_plan(&s, &cell), 9, 1e9, 5e8, 4, 0);
        cell.workload = "timers";
    }
    assert_int_equal(analyse(&a, &s), 0);
    const struct geomean *g = &a.geomeans[0];
    assert_int_equal(g->estimates[COMPARE_WALL].n, 0);
    assert_close(g->estimates[COMPARE_CPU].median, 5);
    assert_int_equal(a.compared.comparisons[0].ratios[COMPARE_WALL].verdict,
                     VERDICT_SAME);
    assert_int_equal(compare_cost(&a.compared.comparisons[0]), COMPARE_CPU);
    analysis_fini(&a);
    synthetic_fini(&s);
}

static void one_workload_makes_no_mean(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    synthetic_rounds(&s, plan(&s, "cpu", "coro", false), 9, 1e9, 1e9, 4, 0);
    synthetic_rounds(&s, plan(&s, "cpu", "thread", false), 9, 2e9, 1e9, 4, 0);
    assert_int_equal(analyse(&a, &s), 0);
    assert_int_equal(a.compared.n, 1);
    assert_int_equal(a.geomeans_n, 0);
    analysis_fini(&a);
    synthetic_fini(&s);
}

/* ---- slopes ---- */

static void park_series(struct synthetic *s, const char *runtime, int sizes,
                        int rss_each, int kernel_each)
{
    static const int tasks[] = { 1000, 2000, 5000, 10000 };
    static const char *const params[] = { "tasks:1000", "tasks:2000",
                                          "tasks:5000", "tasks:10000" };
    for (int i = 0; i < sizes; i++) {
        struct synthetic_cell cell = { .workload = "sleepers",
                                       .params = params[i],
                                       .axis = "tasks",
                                       .x = tasks[i],
                                       .runtime = runtime };
        const char *name = synthetic_plan(s, &cell);
        for (int round = 1; round <= 9; round++)
            synthetic_park(synthetic_trial(s, name, round, 1e9, 1e8, tasks[i]),
                           tasks[i], rss_each, kernel_each);
    }
}

static void memory_per_task_is_the_slope_over_sizes(void **state)
{
    (void)state;
    struct synthetic s;
    struct analysis a;
    synthetic_init(&s);
    park_series(&s, "coro", 4, 4096, 0);
    park_series(&s, "thread", 4, 8602, 20480);
    park_series(&s, "pool:9", 3, 8602, 20480);
    assert_int_equal(analyse(&a, &s), 0);
    assert_int_equal(a.slopes_n, 3);
    assert_string_equal(a.slopes[0].cell->runtime, "coro");
    assert_int_equal(a.slopes[0].sizes, 4);
    assert_int_equal(a.slopes[0].rss.n, 36);
    assert_close(a.slopes[0].rss.slope, 4096);
    assert_close(a.slopes[0].full.slope, 4096);
    assert_close(a.slopes[0].rss.intercept, 204800);
    assert_close(a.slopes[1].rss.slope, 8602);
    assert_close(a.slopes[1].full.slope, 29082);
    assert_close(a.slopes[1].smallest, 1000);
    assert_close(a.slopes[1].largest, 10000);
    /* Three sizes make no slope: the difference at the largest. */
    assert_int_equal(a.slopes[2].rss.n, 0);
    assert_close(a.slopes[2].largest, 5000);
    assert_close(slope_rss(&a.slopes[2]), 8602);
    assert_close(slope_full(&a.slopes[2]), 29082);
    analysis_fini(&a);
    synthetic_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_measured_trials_that_succeeded_count),
        cmocka_unit_test(metrics_are_made_from_the_record),
        cmocka_unit_test(what_a_record_lacks_is_absent),
        cmocka_unit_test(failed_and_skipped_cells_keep_their_reasons),
        cmocka_unit_test(the_later_trial_of_a_round_counts),
        cmocka_unit_test(a_sample_far_off_is_marked_and_counted),
        cmocka_unit_test(a_truncated_last_line_loses_nothing_else),
        cmocka_unit_test(a_trial_of_an_unplanned_cell_is_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_run_without_env_can_still_be_read),
        cmocka_unit_test(runtimes_are_compared_with_coro_at_the_same_point),
        cmocka_unit_test(a_round_one_side_lacks_is_no_pair),
        cmocka_unit_test(an_empty_workload_has_no_ratio),
        cmocka_unit_test(points_are_shown_by_size),
        cmocka_unit_test(unequal_work_has_no_ratio),
        cmocka_unit_test(work_that_differs_between_trials_has_no_ratio),
        cmocka_unit_test(who_does_not_keep_up_with_a_schedule_has_no_ratio),
        cmocka_unit_test(calibrated_cells_compare_per_operation),
        cmocka_unit_test(a_digest_that_differs_per_operation_is_refused),
        cmocka_unit_test(origin_bound_wall_time_has_no_verdict),
        cmocka_unit_test(workloads_weigh_the_same_in_the_mean),
        cmocka_unit_test(waiting_time_stays_out_of_the_mean_of_wall_time),
        cmocka_unit_test(one_workload_makes_no_mean),
        cmocka_unit_test(memory_per_task_is_the_slope_over_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
