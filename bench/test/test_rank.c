/* SPDX-License-Identifier: MIT */
/* Who comes after whom, by wall time and by CPU time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rank.h"
#include "synthetic.h"

static struct synthetic s;
static struct analysis analysis;

static int set_up(void **state)
{
    (void)state;
    synthetic_init(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    analysis_fini(&analysis);
    synthetic_fini(&s);
    return 0;
}

/* Nine rounds of 1000 operations, of so many ns wall and CPU each. */
static const char *add(const char *cpus, const char *runtime, double wall,
                       double cpu)
{
    struct synthetic_cell cell = { .workload = "ring",
                                   .params = "tasks:4",
                                   .cpus = cpus,
                                   .runtime = runtime,
                                   .calibrated = true };
    const char *name = synthetic_plan(&s, &cell);
    synthetic_rounds(&s, name, 9, 1000 * wall, 1000 * cpu, 1000, 0);
    return name;
}

static void analyse(void)
{
    char message[256];
    synthetic_write(&s);
    assert_int_equal(analysis_init(&analysis, s.dir, message, sizeof message),
                     0);
}

/* The order at the point of the first cell, which is coro's. */
static const char *order(int which, bool figures)
{
    static char text[512];
    struct ranking ranking;
    assert_int_equal(rank_make(&ranking, &analysis.compared,
                               &analysis.summary.cells[0], which),
                     0);
    rank_text(text, sizeof text, &analysis, &ranking, figures);
    rank_fini(&ranking);
    return text;
}

static char *print(int columns)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    rank_print(file, &analysis, columns);
    fclose(file);
    return text;
}

static void wall_and_cpu_time_have_orders_of_their_own(void **state)
{
    (void)state;
    add("1", "coro", 200, 100);
    add("1", "thread", 100, 400);
    add("1", "pool:2", 300, 200);
    analyse();
    assert_string_equal(order(COMPARE_WALL, false), "thread < coro < pool:2");
    assert_string_equal(order(COMPARE_CPU, false), "coro < pool:2 < thread");
    assert_string_equal(order(COMPARE_CPU, true),
                        "coro 10.0M/s < pool:2 5.00M/s < thread 2.50M/s");
}

static void within_three_percent_is_the_same_and_shares_a_rank(void **state)
{
    (void)state;
    add("1", "coro", 100, 100);
    add("1", "thread", 102, 102);
    add("1", "pool:2", 150, 150);
    analyse();
    assert_string_equal(order(COMPARE_WALL, false), "coro = thread < pool:2");
    struct ranking r;
    assert_int_equal(rank_make(&r, &analysis.compared,
                               &analysis.summary.cells[0], COMPARE_CPU),
                     0);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.cells[0].rank, 1);
    assert_int_equal(r.cells[1].rank, 1);
    assert_int_equal(r.cells[2].rank, 3);
    rank_fini(&r);
}

static void what_the_rounds_do_not_decide_is_not_decided(void **state)
{
    (void)state;
    struct synthetic_cell cell = { .workload = "ring",
                                   .params = "tasks:4",
                                   .runtime = "thread",
                                   .calibrated = true };
    add("1", "coro", 100, 100);
    const char *name = synthetic_plan(&s, &cell);
    for (int round = 1; round <= 9; round++) {
        double each = round % 2 ? 110e3 : 90e3;
        synthetic_trial(&s, name, round, each, each, 1000);
    }
    analyse();
    assert_string_equal(order(COMPARE_WALL, false), "coro ~ thread");
}

static void other_work_is_not_ranked(void **state)
{
    (void)state;
    add("1", "coro", 100, 100);
    add("1", "pool:2", 200, 200);
    const char *name = add("1", "thread", 50, 50);
    size_t i;
    json_t *line;
    json_array_foreach(s.trials, i, line)
    {
        const char *cell = json_string_value(json_object_get(line, "cell"));
        if (strcmp(cell, name) == 0)
            json_object_set_new(json_object_get(line, "record"), "bytes",
                                json_integer(1));
    }
    analyse();
    assert_string_equal(order(COMPARE_WALL, false), "coro < pool:2");
}

static void a_runtime_alone_has_no_order(void **state)
{
    (void)state;
    add("1", "coro", 100, 100);
    analyse();
    assert_false(rank_any(&analysis.compared));
    assert_string_equal(order(COMPARE_WALL, false), "");
    char *text = print(80);
    assert_string_equal(text, "");
    free(text);
}

static void where_the_server_was_the_limit_wall_time_ranks_nobody(void **state)
{
    (void)state;
    add("1", "coro", 100, 100);
    add("1", "thread", 200, 200);
    size_t i;
    json_t *line;
    json_array_foreach(s.trials, i, line)
    {
        json_object_set_new(json_object_get(line, "record"), "origin",
                            json_pack("{s:f}", "cpu_share", 0.97));
    }
    analyse();
    assert_string_equal(order(COMPARE_WALL, false), "");
    assert_string_equal(order(COMPARE_CPU, false), "coro < thread");
    char *text = print(80);
    assert_string_equal(text, "ring tasks:4 cpus:1\n"
                              "  CPU            coro 10.0M/s < thread "
                              "5.00M/s\n");
    free(text);
}

static void both_cpu_views_stand_together_where_they_differ(void **state)
{
    (void)state;
    add("all", "coro", 200, 100);
    add("all", "thread", 100, 200);
    add("1", "coro", 100, 100);
    add("1", "thread", 200, 200);
    analyse();
    char *text = print(80);
    assert_string_equal(text,
                        "ring tasks:4 cpus:1 and cpus:all\n"
                        "  cpus:1 both    coro 10.0M/s < thread 5.00M/s\n"
                        "  cpus:all wall  thread < coro\n"
                        "  cpus:all CPU   coro 10.0M/s < thread 5.00M/s\n");
    free(text);
}

static void a_cpu_view_that_is_alike_takes_no_line(void **state)
{
    (void)state;
    add("1", "coro", 100, 100);
    add("1", "thread", 200, 200);
    add("all", "coro", 90, 100);
    add("all", "thread", 150, 200);
    analyse();
    char *text = print(80);
    assert_string_equal(text,
                        "ring tasks:4 cpus:1, and the same under cpus:all\n"
                        "  both           coro 10.0M/s < thread 5.00M/s\n");
    free(text);
}

static void lines_fit_the_terminal(void **state)
{
    (void)state;
    static const char *const runtimes[] = { "coro",   "thread",  "thread:64k",
                                            "pool:2", "pool:20", "pool:200" };
    for (int i = 0; i < 6; i++)
        add("1", runtimes[i], 100 + 50 * i, 100 + 50 * i);
    analyse();
    char *text = print(60), *state_of;
    for (char *line = strtok_r(text, "\n", &state_of); line;
         line = strtok_r(NULL, "\n", &state_of))
        assert_true(strlen(line) <= 60);
    free(text);
}

static void the_files_have_the_ranks(void **state)
{
    (void)state;
    add("1", "coro", 200, 100);
    add("1", "thread", 100, 200);
    analyse();
    assert_int_equal(synthetic_results(s.dir), 0);
    char *csv = synthetic_read(&s, "summary.csv");
    assert_non_null(strstr(csv, "runtime:coro,ring,ring/tasks:4/cpus:1,-,-,1,"
                                "coro,wall_rank,count,2,-,-,-,-,9,-\n"));
    assert_non_null(strstr(csv, "coro,cpu_rank,count,1,-,-,-,-,9,-\n"));
    assert_non_null(strstr(csv, "coro,ops_per_cpu_s,1/s,10000000,"));
    free(csv);
    char *report = synthetic_read(&s, "report.html");
    assert_non_null(strstr(report, "coro 10.0M/s &lt; thread 5.00M/s"));
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(wall_and_cpu_time_have_orders_of_their_own),
        TEST(within_three_percent_is_the_same_and_shares_a_rank),
        TEST(what_the_rounds_do_not_decide_is_not_decided),
        TEST(other_work_is_not_ranked),
        TEST(a_runtime_alone_has_no_order),
        TEST(where_the_server_was_the_limit_wall_time_ranks_nobody),
        TEST(both_cpu_views_stand_together_where_they_differ),
        TEST(a_cpu_view_that_is_alike_takes_no_line),
        TEST(lines_fit_the_terminal),
        TEST(the_files_have_the_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
