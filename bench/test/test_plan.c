/* SPDX-License-Identifier: MIT */
/* Cells, their names, and their order. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "order.h"
#include "plan.h"

static const char programs[] =
    "[{'path': '/bin/trial-coro', 'runtime': {'name': 'coro',"
    "  'options': 'stack,doze', 'stack_bytes': 65536, 'reference': false},"
    "  'workloads': ["
    "   {'name': 'echo', 'question': 'q', 'op': 'round trip', 'axis': 'conns',"
    "    'calibrated': 'rounds', 'origin': true, 'waits': false, 'params': ["
    "     {'name': 'conns', 'kind': 'int', 'value': 100, 'low': 1,"
    "      'high': 20000},"
    "     {'name': 'scale', 'kind': 'real', 'value': 0.5, 'low': 0.001,"
    "      'high': 10.0},"
    "     {'name': 'rounds', 'kind': 'int', 'value': 10000, 'low': 2,"
    "      'high': 1000000}],"
    "    'cells': ["
    "     {'runtimes': 'coro,pool:20,callback', 'quick': 'conns=1',"
    "      'default': 'conns=1,100 cpus=1,all | conns=1000', 'full': ''},"
    "     {'runtimes': 'thread:64k,pool:50', 'default': 'conns=7'},"
    "     {'runtimes': 'absent', 'default': 'conns=9'}]},"
    "   {'name': 'switch', 'question': 'q', 'op': 'switch', 'params': ["
    "     {'name': 'via', 'kind': 'choice', 'value': 'yield',"
    "      'choices': ['yield', 'chan', 'pipe']}],"
    "    'waits': true,"
    "    'cells': [{'runtimes': 'coro', 'default': 'via=yield,pipe'},"
    "              {'runtimes': 'thread', 'full': ''}]}]},"
    " {'path': '/bin/trial-pool', 'runtime': {'name': 'pool',"
    "  'options': 'workers,stack', 'workers': 20}, 'workloads': ["
    "   {'name': 'echo', 'params': [], 'cells': []},"
    "   {'name': 'switch', 'params': [], 'cells': []}]},"
    " {'path': '/bin/trial-thread', 'runtime': {'name': 'thread',"
    "  'options': 'stack'}, 'workloads': ["
    "   {'name': 'echo', 'params': [], 'cells': []},"
    "   {'name': 'switch', 'params': [], 'cells': []}]},"
    " {'path': '/bin/trial-callback', 'runtime': {'name': 'callback',"
    "  'options': '', 'reference': true}, 'workloads': ["
    "   {'name': 'echo', 'params': [], 'cells': []}]}]";

struct fixture {
    struct catalog catalog;
    struct options options;
    struct plan plan;
    char message[512];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    char *text = strdup(programs);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    f->catalog.programs = json_loads(text, 0, NULL);
    free(text);
    *state = f;
    return f->catalog.programs ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    plan_fini(&f->plan);
    options_fini(&f->options);
    json_decref(f->catalog.programs);
    free(f);
    return 0;
}

/* Plans what the blank-separated arguments say. */
static int plan(struct fixture *f, const char *arguments)
{
    char text[256], *argv[16] = { (char[]){ "run" } };
    int argc = 1;
    plan_fini(&f->plan);
    options_fini(&f->options);
    snprintf(text, sizeof text, "%s", arguments);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    assert_int_equal(options_parse(&f->options, argc, argv), 0);
    return plan_make(&f->plan, &f->catalog, &f->options, f->message,
                     sizeof f->message);
}

static bool has(const struct fixture *f, const char *name)
{
    for (size_t i = 0; i < f->plan.count; i++)
        if (strcmp(f->plan.cells[i].name, name) == 0)
            return true;
    return false;
}

static void the_plan_is_the_product_of_the_rows(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, ""), 0);
    /* coro, pool:20, callback: 4 + 1; thread:64k, pool:50: 1; switch: 2 */
    assert_int_equal(f->plan.count, 3 * 5 + 2 + 2);
    assert_true(has(f, "echo/conns:100/scale:0.5/cpus:all/runtime:coro"));
    assert_true(has(f, "echo/conns:1000/scale:0.5/cpus:1/runtime:coro"));
    assert_true(
        has(f, "echo/conns:1/scale:0.5/cpus:1/runtime:pool/workers:20"));
    assert_true(
        has(f, "echo/conns:7/scale:0.5/cpus:1/runtime:thread/stack:64k"));
    assert_true(has(f, "echo/conns:1/scale:0.5/cpus:1/runtime:callback"));
    assert_true(has(f, "switch/via:pipe/cpus:1/runtime:coro"));
}

static void a_cell_describes_itself(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--workload echo --runtime pool:20"), 0);
    const struct plan_cell *cell = &f->plan.cells[0];
    json_t *expected = json_loads(
        "{\"name\": \"echo/conns:1/scale:0.5/cpus:1/runtime:pool/workers:20\","
        "\"workload\": \"echo\", \"point\": \"echo/conns:1/scale:0.5/cpus:1\","
        "\"group\": \"echo/scale:0.5/cpus:1\", \"axis\": \"conns\", \"x\": 1,"
        "\"params\": {\"conns\": 1, \"scale\": 0.5}, \"cpus\": \"1\","
        "\"runtime\": \"pool:20\", \"op\": \"round trip\","
        "\"question\": \"q\", \"calibrated\": \"rounds\"}",
        0, NULL);
    assert_non_null(expected);
    assert_true(json_equal(cell->json, expected));
    json_decref(expected);
    assert_string_equal(cell->program, "/bin/trial-pool");
    assert_string_equal(cell->calibrated, "rounds");
    assert_int_equal(cell->low, 2);
    assert_int_equal(cell->high, 1000000);
    assert_true(cell->origin);
    static const char *const arguments[] = { "conns=1", "scale=0.5", "cpus=1",
                                             "workers=20" };
    assert_int_equal(json_array_size(cell->arguments), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(json_string_value(
                                json_array_get(cell->arguments, i)),
                            arguments[i]);
}

static void flags_stand_where_they_apply(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--workload echo --runtime callback"), 0);
    assert_true(
        json_is_true(json_object_get(f->plan.cells[0].json, "reference")));
    assert_int_equal(plan(f, "--workload switch"), 0);
    assert_true(json_is_true(json_object_get(f->plan.cells[0].json, "waits")));
    assert_null(json_object_get(f->plan.cells[0].json, "reference"));
    assert_null(f->plan.cells[0].calibrated);
    assert_false(f->plan.cells[0].origin);
}

static void a_count_that_is_given_is_not_calibrated(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--workload echo --runtime coro --profile quick "
                             "--param rounds=1e3,20"),
                     0);
    assert_int_equal(f->plan.count, 2);
    assert_string_equal(
        f->plan.cells[0].name,
        "echo/conns:1/scale:0.5/rounds:1000/cpus:1/runtime:coro");
    assert_null(f->plan.cells[0].calibrated);
    assert_null(json_object_get(f->plan.cells[0].json, "calibrated"));
}

static void params_replace_the_sweep_and_duplicates_fall_away(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        plan(f, "--workload echo --runtime coro --param conns=5 --cpus 1,all"),
        0);
    assert_int_equal(f->plan.count, 2);
    assert_true(has(f, "echo/conns:5/scale:0.5/cpus:1/runtime:coro"));
    assert_true(has(f, "echo/conns:5/scale:0.5/cpus:all/runtime:coro"));
}

static void a_runtime_that_is_not_listed_takes_the_next_best_row(void **state)
{
    struct fixture *f = *state;
    /* listed exactly: the second row alone */
    assert_int_equal(plan(f, "--workload echo --runtime pool:50"), 0);
    assert_int_equal(f->plan.count, 1);
    assert_true(
        has(f, "echo/conns:7/scale:0.5/cpus:1/runtime:pool/workers:50"));
    /* another size: the first row with a pool */
    assert_int_equal(plan(f, "--workload echo --runtime pool:3"), 0);
    /* the same runtime, in the second row */
    assert_int_equal(plan(f, "--workload echo --runtime thread"), 0);
    assert_int_equal(f->plan.count, 1);
    /* a runtime in no row: the first */
    assert_int_equal(plan(f, "--workload switch --runtime pool"), 0);
    assert_int_equal(f->plan.count, 2);
    assert_true(has(f, "switch/via:yield/cpus:1/runtime:pool/workers:20"));
}

static void a_workload_with_nothing_in_the_profile_is_left_out(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--profile quick"), 0);
    assert_int_equal(f->plan.count, 3);
    /* unless it was asked for */
    assert_int_equal(plan(f, "--profile quick --workload switch"), 0);
    assert_int_equal(f->plan.count, 2);
}

static void an_empty_sweep_means_the_defaults(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--profile full --workload switch"), 0);
    assert_int_equal(f->plan.count, 1);
    assert_true(has(f, "switch/via:yield/cpus:1/runtime:thread"));
}

static void what_does_not_exist_is_an_error_in_one_line(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *arguments, *message;
    } cases[] = {
        { "--workload ecko", "unknown workload 'ecko'; did you mean 'echo'?" },
        { "--workload zzzzzz",
          "unknown workload 'zzzzzz'; valid: echo, switch" },
        { "--runtime croo", "unknown runtime 'croo'; did you mean 'coro'?" },
        { "--runtime pool:0",
          "runtime 'pool:0': give a number of workers from 1 to 100000, as in "
          "pool:20" },
        { "--runtime coro:64",
          "runtime 'coro:64': give a stack size in KiB or MiB, as in "
          "coro:64k, or `tuned` (64k, one malloc arena)" },
        { "--runtime callback:1",
          "runtime 'callback:1': callback takes no argument" },
        { "--param con=1", "unknown parameter 'con'; did you mean 'conns'?" },
        { "--workload switch --param conns=1",
          "'conns' means nothing to the workloads that were named, as it does "
          "to echo" },
        { "--workload switch --param conjs=1",
          "unknown parameter 'conjs'; valid: via" },
        { "--param conns=0", "conns=0: valid are 1 to 20000" },
        { "--param conns=1.5", "conns=1.5: not a whole number" },
        { "--param conns=0x", "conns=0x: not a whole number" },
        { "--param scale=nan", "scale=nan: not a number" },
        { "--param via=pip", "via=pip: no such choice; did you mean 'pipe'?" },
        { "--cpus 3", "cpus=3: valid are 1 (pinned to one) and all" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(plan(f, cases[i].arguments), -EINVAL);
        assert_string_equal(f->message, cases[i].message);
        assert_int_equal(f->plan.count, 0);
    }
    assert_int_equal(plan(f, "--workload switch --runtime callback"), -ENODATA);
}

static void tuned_threads_have_small_stacks_and_one_arena(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--workload echo --runtime thread:tuned"), 0);
    const struct plan_cell *cell = &f->plan.cells[0];
    assert_string_equal(cell->name, "echo/conns:7/scale:0.5/cpus:1/"
                                    "runtime:thread/stack:64k/arenas:1");
    assert_string_equal(cell->env, "MALLOC_ARENA_MAX=1");
    size_t n = json_array_size(cell->arguments);
    assert_string_equal(json_string_value(
                            json_array_get(cell->arguments, n - 1)),
                        "stack_kib=64");
}

static void set_info(json_t *program, const char *key, json_t *value)
{
    json_object_set_new(json_object_get(program, "runtime"), key, value);
}

/* Gives a workload more parameters; ' stands for ". */
static void add_params(struct fixture *f, const char *workload,
                       const char *params)
{
    char text[512];
    snprintf(text, sizeof text, "%s", params);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_t *list = json_loads(text, 0, NULL);
    json_t *has =
        json_object_get(catalog_workload(&f->catalog, workload), "params");
    assert_int_equal(json_array_extend(has, list), 0);
    json_decref(list);
}

static void references_are_spared_what_they_do_not_know(void **state)
{
    struct fixture *f = *state;
    static const char open[] = "--profile quick --workload echo "
                               "--param schedule=poisson --param rate=5";
    static const char other[] = "--profile quick --workload echo "
                                "--connect there:7";
    const char *asked[] = { open, other };
    add_params(f, "echo",
               "[{'name': 'schedule', 'kind': 'choice', 'value': 'closed',"
               "  'choices': ['closed', 'poisson']},"
               " {'name': 'rate', 'kind': 'int', 'value': 0, 'low': 0,"
               "  'high': 9},"
               " {'name': 'connect', 'kind': 'address', 'value': ''}]");
    assert_int_equal(plan(f, "--profile quick --workload echo"), 0);
    size_t all = f->plan.count;
    for (int i = 0; i < 2; i++) {
        char text[256];
        assert_int_equal(plan(f, asked[i]), 0);
        assert_int_equal(f->plan.count, all - 1);
        snprintf(text, sizeof text, "%s --runtime callback", asked[i]);
        assert_int_equal(plan(f, text), 0);
        assert_int_equal(f->plan.count, 1);
    }
}

/* What a server is given for is asked for by that. */
static void a_server_names_the_workloads_it_is_for(void **state)
{
    struct fixture *f = *state;
    add_params(f, "switch",
               "[{'name': 'connect', 'kind': 'address', 'value': ''}]");
    assert_int_equal(plan(f, "--profile quick --connect there:7"), 0);
    assert_int_equal(f->plan.count, 2);
    assert_string_equal(f->plan.cells[0].workload, "switch");
}

static void an_open_loop_has_a_rate_and_a_closed_one_none(void **state)
{
    struct fixture *f = *state;
    add_params(f, "echo",
               "[{'name': 'schedule', 'kind': 'choice', 'value': 'closed',"
               "  'choices': ['closed', 'poisson']},"
               " {'name': 'rate', 'kind': 'int', 'value': 0, 'low': 0,"
               "  'high': 9}]");
    assert_int_equal(plan(f, "--workload echo"), 0);
    assert_int_equal(
        plan(f, "--workload echo --param schedule=poisson --param rate=5"), 0);
    assert_int_equal(plan(f, "--workload echo --param schedule=poisson"),
                     -EINVAL);
    assert_non_null(strstr(f->message, "schedule=poisson needs a rate"));
    assert_int_equal(plan(f, "--workload echo --param rate=5"), -EINVAL);
    assert_non_null(strstr(f->message, "schedule=closed is none"));
}

static void tasks_that_doze_are_asked_for_by_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(plan(f, "--workload echo --runtime coro:doze"), 0);
    const struct plan_cell *cell = &f->plan.cells[0];
    assert_non_null(strstr(cell->name, "/runtime:coro/doze:100ms"));
    size_t n = json_array_size(cell->arguments);
    assert_string_equal(json_string_value(
                            json_array_get(cell->arguments, n - 1)),
                        "doze_ms=100");
    assert_int_equal(plan(f, "--workload echo --runtime thread:doze"), -EINVAL);
}

/* As threads beside the loop; a pool has its own, and so has a runtime whose
 * tasks are threads; a sequential one, which callback plays, has none. */
static void a_loop_offloads_to_as_many_as_the_pool_has(void **state)
{
    struct fixture *f = *state;
    size_t i, k;
    json_t *program, *workload;
    json_array_foreach(f->catalog.programs, i, program)
        json_array_foreach(json_object_get(program, "workloads"), k, workload)
            json_object_set_new(workload, "offloads", json_true());
    set_info(catalog_program(&f->catalog, "thread"), "guard",
             json_string("kernel"));
    set_info(catalog_program(&f->catalog, "callback"), "concurrency",
             json_integer(1));
    assert_int_equal(plan(f, "--workload echo "
                             "--runtime coro,thread,callback,pool:7,pool:9"),
                     0);
    for (i = 0; i < f->plan.count; i++) {
        const struct plan_cell *cell = &f->plan.cells[i];
        bool loop = strcmp(catalog_text(cell->json, "runtime"), "coro") == 0;
        unsigned wanted = loop ? 7 : 0;
        assert_int_equal(cell->offload_threads, wanted);
        assert_int_equal(json_integer_value(
                             json_object_get(cell->json, "offload_threads")),
                         wanted);
    }
    assert_int_equal(plan(f, "--workload echo --runtime coro"), 0);
    assert_int_equal(f->plan.cells[0].offload_threads, 0);
}

static void a_broken_sweep_is_the_workloads_error(void **state)
{
    struct fixture *f = *state;
    static const char *const sweeps[] = {
        "conns", "conns=", "=1", "conns=1,", "conns=1 conns=2", "nonsense=1"
    };
    json_t *rows =
        json_object_get(catalog_workload(&f->catalog, "echo"), "cells");
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++) {
        json_object_set_new(json_array_get(rows, 0), "default",
                            json_string(sweeps[i]));
        assert_int_equal(plan(f, ""), -EPROTO);
        assert_non_null(strstr(f->message, "workload echo"));
    }
}

static void the_order_follows_from_the_seed_alone(void **state)
{
    (void)state;
    enum {
        N = 100
    };
    size_t a[N], b[N], c[N], d[N];
    order_shuffle(a, N, 1, 1);
    order_shuffle(b, N, 1, 1);
    order_shuffle(c, N, 2, 1);
    order_shuffle(d, N, 1, 2);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    assert_memory_not_equal(a, d, sizeof a);
    unsigned char seen[N] = { 0 };
    for (size_t i = 0; i < N; i++) {
        assert_true(a[i] < N);
        seen[a[i]]++;
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
}

static void every_order_is_as_likely(void **state)
{
    (void)state;
    enum {
        ROUNDS = 6000
    };
    int count[6] = { 0 };
    for (unsigned r = 0; r < ROUNDS; r++) {
        size_t o[3];
        order_shuffle(o, 3, 7, r);
        count[o[0] * 2 + (o[1] > o[2])]++;
    }
    /* 1000 expected, standard deviation 29: the seed is fixed. */
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 850, 1150);
    assert_int_equal(order_draw(5, 3, 1, 4096), order_draw(5, 3, 1, 4096));
    for (uint64_t i = 0; i < 100; i++)
        assert_true(order_draw(5, 3, i, 10) < 10);
}

static void two_sides_take_turns_in_balanced_blocks(void **state)
{
    (void)state;
    enum {
        BLOCKS = 2000
    };
    unsigned swapped = 0, alike = 0;
    for (unsigned b = 0; b < BLOCKS; b++) {
        bool first = order_swapped(3, 2 * b, 5);
        assert_int_equal(order_swapped(3, 2 * b + 1, 5), !first);
        swapped += first;
        alike += first == order_swapped(3, 2 * b, 6);
    }
    /* 1000 expected, standard deviation 22: the seed is fixed. */
    assert_in_range(swapped, 900, 1100);
    assert_in_range(alike, 900, 1100);
}

/* It takes as long as its schedule. */
static void an_open_loop_is_said_to_wait(void **state)
{
    struct fixture *f = *state;
    json_t *workloads =
        json_object_get(json_array_get(f->catalog.programs, 0), "workloads");
    json_t *params = json_object_get(json_array_get(workloads, 0), "params");
    json_array_append_new(params,
                          json_pack("{s:s, s:s, s:s, s:[s,s]}", "name",
                                    "schedule", "kind", "choice", "value",
                                    "closed", "choices", "closed", "fixed"));
    assert_int_equal(plan(f, "--workload echo --runtime coro --param conns=1 "
                             "--param schedule=closed,fixed --param cpus=1"),
                     0);
    assert_int_equal(f->plan.count, 2);
    assert_null(json_object_get(f->plan.cells[0].json, "waits"));
    assert_true(json_is_true(json_object_get(f->plan.cells[1].json, "waits")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_plan_is_the_product_of_the_rows),
        TEST(a_cell_describes_itself),
        TEST(flags_stand_where_they_apply),
        TEST(a_count_that_is_given_is_not_calibrated),
        TEST(params_replace_the_sweep_and_duplicates_fall_away),
        TEST(a_runtime_that_is_not_listed_takes_the_next_best_row),
        TEST(a_workload_with_nothing_in_the_profile_is_left_out),
        TEST(an_empty_sweep_means_the_defaults),
        TEST(what_does_not_exist_is_an_error_in_one_line),
        TEST(tuned_threads_have_small_stacks_and_one_arena),
        TEST(references_are_spared_what_they_do_not_know),
        TEST(a_server_names_the_workloads_it_is_for),
        TEST(an_open_loop_has_a_rate_and_a_closed_one_none),
        TEST(tasks_that_doze_are_asked_for_by_name),
        TEST(a_loop_offloads_to_as_many_as_the_pool_has),
        TEST(a_broken_sweep_is_the_workloads_error),
        TEST(an_open_loop_is_said_to_wait),
        cmocka_unit_test(the_order_follows_from_the_seed_alone),
        cmocka_unit_test(every_order_is_as_likely),
        cmocka_unit_test(two_sides_take_turns_in_balanced_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
