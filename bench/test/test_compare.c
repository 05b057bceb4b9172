/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "synthetic.h"
#include "versus.h"
#include "wrap.h"

/* ---- made-up runs ---- */

static void set_machine(struct synthetic *s, const char *cpu)
{
    json_object_set_new(s->env, "cpu_model", json_string(cpu));
    json_object_set_new(s->env, "kernel", json_string("6.18.5"));
}

/* Every round of one cell; in round r it takes `ns` times 1.5 to the r where
 * the machine drifts. */
static void fill(struct synthetic *s, const char *name, int rounds, double ns,
                 bool drifts)
{
    double factor = 1;
    for (int round = 1; round <= rounds; round++) {
        double jitter = 1 + 0.002 * (round * 5 % 9 - 4);
        synthetic_trial(s, name, round, ns * factor * jitter,
                        ns * factor * jitter, 100);
        factor *= drifts ? 1.5 : 1;
    }
}

static void make(struct synthetic *s, double ns)
{
    struct synthetic_cell cell = { .workload = "cpu", .params = "tasks:4" };
    synthetic_init(s);
    set_machine(s, "Made Up");
    fill(s, synthetic_plan(s, &cell), 9, ns, false);
}

/* The cell's description in the first line. */
static json_t *plan_of(struct synthetic *s)
{
    return json_array_get(json_object_get(s->run, "cells"), 0);
}

struct pair {
    struct synthetic a, b;
    struct analysis analyses[2];
    struct versus versus;
};

static void compare(struct pair *p, const struct versus_rule *rule)
{
    static const struct versus_rule usual = { .floor = -1 };
    struct synthetic *sides[] = { &p->a, &p->b };
    for (int i = 0; i < 2; i++) {
        char message[256];
        synthetic_write(sides[i]);
        assert_int_equal(analysis_init(&p->analyses[i], sides[i]->dir, message,
                                       sizeof message),
                         0);
    }
    assert_int_equal(versus_make(&p->versus, &p->analyses[0], &p->analyses[1],
                                 rule ? rule : &usual),
                     0);
}

static void fini(struct pair *p)
{
    versus_fini(&p->versus);
    analysis_fini(&p->analyses[0]);
    analysis_fini(&p->analyses[1]);
    synthetic_fini(&p->a);
    synthetic_fini(&p->b);
}

static enum versus_verdict verdict_of(double a, double b)
{
    struct pair p;
    make(&p.a, a);
    make(&p.b, b);
    compare(&p, NULL);
    assert_int_equal(p.versus.compared, 1);
    enum versus_verdict verdict = p.versus.rows[0].figures[VERSUS_WALL].verdict;
    fini(&p);
    return verdict;
}

/* ---- verdicts ---- */

static void what_is_beyond_the_floor_is_worse_or_better(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(1e6, 1e6), VERSUS_SAME);
    assert_int_equal(verdict_of(1e6, 1.2e6), VERSUS_SLOWER);
    assert_int_equal(verdict_of(1.2e6, 1e6), VERSUS_FASTER);
    /* Certainly more, but not by 5 %. */
    assert_int_equal(verdict_of(1e6, 1.03e6), VERSUS_SAME);
    /* Astride of the floor. */
    assert_int_equal(verdict_of(1e6, 1.05e6), VERSUS_UNCLEAR);
}

static void the_interval_is_from_one_bound_to_the_other(void **state)
{
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 2e6);
    compare(&p, NULL);
    const struct versus_figure *f = &p.versus.rows[0].figures[VERSUS_WALL];
    assert_true(f->ratio.interval);
    assert_true(f->ratio.low == f->b.low / f->a.high);
    assert_true(f->ratio.high == f->b.high / f->a.low);
    assert_true(f->ratio.median == f->b.median / f->a.median);
    fini(&p);
}

static void another_floor_can_be_asked_for(void **state)
{
    const struct versus_rule rule = { .floor = 0.5 };
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1.2e6);
    compare(&p, &rule);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].verdict,
                     VERSUS_SAME);
    fini(&p);
}

static void a_server_at_its_limit_leaves_wall_time_unjudged(void **state)
{
    struct pair p;
    size_t i;
    json_t *trial;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 2e6);
    json_array_foreach(p.b.trials, i, trial)
    {
        json_object_set_new(json_object_get(trial, "record"), "origin",
                            json_pack("{s:f}", "cpu_share", 0.95));
    }
    compare(&p, NULL);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].verdict,
                     VERSUS_NONE);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].ratio.n, 0);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_CPU].verdict,
                     VERSUS_SLOWER);
    fini(&p);
}

static void mere_waiting_leaves_wall_time_unjudged(void **state)
{
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 2e6);
    json_object_set_new(plan_of(&p.a), "waits", json_true());
    json_object_set_new(plan_of(&p.b), "waits", json_true());
    compare(&p, NULL);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].verdict,
                     VERSUS_NONE);
    assert_int_equal(p.versus.rows[0].figures[VERSUS_CPU].verdict,
                     VERSUS_SLOWER);
    fini(&p);
}

/* ---- what is not compared ---- */

static void machines_that_differ_are_set_side_by_side(void **state)
{
    static const char *const keys[] = { "cpu_model", "kernel", "architecture",
                                        "sanitizer" };
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct pair p;
        make(&p.a, 1e6);
        make(&p.b, 2e6);
        json_object_set_new(p.b.env, keys[i], json_string("another"));
        compare(&p, NULL);
        assert_non_null(strstr(p.versus.apart, "another"));
        assert_int_equal(p.versus.compared, 0);
        assert_int_equal(p.versus.n, 1);
        for (int m = 0; m < VERSUS_MEASURES; m++) {
            const struct versus_figure *f = &p.versus.rows[0].figures[m];
            assert_int_equal(f->verdict, VERSUS_NONE);
            assert_int_equal(f->ratio.n, 0);
            assert_true(f->a.n == 9 && f->b.n == 9);
        }
        fini(&p);
    }
}

static void an_update_of_the_kernel_is_the_same_machine(void **state)
{
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1e6);
    json_object_set_new(p.b.env, "kernel", json_string("6.18.44-fc"));
    json_object_set_new(p.b.env, "compiler", json_string("clang 14"));
    compare(&p, NULL);
    assert_string_equal(p.versus.apart, "");
    assert_string_equal(p.versus.different, "compiler (unknown and clang 14)");
    assert_int_equal(p.versus.compared, 1);
    fini(&p);
}

static void an_unknown_machine_is_not_compared_with(void **state)
{
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1e6);
    json_object_del(p.a.env, "cpu_model");
    json_object_del(p.b.env, "cpu_model");
    compare(&p, NULL);
    assert_string_equal(p.versus.apart,
                        "what machine they ran on is not known");
    fini(&p);
}

static void unequal_work_and_other_definitions_are_refused(void **state)
{
    static const char *const reasons[] = {
        "unequal work: operations 100, the other run has 99",
        "defined otherwise",
        "defined otherwise",
        "calibrated to trials of another length",
    };
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct pair p;
        make(&p.a, 1e6);
        make(&p.b, 1e6);
        if (i == 0) {
            json_array_clear(p.a.trials);
            for (int round = 1; round <= 9; round++)
                synthetic_trial(&p.a,
                                json_string_value(
                                    json_object_get(plan_of(&p.a), "name")),
                                round, 1e6, 1e6, 99);
        } else if (i == 1) {
            json_object_set_new(plan_of(&p.b), "version", json_integer(2));
        } else if (i == 2) {
            json_object_set_new(plan_of(&p.b), "params",
                                json_pack("{s:i}", "tasks", 5));
        } else {
            json_object_set_new(plan_of(&p.a), "calibrated",
                                json_string("rounds"));
            json_object_set_new(plan_of(&p.b), "calibrated",
                                json_string("rounds"));
            json_object_set_new(p.a.run, "target_ns", json_integer(5));
            json_object_set_new(p.b.run, "target_ns", json_integer(7));
        }
        compare(&p, NULL);
        assert_string_equal(p.versus.rows[0].refused, reasons[i]);
        assert_int_equal(p.versus.refused, 1);
        assert_int_equal(p.versus.compared, 0);
        assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].ratio.n, 0);
        fini(&p);
    }
}

static void cells_of_one_run_alone_are_counted(void **state)
{
    struct synthetic_cell other = { .workload = "cpu", .params = "tasks:9" };
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1e6);
    fill(&p.b, synthetic_plan(&p.b, &other), 9, 1e6, false);
    other.workload = "echo"; /* planned, not measured */
    synthetic_plan(&p.a, &other);
    compare(&p, NULL);
    assert_int_equal(p.versus.alone_a, 0);
    assert_int_equal(p.versus.alone_b, 1);
    assert_int_equal(p.versus.n, 2);
    fini(&p);
}

/* ---- pairs ---- */

/* Gives the trials their times: round r at (r - 1) * step. */
static void set_times(struct synthetic *s, double first, double step)
{
    size_t i;
    json_t *trial;
    json_array_foreach(s->trials, i, trial)
    {
        double round = json_number_value(json_object_get(trial, "round"));
        json_object_set_new(trial, "at", json_real(first + (round - 1) * step));
    }
}

static void make_drifting(struct synthetic *s, double ns, double first)
{
    struct synthetic_cell cell = { .workload = "cpu", .params = "tasks:4" };
    synthetic_init(s);
    set_machine(s, "Made Up");
    fill(s, synthetic_plan(s, &cell), 12, ns, true);
    set_times(s, first, 10);
}

static void pairing_takes_the_drift_out(void **state)
{
    struct versus_rule rule = { .floor = -1 };
    (void)state;
    for (int paired = 0; paired < 2; paired++) {
        struct pair p;
        make_drifting(&p.a, 1e6, 0);
        make_drifting(&p.b, 1.3e6, 5);
        rule.paired = paired;
        compare(&p, &rule);
        assert_int_equal(p.versus.rows[0].figures[VERSUS_WALL].verdict,
                         paired ? VERSUS_SLOWER : VERSUS_UNCLEAR);
        fini(&p);
    }
}

static void only_runs_that_took_turns_can_be_paired(void **state)
{
    static const struct {
        double first, step;
        const char *why;
    } cases[] = {
        { 5, 10, "" },
        { 120, 10,
          "round 2 of one began before round 1 of the other was over" },
        { 0, 3, "round 3 of one began before round 2 of the other was over" },
        { 0, -1,
          "one was resumed, so that it is not known when its rounds "
          "were" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p;
        char why[128];
        make_drifting(&p.a, 1e6, 0);
        make_drifting(&p.b, 1e6, 0);
        set_times(&p.b, cases[i].first + (cases[i].step < 0 ? 99 : 0),
                  cases[i].step);
        compare(&p, NULL);
        versus_take_turns(why, sizeof why, &p.analyses[0], &p.analyses[1]);
        assert_string_equal(why, cases[i].why);
        fini(&p);
    }
}

static void without_times_there_are_no_pairs(void **state)
{
    struct pair p;
    char why[128];
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1e6);
    compare(&p, NULL);
    versus_take_turns(why, sizeof why, &p.analyses[0], &p.analyses[1]);
    assert_string_equal(why, "it is not known when its rounds were");
    fini(&p);
}

/* ---- forms ---- */

static void no_line_is_longer_than_the_terminal(void **state)
{
    struct pair p;
    (void)state;
    make(&p.a, 1e6);
    make(&p.b, 1.5e6);
    compare(&p, NULL);
    const char *const dirs[] = { "a", "b" };
    const struct versus_runs runs = { dirs, p.analyses, &p.versus, 2 };
    for (int columns = 40; columns <= 160; columns++) {
        char *text = NULL, *line, *state_;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        assert_int_equal(versus_table(file, &runs, columns, false), 0);
        fclose(file);
        assert_non_null(strstr(text, "worse"));
        for (line = strtok_r(text, "\n", &state_); line;
             line = strtok_r(NULL, "\n", &state_))
            if (wrap_width(line) > columns)
                fail_msg("%d: %s", columns, line);
        free(text);
    }
    fini(&p);
}

static struct program program;

/* Runs `cobench compare OPTIONS A B`. */
static int run(const struct pair *p, const char *options)
{
    program_run(&program, "\"$BIN\"/cobench compare %s %s %s 2>/dev/null",
                options, p->a.dir, p->b.dir);
    return program.status;
}

static void the_exit_status_tells(void **state)
{
    struct pair p;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make(&p.a, 1e6);
    make(&p.b, 1.5e6);
    synthetic_write(&p.a);
    synthetic_write(&p.b);
    assert_int_equal(run(&p, ""), 0);
    assert_int_equal(run(&p, "--fail"), 1);
    assert_int_equal(run(&p, "--fail --floor 90"), 0);
    assert_int_equal(run(&p, "--floor x"), 2);
    assert_int_equal(run(&p, "--paired"), 2);
    assert_int_equal(run(&p, "--format xml"), 2);
    assert_int_equal(run(&p, "--nothing"), 2);
    assert_int_equal(run(&p, "/nowhere"), 4);
    json_object_set_new(p.b.env, "cpu_model", json_string("another"));
    synthetic_write(&p.b);
    assert_int_equal(run(&p, ""), 0);
    assert_int_equal(run(&p, "--fail"), 3);
    json_array_clear(p.b.trials);
    synthetic_write(&p.b);
    assert_int_equal(run(&p, ""), 4);
    synthetic_fini(&p.a);
    synthetic_fini(&p.b);
}

static void a_copy_is_told(void **state)
{
    struct pair p;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make(&p.a, 1e6);
    make(&p.b, 1.5e6);
    synthetic_write(&p.a);
    synthetic_write(&p.b);
    program_run(&program,
                "A=%s B=%s; cp -r $A $B/copy; \"$BIN\"/cobench compare $A $B "
                "$B/copy 2>&1 >$B/table; echo $?",
                p.a.dir, p.b.dir);
    char said[256];
    snprintf(said, sizeof said,
             "cobench: warning: %s and %s/copy hold the same trials: one is a "
             "copy of the other\n0\n",
             p.a.dir, p.b.dir);
    assert_string_equal(program.output, said);
    synthetic_fini(&p.a);
    synthetic_fini(&p.b);
}

static void every_form_has_the_verdict(void **state)
{
    struct pair p;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make(&p.a, 1e6);
    make(&p.b, 1.5e6);
    synthetic_write(&p.a);
    synthetic_write(&p.b);
    assert_int_equal(run(&p, "--format csv"), 0);
    assert_non_null(strstr(program.output, "/runtime:coro,cpu,1,coro,wall_s,"));
    assert_non_null(strstr(program.output, ",worse\n"));
    assert_int_equal(run(&p, "--format md"), 0);
    assert_non_null(strstr(program.output, "| 1.50x | [1."));
    assert_int_equal(run(&p, "--format html"), 0);
    assert_non_null(strstr(program.output, "<td>worse"));
    /* Sentences may wrap, and no run's column is the report's winner. */
    assert_non_null(strstr(program.output, "<td>computing</td><td>"));
    assert_null(strstr(program.output, "id=\"verdict-for-this-machine\""));
    assert_int_equal(run(&p, "--format json"), 0);
    json_t *root = json_loads(program.output, 0, NULL);
    const json_t *other = json_array_get(json_object_get(root, "others"), 0);
    const json_t *counts = json_object_get(other, "counts");
    assert_int_equal(json_integer_value(json_object_get(counts, "worse")), 2);
    assert_int_equal(json_integer_value(json_object_get(counts, "same")), 1);
    json_decref(root);
    synthetic_fini(&p.a);
    synthetic_fini(&p.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_beyond_the_floor_is_worse_or_better),
        cmocka_unit_test(the_interval_is_from_one_bound_to_the_other),
        cmocka_unit_test(another_floor_can_be_asked_for),
        cmocka_unit_test(a_server_at_its_limit_leaves_wall_time_unjudged),
        cmocka_unit_test(mere_waiting_leaves_wall_time_unjudged),
        cmocka_unit_test(machines_that_differ_are_set_side_by_side),
        cmocka_unit_test(an_update_of_the_kernel_is_the_same_machine),
        cmocka_unit_test(an_unknown_machine_is_not_compared_with),
        cmocka_unit_test(unequal_work_and_other_definitions_are_refused),
        cmocka_unit_test(cells_of_one_run_alone_are_counted),
        cmocka_unit_test(pairing_takes_the_drift_out),
        cmocka_unit_test(only_runs_that_took_turns_can_be_paired),
        cmocka_unit_test(without_times_there_are_no_pairs),
        cmocka_unit_test(no_line_is_longer_than_the_terminal),
        cmocka_unit_test(the_exit_status_tells),
        cmocka_unit_test(a_copy_is_told),
        cmocka_unit_test(every_form_has_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
