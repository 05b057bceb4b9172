/* SPDX-License-Identifier: MIT */
/*
 * What `cobench regress` writes, also where that fails, and what it makes of it
 * with --replay.
 */
#include "sides.h"

/* ---- reports ---- */

static void slower_fails_and_is_reported_everywhere(void **state)
{
    (void)state;
    struct program run, file;
    sides_put("head/manners", "ns=1200\n");
    sides_compare(&run, "GITHUB_STEP_SUMMARY=summary.md;", "");
    assert_ended(&run, 1);
    assert_non_null(strstr(run.output, "REGRESSED"));
    program_run(&file, "cat %s/out/regress.md", sides_folder);
    assert_non_null(strstr(file.output, "**REGRESSED**"));
    program_run(&file, "cat %s/out/regress.xml", sides_folder);
    assert_non_null(strstr(file.output, "failures=\"1\""));
    assert_non_null(strstr(file.output, "<failure message=\"REGRESSED"));
}

static void the_step_summary_gets_the_markdown(void **state)
{
    (void)state;
    struct program run, file;
    sides_put("summary.md", "before\n");
    char before[128];
    snprintf(before, sizeof before, "export GITHUB_STEP_SUMMARY=%s/summary.md;",
             sides_folder);
    sides_compare(&run, before, "");
    program_run(&file, "cat %s/summary.md", sides_folder);
    assert_int_equal(strncmp(file.output, "before\n## Performance", 21), 0);
}

static void a_regression_is_drawn_in_any_locale(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "gnuplot --version");
    if (run.status != 0) {
        printf("SKIP: no gnuplot\n");
        skip();
    }
    sides_put("head/manners", "ns=1200\n");
    sides_compare(&run, "export LC_ALL=C;", "");
    assert_ended(&run, 1);
    program_run(&run,
                "cd %s/out && test -s \"$(sed -n "
                "'s/^!.*](\\(charts.*\\))/\\1/p' regress.md)\"",
                sides_folder);
    assert_ended(&run, 0);
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json --out "
                "%s/again; cd %s && diff -r out again",
                sides_folder, sides_folder, sides_folder);
    assert_ended(&run, 0);
}

/* ---- what cannot be written ---- */

static void where_nothing_can_be_written_nothing_is_measured(void **state)
{
    (void)state;
    struct program run;
    sides_put("head/manners", "touch \"$here/ran\"; ns=1000\n");
    sides_compare(&run, "", "--out /proc/nowhere");
    assert_ended(&run, 4);
    assert_non_null(strstr(run.output, "cannot write into /proc/nowhere"));
    program_run(&run, "ls %s/head", sides_folder);
    assert_null(strstr(run.output, "ran"));
}

static void a_full_disk_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "ulimit -f 0;", "");
    assert_ended(&run, 4);
    assert_non_null(strstr(run.output, "File too large"));
}

static void a_table_that_cannot_be_printed_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "", ">/dev/full");
    assert_ended(&run, 4);
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json "
                ">/dev/full",
                sides_folder);
    assert_ended(&run, 4);
}

/* It must come to writing its files and cleaning up. */
static void a_reader_that_goes_away_changes_nothing(void **state)
{
    (void)state;
    struct program run;
    program_run(&run,
                "{ \"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --force --metric '%s' --out %s/out 2>&1; echo $? "
                ">%s/status; } | true; cat %s/status %s/out/regress.json",
                sides_folder, sides_folder, METRIC, sides_folder, sides_folder,
                sides_folder, sides_folder);
    assert_int_equal(strncmp(run.output, "0\n{", 3), 0);
}

/* ---- replay ---- */

static void a_replay_gives_the_identical_file(void **state)
{
    (void)state;
    struct program run;
    sides_put("head/manners", "ns=1200\n");
    sides_compare(&run, "", "");
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json --out "
                "%s/again",
                sides_folder, sides_folder);
    assert_ended(&run, 1);
    program_run(&run, "cmp %s/out/regress.json %s/again/regress.json",
                sides_folder, sides_folder);
    assert_ended(&run, 0);
}

/* Measures once, alters the file with sed and decides again. */
static int altered(struct program *run, const char *sed)
{
    program_run(run,
                "sed '%s' %s/out/regress.json >%s/altered.json; "
                "\"$BIN\"/cobench regress --replay %s/altered.json 2>&1",
                sed, sides_folder, sides_folder, sides_folder);
    return run->status;
}

static void facts_on_file_decide_too(void **state)
{
    (void)state;
    struct program run;
    sides_put("head/manners", "ns=1200\n");
    sides_compare(&run, "", "");
    assert_int_equal(altered(&run, ""), 1);
    assert_int_equal(altered(&run, "s/^ \"steal_percent\": .*/"
                                   " \"steal_percent\": 21,/"),
                     3);
    assert_int_equal(altered(&run, "s/^ \"steal_percent\": .*/"
                                   " \"steal_percent\": 101,/"),
                     4);
    assert_non_null(strstr(run.output, "not a whole regress.json"));
    assert_int_equal(altered(&run, "s/\"role\": \"gate\"/"
                                   "\"role\": \"control\"/"),
                     4);
    assert_int_equal(altered(&run, "s/\"broken\": \\[\\]/"
                                   "\"broken\": [\"it crashed\"]/"),
                     4);
    assert_int_equal(altered(&run, "$d"), 4);
    assert_int_equal(altered(&run, "s/\"floor\": /\"floor\": -/"), 4);
    assert_non_null(strstr(run.output, "not a whole regress.json"));
    assert_int_equal(altered(&run, "s/\"steal_percent\"/\"schema\": 1, &/"), 4);
    assert_non_null(strstr(run.output, "not a whole regress.json"));
    assert_int_equal(altered(&run, "s/\"accepts\": \\[\\]/\"accepts\": "
                                   "[{\"glob\": \"switch*\", \"percent\": 40, "
                                   "\"reason\": \"r\"}]/"),
                     0);
    assert_non_null(strstr(run.output, "accepted"));
    assert_int_equal(altered(&run, "s/\"accepts\": \\[\\]/\"accepts\": "
                                   "[{\"glob\": \"switch*\", \"percent\": 5, "
                                   "\"reason\": \"r\"}]/"),
                     1);
}

static void too_short_a_run_is_inconclusive(void **state)
{
    (void)state;
    struct program run;
    sides_compare(&run, "", "");
    assert_int_equal(altered(&run, "s/\"cut_short\": false/"
                                   "\"cut_short\": true/"),
                     3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIDES(slower_fails_and_is_reported_everywhere),
        SIDES(the_step_summary_gets_the_markdown),
        SIDES(a_regression_is_drawn_in_any_locale),
        SIDES(where_nothing_can_be_written_nothing_is_measured),
        SIDES(a_full_disk_is_no_pass),
        SIDES(a_table_that_cannot_be_printed_is_no_pass),
        SIDES(a_reader_that_goes_away_changes_nothing),
        SIDES(a_replay_gives_the_identical_file),
        SIDES(facts_on_file_decide_too),
        SIDES(too_short_a_run_is_inconclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
