/* SPDX-License-Identifier: MIT */
/*
 * `cobench duel` from outside.  What is asserted of time is never how much of
 * it something took: dd's buffer is the measure that does not vary.
 */
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

#define SMALL "'dd if=/dev/zero of=/dev/null count=1 bs=8M'"
#define LARGE "'dd if=/dev/zero of=/dev/null count=1 bs=16M'"

struct fixture {
    char dir[64];
    struct program program;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    strcpy(f->dir, "/tmp/test_duel.XXXXXX");
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    int status = system(command);
    free(f);
    return status;
}

/* Runs `cobench duel --format json` and gives its document, to be freed. */
static json_t *duel(struct fixture *f, const char *arguments)
{
    program_run(
        &f->program,
        "BIN=$(realpath \"$BIN\"); cd %s && \"$BIN/cobench\" duel --format json %s "
        "2>%s/err",
        f->dir, arguments, f->dir);
    json_t *root = json_loads(f->program.output, 0, NULL);
    assert_non_null(root);
    assert_int_equal(program_int(root, "status") == 4, f->program.status == 4);
    return root;
}

static json_t *measure(json_t *root, const char *name)
{
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(root, "measures"), i, object)
    {
        if (strcmp(program_text(object, "measure"), name) == 0)
            return object;
    }
    fail_msg("no measure %s", name);
    return NULL;
}

static double number(json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* ---- what it finds ---- */

static void more_memory_is_found_and_confirmed(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--rounds 8 " SMALL " " LARGE);
    json_t *peak = measure(root, "peak memory");
    assert_string_equal(program_text(peak, "verdict"), "REGRESSED");
    assert_true(json_is_true(json_object_get(peak, "confirmed")));
    assert_int_equal(program_int(peak, "rounds"), 16);
    assert_true(number(peak, "ratio") > 1.5 && number(peak, "ratio") < 2);
    assert_true(number(peak, "a") > 8 << 20);
    assert_true(number(peak, "a") < 12 << 20);
    assert_int_equal(json_array_size(json_object_get(root, "samples")), 24);
    /* Where the host takes the CPU away, nothing is believed. */
    bool stolen = number(root, "steal_percent") > 20;
    assert_int_equal(f->program.status, stolen ? 3 : 1);
    json_decref(root);
}

static void less_memory_is_an_improvement(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--rounds 8 " LARGE " " SMALL);
    json_t *peak = measure(root, "peak memory");
    assert_string_equal(program_text(peak, "verdict"), "improved");
    assert_true(number(peak, "detectable") > 0);
    json_decref(root);
}

static void the_floor_is_what_counts(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--floor 300 --rounds 8 " SMALL " " LARGE);
    json_t *peak = measure(root, "peak memory");
    assert_string_not_equal(program_text(peak, "verdict"), "REGRESSED");
    assert_true(number(peak, "p_holm") < 0.02);
    json_decref(root);
}

static void memory_of_the_shell_is_not_judged(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--rounds 8 : :");
    json_t *peak = measure(root, "peak memory");
    assert_true(json_is_false(json_object_get(peak, "judged")));
    assert_true(number(root, "shell_peak_bytes") > 0);
    json_decref(root);
}

/* ---- how it runs them ---- */

static void they_run_in_balanced_random_blocks(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--rounds 20 --warmup 0 --seed 4 'printf A >>log' "
                           "'printf B >>log'");
    program_run(&f->program, "cat %s/log", f->dir);
    const char *log = f->program.output;
    size_t n = strlen(log), turned = 0;
    assert_true(n == 40 || n == 120);
    for (size_t i = 0; i < n; i += 4) {
        bool swapped = log[i] == 'B';
        assert_memory_equal(log + i, swapped ? "BAAB" : "ABBA", 4);
        turned += swapped;
    }
    assert_in_range(turned, 1, n / 4 - 1);
    json_decref(root);
}

static void their_output_is_thrown_away_unless_asked_for(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--rounds 8 'head -c 20000000 /dev/zero' 'echo B'");
    assert_int_not_equal(f->program.status, 4);
    json_decref(root);
    program_run(&f->program, "grep -c '^B$' %s/err", f->dir);
    assert_string_equal(f->program.output, "0\n");
    root = duel(f, "--rounds 8 --output true 'echo B'");
    json_decref(root);
    program_run(&f->program, "grep -c '^B$' %s/err", f->dir);
    assert_true(atoi(f->program.output) >= 8);
}

static void text_names_both_and_the_verdict(void **state)
{
    struct fixture *f = *state;
    program_run(&f->program, "\"$BIN/cobench\" duel --rounds 8 " SMALL " " LARGE
                             " 2>/dev/null");
    assert_non_null(strstr(f->program.output, "A: dd if=/dev/zero"));
    assert_non_null(strstr(f->program.output, "\npeak memory "));
    assert_non_null(strstr(f->program.output, "B is worse"));
    assert_non_null(strstr(f->program.output, "detectable"));
}

/* ---- what goes wrong ---- */

static void a_command_that_fails_is_no_measurement(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *arguments, *says;
    } table[] = {
        { "true 'echo no luck >&2; exit 7'", "exit status 7: no luck" },
        { "/nonexistent/program true", "exit status 127" },
        { "true 'kill -SEGV $$'", "ended by signal 11" },
        { "true 'cat /dev/zero >&2'", "writes without end" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        json_t *root = duel(f, table[i].arguments);
        assert_int_equal(f->program.status, 4);
        assert_non_null(strstr(program_text(root, "failure"), table[i].says));
        assert_string_equal(program_text(root, "reason"), "a command failed");
        json_decref(root);
        program_run(&f->program, "cat %s/err", f->dir);
        assert_non_null(strstr(f->program.output, table[i].says));
    }
}

static void the_budget_ends_it_without_a_verdict(void **state)
{
    struct fixture *f = *state;
    json_t *root = duel(f, "--budget 1 --warmup 0 'sleep 0.04' 'sleep 0.04'");
    assert_true(json_is_true(json_object_get(root, "cut_short")));
    assert_true(f->program.status == 3 || f->program.status == 4);
    assert_true(json_array_size(json_object_get(root, "samples")) < 20);
    json_decref(root);
    root = duel(f, "--budget 0.3 true 'sleep 1000'");
    assert_true(json_is_true(json_object_get(root, "cut_short")));
    assert_int_equal(f->program.status, 4);
    json_decref(root);
}

static void an_interrupt_keeps_what_was_measured(void **state)
{
    struct fixture *f = *state;
    json_t *root =
        duel(f, "--warmup 0 true 'echo >>log; [ $(wc -l <log) -lt 10 ] || "
                "{ kill -INT $PPID; exec sleep 1000; }'");
    assert_int_equal(f->program.status, 130);
    assert_true(json_is_true(json_object_get(root, "cut_short")));
    assert_int_equal(json_array_size(json_object_get(root, "samples")), 9);
    json_decref(root);
}

static void usage_is_explained_in_one_line(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {
        "",
        "true",
        "true true true",
        "true ' '",
        "--rounds 7 true true",
        "--rounds 8.5 true true",
        "--rounds x true true",
        "--warmup -1 true true",
        "--budget 0 true true",
        "--budget nan true true",
        "--floor -1 true true",
        "--format xml true true",
        "--seed",
        "--nonsense true true",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program_run(&f->program, "\"$BIN/cobench\" duel %s 2>&1", wrong[i]);
        assert_int_equal(f->program.status, 2);
        assert_memory_equal(f->program.output, "cobench duel: ", 14);
        const char *end = strchr(f->program.output, '\n');
        assert_true(end && end[1] == 0);
    }
    program_run(&f->program, "\"$BIN/cobench\" duel --help");
    assert_int_equal(f->program.status, 0);
    assert_non_null(strstr(f->program.output, "Exit status: 0"));
}

static void a_result_that_cannot_be_written_is_an_error(void **state)
{
    struct fixture *f = *state;
    static const char *const formats[] = { "text", "json" };
    for (int i = 0; i < 2; i++) {
        program_run(&f->program,
                    "\"$BIN/cobench\" duel --rounds 8 --format %s true true "
                    "2>/dev/null >/dev/full",
                    formats[i]);
        assert_int_equal(f->program.status, 4);
    }
}

/* `| head` and the like: closed before anything is written. */
static void a_reader_who_has_gone_is_no_error(void **state)
{
    struct fixture *f = *state;
    program_run(&f->program,
                "{ { sleep 0.2; \"$BIN/cobench\" duel --rounds 8 true true "
                "2>&3; echo $? >&3; } | true; } 3>&1");
    /* Whatever came of it, and not a word. */
    assert_int_equal(strlen(f->program.output), 2);
    assert_non_null(strchr("013", f->program.output[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(more_memory_is_found_and_confirmed),
        TEST(less_memory_is_an_improvement),
        TEST(the_floor_is_what_counts),
        TEST(memory_of_the_shell_is_not_judged),
        TEST(they_run_in_balanced_random_blocks),
        TEST(their_output_is_thrown_away_unless_asked_for),
        TEST(text_names_both_and_the_verdict),
        TEST(a_command_that_fails_is_no_measurement),
        TEST(the_budget_ends_it_without_a_verdict),
        TEST(an_interrupt_keeps_what_was_measured),
        TEST(usage_is_explained_in_one_line),
        TEST(a_result_that_cannot_be_written_is_an_error),
        TEST(a_reader_who_has_gone_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
