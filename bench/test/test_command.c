/* SPDX-License-Identifier: MIT */
/* The options that commands take alike. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"

static struct program program;

/* Before or behind other arguments. */
static void the_option_that_is_wrong_is_named(void **state)
{
    static const struct {
        const char *arguments, *complaint;
    } mistakes[] = {
        { "report here --what",
          "report: '--what' is no option that fits; see cobench report" },
        { "report --fromat md",
          "report: '--fromat' is no option that fits; did you mean '--format'?" },
        { "report here -x", "report: '-x' is no option that fits" },
        { "report here --format", "report: --format needs a value" },
        { "compare a b --fail=3", "compare: --fail=3 takes no value" },
        { "compare a b --flor 3", "did you mean '--floor'?" },
        { "trace null -xyz", "trace: '-x' is no option that fits" },
        { "crossover null --betwen a,b", "did you mean '--between'?" },
        { "run --seed", "run: --seed needs a value" },
        { "run --workloat echo", "did you mean '--workload'?" },
        { "run echo", "run: unexpected argument 'echo'; see cobench run" },
        { "regress --bsae main", "did you mean '--base'?" },
        { "regress --list=3", "regress: --list=3 takes no value" },
        { "regress --budget", "regress: --budget needs a value" },
        { "regress --budget x", "regress: --budget 'x': give seconds" },
        { "regress --seed -1", "regress: --seed '-1': give a whole number" },
        { "regress main", "regress: unexpected argument 'main'; see cobench" },
        { "duel --round", "duel: --round needs a value" },
        { "duel true -x true", "duel: give two commands, each in quotes" },
    };
    (void)state;
    if (!program_exists("cobench"))
        skip();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        program_run(&program, "\"$BIN\"/cobench %s 2>&1",
                    mistakes[i].arguments);
        assert_int_equal(program.status, 2);
        assert_non_null(strstr(program.output, mistakes[i].complaint));
        const char *end = strchr(program.output, '\n');
        assert_true(end && end[1] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_option_that_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
