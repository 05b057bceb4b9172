/* SPDX-License-Identifier: MIT */
/* The parts of the regression gate that need no trials. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/gate_accept.h"
#include "regress/gate_plan.h"
#include "regress/gate_ratio.h"
#include "regress/gate_report.h"

/* ---- accepted slowdowns ---- */

static void a_trailer_is_glob_percent_and_reason(void **state)
{
    (void)state;
    json_t *accept =
        gate_accept_parse(" echo/*:coro ns_per_op +12.5% checks + counts");
    assert_string_equal(json_string_value(json_object_get(accept, "glob")),
                        "echo/*:coro ns_per_op");
    assert_true(json_number_value(json_object_get(accept, "percent")) == 12.5);
    assert_string_equal(json_string_value(json_object_get(accept, "reason")),
                        "checks + counts");
    json_decref(accept);
}

static void blanks_around_the_glob_do_not_belong_to_it(void **state)
{
    (void)state;
    json_t *accept = gate_accept_parse("  echo/*   +5%   why");
    assert_string_equal(json_string_value(json_object_get(accept, "glob")),
                        "echo/*");
    assert_string_equal(json_string_value(json_object_get(accept, "reason")),
                        "why");
    json_decref(accept);
}

static void a_trailer_of_another_form_is_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",         "echo/* 12% why",  "echo/* +12%",      "+12% why",
        "echo +x%", "echo/* +0% none", "echo/* +nan% none"
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_null(gate_accept_parse(lines[i]));
}

static void the_most_generous_trailer_that_matches_counts(void **state)
{
    (void)state;
    json_t *accepts = json_array();
    char bad[64];
    gate_accept_read(accepts, "a/* +5% x\nnonsense\n\na/b* +9% y\nc +99% z\n",
                     bad, sizeof bad);
    assert_string_equal(bad, "nonsense");
    assert_int_equal(json_array_size(accepts), 3);
    const json_t *found = gate_accept_find(accepts, "a/b/c d");
    assert_string_equal(json_string_value(json_object_get(found, "reason")),
                        "y");
    assert_null(gate_accept_find(accepts, "b"));
    json_decref(accepts);
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    (void)state;
    char line[1024];
    int used = snprintf(line, sizeof line, "a +5%% x");
    for (int i = 0; i < 200; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, "\xc3\xa9");
    json_t *accept = gate_accept_parse(line);
    assert_non_null(accept);
    const char *reason = json_string_value(json_object_get(accept, "reason"));
    assert_true(strlen(reason) > 100 && strlen(reason) < 200);
    json_decref(accept);
}

/* ---- names ---- */

static void a_glob_matches_whole_names_and_slashes(void **state)
{
    (void)state;
    assert_true(gate_wanted(NULL, "a"));
    assert_true(gate_wanted("x,a/*d", "a/b/c d"));
    assert_false(gate_wanted("a", "a/b"));
    assert_false(gate_wanted("", "a"));
}

static void metrics_have_names_of_their_own(void **state)
{
    (void)state;
    for (const struct gate_metric *a = gate_metrics; a->workload; a++)
        for (const struct gate_metric *b = gate_metrics; b != a; b++)
            assert_false(strcmp(a->workload, b->workload) == 0 &&
                         strcmp(a->params, b->params) == 0 &&
                         strcmp(a->runtime, b->runtime) == 0 &&
                         a->quantity == b->quantity);
}

/* ---- ratios ---- */

static void quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    /* Abramowitz and Stegun, table 26.10. */
    assert_true(fabs(gate_student(0.975, 1) - 12.706) < 0.001);
    assert_true(fabs(gate_student(0.975, 2) - 4.303) < 0.001);
    assert_true(fabs(gate_student(0.95, 5) - 2.015) < 0.001);
    assert_true(fabs(gate_student(0.995, 10) - 3.169) < 0.001);
    assert_true(fabs(gate_student(0.9995, 30) - 3.646) < 0.001);
}

/* A baseline of `n` runs whose ratio is 0.5 give or take a little. */
static json_t *make_baseline(int n, bool known, double most)
{
    json_t *runs = json_array(), *invariants = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(runs, json_pack("{s:{s:f}}", "ratios", "m",
                                              0.5 * (1 + 0.01 * (i % 3 - 1))));
    if (most > 0)
        json_array_append_new(
            invariants, json_pack("{s:s, s:s, s:f, s:s}", "metric", "m", "of",
                                  "ratio", "most", most, "why", "because"));
    return json_pack("{s:b, s:o, s:o}", "known", known, "runs", runs,
                     "invariants", invariants);
}

/* An entry whose ratio was `first`, and `second` in fresh rounds. */
static struct gate_entry make_entry(double first, double second)
{
    struct gate_entry entry = { .name = "m" };
    double ratios[DECIDE_STAGES] = { first, second };
    size_t rounds[DECIDE_STAGES] = { DECIDE_SCREEN_ROUNDS,
                                     DECIDE_CONFIRM_ROUNDS };
    for (int stage = 0; stage < DECIDE_STAGES; stage++) {
        struct gate_samples *samples = &entry.stages[stage];
        samples->n = ratios[stage] > 0 ? rounds[stage] : 0;
        for (size_t i = 0; i < samples->n; i++) {
            samples->base[i] = 100 + (double)(i % 7);
            samples->head[i] = samples->base[i] * ratios[stage];
        }
    }
    return entry;
}

static enum decide_verdict judged(double first, double second,
                                  const json_t *baseline)
{
    struct gate_entry entry = make_entry(first, second);
    gate_ratio_judge(&entry, baseline);
    return entry.decision.verdict;
}

static void a_ratio_must_be_off_twice(void **state)
{
    (void)state;
    json_t *baseline = make_baseline(9, true, 0);
    assert_int_equal(judged(0.5, 0, baseline), DECIDE_SAME);
    assert_int_equal(judged(0.6, 0, baseline), DECIDE_SAME);
    assert_int_equal(judged(0.7, 0.7, baseline), DECIDE_REGRESSED);
    assert_int_equal(judged(0.7, 0.5, baseline), DECIDE_SAME);
    assert_int_equal(judged(0.7, 0.3, baseline), DECIDE_SAME);
    assert_int_equal(judged(0.7, 0, baseline), DECIDE_UNDECIDED);
    assert_int_equal(judged(0.3, 0.3, baseline), DECIDE_IMPROVED);
    json_decref(baseline);
}

static void an_unknown_class_allows_a_factor_of_two(void **state)
{
    (void)state;
    json_t *baseline = make_baseline(9, false, 0);
    assert_int_equal(judged(0.9, 0.9, baseline), DECIDE_SAME);
    assert_int_equal(judged(1.1, 1.1, baseline), DECIDE_REGRESSED);
    json_decref(baseline);
}

static void a_limit_holds_without_any_record(void **state)
{
    (void)state;
    json_t *baseline = make_baseline(0, false, 0.2);
    assert_int_equal(judged(0.19, 0, baseline), DECIDE_SAME);
    assert_int_equal(judged(0.21, 0.21, baseline), DECIDE_REGRESSED);
    assert_int_equal(judged(0.21, 0.19, baseline), DECIDE_SAME);
    json_decref(baseline);
}

static void a_ratio_of_nothing_is_broken(void **state)
{
    (void)state;
    json_t *baseline = make_baseline(9, true, 0);
    struct gate_entry entry = make_entry(0.5, 0);
    entry.stages[DECIDE_SCREEN].head[3] = 0;
    gate_ratio_judge(&entry, baseline);
    assert_int_equal(entry.decision.verdict, DECIDE_BROKEN);
    json_decref(baseline);
}

/* ---- reports ---- */

static void reports_escape_what_they_quote(void **state)
{
    (void)state;
    struct gate gate;
    char *text = NULL;
    size_t bytes;
    assert_int_equal(gate_init(&gate), 0);
    gate_leave_out(&gate, "a<b>&\"c\"", "%s", "x\"y\033z");
    assert_int_equal(gate_judge(&gate), 0);
    FILE *f = open_memstream(&text, &bytes);
    gate_junit(f, &gate);
    fclose(f);
    assert_non_null(strstr(text, "name=\"a&lt;b>&amp;&quot;c&quot;\""));
    assert_non_null(strstr(text, "\"x&quot;y?z\""));
    assert_non_null(strstr(text, "tests=\"2\""));
    assert_non_null(strstr(text, "errors=\"1\""));
    free(text);
    gate_fini(&gate);
}

static void a_remark_stays_in_its_cell(void **state)
{
    (void)state;
    struct gate gate;
    char *text = NULL;
    size_t bytes;
    assert_int_equal(gate_init(&gate), 0);
    struct gate_entry *entry = gate_add(&gate, "m");
    assert_non_null(entry);
    strcpy(entry->remark, "this | that");
    FILE *f = open_memstream(&text, &bytes);
    gate_markdown(f, &gate);
    fclose(f);
    assert_non_null(strstr(text, "| `m`: this \\| that |"));
    free(text);
    gate_fini(&gate);
}

/* A control that alarms is why the run is inconclusive. */
static void a_control_that_alarms_is_not_hidden(void **state)
{
    (void)state;
    struct gate gate;
    char *text = NULL;
    size_t bytes;
    assert_int_equal(gate_init(&gate), 0);
    gate_add(&gate, "quiet")->role = DECIDE_CONTROL;
    gate_add(&gate, "slower");
    gate_add(&gate, "loud")->role = DECIDE_CONTROL;
    for (size_t i = 1; i < gate.n; i++)
        gate.entries[i].decision.verdict = DECIDE_REGRESSED;
    FILE *f = open_memstream(&text, &bytes);
    gate_markdown(f, &gate);
    fclose(f);
    char *details = strstr(text, "<details>");
    assert_non_null(details);
    assert_non_null(strstr(details, "`quiet`"));
    *details = 0;
    const char *loud = strstr(text, "`loud` | **REGRESSED**");
    assert_non_null(loud);
    assert_non_null(strstr(loud, "`slower` | **REGRESSED**"));
    free(text);
    gate_fini(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trailer_is_glob_percent_and_reason),
        cmocka_unit_test(blanks_around_the_glob_do_not_belong_to_it),
        cmocka_unit_test(a_trailer_of_another_form_is_none),
        cmocka_unit_test(the_most_generous_trailer_that_matches_counts),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(a_glob_matches_whole_names_and_slashes),
        cmocka_unit_test(metrics_have_names_of_their_own),
        cmocka_unit_test(quantiles_are_those_of_the_tables),
        cmocka_unit_test(a_ratio_must_be_off_twice),
        cmocka_unit_test(an_unknown_class_allows_a_factor_of_two),
        cmocka_unit_test(a_limit_holds_without_any_record),
        cmocka_unit_test(a_ratio_of_nothing_is_broken),
        cmocka_unit_test(reports_escape_what_they_quote),
        cmocka_unit_test(a_remark_stays_in_its_cell),
        cmocka_unit_test(a_control_that_alarms_is_not_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
