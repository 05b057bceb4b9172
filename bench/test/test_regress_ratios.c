/* SPDX-License-Identifier: MIT */
/*
 * `cobench regress` without a base: ratios of two runtimes against those that
 * are recorded, and against limits.
 */
#include "sides.h"

#include <stdio.h>

#define RATIO "switch_pair/via:yield/cpus:1 coro/thread cpu_ns_per_op"

/* A clean source tree with programs of two runtimes; threads take 1000 ns. */
static void put_tree(void)
{
    struct program made;
    sides_put("invariants.json",
              "[{\"metric\": \"" RATIO "\", \"of\": \"ratio\", "
              "\"most\": 0.9, \"why\": \"it is a law\"}]\n");
    program_run(&made,
                "cd %s && export GIT_CONFIG_GLOBAL=/dev/null && "
                "mkdir -p repo/build/bin repo/results && cd repo && "
                "mv ../invariants.json results && cp ../head/* build/bin && "
                "cd build/bin && echo ns=1000 >threads && "
                "sed s/coro/thread/ description >described && "
                "sed 's/manners/threads/; s/description/described/' trial-coro "
                ">trial-thread && chmod +x trial-thread && cd ../.. && "
                "echo build >.gitignore && git init -q && git add . && "
                "git -c user.name=t -c user.email=t@t commit -q -m all",
                sides_folder);
    assert_ended(&made, 0);
}

/* Measures with coroutines that take `ns`. */
static void compare_ratio(struct program *run, int ns, const char *more)
{
    char manners[32];
    snprintf(manners, sizeof manners, "ns=%d\n", ns);
    sides_put("repo/build/bin/manners", manners);
    program_run(run,
                "export GIT_CONFIG_GLOBAL=/dev/null; \"$BIN\"/cobench regress "
                "--head-bin %s/repo/build/bin --out %s/out %s 2>&1",
                sides_folder, sides_folder, more);
    sides_need_cpu(run);
}

static void a_recorded_ratio_is_watched(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_tree();
    for (int i = 0; i < 3; i++) {
        compare_ratio(&run, 500, "--record");
        assert_ended(&run, 0);
        assert_non_null(strstr(run.output, "results/baseline/"));
    }
    compare_ratio(&run, 500, "");
    assert_ended(&run, 0);
    compare_ratio(&run, 700, "");
    assert_ended(&run, 1);
    assert_non_null(strstr(run.output, "REGRESSED"));
    compare_ratio(&run, 300, "");
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "improved"));
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json "
                "--out %s/again; cmp %s/out/regress.json "
                "%s/again/regress.json",
                sides_folder, sides_folder, sides_folder, sides_folder);
    assert_ended(&run, 0);
}

static void a_dirty_tree_is_not_recorded(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_tree();
    sides_put("repo/stray", "");
    compare_ratio(&run, 500, "--record");
    assert_ended(&run, 2);
    assert_non_null(strstr(run.output, "clean tree"));
}

/* ---- limits ---- */

static void a_limit_holds_where_nothing_is_recorded(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_tree();
    compare_ratio(&run, 700, "");
    assert_ended(&run, 0);
    compare_ratio(&run, 1000, "");
    assert_ended(&run, 1);
    assert_non_null(strstr(run.output, "it is a law"));
}

static void a_limit_of_another_form_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "s/ratio\"/ratios\"/",
                                         "s/0\\.9/\"0.9\"/", "s/\"why/\"y/" };
    struct program run;
    sides_need_git();
    put_tree();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program_run(&run,
                    "cd %s/repo/results && git checkout -q . && "
                    "sed -i '%s' invariants.json && git diff --quiet",
                    sides_folder, wrong[i]);
        assert_ended(&run, 1);
        compare_ratio(&run, 500, "");
        assert_ended(&run, 4);
        assert_non_null(strstr(run.output, "not what it should be"));
    }
}

/* A name that is none would never be looked at. */
static void every_limit_names_a_metric(void **state)
{
    (void)state;
    struct program run;
    json_t *limits = json_load_file("results/invariants.json", 0, NULL), *limit;
    size_t i;
    program_run(&run, "\"$BIN\"/cobench regress --list");
    assert_ended(&run, 0);
    assert_true(json_array_size(limits) > 0);
    json_array_foreach(limits, i, limit)
    {
        char line[512];
        snprintf(line, sizeof line, "\n%s\n",
                 json_string_value(json_object_get(limit, "metric")));
        assert_non_null(strstr(run.output, line));
    }
    json_decref(limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIDES(a_recorded_ratio_is_watched),
        SIDES(a_dirty_tree_is_not_recorded),
        SIDES(a_limit_holds_where_nothing_is_recorded),
        SIDES(a_limit_of_another_form_is_refused),
        SIDES(every_limit_names_a_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
