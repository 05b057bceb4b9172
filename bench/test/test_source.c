/* SPDX-License-Identifier: MIT */
/* Of which state of the source a run is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "program.h"
#include "source.h"

/* A committed tree with programs in it, and a folder beside it. */
struct fixture {
    char root[64], programs[96], inside[96], outside[96];
};

static int set_up(void **state)
{
    static struct fixture f;
    struct program git;
    snprintf(f.root, sizeof f.root, "/tmp/cobench-source-XXXXXX");
    if (!mkdtemp(f.root))
        return -1;
    snprintf(f.programs, sizeof f.programs, "%s/tree/build/bin", f.root);
    snprintf(f.inside, sizeof f.inside, "%s/tree/new/a [1]*", f.root);
    snprintf(f.outside, sizeof f.outside, "%s/run", f.root);
    program_run(&git,
                "cd %s && mkdir -p tree/build/bin 'tree/new/a [1]*' run && "
                "cd tree && echo build >.gitignore && git init -q && git add . "
                "&& git -c user.name=t -c user.email=t@t commit -q -m all",
                f.root);
    *state = &f;
    return git.status == 127 ? 0 : git.status;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct program rm;
    program_run(&rm, "rm -rf %s", f->root);
    return rm.status;
}

/* Skips where there is no git to have made it. */
static struct fixture *tree(void **state)
{
    struct program git;
    program_run(&git, "git --version");
    if (git.status != 0) {
        printf("SKIP: no git\n");
        skip();
    }
    return *state;
}

/* What env.json says of it: 1 dirty, 0 clean, -1 nothing. */
static int dirty(const struct fixture *f, const char *own)
{
    json_t *env = json_object();
    source_describe(env, f->programs, own);
    const json_t *said = json_object_get(env, "dirty");
    int answer = said ? json_is_true(said) : -1;
    json_decref(env);
    return answer;
}

static void add(const char *folder, const char *name)
{
    struct program touch;
    program_run(&touch, "touch '%s/%s'", folder, name);
    assert_int_equal(touch.status, 0);
}

static void what_a_run_writes_makes_no_source_dirty(void **state)
{
    struct fixture *f = tree(state);
    assert_int_equal(dirty(f, NULL), 0);
    add(f->inside, "trials.jsonl");
    assert_int_equal(dirty(f, NULL), 1);
    assert_int_equal(dirty(f, f->inside), 0);
}

static void anything_else_does(void **state)
{
    struct fixture *f = tree(state);
    add(f->inside, "trials.jsonl");
    add(f->outside, "trials.jsonl");
    assert_int_equal(dirty(f, f->outside), 1);
    add(f->inside, "../beside");
    assert_int_equal(dirty(f, f->inside), 1);
}

static void a_run_is_of_the_same_source_until_that_changes(void **state)
{
    struct fixture *f = tree(state);
    json_t *env = json_object();
    source_describe(env, f->programs, f->inside);
    add(f->inside, "trials.jsonl");
    assert_false(source_differs(env, f->programs, f->inside));
    add(f->programs, "../../beside");
    assert_true(source_differs(env, f->programs, f->inside));
    json_decref(env);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_run_writes_makes_no_source_dirty),
        TEST(anything_else_does),
        TEST(a_run_is_of_the_same_source_until_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
