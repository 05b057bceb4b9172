/* SPDX-License-Identifier: MIT */
/*
 * `cobench regress` from outside, against made-up trial programs whose speed
 * and manners a file says: every way a comparison can end has its own exit
 * status.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"

#define METRIC "switch_pair/via:yield/cpus:1/runtime:coro ns_per_op"

static const char description[] =
    "{\"schema\": 1, \"runtime\": {\"name\": \"coro\", \"options\": \"\"},"
    " \"workloads\": [{\"name\": \"switch_pair\", \"calibrated\": \"rounds\","
    " \"params\": [{\"name\": \"via\", \"kind\": \"choice\", \"value\":"
    " \"yield\", \"choices\": [\"yield\"]}, {\"name\": \"rounds\", \"kind\":"
    " \"int\", \"value\": 10, \"low\": 1, \"high\": 1000000000}],"
    " \"cells\": []}]}\n";

/* `manners` sets ns, a time per operation, and may do worse.  A few per cent
 * of noise come with the process's number. */
static const char script[] =
    "#!/bin/sh\n"
    "here=${0%/*} digest=1 unit=2\n"
    "[ \"$1\" != --describe ] || exec cat \"$here/description\"\n"
    "for a; do case $a in rounds=*) n=${a#*=} ;; esac; done\n"
    ". \"$here/manners\"\n"
    "wall=${wall-$((n * ns / 1000 * (1000 + $$ * 7919 % 61)))}\n"
    "printf '{\"schema\": 1, \"workload\": \"switch_pair\", \"params\": "
    "{\"rounds\": %s}, \"status\": \"ok\", \"wall_ns\": %s, \"user_ns\": %s, "
    "\"sys_ns\": 1, \"units\": 2, \"ops\": %s, \"bytes\": 0, \"digest\": "
    "\"%x\"}\\n' $n $wall $wall $n $((n * digest)) >&3\n";

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The programs of one side. */
static void put_side(const char *side, const char *manners)
{
    char name[64];
    struct program made;
    program_run(&made, "mkdir -p %s/%s", folder, side);
    snprintf(name, sizeof name, "%s/trial-coro", side);
    put(name, script);
    program_run(&made, "chmod +x %s/%s", folder, name);
    snprintf(name, sizeof name, "%s/description", side);
    put(name, description);
    snprintf(name, sizeof name, "%s/manners", side);
    put(name, manners);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-regress-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    unsetenv("GITHUB_STEP_SUMMARY");
    unsetenv("COBENCH_INJECT");
    put_side("base", "ns=1000\n");
    put_side("head", "ns=1000\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct program removed;
    program_run(&removed, "rm -rf %s", folder);
    return 0;
}

/* Compares both sides. */
static void compare(struct program *run, const char *before, const char *more)
{
    program_run(run,
                "%s \"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --seed 1 --force --metric '%s' --out %s/out %s 2>&1",
                before, folder, folder, METRIC, folder, more);
    /* These runs are over so soon that one pause of the host is enough. */
    if (strstr(run->output, "the host took more than a fifth")) {
        printf("SKIP: the host took the CPU away\n");
        skip();
    }
}

/* ---- verdicts ---- */

static void the_same_speed_passes(void **state)
{
    (void)state;
    struct program run;
    compare(&run, "", "");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "same "));
}

static void even_one_metric_has_a_control(void **state)
{
    (void)state;
    struct program run;
    for (int seed = 1; seed <= 2; seed++) {
        char more[32];
        snprintf(more, sizeof more, "--seed %d", seed);
        compare(&run, "", more);
        assert_int_equal(run.status, 0);
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
    put("base/manners", manners);
    put("head/manners", manners);
    program_run(&run,
                "cd %s && sed -i 's/switch_pair/null/; s/\"units\"/"
                "\"setup_ns\": %%s, &/; s/$wall $n/$wall $setup $n/' "
                "base/trial-coro base/description head/trial-coro "
                "head/description",
                folder);
    assert_int_equal(run.status, 0);
    program_run(&run,
                "\"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --force --metric '*setup_ns' --out %s/out",
                folder, folder, folder);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "100 us    100 us"));
}

static void programs_that_are_identical_are_not_measured(void **state)
{
    (void)state;
    struct program run;
    program_run(&run,
                "\"$BIN\"/cobench regress --base-bin %s/base --head-bin "
                "%s/head --out %s/out 2>&1",
                folder, folder, folder);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "identical"));
    assert_null(strstr(run.output, METRIC));
}

static void slower_fails_and_is_reported_everywhere(void **state)
{
    (void)state;
    struct program run, file;
    put("head/manners", "ns=1200\n");
    compare(&run, "GITHUB_STEP_SUMMARY=summary.md;", "");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "REGRESSED"));
    program_run(&file, "cat %s/out/regress.md", folder);
    assert_non_null(strstr(file.output, "**REGRESSED**"));
    program_run(&file, "cat %s/out/regress.xml", folder);
    assert_non_null(strstr(file.output, "failures=\"1\""));
    assert_non_null(strstr(file.output, "<failure message=\"REGRESSED"));
}

static void the_step_summary_gets_the_markdown(void **state)
{
    (void)state;
    struct program run, file;
    put("summary.md", "before\n");
    char before[128];
    snprintf(before, sizeof before, "export GITHUB_STEP_SUMMARY=%s/summary.md;",
             folder);
    compare(&run, before, "");
    program_run(&file, "cat %s/summary.md", folder);
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
    put("head/manners", "ns=1200\n");
    compare(&run, "export LC_ALL=C;", "");
    assert_int_equal(run.status, 1);
    program_run(&run,
                "cd %s/out && test -s \"$(sed -n "
                "'s/^!.*](\\(charts.*\\))/\\1/p' regress.md)\"",
                folder);
    assert_int_equal(run.status, 0);
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json --out "
                "%s/again; cd %s && diff -r out again",
                folder, folder, folder);
    assert_int_equal(run.status, 0);
}

static void the_other_way_round_it_is_an_improvement(void **state)
{
    (void)state;
    struct program run;
    put("base/manners", "ns=1200\n");
    compare(&run, "", "");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "improved"));
}

static void a_replay_gives_the_identical_file(void **state)
{
    (void)state;
    struct program run;
    put("head/manners", "ns=1200\n");
    compare(&run, "", "");
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json --out "
                "%s/again",
                folder, folder);
    assert_int_equal(run.status, 1);
    program_run(&run, "cmp %s/out/regress.json %s/again/regress.json", folder,
                folder);
    assert_int_equal(run.status, 0);
}

/* ---- what makes a run worthless ---- */

static void no_metric_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    compare(&run, "", "--metric 'none*'");
    assert_int_equal(run.status, 4);
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
        put("head/manners", cases[i].manners);
        compare(&run, "", "");
        assert_int_equal(run.status, 4);
        assert_non_null(strstr(run.output, "head"));
        assert_non_null(strstr(run.output, cases[i].says));
    }
}

static void a_trial_that_fails_once_is_tried_again(void **state)
{
    (void)state;
    struct program run;
    put("head/manners",
        "ns=1000; if mkdir \"$here/failed\" 2>/dev/null; then echo "
        "'{\"schema\": 1, \"workload\": \"switch_pair\", \"status\": "
        "\"failed\", \"error\": {\"message\": \"too busy\"}}' >&3; exit 1; "
        "fi\n");
    compare(&run, "", "");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "tried again: too busy"));
}

static void a_full_disk_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    compare(&run, "ulimit -f 0;", "");
    assert_int_equal(run.status, 4);
    assert_non_null(strstr(run.output, "File too large"));
}

static void a_table_that_cannot_be_printed_is_no_pass(void **state)
{
    (void)state;
    struct program run;
    compare(&run, "", ">/dev/full");
    assert_int_equal(run.status, 4);
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json "
                ">/dev/full",
                folder);
    assert_int_equal(run.status, 4);
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
                folder, folder, METRIC, folder, folder, folder, folder);
    assert_int_equal(strncmp(run.output, "0\n{", 3), 0);
}

static void an_interrupt_has_the_status_of_one(void **state)
{
    (void)state;
    struct program run;
    put("head/manners", "ns=1000; kill -INT $PPID; sleep 60\n");
    compare(&run, "", "");
    assert_int_equal(run.status, 130);
}

/* ---- the same programs ---- */

/* Else base, built elsewhere, would never be identical. */
static void programs_do_not_know_where_they_were_built(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "grep -l \"$(pwd -P)\" \"$BIN\"/trial-* 2>&1");
    assert_string_equal(run.output, "");
    assert_int_equal(run.status, 1);
}

/* ---- what cannot be compared ---- */

static void another_definition_is_not_compared(void **state)
{
    (void)state;
    struct program run;
    program_run(&run,
                "sed -i 's/\"calibrated\"/\"version\": 2, &/' "
                "%s/head/description",
                folder);
    compare(&run, "", "");
    assert_int_equal(run.status, 4);
    assert_non_null(strstr(run.output, "definition changed"));
}

static void what_only_head_has_is_new(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "sed -i 's/switch_pair/other/' %s/base/description",
                folder);
    compare(&run, "", "");
    assert_int_equal(run.status, 4);
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
                    folder, wrong[i]);
        assert_int_equal(run.status, 2);
    }
    compare(&run, "export COBENCH_INJECT=nothing:1.2;", "");
    assert_int_equal(run.status, 2);
}

static void the_list_has_names_that_metric_takes(void **state)
{
    (void)state;
    struct program run;
    program_run(&run, "\"$BIN\"/cobench regress --list --head-bin %s/head",
                folder);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.output, METRIC "\n");
    program_run(&run,
                "\"$BIN\"/cobench regress --list --head-bin %s/head "
                "--metric '*thread*'",
                folder);
    assert_string_equal(run.output, "");
}

static void where_nothing_can_be_written_nothing_is_measured(void **state)
{
    (void)state;
    struct program run;
    put("head/manners", "touch \"$here/ran\"; ns=1000\n");
    compare(&run, "", "--out /proc/nowhere");
    assert_int_equal(run.status, 4);
    assert_non_null(strstr(run.output, "cannot write into /proc/nowhere"));
    program_run(&run, "ls %s/head", folder);
    assert_null(strstr(run.output, "ran"));
}

/* ---- replay ---- */

/* Measures once, alters the file with sed and decides again. */
static int altered(struct program *run, const char *sed)
{
    program_run(run,
                "sed '%s' %s/out/regress.json >%s/altered.json; "
                "\"$BIN\"/cobench regress --replay %s/altered.json 2>&1",
                sed, folder, folder, folder);
    return run->status;
}

static void facts_on_file_decide_too(void **state)
{
    (void)state;
    struct program run;
    put("head/manners", "ns=1200\n");
    compare(&run, "", "");
    assert_int_equal(altered(&run, ""), 1);
    assert_int_equal(altered(&run, "s/^ \"steal_percent\": .*/"
                                   " \"steal_percent\": 21,/"),
                     3);
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
    compare(&run, "", "");
    assert_int_equal(altered(&run, "s/\"cut_short\": false/"
                                   "\"cut_short\": true/"),
                     3);
}

static void a_budget_that_is_over_at_once_measured_nothing(void **state)
{
    (void)state;
    struct program run;
    compare(&run, "", "--budget 0.0001");
    assert_int_equal(run.status, 4);
}

/* ---- revisions ---- */

/* What says how a program behaves becomes part of it. */
static const char good_makefile[] =
    "BUILD := build\nall:\n\t@mkdir -p $(BUILD)/bin\n"
    "\t@cp head/* $(BUILD)/bin\n"
    "\t@sed 's/^/# /' head/manners >>$(BUILD)/bin/trial-coro\n";

/* A repository whose build copies the programs; its base has `manners` of its
 * own. */
static void put_repository(const char *base_makefile, const char *message)
{
    struct program made;
    put("makefile", good_makefile);
    program_run(&made, "mkdir %s/repo", folder);
    put("repo/Makefile", base_makefile);
    put("commit",
        "git -c user.name=t -c user.email=t@t commit -q --allow-empty "
        "-F - \"$@\"\n");
    put("message", message);
    program_run(
        &made,
        "cd %s && export GIT_CONFIG_GLOBAL=/dev/null && cp -r head repo "
        "&& cd repo && git init -q && echo build >.gitignore && "
        "git add . && echo base | sh ../commit && cp ../makefile "
        "Makefile && echo 'ns=1300' >head/manners && git add . && "
        "sh ../commit <../message && make -s all",
        folder);
    assert_int_equal(made.status, 0);
}

static void compare_revisions(struct program *run)
{
    program_run(
        run,
        "export GIT_CONFIG_GLOBAL=/dev/null TMPDIR=%s; \"$BIN\"/cobench "
        "regress --base HEAD~1 --head-bin %s/repo/build/bin --seed 1 "
        "--metric '%s' --out %s/out 2>&1",
        folder, folder, METRIC, folder);
}

/* No worktree, no temporary folder is left. */
static void assert_clean(void)
{
    struct program run;
    program_run(&run,
                "git -C %s/repo worktree list | wc -l; ls %s | grep -c "
                "cobench-",
                folder, folder);
    assert_string_equal(run.output, "1\n0\n");
}

static bool has_git(void)
{
    struct program run;
    program_run(&run, "git --version");
    if (run.status == 0)
        return true;
    printf("SKIP: no git\n");
    return false;
}

static void a_slower_revision_fails(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_repository(good_makefile, "Slow it down\n");
    compare_revisions(&run);
    assert_int_equal(run.status, 1);
    assert_clean();
}

static void a_trailer_accepts_what_it_says(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_repository(good_makefile,
                   "Check more\n\nPerf-Accept: switch_pair/* +50% it is worth "
                   "it\n");
    compare_revisions(&run);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "accepted up to +50%: it is worth it"));
}

static void a_base_that_does_not_build_is_not_comparable(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_repository("all:\n\t@echo no such compiler >&2; false\n", "Mend it\n");
    compare_revisions(&run);
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.output, "no such compiler"));
    assert_clean();
}

static void an_interrupt_leaves_no_worktree(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put("head/manners", "ns=1000; kill -INT $PPID; sleep 60\n");
    put_repository(good_makefile, "Be nice\n");
    compare_revisions(&run);
    assert_int_equal(run.status, 130);
    assert_clean();
}

static void worktrees_of_others_are_left_alone(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_repository(good_makefile, "Slow it down\n");
    program_run(&run,
                "cd %s/repo && export GIT_CONFIG_GLOBAL=/dev/null && git "
                "worktree add -q --detach ../theirs && mv ../theirs ../away",
                folder);
    assert_int_equal(run.status, 0);
    compare_revisions(&run);
    assert_int_equal(run.status, 1);
    program_run(&run, "git -C %s/repo worktree list", folder);
    assert_non_null(strstr(run.output, "/theirs"));
    assert_null(strstr(run.output, "cobench-"));
}

/* ---- ratios of two runtimes ---- */

#define RATIO "switch_pair/via:yield/cpus:1 coro/thread cpu_ns_per_op"

/* A clean source tree with programs of two runtimes; threads take 1000 ns. */
static void put_tree(void)
{
    struct program made;
    put("invariants.json", "[{\"metric\": \"" RATIO "\", \"of\": \"ratio\", "
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
                folder);
    assert_int_equal(made.status, 0);
}

/* Measures with coroutines that take `ns`. */
static void compare_ratio(struct program *run, int ns, const char *more)
{
    char manners[32];
    snprintf(manners, sizeof manners, "ns=%d\n", ns);
    put("repo/build/bin/manners", manners);
    program_run(run,
                "export GIT_CONFIG_GLOBAL=/dev/null; \"$BIN\"/cobench regress "
                "--head-bin %s/repo/build/bin --out %s/out %s 2>&1",
                folder, folder, more);
}

static void a_recorded_ratio_is_watched(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_tree();
    for (int i = 0; i < 3; i++) {
        compare_ratio(&run, 500, "--record");
        assert_int_equal(run.status, 0);
        assert_non_null(strstr(run.output, "results/baseline/"));
    }
    compare_ratio(&run, 500, "");
    assert_int_equal(run.status, 0);
    compare_ratio(&run, 700, "");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "REGRESSED"));
    compare_ratio(&run, 300, "");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.output, "improved"));
    program_run(&run,
                "\"$BIN\"/cobench regress --replay %s/out/regress.json "
                "--out %s/again; cmp %s/out/regress.json "
                "%s/again/regress.json",
                folder, folder, folder, folder);
    assert_int_equal(run.status, 0);
}

static void a_limit_holds_where_nothing_is_recorded(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_tree();
    compare_ratio(&run, 700, "");
    assert_int_equal(run.status, 0);
    compare_ratio(&run, 1000, "");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "it is a law"));
}

static void a_limit_of_another_form_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "s/ratio\"/ratios\"/",
                                         "s/0\\.9/\"0.9\"/", "s/\"why/\"y/" };
    struct program run;
    if (!has_git())
        skip();
    put_tree();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program_run(&run,
                    "cd %s/repo/results && git checkout -q . && "
                    "sed -i '%s' invariants.json && git diff --quiet",
                    folder, wrong[i]);
        assert_int_equal(run.status, 1);
        compare_ratio(&run, 500, "");
        assert_int_equal(run.status, 4);
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
    assert_int_equal(run.status, 0);
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

static void a_dirty_tree_is_not_recorded(void **state)
{
    (void)state;
    struct program run;
    if (!has_git())
        skip();
    put_tree();
    put("repo/stray", "");
    compare_ratio(&run, 500, "--record");
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.output, "clean tree"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_same_speed_passes),
        TEST(even_one_metric_has_a_control),
        TEST(the_least_of_some_starts_is_a_sample),
        TEST(programs_that_are_identical_are_not_measured),
        TEST(slower_fails_and_is_reported_everywhere),
        TEST(the_step_summary_gets_the_markdown),
        TEST(a_regression_is_drawn_in_any_locale),
        TEST(the_other_way_round_it_is_an_improvement),
        TEST(a_replay_gives_the_identical_file),
        TEST(no_metric_is_no_pass),
        TEST(a_side_with_manners_like_these_is_broken),
        TEST(a_trial_that_fails_once_is_tried_again),
        TEST(a_full_disk_is_no_pass),
        TEST(a_table_that_cannot_be_printed_is_no_pass),
        TEST(a_reader_that_goes_away_changes_nothing),
        TEST(an_interrupt_has_the_status_of_one),
        TEST(programs_do_not_know_where_they_were_built),
        TEST(another_definition_is_not_compared),
        TEST(what_only_head_has_is_new),
        TEST(wrong_usage_is_status_2),
        TEST(the_list_has_names_that_metric_takes),
        TEST(where_nothing_can_be_written_nothing_is_measured),
        TEST(facts_on_file_decide_too),
        TEST(too_short_a_run_is_inconclusive),
        TEST(a_budget_that_is_over_at_once_measured_nothing),
        TEST(a_slower_revision_fails),
        TEST(a_trailer_accepts_what_it_says),
        TEST(a_base_that_does_not_build_is_not_comparable),
        TEST(an_interrupt_leaves_no_worktree),
        TEST(worktrees_of_others_are_left_alone),
        TEST(a_recorded_ratio_is_watched),
        TEST(a_limit_holds_where_nothing_is_recorded),
        TEST(a_limit_of_another_form_is_refused),
        TEST(every_limit_names_a_metric),
        TEST(a_dirty_tree_is_not_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
