/* SPDX-License-Identifier: MIT */
/*
 * `cobench regress` from outside: every way a comparison can end has its own exit
 * status.
 */
#include "sides.h"

/* ---- verdicts ---- */

static void the_same_speed_passes(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "", "");
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "same "));
}

static void even_one_metric_has_a_control(void **state)
{
    (void)state;
    struct program run;
    for (int seed = 1; seed <= 2; seed++) {
        char more[32];
        snprintf(more, sizeof more, "--seed %d", seed);
        sides_compare(&run, "", more);
        assert_ended(&run, 0);
        assert_non_null(strstr(run.output, "control " METRIC));
    }
}

/* Of five starts in a row one is undisturbed. */
static void the_least_of_some_starts_is_a_sample(void **state)
{
    (void)state;
    struct program run;
    static const char manners[] =
        "ns=1000 c=$(cat \"$here/c\" 2>/dev/null || echo 0)\n"
        "echo $((c + 1)) >\"$here/c\"; setup=$((100000 + c % 5 * 50000))\n";
    sides_put("base/manners", manners);
    sides_put("head/manners", manners);
    program_run(&run,
                "cd %s && sed -i 's/switch_pair/null/; s/\"units\"/"
                "\"setup_ns\": %%s, &/; s/$wall $n/$wall $setup $n/' "
                "base/trial-coro base/description head/trial-coro "
                "head/description",
                sides_folder);
    assert_ended(&run, 0);
    program_run(&run,
                "\"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --force --metric '*setup_ns' --out %s/out",
                sides_folder, sides_folder, sides_folder);
    sides_need_cpu(&run);
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "100 us    100 us"));
}

static void programs_that_are_identical_are_not_measured(void **state)
{
    (void)state;
    struct program run;
    program_run(&run,
                "\"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --out %s/out 2>&1",
                sides_folder, sides_folder, sides_folder);
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "identical"));
    assert_null(strstr(run.output, METRIC));
}

/* Else base, built elsewhere, would never be identical. */
static void programs_do_not_know_where_they_were_built(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "grep -l \"$(pwd -P)\" \"$BIN\"/trial-* 2>&1");
    assert_string_equal(run.output, "");
    assert_ended(&run, 1);
}

static void the_other_way_round_it_is_an_improvement(void **state)
{
    (void)state;
    struct program run;
    sides_put("base/manners", "ns=1200\n");
    sides_compare(&run, "", "");
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "improved"));
}

/* ---- what makes a run worthless ---- */

static void no_metric_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "", "--metric 'none*'");
    assert_ended(&run, 4);
    assert_non_null(strstr(run.output, "no metric matches 'none*'"));
}

static void a_side_with_manners_like_these_is_broken(void **state)
{
    (void)state;
    static const struct {
        const char *manners, *says;
    } cases[] = {
        { "kill -SEGV $$\n", "signal 11" },
        { "exit 3\n", "exit status 3" },
        { "ns=1000 wall=0\n", "wall_ns" },
        { "ns=1000 wall=NaN\n", "no record" },
        { "ns=1000 digest=2\n", "digest" },
        { "echo '{\"schema\": 1, \"work' >&3; exit 0\n", "no record" },
        { "ns=1000; mkdir \"$here/did\" 2>/dev/null && kill -SEGV $$\n",
          "signal 11" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program run;
        sides_put("head/manners", cases[i].manners);
        sides_compare(&run, "", "");
        assert_ended(&run, 4);
        assert_non_null(strstr(run.output, "head"));
        assert_non_null(strstr(run.output, cases[i].says));
    }
}

static void a_trial_that_fails_once_is_tried_again(void **state)
{
    (void)state;
    struct program run;
    sides_put(
        "head/manners",
        "ns=1000; if mkdir \"$here/failed\" 2>/dev/null; then echo "
        "'{\"schema\": 1, \"workload\": \"switch_pair\", \"status\": "
        "\"failed\", \"error\": {\"message\": \"too busy\"}}' >&3; exit 1; "
        "fi\n");
    sides_compare(&run, "", "");
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "tried again: too busy"));
}

static void an_interrupt_has_the_status_of_one(void **state)
{
    (void)state;
    struct program run;
    sides_put("head/manners", "ns=1000; kill -INT $PPID; sleep 60\n");
    sides_compare(&run, "", "");
    assert_ended(&run, 130);
}

static void a_budget_that_is_over_at_once_measured_nothing(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "", "--budget 0.0001");
    assert_ended(&run, 4);
}

/* ---- what cannot be compared ---- */

static void another_definition_is_not_compared(void **state)
{
    (void)state;
    struct program run;
    program_run(&run,
                "sed -i 's/\"calibrated\"/\"version\": 2, &/' "
                "%s/head/description",
                sides_folder);
    sides_compare(&run, "", "");
    assert_ended(&run, 4);
    assert_non_null(strstr(run.output, "definition changed"));
}

static void what_only_head_has_is_new(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "sed -i 's/switch_pair/other/' %s/base/description",
                sides_folder);
    sides_compare(&run, "", "");
    assert_ended(&run, 4);
    assert_non_null(strstr(run.output, "new: no workload"));
}

static void wrong_usage_is_status_2(void **state)
{
    (void)state;
    static const char *const wrong[] = { "--budget never",
                                         "--seed -1",
                                         "--bas",
                                         "--base HEAD --base-bin x",
                                         "--replay x --base y",
                                         "stray",
                                         "--replay /nowhere.js",
                                         "--base-bin /nowhere --metric x",
                                         "--record --base HEAD",
                                         "--replay x --metric y",
                                         "--head-bin /nowhere --base-bin x",
                                         "--base no-such-revision" };
    struct program run;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program_run(&run, "\"$BIN\"/cobench regress --out %s/out %s 2>&1",
                    sides_folder, wrong[i]);
        assert_ended(&run, 2);
    }
    sides_compare(&run, "export COBENCH_INJECT=nothing:1.2;", "");
    assert_ended(&run, 2);
}

static void the_list_has_names_that_metric_takes(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "\"$BIN\"/cobench regress --list --head-bin %s/head",
                sides_folder);
    assert_ended(&run, 0);
    assert_string_equal(run.output, METRIC "\n");
    program_run(&run,
                "\"$BIN\"/cobench regress --list --head-bin %s/head "
                "--metric '*thread*'",
                sides_folder);
    assert_string_equal(run.output, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIDES(the_same_speed_passes),
        SIDES(even_one_metric_has_a_control),
        SIDES(the_least_of_some_starts_is_a_sample),
        SIDES(programs_that_are_identical_are_not_measured),
        SIDES(programs_do_not_know_where_they_were_built),
        SIDES(the_other_way_round_it_is_an_improvement),
        SIDES(no_metric_is_no_pass),
        SIDES(a_side_with_manners_like_these_is_broken),
        SIDES(a_trial_that_fails_once_is_tried_again),
        SIDES(an_interrupt_has_the_status_of_one),
        SIDES(a_budget_that_is_over_at_once_measured_nothing),
        SIDES(another_definition_is_not_compared),
        SIDES(what_only_head_has_is_new),
        SIDES(wrong_usage_is_status_2),
        SIDES(the_list_has_names_that_metric_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
