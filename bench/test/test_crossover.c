/* SPDX-License-Identifier: MIT */
/* The search for where the winner changes, on made-up ratios; and `cobench
 * crossover` from outside. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crossover.h"
#include "program.h"

/* The ratio is (x / at)^slope, known to within the factor `noise`. */
struct truth {
    double at, slope, noise;
};

static struct estimate measure(const struct truth *truth, double x)
{
    double ratio = pow(x / truth->at, truth->slope);
    return (struct estimate){ .n = 9,
                              .median = ratio,
                              .interval = true,
                              .low = ratio / truth->noise,
                              .high = ratio * truth->noise };
}

/* Measures until there is nothing more to ask; returns how often. */
static unsigned search(struct crossover *c, const struct truth *truth)
{
    unsigned n = 0;
    double x;
    while (crossover_next(c, &x)) {
        struct estimate ratio = measure(truth, x);
        assert_int_equal(crossover_add(c, x, &ratio), 0);
        assert_true(x >= c->low && x <= c->high);
        if (c->whole)
            assert_true(fabs(x - round(x)) < 1e-9);
        assert_true(++n < 40);
    }
    return n;
}

static struct crossover between(double low, double high, bool whole)
{
    return (struct crossover){
        .low = low, .high = high, .close = 1.25, .whole = whole
    };
}

static void a_crossover_is_bracketed(void **state)
{
    (void)state;
    for (double at = 2; at < 900; at *= 1.7) {
        struct crossover c = between(1, 1024, true);
        struct truth truth = { at, 1, 1.02 };
        struct crossover_answer answer;
        unsigned probes = search(&c, &truth);
        crossover_answer(&c, &answer);
        assert_int_equal(answer.kind, CROSSOVER_FOUND);
        assert_true(answer.low <= at && at <= answer.high);
        assert_true(answer.high / answer.low <= 2 ||
                    answer.high - answer.low <= 2);
        assert_int_equal(answer.from, -1);
        assert_int_equal(answer.to, 1);
        assert_true(probes <= 12);
    }
}

static void noise_widens_the_bracket_and_never_shifts_it(void **state)
{
    struct crossover c = between(1, 10000, false);
    struct truth truth = { 100, -0.5, 1.5 };
    struct crossover_answer answer;
    (void)state;
    search(&c, &truth);
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_FOUND);
    /* Undecided from 100 / 1.5^2 to 100 * 1.5^2. */
    assert_true(answer.low < 100 / 2.25 && answer.low > 100 / 2.25 / 1.26);
    assert_true(answer.high > 100 * 2.25 && answer.high < 100 * 2.25 * 1.26);
    assert_int_equal(answer.from, 1);
    assert_int_equal(answer.to, -1);
}

static void no_crossover_is_an_answer(void **state)
{
    struct crossover c = between(1, 1024, true);
    struct truth truth = { 5000, 1, 1.02 };
    struct crossover_answer answer;
    (void)state;
    assert_int_equal(search(&c, &truth), 2);
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_NONE);
    assert_int_equal(answer.from, -1);
}

static void where_it_begins_to_be_decided_is_found(void **state)
{
    struct crossover c = between(1, 1000, true);
    struct truth truth = { 1000, 1, 10 };
    struct crossover_answer answer;
    (void)state;
    search(&c, &truth);
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_ONSET);
    assert_true(answer.low < 100 && answer.high >= 100);
    assert_true(answer.high / answer.low <= 1.27);
    assert_int_equal(answer.from, -1);
    assert_int_equal(answer.to, 0);
}

static void ends_that_cannot_be_decided_decide_nothing(void **state)
{
    struct crossover c = between(1, 100, true);
    struct truth truth = { 10, 1, 20 };
    struct crossover_answer answer;
    (void)state;
    assert_int_equal(search(&c, &truth), 2);
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_UNDECIDED);
}

static void one_end_alone_decides_nothing(void **state)
{
    struct crossover c = between(1, 100, true);
    struct estimate ratio = measure(&(struct truth){ 1000, 1, 1.02 }, 1);
    struct crossover_answer answer;
    (void)state;
    assert_int_equal(crossover_add(&c, 1, &ratio), 0);
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_UNDECIDED);
}

static void a_scale_that_begins_at_0_is_linear(void **state)
{
    struct crossover c = between(0, 100, true);
    struct crossover_answer answer;
    double x;
    (void)state;
    while (crossover_next(&c, &x)) {
        struct truth truth = { 1, 1, 1.001 };
        struct estimate ratio = measure(&truth, x < 30 ? 0.5 : 2);
        assert_int_equal(crossover_add(&c, x, &ratio), 0);
    }
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_FOUND);
    assert_true(answer.low < 30 && answer.high >= 30);
    assert_true(answer.high - answer.low <= 25);
}

static void a_second_change_is_said(void **state)
{
    static const double wins[][2] = { { 1, 2 }, { 10, 0.5 }, { 100, 2 } };
    struct crossover c = between(1, 100, true);
    struct crossover_answer answer;
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct truth truth = { 1, 1, 1.01 };
        struct estimate ratio = measure(&truth, wins[i][1]);
        assert_int_equal(crossover_add(&c, wins[i][0], &ratio), 0);
    }
    crossover_answer(&c, &answer);
    assert_int_equal(answer.kind, CROSSOVER_SEVERAL);
    assert_true(answer.low < 2 && answer.high < 11);
}

/* ---- the command ---- */

/* The results.json of a search with these arguments, for the caller. */
static json_t *cross(const char *dir, const char *arguments)
{
    char path[64];
    struct program program;
    program_run(&program,
                "$BIN/cobench crossover %s --profile quick --repetitions 6 "
                "--probes 2 --out %s 2>/dev/null",
                arguments, dir);
    assert_true(program.status == 0 || program.status == 3);
    snprintf(path, sizeof path, "%s/results.json", dir);
    return json_load_file(path, 0, NULL);
}

static void probes_become_a_run_with_crossovers(void **state)
{
    char dir[] = "/tmp/test_crossover.XXXXXX";
    struct program program;
    (void)state;
    assert_non_null(mkdtemp(dir));
    json_t *root = cross(dir, "cpu --param tasks=1..3 --param kernel=sha256 "
                              "--between seq,coro");
    json_t *found = json_object_get(root, "crossovers");
    assert_int_equal(json_array_size(found), 2);
    json_t *wall = json_array_get(found, 0);
    assert_string_equal(program_text(wall, "metric"), "wall");
    json_t *points = json_object_get(wall, "points");
    assert_int_equal(json_array_size(points), 2);
    assert_int_equal(program_int(json_array_get(points, 0), "rounds"), 6);
    json_decref(root);
    program_run(&program, "rm -rf %s", dir);
}

/* The quick profile has coro without delay, too, and the pool only with. */
static void both_are_measured_at_the_same_point(void **state)
{
    char dir[] = "/tmp/test_crossover.XXXXXX";
    struct program program;
    (void)state;
    assert_non_null(mkdtemp(dir));
    json_t *root = cross(dir, "http_get --param conns=1..2 --between "
                              "coro,pool:20");
    json_t *point;
    json_t *wall = json_array_get(json_object_get(root, "crossovers"), 0);
    size_t i;
    assert_int_equal(json_array_size(json_object_get(wall, "points")), 2);
    json_array_foreach(json_object_get(wall, "points"), i, point)
    {
        double ratio = json_number_value(json_object_get(point, "ratio"));
        assert_true(ratio > 0.2 && ratio < 5);
    }
    json_decref(root);
    program_run(&program, "grep -c 'was cut off' %s/report.md", dir);
    assert_int_equal(program.status, 1);
    program_run(&program, "rm -rf %s", dir);
}

static void an_interrupt_ends_the_probe_under_way(void **state)
{
    char dir[] = "/tmp/test_crossover.XXXXXX";
    struct program program;
    (void)state;
    assert_non_null(mkdtemp(dir));
    program_run(&program,
                "timeout --foreground --preserve-status -s TERM -k 60 1 "
                "$BIN/cobench crossover cpu --param tasks=1..3 --between "
                "seq,coro --repetitions 10000 --out %s 2>/dev/null",
                dir);
    assert_int_equal(program.status, 128 + SIGTERM);
    program_run(
        &program,
        "grep -c '\"interrupted\": *true' %s/probes/tasks-1/trials.jsonl", dir);
    assert_int_equal(program.status, 0);
    program_run(&program, "rm -rf %s", dir);
}

static void mistakes_have_one_line_and_status_2(void **state)
{
    static const struct {
        const char *arguments, *complaint;
    } mistakes[] = {
        { "", "give one workload" },
        { "cpu", "which parameter" },
        { "cpu --param tasks", "which runtimes" },
        { "cpu --param tasks --between coro", "give two runtimes" },
        { "cpu --param kernel --between coro,seq", "no numeric parameter" },
        { "cpuu --param tasks --between coro,seq", "no workload 'cpuu'" },
        { "cpu --param tasks=9..2 --between coro,seq", "give a range" },
        { "cpu --param tasks=2.. --between coro,seq", "give a range" },
        { "cpu --param tasks --param offload --between coro,seq",
          "one parameter can vary" },
        { "echo --param rounds --between coro,seq", "nothing depends on it" },
        { "cpu --probes 1", "--probes '1'" },
        { "--what", "'--what' is no option" },
    };
    struct program program;
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        program_run(&program, "$BIN/cobench crossover %s 2>&1",
                    mistakes[i].arguments);
        assert_int_equal(program.status, 2);
        assert_non_null(strstr(program.output, mistakes[i].complaint));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crossover_is_bracketed),
        cmocka_unit_test(noise_widens_the_bracket_and_never_shifts_it),
        cmocka_unit_test(no_crossover_is_an_answer),
        cmocka_unit_test(where_it_begins_to_be_decided_is_found),
        cmocka_unit_test(ends_that_cannot_be_decided_decide_nothing),
        cmocka_unit_test(one_end_alone_decides_nothing),
        cmocka_unit_test(a_scale_that_begins_at_0_is_linear),
        cmocka_unit_test(a_second_change_is_said),
        cmocka_unit_test(probes_become_a_run_with_crossovers),
        cmocka_unit_test(both_are_measured_at_the_same_point),
        cmocka_unit_test(an_interrupt_ends_the_probe_under_way),
        cmocka_unit_test(mistakes_have_one_line_and_status_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
