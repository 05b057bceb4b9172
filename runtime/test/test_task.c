/* SPDX-License-Identifier: MIT */

/* Tasks: spawn, join, gather, detach, yield. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

static int return_it(void *arg)
{
    return *(int *)arg;
}

static int count_up(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
    return 0;
}

static int join_statuses(void *arg)
{
    int statuses[] = { 0, 1, 42, INT32_MAX, -1, -ENOENT, -ETIMEDOUT };

    (void)arg;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct rt_task *task;
        int status = 1234;

        if (!CHECK_INT(rt_spawn(&task, return_it, &statuses[i]), 0))
            continue;
        CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
        CHECK_INT(status, statuses[i]);
    }
    return 0;
}

static void join_returns_the_task_status(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, join_statuses, NULL), 0);
}

static int join_without_status(void *arg)
{
    struct rt_task *task;

    if (CHECK_INT(rt_spawn(&task, count_up, arg), 0))
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    return 0;
}

static void join_works_without_a_place_for_the_status(void **state)
{
    atomic_int counter = 0;

    (void)state;
    assert_int_equal(test_run(0, join_without_status, &counter), 0);
    assert_int_equal(counter, 1);
}

static int wait_for_event(void *arg)
{
    CHECK_INT(rt_event_wait(arg, test_late()), 0);
    return 5;
}

static int join_too_early(void *arg)
{
    struct rt_event *event;
    struct rt_task *task;
    int status = 1234;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&task, wait_for_event, event), 0);
    CHECK_INT(rt_join(task, &status, 0), -ETIMEDOUT);
    CHECK_INT(rt_join(task, &status, rt_now() - 1), -ETIMEDOUT);
    int64_t soon = test_soon();
    CHECK_INT(rt_join(task, &status, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK_INT(status, 1234);
    rt_event_set(event);
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    CHECK_INT(status, 5);
    rt_event_free(event);
    return 0;
}

static void join_timeout_leaves_the_task_to_the_caller(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, join_too_early, NULL), 0);
}

static int join_by_trying(void *arg)
{
    struct rt_task *task;
    int status = 1234, rc, value = 6;

    (void)arg;
    CHECK_INT(rt_spawn(&task, return_it, &value), 0);
    int64_t late = test_late();
    while ((rc = rt_join(task, &status, 0)) == -ETIMEDOUT && rt_now() < late)
        rt_yield();
    CHECK_INT(rc, 0);
    CHECK_INT(status, 6);
    return 0;
}

static void join_of_an_ended_task_needs_no_time(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, join_by_trying, NULL), 0);
}

static int join_given_task(void *arg)
{
    int status = -1;

    CHECK_INT(rt_join(arg, &status, RT_FOREVER), 0);
    return status + 1;
}

static int join_through_another(void *arg)
{
    struct rt_task *first, *second;
    int status = -1, value = 10;

    (void)arg;
    CHECK_INT(rt_spawn(&first, return_it, &value), 0);
    CHECK_INT(rt_spawn(&second, join_given_task, first), 0);
    CHECK_INT(rt_join(second, &status, RT_FOREVER), 0);
    CHECK_INT(status, 11);
    return 0;
}

static void join_works_from_any_task(void **state)
{
    (void)state;
    assert_int_equal(test_run(2, join_through_another, NULL), 0);
}

enum {
    SEVERAL = 64
};

static int join_backwards(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    int values[SEVERAL], status;

    (void)arg;
    for (int i = 0; i < SEVERAL; i++) {
        values[i] = i;
        CHECK_INT(rt_spawn(&tasks[i], return_it, &values[i]), 0);
    }
    for (int i = SEVERAL; i-- > 0;) {
        CHECK_INT(rt_join(tasks[i], &status, RT_FOREVER), 0);
        CHECK_INT(status, i);
    }
    return 0;
}

static void join_works_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, join_backwards, NULL), 0);
}

/* ---- gather ---- */

static int gather_several(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    int values[SEVERAL], statuses[SEVERAL];

    (void)arg;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SEVERAL; i++) {
            values[i] = i % 3 ? i : -1 - i;
            CHECK_INT(rt_spawn(&tasks[i], return_it, &values[i]), 0);
        }
        CHECK_INT(
            rt_gather(tasks, SEVERAL, round ? statuses : NULL, RT_FOREVER), 0);
    }
    for (int i = 0; i < SEVERAL; i++)
        CHECK_INT(statuses[i], values[i]);
    return 0;
}

static void gather_returns_every_status_in_order(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, gather_several, NULL), 0);
}

static int gather_none(void *arg)
{
    (void)arg;
    CHECK_INT(rt_gather(NULL, 0, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_gather(NULL, 0, NULL, 0), 0);
    return 0;
}

static void gather_of_nothing_is_done(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, gather_none, NULL), 0);
}

static int gather_too_early(void *arg)
{
    struct rt_task *tasks[3];
    struct rt_event *event;
    int statuses[3] = { 91, 92, 93 }, value = 8;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&tasks[0], return_it, &value), 0);
    CHECK_INT(rt_spawn(&tasks[1], wait_for_event, event), 0);
    CHECK_INT(rt_spawn(&tasks[2], return_it, &value), 0);
    CHECK_INT(rt_gather(tasks, 3, statuses, 0), -ETIMEDOUT);
    CHECK_INT(rt_gather(tasks, 3, statuses, test_soon()), -ETIMEDOUT);
    CHECK_INT(statuses[0], 91);
    CHECK_INT(statuses[1], 92);
    CHECK_INT(statuses[2], 93);
    rt_event_set(event);
    CHECK_INT(rt_join(tasks[0], &statuses[0], RT_FOREVER), 0);
    CHECK_INT(rt_gather(tasks + 1, 2, statuses + 1, test_late()), 0);
    CHECK_INT(statuses[0], 8);
    CHECK_INT(statuses[1], 5);
    CHECK_INT(statuses[2], 8);
    rt_event_free(event);
    return 0;
}

static void gather_timeout_leaves_all_tasks_to_the_caller(void **state)
{
    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, gather_too_early, NULL), 0);
}

static int gather_by_trying(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    int statuses[SEVERAL], value = 3, rc;

    (void)arg;
    for (int i = 0; i < SEVERAL; i++)
        CHECK_INT(rt_spawn(&tasks[i], return_it, &value), 0);
    int64_t late = test_late();
    while ((rc = rt_gather(tasks, SEVERAL, statuses, 0)) == -ETIMEDOUT &&
           rt_now() < late)
        rt_yield();
    CHECK_INT(rc, 0);
    for (int i = 0; i < SEVERAL; i++)
        CHECK_INT(statuses[i], 3);
    return 0;
}

static void gather_of_ended_tasks_needs_no_time(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, gather_by_trying, NULL), 0);
}

/* ---- detach ---- */

struct detached {
    struct rt_event *event;
    atomic_int counter;
};

static int wait_and_count(void *arg)
{
    struct detached *d = arg;
    int rc = rt_event_wait(d->event, test_late());

    CHECK(rc == 0 || rc == -ECANCELED); /* main returns at the same time */
    return count_up(&d->counter);
}

static int detach_one_blocked_and_one_ended(void *arg)
{
    struct rt_task *blocked, *ended;
    struct detached *d = arg;

    CHECK_INT(rt_event_new(&d->event), 0);
    CHECK_INT(rt_spawn(&blocked, wait_and_count, d), 0);
    rt_detach(blocked);
    CHECK_INT(rt_spawn(&ended, count_up, &d->counter), 0);
    for (int64_t late = test_late(); rt_now() < late && !d->counter;)
        rt_yield();
    rt_detach(ended);
    rt_event_set(d->event);
    CHECK_INT(rt_spawn(NULL, count_up, &d->counter), 0);
    return 0;
}

static int free_event(void *arg)
{
    rt_event_free(((struct detached *)arg)->event);
    return 0;
}

/* The event outlives its detached waiter: a run of its own frees it. */
static void detach_gives_away_blocked_and_ended_tasks(void **state)
{
    struct detached d = { .counter = 0 };

    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, detach_one_blocked_and_one_ended, &d), 0);
    assert_int_equal(d.counter, 3);
    assert_int_equal(test_run(0, free_event, &d), 0);
}

/* ---- when tasks run ---- */

static int yield_until_counted(void *arg)
{
    atomic_int *counter = arg;
    struct rt_task *task;

    CHECK_INT(rt_spawn(&task, count_up, arg), 0);
    for (int64_t late = test_late(); rt_now() < late && !*counter;)
        CHECK_INT(rt_yield(), 0);
    CHECK_INT(*counter, 1);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    return 0;
}

static void yield_lets_another_task_run(void **state)
{
    atomic_int counter = 0;

    (void)state;
    assert_int_equal(test_run(1, yield_until_counted, &counter), 0);
}

static int spawn_and_look(void *arg)
{
    atomic_int counter = 0;
    struct rt_task *task;

    CHECK_INT(rt_spawn(&task, count_up, &counter), 0);
    *(int *)arg = counter;
    rt_yield();
    CHECK_INT(counter, 1);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    return 0;
}

static void spawned_tasks_start_when_promised(void **state)
{
    int at_once = -1;

    (void)state;
    if (!runtime_is("coro") && !runtime_is("seq"))
        test_skip("nothing is promised of when a thread runs");
    assert_int_equal(test_run(0, spawn_and_look, &at_once), 0);
    assert_int_equal(at_once, runtime_is("seq"));
}

struct turns {
    char log[16];
    int n;
    char name;
    struct turns *shared;
};

static int take_turns(void *arg)
{
    struct turns *mine = arg, *shared = mine->shared;

    for (int i = 0; i < 4; i++) {
        shared->log[shared->n++] = mine->name;
        CHECK_INT(rt_yield(), 0);
    }
    return 0;
}

static int spawn_three_turns(void *arg)
{
    struct turns mine[3];
    struct rt_task *tasks[3];

    for (int i = 0; i < 3; i++) {
        mine[i] = (struct turns){ .name = (char)('a' + i), .shared = arg };
        CHECK_INT(rt_spawn(&tasks[i], take_turns, &mine[i]), 0);
    }
    CHECK_INT(rt_gather(tasks, 3, NULL, RT_FOREVER), 0);
    return 0;
}

static void yield_goes_to_the_back_of_the_queue(void **state)
{
    struct turns shared = { .n = 0 };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises an order of turns");
    assert_int_equal(test_run(0, spawn_three_turns, &shared), 0);
    assert_string_equal(shared.log, "abcabcabcabc");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(join_returns_the_task_status),
        TEST(join_works_without_a_place_for_the_status),
        TEST(join_timeout_leaves_the_task_to_the_caller),
        TEST(join_of_an_ended_task_needs_no_time),
        TEST(join_works_from_any_task),
        TEST(join_works_in_any_order),
        TEST(gather_returns_every_status_in_order),
        TEST(gather_of_nothing_is_done),
        TEST(gather_timeout_leaves_all_tasks_to_the_caller),
        TEST(gather_of_ended_tasks_needs_no_time),
        TEST(detach_gives_away_blocked_and_ended_tasks),
        TEST(yield_lets_another_task_run),
        TEST(spawned_tasks_start_when_promised),
        TEST(yield_goes_to_the_back_of_the_queue),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
