/* SPDX-License-Identifier: MIT */

/* Counting semaphores: units are neither lost nor made up. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

enum {
    TASKS = 8,
    UNITS = 3,
    ROUNDS = 1000
};

struct shared {
    struct rt_sem *sem, *other;
    atomic_int holders, most, acquired, timeouts;
    int order; /* coro only: one thread */
};

/* How many units can be taken without waiting. */
static int drain(struct rt_sem *sem)
{
    int n = 0, rc;

    while ((rc = rt_sem_acquire(sem, 0)) == 0)
        n++;
    CHECK_INT(rc, -ETIMEDOUT);
    return n;
}

static int count_units(void *arg)
{
    struct rt_sem *sem;

    (void)arg;
    for (unsigned count = 0; count < 5; count++) {
        CHECK_INT(rt_sem_new(&sem, count), 0);
        CHECK_INT(drain(sem), count);
        rt_sem_release(sem);
        rt_sem_release(sem);
        CHECK_INT(rt_sem_acquire(sem, rt_now() - 1), 0);
        CHECK_INT(rt_sem_acquire(sem, RT_FOREVER), 0);
        CHECK_INT(drain(sem), 0);
        rt_sem_free(sem);
    }
    rt_sem_free(NULL);
    return 0;
}

static void a_semaphore_counts_units_given_before_they_are_taken(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, count_units, NULL), 0);
}

static int acquire_until_soon(void *arg)
{
    struct rt_sem *sem;
    int64_t soon = test_soon();

    (void)arg;
    CHECK_INT(rt_sem_new(&sem, 0), 0);
    CHECK_INT(rt_sem_acquire(sem, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    rt_sem_release(sem);
    CHECK_INT(drain(sem), 1);
    rt_sem_free(sem);
    return 0;
}

static void acquire_times_out_and_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, acquire_until_soon, NULL), 0);
}

static int answer(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        CHECK_INT(rt_sem_acquire(s->sem, RT_FOREVER), 0);
        rt_sem_release(s->other);
    }
    return 0;
}

static int ask(void *arg)
{
    struct shared *s = arg;
    struct rt_task *task;

    CHECK_INT(rt_sem_new(&s->sem, 0), 0);
    CHECK_INT(rt_sem_new(&s->other, 0), 0);
    CHECK_INT(rt_spawn(&task, answer, s), 0);
    for (int i = 0; i < ROUNDS; i++) {
        rt_sem_release(s->sem);
        CHECK_INT(rt_sem_acquire(s->other, RT_FOREVER), 0);
    }
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    CHECK_INT(drain(s->sem) + drain(s->other), 0);
    rt_sem_free(s->sem);
    rt_sem_free(s->other);
    return 0;
}

static void release_wakes_a_waiter(void **state)
{
    struct shared s = { .order = 0 };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, ask, &s), 0);
}

static int hold_units(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        CHECK_INT(rt_sem_acquire(s->sem, RT_FOREVER), 0);
        int holders = atomic_fetch_add(&s->holders, 1) + 1;
        CHECK(holders <= UNITS);
        if (holders > s->most)
            s->most = holders;
        rt_yield();
        atomic_fetch_sub(&s->holders, 1);
        rt_sem_release(s->sem);
    }
    return 0;
}

static int share_units(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_sem_new(&s->sem, UNITS), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], hold_units, s), 0);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(drain(s->sem), UNITS);
    rt_sem_free(s->sem);
    return 0;
}

static void no_more_tasks_hold_a_unit_than_there_are_units(void **state)
{
    struct shared s = { .order = 0 };

    (void)state;
    assert_int_equal(test_run(TASKS, share_units, &s), 0);
    assert_true(s.most >= 1);
    assert_true(s.most <= UNITS);
    if (runtime_is("coro"))
        assert_int_equal(s.most, UNITS);
}

static int acquire_hastily(void *arg)
{
    struct shared *s = arg;
    uint64_t seed = (uintptr_t)&seed;

    for (int i = 0; i < ROUNDS; i++) {
        int rc = rt_sem_acquire(s->sem, rt_in(test_random(&seed) % 60000));

        CHECK(rc == 0 || rc == -ETIMEDOUT);
        atomic_fetch_add(rc ? &s->timeouts : &s->acquired, 1);
    }
    return 0;
}

/* Gives more than half of what is wanted, at the pace of those who want it. */
static int release_beside_deadlines(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_sem_new(&s->sem, 0), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], acquire_hastily, s), 0);
    for (int i = 0; i < TASKS * ROUNDS * 2 / 3; i++) {
        rt_sem_release(s->sem);
        rt_yield();
    }
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->acquired + drain(s->sem), TASKS * ROUNDS * 2 / 3);
    CHECK_INT(s->acquired + s->timeouts, TASKS * ROUNDS);
    rt_sem_free(s->sem);
    return 0;
}

static void a_waiter_that_gives_up_loses_no_unit(void **state)
{
    struct shared s = { .order = 0 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, release_beside_deadlines, &s), 0);
}

static int release_once(void *arg)
{
    rt_sem_release(arg);
    return 0;
}

static int free_when_woken(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS / 4; i++) {
        struct rt_sem *sem;

        CHECK_INT(rt_sem_new(&sem, 0), 0);
        CHECK_INT(rt_spawn(NULL, release_once, sem), 0);
        CHECK_INT(rt_spawn(NULL, release_once, sem), 0);
        CHECK_INT(rt_sem_acquire(sem, RT_FOREVER), 0);
        CHECK_INT(rt_sem_acquire(sem, RT_FOREVER), 0);
        rt_sem_free(sem);
    }
    return 0;
}

/* Nobody waits any more, even if whoever gave is still about to return. */
static void the_task_woken_may_free_the_semaphore(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, free_when_woken, NULL), 0);
}

struct arrival {
    struct shared *s;
    int number;
};

static int acquire_in_order(void *arg)
{
    struct arrival *a = arg;

    CHECK_INT(rt_sem_acquire(a->s->sem, RT_FOREVER), 0);
    CHECK_INT(a->s->order++, a->number);
    return 0;
}

static int release_to_a_queue(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];
    struct arrival arrivals[TASKS];

    CHECK_INT(rt_sem_new(&s->sem, 0), 0);
    for (int i = 0; i < TASKS; i++) {
        arrivals[i] = (struct arrival){ s, i };
        CHECK_INT(rt_spawn(&tasks[i], acquire_in_order, &arrivals[i]), 0);
        rt_yield();
    }
    for (int i = 0; i < TASKS; i++)
        rt_sem_release(s->sem);
    /* The units are taken, although their new holders have not run. */
    CHECK_INT(rt_sem_acquire(s->sem, 0), -ETIMEDOUT);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    rt_sem_free(s->sem);
    return 0;
}

static void units_are_handed_over_in_order_of_arrival(void **state)
{
    struct shared s = { .order = 0 };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises an order of waiters");
    assert_int_equal(test_run(0, release_to_a_queue, &s), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_semaphore_counts_units_given_before_they_are_taken),
        TEST(acquire_times_out_and_takes_nothing),
        TEST(release_wakes_a_waiter),
        TEST(no_more_tasks_hold_a_unit_than_there_are_units),
        TEST(a_waiter_that_gives_up_loses_no_unit),
        TEST(the_task_woken_may_free_the_semaphore),
        TEST(units_are_handed_over_in_order_of_arrival),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
