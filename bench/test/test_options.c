/* SPDX-License-Identifier: MIT */
/* The command line of `cobench run`. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "command.h"
#include "options.h"

static struct options options;
static char message[512], text[512];

/* Parses, and keeps what that says on standard error. */
static int listen(int argc, char **argv)
{
    static const char name[] = "cobench run: ";
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    int status = options_parse(&options, argc, argv);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    char said[512];
    size_t n = fread(said, 1, sizeof said - 1, file);
    said[n] = 0;
    fclose(file);
    if (strncmp(said, name, strlen(name)) == 0)
        snprintf(message, sizeof message, "%s", said + strlen(name));
    message[strcspn(message, "\n")] = 0;
    return status;
}

/* Parses the blank-separated arguments. */
static int parse(const char *arguments)
{
    char *argv[32] = { (char[]){ "run" } };
    int argc = 1;
    options_fini(&options);
    message[0] = 0;
    snprintf(text, sizeof text, "%s", arguments);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return listen(argc, argv);
}

static int tear_down(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

static bool is(const json_t *value, const char *json)
{
    json_t *expected = json_loads(json, 0, NULL);
    assert_non_null(expected);
    bool same = json_equal(value, expected);
    json_decref(expected);
    return same;
}

static void without_arguments_everything_is_by_default(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_null(options.workloads);
    assert_null(options.runtimes);
    assert_null(options.out);
    assert_string_equal(options.profile->name, "default");
    assert_false(options.resume || options.dry_run || options.seed_given ||
                 options.no_warmup || options.help);
    assert_true(is(options.arguments, "[]"));
}

static void each_option_is_taken(void **state)
{
    (void)state;
    assert_int_equal(
        parse("--workload echo,cpu --workload null --runtime pool:20,coro "
              "--param conns=1,10 --param via=chan --cpus all --profile full "
              "--repetitions 5 --seed 42 --budget 1.5 --precision 2.5% "
              "--time-limit 2 --no-warmup --dry-run --out x --resume"),
        0);
    assert_true(is(options.workloads, "[\"echo\", \"cpu\", \"null\"]"));
    assert_true(is(options.runtimes, "[\"pool:20\", \"coro\"]"));
    assert_true(is(options.params, "{\"conns\": [\"1\", \"10\"], \"via\": "
                                   "[\"chan\"], \"cpus\": [\"all\"]}"));
    assert_string_equal(options.profile->name, "full");
    assert_int_equal(options.repetitions, 5);
    assert_int_equal(options.seed, 42);
    assert_true(options.seed_given && options.no_warmup && options.dry_run &&
                options.resume);
    assert_int_equal(options.budget_ns, 1500000000);
    assert_true(options.precision == 0.025);
    assert_int_equal(options.time_limit_ns, 2000000000);
    assert_string_equal(options.out, "x");
}

static void the_arguments_kept_leave_out_where_it_goes(void **state)
{
    (void)state;
    assert_int_equal(parse("--profile quick --out a --resume --seed=3 "
                           "--no-warmup --format json"),
                     0);
    assert_int_equal(options.format, FORMAT_JSON);
    assert_true(is(options.arguments,
                   "[\"--profile\", \"quick\", \"--seed=3\", "
                   "\"--no-warmup\"]"));
    assert_int_equal(parse("--resume=dir"), 0);
    assert_true(options.resume);
    assert_string_equal(options.out, "dir");
    assert_true(is(options.arguments, "[]"));
}

static void mistakes_are_named_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *message;
    } cases[] = {
        { "--workloat echo",
          "'--workloat' is no option that fits; did you mean '--workload'?" },
        { "--zzz", "'--zzz' is no option that fits; see cobench run --help" },
        { "-q", "'-q' is no option that fits; see cobench run --help" },
        { "--seed", "--seed needs a value" },
        { "--dry-run=1", "--dry-run=1 takes no value" },
        { "word", "unexpected argument 'word'; see cobench run --help" },
        { "--profile slow",
          "--profile 'slow': there is none; valid: quick, default, full, scale" },
        { "--profile scael",
          "--profile 'scael': there is none; did you mean 'scale'?" },
        { "--format xml", "--format 'xml': valid: table, csv, json, md, html" },
        { "--precision 0.02",
          "--precision '0.02': give percent, as in 2%, from 0.01% to 100%" },
        { "--precision 0%",
          "--precision '0%': give percent, as in 2%, from 0.01% to 100%" },
        { "--precision nan%",
          "--precision 'nan%': give percent, as in 2%, from 0.01% to 100%" },
        { "--repetitions 0",
          "--repetitions '0': give a whole number from 1 to 10000" },
        { "--repetitions 1x",
          "--repetitions '1x': give a whole number from 1 to 10000" },
        { "--seed -1",
          "--seed '-1': give a whole number from 0 to 9007199254740991" },
        { "--seed 99999999999999999999",
          "--seed '99999999999999999999': give a whole number from 0 to "
          "9007199254740991" },
        { "--budget -3", "--budget '-3': give seconds, above 0" },
        { "--budget nan", "--budget 'nan': give seconds, above 0" },
        { "--time-limit 5s", "--time-limit '5s': give seconds, above 0" },
        { "--workload a,,b", "--workload 'a,,b': give names, separated by "
                             "commas, each once" },
        { "--workload a,a", "--workload 'a,a': give names, separated by "
                            "commas, each once" },
        { "--runtime ,", "--runtime ',': give names, separated by commas, each "
                         "once" },
        { "--param x", "--param 'x': write NAME=VALUE[,VALUE]..." },
        { "--param =1", "--param '=1': write NAME=VALUE[,VALUE]..." },
        { "--param x=", "--param '': give values, separated by commas, each "
                        "once" },
        { "--param x=1 --param x=2",
          "--param: 'x' was given before; join the values with commas" },
        { "--out a --resume=b",
          "--resume 'b': another folder, 'a', was given" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].arguments), STATUS_USAGE);
        assert_string_equal(message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
        TEST(without_arguments_everything_is_by_default),
        TEST(each_option_is_taken),
        TEST(the_arguments_kept_leave_out_where_it_goes),
        TEST(mistakes_are_named_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
