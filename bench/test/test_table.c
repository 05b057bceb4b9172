/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "human.h"
#include "synthetic.h"
#include "table.h"
#include "wrap.h"

static void plan_http(struct synthetic *s)
{
    static const char *const runtimes[] = { "coro", "pool:20", "thread:64k" };
    static const double walls[] = { 304e6, 705e6, 305e6 };
    static const double cpus[] = { 9e6, 12e6, 30e6 };
    for (int i = 0; i < 3; i++) {
        struct synthetic_cell cell = {
            .workload = "http_delay",
            .params = "requests:50/scale:0.1",
            .cpus = "all",
            .runtime = runtimes[i],
            .question = "How long do fifty slow requests take?",
            .waits = true,
        };
        synthetic_rounds(s, synthetic_plan(s, &cell), 9, walls[i], cpus[i], 50,
                         i);
    }
}

static void plan_switch(struct synthetic *s)
{
    static const char *const runtimes[] = { "coro", "pool:2", "thread", "seq" };
    static const double each[] = { 14.2, 2310, 4890, 0 };
    for (int i = 0; i < 4; i++) {
        struct synthetic_cell cell = {
            .workload = "switch_pair",
            .params = "via:yield",
            .runtime = runtimes[i],
            .question = "What does handing control to another task cost, and "
                        "does it matter?",
            .calibrated = true,
        };
        const char *name = synthetic_plan(s, &cell);
        int ops = i == 0 ? 1000000 : 1000;
        if (i < 3)
            synthetic_rounds(s, name, 9, each[i] * ops, each[i] * ops, ops, i);
        else
            synthetic_failure(s, name, 0, "skipped",
                              "needs two tasks at a time, seq has one");
    }
}

static void plan_sleepers(struct synthetic *s)
{
    static const char *const runtimes[] = { "coro", "thread" };
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "sleepers",
                                       .params = "tasks:1000",
                                       .axis = "tasks",
                                       .x = 1000,
                                       .runtime = runtimes[i],
                                       .waits = true };
        const char *name = synthetic_plan(s, &cell);
        for (int round = 1; round <= 9; round++)
            synthetic_park(synthetic_trial(s, name, round, 1e9 + 1e6 * round,
                                           2e6 + 9e7 * i, 1000),
                           1000, i ? 8602 : 4096, i ? 20480 : 130);
    }
}

static char *draw(const struct synthetic *s, int columns, bool colour,
                  bool utf8)
{
    struct table_style style = { columns, colour, utf8 };
    struct analysis analysis;
    char message[256], *text = NULL;
    size_t size;
    synthetic_write(s);
    if (analysis_init(&analysis, s->dir, message, sizeof message))
        return NULL;
    FILE *file = open_memstream(&text, &size);
    table_print(file, &analysis, &style);
    fclose(file);
    analysis_fini(&analysis);
    return text;
}

/* Draws a run of both workloads, or of what `plan` makes. */
static char *draw_run(void (*plan)(struct synthetic *), int columns,
                      bool colour, bool utf8)
{
    struct synthetic s;
    synthetic_init(&s);
    if (plan) {
        plan(&s);
    } else {
        plan_http(&s);
        plan_switch(&s);
        plan_sleepers(&s);
    }
    char *text = draw(&s, columns, colour, utf8);
    synthetic_fini(&s);
    return text;
}

static void forty_columns_keep_time_ratio_and_verdict(void **state)
{
    (void)state;
    char *text = draw_run(NULL, 40, false, false);
    assert_non_null(text);
    assert_string_equal(text, "http_delay: How long do fifty slow\n"
                              "  requests take?\n"
                              "                 wall  ratio  by CPU\n"
                              "requests:50 scale:0.1 cpus:all\n"
                              "  coro         304 ms      1  -\n"
                              "  pool:20      705 ms  1.34x  slower\n"
                              "  thread:64k   305 ms  3.35x  slower\n"
                              "\n"
                              "switch_pair: What does handing control\n"
                              "  to another task cost, and does it\n"
                              "  matter?\n"
                              "              wall/op  ratio  by wall\n"
                              "via:yield cpus:1\n"
                              "  coro        14.2 ns      1  -\n"
                              "  pool:2      2.31 us   163x  slower\n"
                              "  thread      4.89 us   346x  slower\n"
                              "  seq         skipped: needs two tasks\n"
                              "    at a time, seq has one\n"
                              "\n"
                              "sleepers\n"
                              "                 wall  ratio  by CPU\n"
                              "tasks:1000 cpus:1\n"
                              "  coro         1.00 s      1  -\n"
                              "  thread       1.00 s  46.0x  slower\n"
                              "\n"
                              "Cheapest first: by wall time, by CPU\n"
                              "  time per operation, or both alike\n"
                              "http_delay requests:50 scale:0.1\n"
                              "  cpus:all\n"
                              "  wall           coro = thread:64k <\n"
                              "                 pool:20\n"
                              "  CPU            coro 5.56k/s < pool:20\n"
                              "                 4.17k/s < thread:64k\n"
                              "                 1.67k/s\n"
                              "switch_pair via:yield cpus:1\n"
                              "  both           coro 70.4M/s < pool:2\n"
                              "                 433k/s < thread 204k/s\n"
                              "sleepers tasks:1000 cpus:1\n"
                              "  wall           coro = thread\n"
                              "  CPU            coro 500k/s < thread\n"
                              "                 10.9k/s\n"
                              "a < b: a costs less; a = b: the same\n"
                              "within 3%; a ~ b: the rounds do not\n"
                              "decide; each sign is the verdict on its\n"
                              "two neighbours alone. Figures are\n"
                              "operations per second of CPU.\n"
                              "\n"
                              "Memory per parked task, which RSS shows\n"
                              "  in part only\n"
                              "sleepers/cpus:1\n"
                              "  coro        4.00K RSS, 4.13K full\n"
                              "    (with 1000 tasks)\n"
                              "  thread      8.40K RSS, 28.4K full\n"
                              "    (with 1000 tasks)\n"
                              "\n"
                              "Geometric mean of the ratios to coro,\n"
                              "  and of how many workloads\n"
                              "  thread cpus:1 CPU 126x [125, 126] of 2\n"
                              "\n"
                              "ratio to coro: paired by round, with its\n"
                              "95% interval; above 1x coro is better.\n"
                              "same: all of the interval within 3%;\n"
                              "unclear: the rounds do not decide.\n"
                              "RSS: while all tasks are parked, else\n"
                              "the peak; full: with page tables and\n"
                              "kernel stacks, which RSS omits.\n"
                              "coro runs all tasks on one thread: where\n"
                              "cpus:all gives the others every CPU, it\n"
                              "uses one.\n"
                              "9 cells: 0 with failed trials, 1\n"
                              "skipped, 0 not measured; at most 9\n"
                              "rounds.\n");
    free(text);
}

static void eighty_columns_show_all_that_one_ratio_needs(void **state)
{
    (void)state;
    char *text = draw_run(NULL, 80, false, true);
    assert_non_null(text);
    assert_string_equal(
        text,
        "http_delay: How long do fifty slow requests take?\n"
        "                 wall            CPU    RSS   full  ratio to coro       by CPU\n"
        "requests:50 scale:0.1 cpus:all\n"
        "  coro         304 ms \u00b10.8%  9.00 ms  4.00M      -      1 -             -\n"
        "  pool:20      705 ms \u00b10.8%  12.0 ms  4.00M      -  1.34x [1.34, 1.34]  slower\n"
        "  thread:64k   305 ms \u00b10.7%  30.0 ms  4.00M      -  3.35x [3.28, 3.35]  slower\n"
        "\n"
        "switch_pair: What does handing control to another task cost, and does it matter?\n"
        "              wall/op         CPU/op    RSS   full  ratio to coro       by wall\n"
        "via:yield cpus:1\n"
        "  coro        14.2 ns \u00b10.7%  14.2 ns  4.00M      -      1 -             -\n"
        "  pool:2      2.31 us \u00b10.7%  2.31 us  4.00M      -   163x [163, 163]    slower\n"
        "  thread      4.89 us \u00b10.8%  4.89 us  4.00M      -   346x [338, 346]    slower\n"
        "  seq         skipped: needs two tasks at a time, seq has one\n"
        "\n"
        "sleepers\n"
        "                 wall            CPU    RSS   full  ratio to coro       by CPU\n"
        "tasks:1000 cpus:1\n"
        "  coro         1.00 s \u00b10.3%  2.00 ms  5.91M  6.08M      1 -             -\n"
        "  thread       1.00 s \u00b10.3%  92.0 ms  10.2M  29.8M  46.0x [46.0, 46.0]  slower\n"
        "\n"
        "Cheapest first: by wall time, by CPU time per operation, or both alike\n"
        "http_delay requests:50 scale:0.1 cpus:all\n"
        "  wall           coro = thread:64k < pool:20\n"
        "  CPU            coro 5.56k/s < pool:20 4.17k/s < thread:64k 1.67k/s\n"
        "switch_pair via:yield cpus:1\n"
        "  both           coro 70.4M/s < pool:2 433k/s < thread 204k/s\n"
        "sleepers tasks:1000 cpus:1\n"
        "  wall           coro = thread\n"
        "  CPU            coro 500k/s < thread 10.9k/s\n"
        "a < b: a costs less; a = b: the same within 3%; a ~ b: the rounds do not decide;\n"
        "each sign is the verdict on its two neighbours alone. Figures are operations per\n"
        "second of CPU.\n"
        "\n"
        "Memory per parked task, which RSS shows in part only\n"
        "sleepers/cpus:1\n"
        "  coro        4.00K RSS, 4.13K full (with 1000 tasks)\n"
        "  thread      8.40K RSS, 28.4K full (with 1000 tasks)\n"
        "\n"
        "Geometric mean of the ratios to coro, and of how many workloads\n"
        "  thread cpus:1 CPU 126x [125, 126] of 2\n"
        "\n"
        "ratio to coro: paired by round, with its 95% interval; above 1x coro is better.\n"
        "same: all of the interval within 3%; unclear: the rounds do not decide.\n"
        "RSS: while all tasks are parked, else the peak; full: with page tables and\n"
        "kernel stacks, which RSS omits.\n"
        "coro runs all tasks on one thread: where cpus:all gives the others every CPU, it\n"
        "uses one.\n"
        "9 cells: 0 with failed trials, 1 skipped, 0 not measured; at most 9 rounds.\n");
    free(text);
}

static void wide_terminals_show_both_ratios(void **state)
{
    (void)state;
    char *text = draw_run(NULL, 120, false, true);
    assert_non_null(text);
    assert_string_equal(
        text,
        "http_delay: How long do fifty slow requests take?\n"
        "                 wall        95%                     CPU    RSS   full  ratio to coro       by CPU   wall ratio  by wall\n"
        "requests:50 scale:0.1 cpus:all\n"
        "  coro         304 ms \u00b10.8%  [302 ms, 306 ms]    9.00 ms  4.00M      -      1 -             -                 1  -\n"
        "  pool:20      705 ms \u00b10.8%  [700 ms, 710 ms]    12.0 ms  4.00M      -  1.34x [1.34, 1.34]  slower        2.32x  slower\n"
        "  thread:64k   305 ms \u00b10.7%  [303 ms, 307 ms]    30.0 ms  4.00M      -  3.35x [3.28, 3.35]  slower        1.01x  same\n"
        "\n"
        "switch_pair: What does handing control to another task cost, and does it matter?\n"
        "              wall/op        95%                  CPU/op    RSS   full  ratio to coro       by wall   CPU ratio  by CPU\n"
        "via:yield cpus:1\n"
        "  coro        14.2 ns \u00b10.7%  [14.1 ns, 14.3 ns]  14.2 ns  4.00M      -      1 -             -                 1  -\n"
        "  pool:2      2.31 us \u00b10.7%  [2.29 us, 2.33 us]  2.31 us  4.00M      -   163x [163, 163]    slower         163x  slower\n"
        "  thread      4.89 us \u00b10.8%  [4.85 us, 4.93 us]  4.89 us  4.00M      -   346x [338, 346]    slower         346x  slower\n"
        "  seq         skipped: needs two tasks at a time, seq has one\n"
        "\n"
        "sleepers\n"
        "                 wall        95%                     CPU    RSS   full  ratio to coro       by CPU   wall ratio  by wall\n"
        "tasks:1000 cpus:1\n"
        "  coro         1.00 s \u00b10.3%  [1.00 s, 1.01 s]    2.00 ms  5.91M  6.08M      1 -             -                 1  -\n"
        "  thread       1.00 s \u00b10.3%  [1.00 s, 1.01 s]    92.0 ms  10.2M  29.8M  46.0x [46.0, 46.0]  slower        1.00x  same\n"
        "\n"
        "Cheapest first: by wall time, by CPU time per operation, or both alike\n"
        "http_delay requests:50 scale:0.1 cpus:all\n"
        "  wall           coro = thread:64k < pool:20\n"
        "  CPU            coro 5.56k/s < pool:20 4.17k/s < thread:64k 1.67k/s\n"
        "switch_pair via:yield cpus:1\n"
        "  both           coro 70.4M/s < pool:2 433k/s < thread 204k/s\n"
        "sleepers tasks:1000 cpus:1\n"
        "  wall           coro = thread\n"
        "  CPU            coro 500k/s < thread 10.9k/s\n"
        "a < b: a costs less; a = b: the same within 3%; a ~ b: the rounds do not decide; each sign is the\n"
        "verdict on its two neighbours alone. Figures are operations per second of CPU.\n"
        "\n"
        "Memory per parked task, which RSS shows in part only\n"
        "sleepers/cpus:1\n"
        "  coro        4.00K RSS, 4.13K full (with 1000 tasks)\n"
        "  thread      8.40K RSS, 28.4K full (with 1000 tasks)\n"
        "\n"
        "Geometric mean of the ratios to coro, and of how many workloads\n"
        "  thread cpus:1 CPU 126x [125, 126] of 2\n"
        "\n"
        "ratio to coro: paired by round, with its 95% interval; above 1x coro is better. same: all of the\n"
        "interval within 3%; unclear: the rounds do not decide.\n"
        "RSS: while all tasks are parked, else the peak; full: with page tables and kernel stacks, which RSS\n"
        "omits.\n"
        "coro runs all tasks on one thread: where cpus:all gives the others every CPU, it uses one.\n"
        "9 cells: 0 with failed trials, 1 skipped, 0 not measured; at most 9 rounds.\n");
    free(text);
}

/* Long names, every kind of trouble, and bytes that are no text. */
static void plan_trouble(struct synthetic *s)
{
    struct synthetic_cell cell = {
        .workload = "echo",
        .params = "conns:10000/bytes:64",
        .axis = "conns",
        .x = 10000,
        .question = "What-does-a-very-long-question-without-any-blank-do-to-a-"
                    "terminal-of-few-columns?",
    };
    synthetic_rounds(s, synthetic_plan(s, &cell), 9, 1e9, 9e8, 1000, 0);
    cell.runtime = "thread:a-stack-size-nobody-ever-typed-before";
    synthetic_rounds(s, synthetic_plan(s, &cell), 9, 1e12, 9e8, 1001, 4);
    cell.runtime = "pool:20";
    synthetic_failure(s, synthetic_plan(s, &cell), 1, "crashed",
                      "\033[2Jended by signal 11 (Segmentation fault) with "
                      "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
                      "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
                      "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9");
    cell.runtime = "seq";
    synthetic_plan(s, &cell);
    plan_http(s);
    plan_switch(s);
}

static int longest_line(const char *text)
{
    int longest = 0, at = 0;
    for (; *text; text++) {
        if (*text == '\n')
            at = 0;
        else if (((unsigned char)*text & 0xc0) != 0x80)
            at++;
        if (at > longest)
            longest = at;
    }
    return longest;
}

static void no_line_is_longer_than_the_terminal(void **state)
{
    (void)state;
    for (int columns = 24; columns <= 200; columns += 11) {
        char *text = draw_run(plan_trouble, columns, false, columns % 2);
        assert_non_null(text);
        assert_in_range(longest_line(text), 20, columns);
        free(text);
    }
}

static void troubles_stand_where_the_row_would(void **state)
{
    (void)state;
    char *text = draw_run(plan_trouble, 100, false, false);
    assert_non_null(text);
    assert_non_null(strstr(text, "1 trial crashed:"));
    assert_non_null(strstr(text, "unequal work: operations 1001"));
    assert_non_null(strstr(text, "not measured: the run ended before"));
    assert_non_null(strstr(text, "  refused\n"));
    assert_non_null(
        strstr(text, "\nrefused: the runtimes did not do the same"));
    assert_null(strchr(text, '\033'));
    free(text);
}

/* The text without escape sequences "ESC [ ... m". */
static void strip_colours(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (*text == '\033')
            text += strcspn(text, "m");
        else
            *to++ = *text;
    }
    *to = 0;
}

static void colours_change_no_text(void **state)
{
    (void)state;
    char *plain = draw_run(NULL, 80, false, true);
    char *colour = draw_run(NULL, 80, true, true);
    assert_non_null(plain);
    assert_non_null(colour);
    assert_non_null(strstr(colour, "\033[31mslower\033[0m"));
    assert_non_null(strstr(colour, "\033[32mcoro"));
    strip_colours(colour);
    assert_string_equal(plain, colour);
    free(plain);
    free(colour);
}

/* What is measured while the server has no CPU left says little of wall. */
static void plan_origin_bound(struct synthetic *s)
{
    static const char *const runtimes[] = { "coro", "thread" };
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "echo",
                                       .runtime = runtimes[i] };
        const char *name = synthetic_plan(s, &cell);
        for (int round = 1; round <= 9; round++)
            json_object_set_new(
                synthetic_trial(s, name, round, 1e9, 1e8 * (i + 1), 1000),
                "origin", json_pack("{s:f}", "cpu_share", 0.95));
    }
}

static void an_origin_bound_point_is_judged_by_cpu(void **state)
{
    (void)state;
    char *text = draw_run(plan_origin_bound, 120, false, false);
    assert_non_null(text);
    assert_non_null(strstr(text, "server-bound"));
    assert_non_null(strstr(text, "2.00x [2.00, 2.00]  slower"));
    assert_non_null(strstr(text, "  server"));
    free(text);
}

static void plan_winner(struct synthetic *s)
{
    static const char *const runtimes[] = { "coro", "thread" };
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell cell = { .workload = "cpu",
                                       .runtime = runtimes[i] };
        synthetic_rounds(s, synthetic_plan(s, &cell), 9, i ? 5e8 : 1e9, 1e9, 4,
                         i);
    }
}

static void threads_that_win_are_green(void **state)
{
    (void)state;
    char *text = draw_run(plan_winner, 80, true, false);
    assert_non_null(text);
    assert_non_null(strstr(text, "\033[32mthread"));
    assert_non_null(strstr(text, "\033[32mfaster"));
    assert_null(strstr(text, "\033[32mcoro"));
    free(text);
}

static void plan_few(struct synthetic *s)
{
    struct synthetic_cell cell = { .workload = "cpu" };
    synthetic_rounds(s, synthetic_plan(s, &cell), 3, 1e9, 1e9, 4, 0);
    cell.runtime = "thread";
    synthetic_rounds(s, synthetic_plan(s, &cell), 3, 2e9, 1e9, 4, 0);
}

static void three_rounds_give_no_verdict(void **state)
{
    (void)state;
    char *text = draw_run(plan_few, 80, false, false);
    assert_non_null(text);
    assert_non_null(strstr(text, "2.00x  unclear"));
    assert_non_null(strstr(text, "  unclear"));
    assert_non_null(strstr(text, "Fewer than six rounds"));
    free(text);
}

static void numbers_have_three_digits_and_a_unit(void **state)
{
    (void)state;
    char text[HUMAN];
    assert_string_equal(human_time(text, 0.25), "0.250 ns");
    assert_string_equal(human_time(text, 14.24), "14.2 ns");
    assert_string_equal(human_time(text, 999.4), "999 ns");
    assert_string_equal(human_time(text, 999.6), "1.00 us");
    assert_string_equal(human_time(text, 3.04e9), "3.04 s");
    assert_string_equal(human_time(text, 36e11), "3600 s");
    assert_string_equal(human_time(text, NAN), "-");
    assert_string_equal(human_bytes(text, 512), "512B");
    assert_string_equal(human_bytes(text, 1023), "0.999K");
    assert_string_equal(human_bytes(text, 4224), "4.12K");
    assert_string_equal(human_bytes(text, 4.8e9), "4.47G");
    assert_string_equal(human_ratio(text, 1), "1.00x");
    assert_string_equal(human_ratio(text, 0.996), "1.00x");
    assert_string_equal(human_ratio(text, 0.64), "0.64x");
    assert_string_equal(human_ratio(text, 0.0123), "0.0123x");
    assert_string_equal(human_ratio(text, 1234.5), "1234x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_columns_keep_time_ratio_and_verdict),
        cmocka_unit_test(eighty_columns_show_all_that_one_ratio_needs),
        cmocka_unit_test(wide_terminals_show_both_ratios),
        cmocka_unit_test(no_line_is_longer_than_the_terminal),
        cmocka_unit_test(troubles_stand_where_the_row_would),
        cmocka_unit_test(colours_change_no_text),
        cmocka_unit_test(an_origin_bound_point_is_judged_by_cpu),
        cmocka_unit_test(threads_that_win_are_green),
        cmocka_unit_test(three_rounds_give_no_verdict),
        cmocka_unit_test(numbers_have_three_digits_and_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
