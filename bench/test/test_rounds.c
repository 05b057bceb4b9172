/* SPDX-License-Identifier: MIT */
/*
 * Which trials a run makes, in which order, and when it ends.
 */
#include "fakes.h"

#include <stdio.h>
#include <string.h>

static void a_run_measures_every_cell_in_every_round(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(
        fakes_run(f, "run --profile quick --workload good,counted"), 0);
    struct trials t = fakes_read("results/local/latest");
    assert_int_equal(json_array_size(t.cells), 4);
    assert_int_equal(fakes_count(&t, "good", "warmup", "ok"), 3);
    assert_int_equal(fakes_count(&t, "good", "measure", "ok"), 9);
    assert_int_equal(fakes_count(&t, "counted", "warmup", "ok"), 1);
    assert_int_equal(fakes_count(&t, "counted", "measure", "ok"), 3);
    assert_string_equal(fakes_text(t.end, "reason"), "complete");
    size_t i;
    json_t *line;
    json_array_foreach(t.trials, i, line)
    {
        /* 1 us each: the target of 50 ms is 50 000, within a factor. */
        json_int_t rounds = json_integer_value(json_object_get(
            json_object_get(json_object_get(line, "record"), "params"),
            "rounds"));
        if (strcmp(fakes_text(line, "phase"), "measure") == 0 &&
            strncmp(fakes_text(line, "cell"), "counted", 7) == 0)
            assert_in_range(rounds, 25000, 80000);
    }
    trials_fini(&t);
    json_t *env = json_load_file("results/local/latest/env.json", 0, NULL);
    assert_true(json_integer_value(json_object_get(env, "num_cpus")) > 0);
    json_decref(env);
    assert_true(fakes_exist("results/local/latest/results.json"));
}

static void the_same_seed_gives_the_same_order(void **state)
{
    struct fakes *f = *state;
    static const char *const dirs[] = { "a", "b", "c" };
    char arguments[128];
    json_t *orders[3];
    for (int i = 0; i < 3; i++) {
        snprintf(arguments, sizeof arguments,
                 "run --profile quick --workload good --repetitions 5 --seed "
                 "%d --out %s",
                 i == 2 ? 8 : 7, dirs[i]);
        assert_int_equal(fakes_run(f, arguments), 0);
        struct trials t = fakes_read(dirs[i]);
        size_t k;
        json_t *line;
        orders[i] = json_array();
        json_array_foreach(t.trials, k, line)
        {
            json_array_append(orders[i], json_object_get(line, "cell"));
        }
        trials_fini(&t);
    }
    assert_true(json_equal(orders[0], orders[1]));
    assert_false(json_equal(orders[0], orders[2]));
    for (int i = 0; i < 3; i++)
        json_decref(orders[i]);
}

static void few_descriptors_are_enough(void **state)
{
    struct fakes *f = *state;
    struct fakes_child child =
        fakes_start(f, "run --profile quick --workload good,counted",
                    RLIMIT_NOFILE, 64);
    assert_int_equal(fakes_finish(f, child), 0);
}

static void a_run_stops_when_its_budget_is_used_up(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --profile quick --workload good "
                                  "--repetitions 10000 --budget 1 --out r"),
                     0);
    struct trials t = fakes_read("r");
    assert_string_equal(fakes_text(t.end, "reason"), "budget");
    assert_true(fakes_count(&t, "good", "measure", "ok") < 30000);
    trials_fini(&t);
}

static bool has_converged(const char *dir, const char *cell)
{
    char path[64];
    snprintf(path, sizeof path, "%s/results.json", dir);
    json_t *root = json_load_file(path, 0, NULL), *entry;
    const json_t *found = NULL;
    size_t i;
    json_array_foreach(json_object_get(root, "precision"), i, entry)
    {
        if (strcmp(fakes_text(entry, "name"), cell) == 0)
            found = json_object_get(entry, "converged");
    }
    assert_true(json_is_boolean(found));
    bool yes = json_is_true(found);
    json_decref(root);
    return yes;
}

/* Times that never vary need six rounds for an interval; those that jump
 * between one and two units never have a narrow one. */
static void what_is_not_precise_gets_more_rounds(void **state)
{
    struct fakes *f = *state;
    assert_int_equal(fakes_run(f, "run --profile quick --workload good,noisy "
                                  "--param n=1 --precision 2% --out r"),
                     0);
    struct trials t = fakes_read("r");
    assert_string_equal(fakes_text(t.end, "reason"), "complete");
    assert_true(json_real_value(json_object_get(t.run, "precision")) == 0.02);
    assert_int_equal(fakes_count(&t, "good", "measure", "ok"), 6);
    assert_int_equal(fakes_count(&t, "noisy", "measure", "ok"), 100);
    trials_fini(&t);
    assert_non_null(strstr(f->output, "noisy/cpus:1/runtime:fake: within 33% "
                                      "after 100 rounds"));
    assert_non_null(strstr(f->output, "1 cell is not within 2%"));
    assert_true(has_converged("r", "good/n:1/cpus:1/runtime:fake"));
    assert_false(has_converged("r", "noisy/cpus:1/runtime:fake"));
    json_t *env = json_load_file("r/env.json", 0, NULL);
    assert_true(json_real_value(json_object_get(env, "precision")) == 0.02);
    json_decref(env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKES(a_run_measures_every_cell_in_every_round),
        FAKES(the_same_seed_gives_the_same_order),
        FAKES(few_descriptors_are_enough),
        FAKES(a_run_stops_when_its_budget_is_used_up),
        FAKES(what_is_not_precise_gets_more_rounds),
    };
    return cmocka_run_group_tests(tests, fakes_find, NULL);
}
