/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a trial that goes wrong, is skipped or does other work, and
 * of the run it is part of.
 */
#include "fakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_trial_that_goes_wrong_is_recorded_and_the_rest_goes_on(
    void **state)
{
    struct fakes *f = *state;
    static const struct {
        const char *workload, *outcome;
    } cases[] = {
        { "crash", "crashed" },   { "hang", "timeout" },
        { "garbage", "garbage" }, { "silent", "crashed" },
        { "flood", "garbage" },   { "failing", "failed" },
    };
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload "
                     "crash,garbage,silent,flood,failing,good --out r"),
        1);
    assert_int_equal(fakes_run(f,
                               "run --profile quick --time-limit 3 --no-warmup "
                               "--workload hang,good --out h"),
                     1);
    struct trials r = fakes_read("r"), h = fakes_read("h");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct trials *t =
            strcmp(cases[i].workload, "hang") == 0 ? &h : &r;
        /* Twice, and then no more. */
        assert_int_equal(fakes_count(t, cases[i].workload, NULL, NULL), 2);
        assert_int_equal(
            fakes_count(t, cases[i].workload, NULL, cases[i].outcome), 2);
    }
    assert_int_equal(fakes_count(&h, "good", "measure", "ok"), 9);
    assert_int_equal(fakes_count(&r, "good", "measure", "ok"), 9);
    assert_non_null(strstr(f->output, "timeout: hang"));
    trials_fini(&r);
    trials_fini(&h);
    assert_true(fakes_ended());
}

static void a_record_that_cannot_be_true_is_garbage(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload absurd,poor,good --out r"),
        1);
    struct trials t = fakes_read("r");
    assert_int_equal(fakes_count(&t, "absurd", NULL, "garbage"), 2);
    assert_int_equal(fakes_count(&t, "poor", NULL, "garbage"), 2);
    assert_int_equal(fakes_count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "no usable user_ns"));
    assert_non_null(strstr(f->output, "no usable units"));
}

/* Its operations are the number of its process. */
static void work_that_is_not_the_same_is_status_1(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --profile quick --workload odd,good"),
                     1);
    const char *line = strstr(f->output, "cobench: unequal work, not compared");
    assert_non_null(line);
    assert_non_null(strstr(line, "odd/cpus:1/runtime:fake"));
    assert_null(strstr(line, "good/"));
}

static void a_skipped_cell_is_recorded_once_and_is_no_failure(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload skipping,good --out r"),
        0);
    struct trials t = fakes_read("r");
    assert_int_equal(fakes_count(&t, "skipping", NULL, NULL), 1);
    assert_int_equal(fakes_count(&t, "skipping", NULL, "skipped"), 1);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "runtime:fake: too small (needs 132, "
                                      "limit 64): ulimit -n 132\n"));
    /* Nothing but that: nothing was measured. */
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload skipping --out s"), 4);
    assert_int_equal(fakes_run(f, "report s"), 4);
    assert_non_null(strstr(f->output, "skipped: too small"));
    assert_non_null(strstr(f->output, "nothing was measured in s"));
}

static void an_origin_that_dies_fails_its_cells_and_no_others(void **state)
{
    struct fakes *f = *state;
    if (!fakes_exist(f->origin)) {
        printf("SKIP: %s is not built\n", f->origin);
        skip();
    }
    assert_int_equal(
        fakes_run(f,
                  "run --profile quick --workload killer,needy,good --out r"),
        1);
    struct trials t = fakes_read("r");
    assert_int_equal(fakes_count(&t, "killer", NULL, "failed"), 2);
    assert_int_equal(fakes_count(&t, "needy", "measure", "ok"), 3);
    assert_int_equal(fakes_count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "the origin died"));
    assert_true(fakes_ended());
}

static void a_missing_origin_fails_only_what_needs_it(void **state)
{
    struct fakes *f = *state;
    unlink("bin/origin");
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload needy,good --out r"), 1);
    struct trials t = fakes_read("r");
    assert_int_equal(fakes_count(&t, "needy", NULL, "failed"), 2);
    assert_int_equal(fakes_count(&t, "good", "measure", "ok"), 9);
    trials_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKES(a_trial_that_goes_wrong_is_recorded_and_the_rest_goes_on),
        FAKES(a_record_that_cannot_be_true_is_garbage),
        FAKES(work_that_is_not_the_same_is_status_1),
        FAKES(a_skipped_cell_is_recorded_once_and_is_no_failure),
        FAKES(an_origin_that_dies_fails_its_cells_and_no_others),
        FAKES(a_missing_origin_fails_only_what_needs_it),
    };
    return cmocka_run_group_tests(tests, fakes_find, NULL);
}
