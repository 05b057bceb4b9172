/* SPDX-License-Identifier: MIT */
/* What a trial does more of than it says, and what is counted of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"

/* ---- injection ---- */

static json_t *trial(const char *inject, const char *arguments)
{
    struct program run;
    program_run(&run, "COBENCH_INJECT='%s' \"$BIN\"/trial-coro %s", inject,
                arguments);
    assert_int_equal(run.status, 0);
    json_t *record = program_record(&run);
    assert_non_null(record);
    return record;
}

static void more_work_is_done_under_the_nominal_count(void **state)
{
    (void)state;
    json_t *more = trial("rounds:1.5", "switch_pair rounds=1000");
    json_t *less = trial("rounds:0.5", "switch_pair rounds=1000");
    assert_true(program_int(more, "runtime.switches") >= 1500);
    assert_true(program_int(less, "runtime.switches") < 1000);
    assert_int_equal(program_int(more, "ops"), 1000);
    assert_int_equal(program_int(more, "params.rounds"), 1000);
    assert_int_equal(program_int(more, "injected"), 1500);
    assert_string_equal(program_text(more, "digest"),
                        program_text(less, "digest"));
    json_decref(more);
    json_decref(less);
}

static void more_tasks_hold_memory_under_the_nominal_count(void **state)
{
    (void)state;
    json_t *more = trial("tasks:1.5", "spawn_join alive=1 tasks=100");
    assert_int_equal(program_int(more, "runtime.tasks"), 150);
    assert_int_equal(program_int(more, "units"), 100);
    assert_int_equal(program_int(more, "memory.parked_tasks"), 100);
    json_decref(more);
}

static void what_cannot_be_injected_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "rounds",     "rounds:x", "rounds:-1",
                                         "rounds:0",   "via:2",    "other:2",
                                         "rounds:1e12" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct program run;
        program_run(&run,
                    "COBENCH_INJECT='%s' \"$BIN\"/trial-coro switch_pair "
                    "rounds=1000 2>&1",
                    wrong[i]);
        assert_int_equal(run.status, 2);
    }
}

/* ---- counting ---- */

/* Whether programs can be traced here; says so when not. */
static int can_count(void)
{
    struct program run;
    program_run(&run, "ASAN_OPTIONS=detect_leaks=0 \"$BIN\"/cobench count "
                      "/bin/true");
    if (run.status == 0)
        return 1;
    printf("SKIP: tracing is not permitted here\n");
    return 0;
}

static long counted(const char *program)
{
    struct program run;
    program_run(&run, "ASAN_OPTIONS=detect_leaks=0 \"$BIN\"/cobench count %s",
                program);
    assert_int_equal(run.status, 0);
    const char *at = strstr(run.output, "system_calls ");
    assert_non_null(at);
    return strtol(at + 13, NULL, 10);
}

static void each_system_call_counts_once(void **state)
{
    (void)state;
    if (!can_count())
        skip();
    /* dd reads and writes as often as it is told. */
    long few = counted("/bin/dd if=/dev/zero of=/dev/null bs=1 count=100");
    long more = counted("/bin/dd if=/dev/zero of=/dev/null bs=1 count=1100");
    assert_int_equal(more - few, 2000);
}

static void children_count_too(void **state)
{
    (void)state;
    if (!can_count())
        skip();
    long alone = counted("/bin/true");
    long shell = counted("/bin/sh -c '/bin/true; /bin/true; /bin/true; :'");
    assert_true(shell > 3 * alone);
}

/* What it says of a program's allocations; -1 where they cannot be counted. */
static long allocated(const char *options, const char *program)
{
    struct program run;
    program_run(&run, "\"$BIN\"/cobench count %s %s", options, program);
    const char *at = strstr(run.output, "allocations ");
    return run.status == 77 ? -1 : at ? strtol(at + 12, NULL, 10) : -2;
}

static void allocations_count_with_and_without_tracing(void **state)
{
    (void)state;
    struct program run;
    static const char null[] = "\"$BIN\"/trial-coro null";
    long alone = allocated("--allocations", null);
    if (alone == -1 || !can_count())
        skip();
    assert_true(alone > 0);
    assert_int_equal(allocated("", null), alone);
    program_run(&run, "\"$BIN\"/cobench count --allocations /bin/true");
    assert_null(strstr(run.output, "system_calls"));
    program_run(&run, "\"$BIN\"/cobench count --allocations 2>&1");
    assert_int_equal(run.status, 2);
    program_run(&run, "\"$BIN\"/cobench count --alloc /bin/true 2>&1");
    assert_int_equal(run.status, 2);
    program_run(&run, "\"$BIN\"/cobench count --allocations /no/such 2>&1");
    assert_int_equal(run.status, 4);
}

static void allocations_count_however_a_program_ends(void **state)
{
    (void)state;
    struct program run;
    long closed = allocated("--allocations", "/bin/sh -c 'exec >&-'");
    if (closed == -1)
        skip();
    assert_true(closed > 0);
    assert_true(allocated("--allocations", "/bin/sh -c 'kill -9 $$'") > 0);
    /* Children are added up on one line. */
    program_run(&run, "\"$BIN\"/cobench count --allocations /bin/sh -c "
                      "'/bin/ls / >/dev/null; /bin/ls / >/dev/null; :'");
    assert_int_equal(strncmp(run.output, "allocations ", 12), 0);
    assert_true(strtol(run.output + 12, NULL, 10) > 2 * closed);
    assert_null(strstr(run.output + 12, "allocations"));
}

static void the_status_is_that_of_the_program(void **state)
{
    (void)state;
    struct program run;
    if (!can_count())
        skip();
    program_run(&run, "\"$BIN\"/cobench count /bin/sh -c 'exit 7'");
    assert_int_equal(run.status, 7);
    program_run(&run, "\"$BIN\"/cobench count /bin/sh -c 'kill -USR1 $$'");
    assert_int_equal(run.status, 128 + 10);
    program_run(&run, "\"$BIN\"/cobench count /no/such/program 2>&1");
    assert_int_equal(run.status, 4);
    program_run(&run, "\"$BIN\"/cobench count 2>&1");
    assert_int_equal(run.status, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_work_is_done_under_the_nominal_count),
        cmocka_unit_test(more_tasks_hold_memory_under_the_nominal_count),
        cmocka_unit_test(what_cannot_be_injected_is_refused),
        cmocka_unit_test(each_system_call_counts_once),
        cmocka_unit_test(children_count_too),
        cmocka_unit_test(allocations_count_with_and_without_tracing),
        cmocka_unit_test(allocations_count_however_a_program_ends),
        cmocka_unit_test(the_status_is_that_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
