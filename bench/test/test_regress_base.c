/* SPDX-License-Identifier: MIT */
/*
 * `cobench regress --base REVISION`: what it builds, compares and clears away.
 */
#include "sides.h"

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
    sides_put("makefile", good_makefile);
    program_run(&made, "mkdir %s/repo", sides_folder);
    sides_put("repo/Makefile", base_makefile);
    sides_put("commit",
              "git -c user.name=t -c user.email=t@t commit -q --allow-empty "
              "-F - \"$@\"\n");
    sides_put("message", message);
    program_run(
        &made,
        "cd %s && export GIT_CONFIG_GLOBAL=/dev/null && cp -r head repo "
        "&& cd repo && git init -q && echo build >.gitignore && "
        "git add . && echo base | sh ../commit && cp ../makefile "
        "Makefile && echo 'ns=1300' >head/manners && git add . && "
        "sh ../commit <../message && make -s all",
        sides_folder);
    assert_ended(&made, 0);
}

static void compare_revisions(struct program *run)
{
    program_run(
        run,
        "export GIT_CONFIG_GLOBAL=/dev/null TMPDIR=%s; \"$BIN\"/cobench "
        "regress --base HEAD~1 --head-bin %s/repo/build/bin --seed 1 "
        "--metric '%s' --out %s/out 2>&1",
        sides_folder, sides_folder, METRIC, sides_folder);
    sides_need_cpu(run);
}

/* No worktree, no temporary folder is left. */
static void assert_clean(void)
{
    struct program run;
    program_run(&run,
                "git -C %s/repo worktree list | wc -l; ls %s | grep -c "
                "cobench-",
                sides_folder, sides_folder);
    assert_string_equal(run.output, "1\n0\n");
}

static void a_slower_revision_fails(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_repository(good_makefile, "Slow it down\n");
    compare_revisions(&run);
    assert_ended(&run, 1);
    assert_clean();
}

static void a_trailer_accepts_what_it_says(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_repository(good_makefile,
                   "Check more\n\nPerf-Accept: switch_pair/* +50% it is worth "
                   "it\n");
    compare_revisions(&run);
    assert_ended(&run, 0);
    assert_non_null(strstr(run.output, "accepted up to +50%: it is worth it"));
}

static void a_base_that_does_not_build_is_not_comparable(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_repository("all:\n\t@echo no such compiler >&2; false\n", "Mend it\n");
    compare_revisions(&run);
    assert_ended(&run, 2);
    assert_non_null(strstr(run.output, "no such compiler"));
    assert_clean();
}

static void an_interrupt_leaves_no_worktree(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    sides_put("head/manners", "ns=1000; kill -INT $PPID; sleep 60\n");
    put_repository(good_makefile, "Be nice\n");
    compare_revisions(&run);
    assert_ended(&run, 130);
    assert_clean();
}

static void worktrees_of_others_are_left_alone(void **state)
{
    (void)state;
    struct program run;
    sides_need_git();
    put_repository(good_makefile, "Slow it down\n");
    program_run(&run,
                "cd %s/repo && export GIT_CONFIG_GLOBAL=/dev/null && git "
                "worktree add -q --detach ../theirs && mv ../theirs ../away",
                sides_folder);
    assert_ended(&run, 0);
    compare_revisions(&run);
    assert_ended(&run, 1);
    program_run(&run, "git -C %s/repo worktree list", sides_folder);
    assert_non_null(strstr(run.output, "/theirs"));
    assert_null(strstr(run.output, "cobench-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIDES(a_slower_revision_fails),
        SIDES(a_trailer_accepts_what_it_says),
        SIDES(a_base_that_does_not_build_is_not_comparable),
        SIDES(an_interrupt_leaves_no_worktree),
        SIDES(worktrees_of_others_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
