/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "synthetic.h"

static struct program program;

static void make_run(struct synthetic *s)
{
    synthetic_init(s);
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "cpu",
                                       .params = "tasks:4",
                                       .runtime = i ? "thread" : "coro" };
        synthetic_rounds(s, synthetic_plan(s, &cell), 9, 1e6 + i * 1e6, 1e6,
                         100, i);
    }
    synthetic_write(s);
}

static void standard_output_is_the_file_and_nothing_else(void **state)
{
    static const char *const formats[][2] = {
        { "csv", "summary.csv" },
        { "json", "results.json" },
        { "md", "report.md" },
        { "html", "report.html" },
    };
    (void)state;
    if (!program_exists("cobench"))
        skip();
    for (int i = 0; i < 4; i++) {
        struct synthetic s;
        make_run(&s);
        /* Without gnuplot in reach: no charts, which takes no time. */
        program_run(&program,
                    "PATH=/none \"$BIN\"/cobench report --format %s %s "
                    "2>%s/errors",
                    formats[i][0], s.dir, s.dir);
        assert_int_equal(program.status, 0);
        char *file = synthetic_read(&s, formats[i][1]);
        assert_non_null(file);
        assert_string_equal(program.output, file);
        free(file);
        synthetic_fini(&s);
    }
}

/* A spread has a sign before it that ASCII lacks. */
static void other_characters_than_ascii_are_for_who_can_read_them(void **state)
{
    static const struct {
        const char *variables, *sign;
    } cases[] = {
        { "LANG=C.UTF-8", "\u00b1" },
        { "LANG=C LC_CTYPE=en_US.utf8", "\u00b1" },
        { "LANG=C.UTF-8 LC_ALL=C", "+-" },
        { "LANG=C.UTF-8 LC_ALL=", "\u00b1" },
        { "LANG=", "+-" },
    };
    struct synthetic s;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make_run(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_run(&program,
                    "unset LC_ALL LC_CTYPE; PATH=/none %s \"$BIN\"/cobench "
                    "report %s 2>&1",
                    cases[i].variables, s.dir);
        assert_int_equal(program.status, 0);
        assert_non_null(strstr(program.output, cases[i].sign));
        if (strcmp(cases[i].sign, "+-") == 0)
            assert_null(strstr(program.output, "\u00b1"));
    }
    synthetic_fini(&s);
}

static void a_pipe_gets_no_colour(void **state)
{
    struct synthetic s;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make_run(&s);
    program_run(&program, "PATH=/none \"$BIN\"/cobench report %s 2>&1", s.dir);
    assert_int_equal(program.status, 0);
    assert_null(strchr(program.output, 27));
    assert_non_null(strstr(program.output, "\ncomputing: coroutines\n"));
    synthetic_fini(&s);
}

/* What is wrong with a run is said once: it is read once. */
static void a_line_that_is_cut_off_is_told_once(void **state)
{
    struct synthetic s;
    (void)state;
    if (!program_exists("cobench"))
        skip();
    make_run(&s);
    synthetic_append(&s, "{\"cell\": \"cut");
    program_run(&program, "PATH=/none \"$BIN\"/cobench report %s 2>&1", s.dir);
    assert_int_equal(program.status, 0);
    const char *said = strstr(program.output, "is cut off");
    assert_non_null(said);
    assert_null(strstr(said + 1, "is cut off"));
    synthetic_fini(&s);
}

static void mistakes_are_status_2(void **state)
{
    static const char *const arguments[] = {
        "report --format xml", "report --format",     "report -x",
        "report a b",          "run --format tables", "run --format"
    };
    (void)state;
    if (!program_exists("cobench"))
        skip();
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        program_run(&program, "\"$BIN\"/cobench %s 2>&1", arguments[i]);
        assert_int_equal(program.status, 2);
        const char *end = strchr(program.output, '\n');
        assert_true(end && end[1] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_output_is_the_file_and_nothing_else),
        cmocka_unit_test(other_characters_than_ascii_are_for_who_can_read_them),
        cmocka_unit_test(a_pipe_gets_no_colour),
        cmocka_unit_test(a_line_that_is_cut_off_is_told_once),
        cmocka_unit_test(mistakes_are_status_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
