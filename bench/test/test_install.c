/* SPDX-License-Identifier: MIT */
/*
 * scripts/install.sh: what it puts in place works from any folder, without the
 * tree that it was built in, and goes away again.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"

/* A program of one's own: tasks that add up what they are. */
static const char own_program[] =
    "#include <rt.h>\n"
    "#include <stdint.h>\n"
    "static int task(void *arg) { return (int)(intptr_t)arg; }\n"
    "static int run(void *arg)\n"
    "{\n"
    "    struct rt_task *tasks[10];\n"
    "    int statuses[10], sum = 0;\n"
    "    (void)arg;\n"
    "    for (intptr_t i = 0; i < 10; i++)\n"
    "        if (rt_spawn(&tasks[i], task, (void *)i) != 0) return 1;\n"
    "    if (rt_gather(tasks, 10, statuses, RT_FOREVER) != 0) return 2;\n"
    "    for (int i = 0; i < 10; i++) sum += statuses[i];\n"
    "    return sum;\n"
    "}\n"
    "int main(void) { return rt_run(0, run, 0) == 45 ? 0 : 1; }\n";

struct fixture {
    char dir[64];            /* prefix/, work/ and staged/ in it */
    char tree[PATH_MAX / 4]; /* the source */
    char build[PATH_MAX / 4];
    struct program program; /* the last one that was run */
};

static int shell(struct fixture *f, const char *command)
{
    /* The installed command is to find its programs by itself. */
    program_run(&f->program,
                "unset COBENCH_BIN; BUILD='%s' TREE='%s' PREFIX='%s/prefix'"
                " STAGE='%s/staged'; cd '%s/work' && { %s; } 2>&1",
                f->build, f->tree, f->dir, f->dir, f->dir, command);
    return f->program.status;
}

static void assert_shell(struct fixture *f, const char *command)
{
    int status = shell(f, command);
    if (status != 0)
        fail_msg("status %d: %s\n%s", status, command, f->program.output);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[PATH_MAX], work[128];
    const char *scripts = getenv("COBENCH_SCRIPTS");
    *state = f;
    if (!f || !realpath(scripts ? scripts : "scripts", path))
        return -1;
    snprintf(f->tree, sizeof f->tree, "%.*s", (int)(strrchr(path, '/') - path),
             path);
    if (!realpath(program_folder(), path))
        return -1;
    snprintf(f->build, sizeof f->build, "%.*s",
             (int)(strrchr(path, '/') - path), path);
    strcpy(f->dir, "/tmp/cobench-install-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(work, sizeof work, "%s/work", f->dir);
    if (mkdir(work, 0777) != 0)
        return -1;
    return shell(f, "sh \"$TREE/scripts/install.sh\" install \"$BUILD\" ''"
                    " \"$PREFIX\" coro pool");
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int status = shell(f, "cd / && rm -rf \"$PREFIX\" \"$STAGE\" \"$OLDPWD\"");
    rmdir(f->dir);
    free(f);
    return status;
}

static void need(const char *tool)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    if (system(command) == 0)
        return;
    print_message("SKIP: %s is not installed\n", tool);
    skip();
}

/* ---- tests ---- */

static void an_installed_copy_runs_and_reports(void **state)
{
    struct fixture *f = *state;
    assert_shell(f, "\"$PREFIX/bin/cobench\" list | grep -q skynet");
    assert_shell(f, "\"$PREFIX/bin/cobench\" run --profile quick"
                    " --workload null,echo --runtime coro,pool --param conns=1"
                    " --repetitions 2 --out out");
    assert_shell(f, "rm out/report.html; \"$PREFIX/bin/cobench\" report out &&"
                    " test -s out/report.html && test -s out/results.json");
    assert_shell(f, "\"$PREFIX/bin/cobench\" compare out out");
}

static void an_installed_copy_finds_its_other_scripts(void **state)
{
    struct fixture *f = *state;
    need("gnuplot");
    assert_shell(f, "\"$PREFIX/bin/cobench\" trace lifecycle --out traced &&"
                    " test -s traced/timeline.svg");
    assert_shell(f, "\"$PREFIX/bin/cobench\" run --workload null"
                    " --profile quick --repetitions 1 --out drawn &&"
                    " test -s drawn/charts/wall-null.svg");
}

static void an_installed_copy_compares_commands(void **state)
{
    struct fixture *f = *state;
    /* 1 and 3 are verdicts, and a busy machine may have any. */
    assert_shell(f, "\"$PREFIX/bin/cobench\" duel --rounds 8 true true"
                    " >duel.txt 2>&1; case $? in 0 | 1 | 3) ;; *) false;; esac;"
                    " grep -q detectable duel.txt");
    assert_shell(f, "\"$PREFIX/bin/cobench\" doctor | grep -q 'noise floor'");
}

static void a_program_is_linked_by_pkg_config(void **state)
{
    struct fixture *f = *state;
    need("cc");
    need("pkg-config");
    char path[128];
    snprintf(path, sizeof path, "%s/work/own.c", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(own_program, file);
    assert_int_equal(fclose(file), 0);
    /* Archives with a sanitizer in them want it in the program. */
    assert_shell(f, "PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig;"
                    "export PKG_CONFIG_PATH;"
                    "san=$(grep -o -e '-fsanitize=[^ ]*' \"$BUILD/flags\" |"
                    " sort -u);"
                    "for rt in coro pool; do cc -std=c11 $san"
                    " $(pkg-config --cflags librt-$rt) own.c -o own-$rt"
                    " $(pkg-config --libs librt-$rt) && ./own-$rt || exit 9;"
                    "done");
}

static void manual_completion_and_licence_are_in_place(void **state)
{
    struct fixture *f = *state;
    assert_shell(f, "grep -q '^.TH COBENCH 1' \"$PREFIX\"/share/man/man1/"
                    "cobench.1");
    assert_shell(f, "grep -q 'complete -F' \"$PREFIX\"/share/bash-completion/"
                    "completions/cobench");
    assert_shell(f, "grep -q 'Permission is hereby granted' "
                    "\"$PREFIX\"/share/doc/cobench/copyright");
}

static void destdir_is_put_before_the_prefix(void **state)
{
    struct fixture *f = *state;
    assert_shell(f, "sh \"$TREE/scripts/install.sh\" install \"$BUILD\""
                    " \"$STAGE\" /opt/x coro");
    assert_shell(f, "\"$STAGE/opt/x/bin/cobench\" list >list.txt");
    assert_shell(f, "grep -qx prefix=/opt/x"
                    " \"$STAGE/opt/x/lib/pkgconfig/librt-coro.pc\"");
    assert_shell(f, "! grep -r \"$STAGE\" \"$STAGE\"/opt/x/lib/pkgconfig");
}

static void what_was_installed_is_taken_away_again(void **state)
{
    struct fixture *f = *state;
    assert_shell(f, "touch \"$STAGE/opt/x/lib/other\";"
                    "sh \"$TREE/scripts/install.sh\" uninstall \"$BUILD\""
                    " \"$STAGE\" /opt/x coro");
    assert_shell(f, "find \"$STAGE\" ! -type d; find \"$STAGE\" -name cobench");
    /* Nothing but the file of somebody else. */
    const char *name = strrchr(f->program.output, '/');
    assert_non_null(name);
    assert_string_equal(name, "/other\n");
    assert_ptr_equal(strchr(f->program.output, '\n'), name + 6);
}

static void a_relative_prefix_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(shell(f, "sh \"$TREE/scripts/install.sh\" install"
                              " \"$BUILD\" '' here coro"),
                     2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_installed_copy_runs_and_reports),
        cmocka_unit_test(an_installed_copy_finds_its_other_scripts),
        cmocka_unit_test(an_installed_copy_compares_commands),
        cmocka_unit_test(a_program_is_linked_by_pkg_config),
        cmocka_unit_test(manual_completion_and_licence_are_in_place),
        cmocka_unit_test(destdir_is_put_before_the_prefix),
        cmocka_unit_test(what_was_installed_is_taken_away_again),
        cmocka_unit_test(a_relative_prefix_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
