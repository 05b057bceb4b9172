/* SPDX-License-Identifier: MIT */

/* Mutexes: exclusion, trying, deadlines, no lost wake-up. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

enum {
    TASKS = 8,
    ROUNDS = 2000
};

struct shared {
    struct rt_mutex *mutex;
    int counter; /* guarded by mutex */
    int inside;  /* guarded by mutex: how many hold it */
    atomic_int timeouts;
    atomic_bool flag;
};

static int lock_alone(void *arg)
{
    struct rt_mutex *mutex;

    (void)arg;
    CHECK_INT(rt_mutex_new(&mutex), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_mutex_lock(mutex, RT_FOREVER), 0);
        rt_mutex_unlock(mutex);
        CHECK_INT(rt_mutex_lock(mutex, 0), 0);
        rt_mutex_unlock(mutex);
        CHECK_INT(rt_mutex_lock(mutex, rt_now() - 1), 0);
        rt_mutex_unlock(mutex);
    }
    rt_mutex_free(mutex);
    rt_mutex_free(NULL);
    return 0;
}

static void a_free_mutex_is_locked_whatever_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, lock_alone, NULL), 0);
}

static int try_locked(void *arg)
{
    struct shared *s = arg;

    CHECK_INT(rt_mutex_lock(s->mutex, 0), -ETIMEDOUT);
    CHECK_INT(rt_mutex_lock(s->mutex, rt_now() - 1), -ETIMEDOUT);
    return 0;
}

static int hold_and_let_try(void *arg)
{
    struct shared *s = arg;
    struct rt_task *task;

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    CHECK_INT(rt_spawn(&task, try_locked, s), 0);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_mutex_unlock(s->mutex);
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    rt_mutex_unlock(s->mutex);
    rt_mutex_free(s->mutex);
    return 0;
}

static void trying_a_held_mutex_times_out(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    assert_int_equal(test_run(1, hold_and_let_try, &s), 0);
}

static int lock_until_soon(void *arg)
{
    struct shared *s = arg;
    int64_t soon = test_soon();

    CHECK_INT(rt_mutex_lock(s->mutex, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    return 0;
}

static int hold_past_a_deadline(void *arg)
{
    struct shared *s = arg;
    struct rt_task *task;

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
    CHECK_INT(rt_spawn(&task, lock_until_soon, s), 0);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_mutex_unlock(s->mutex);
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    rt_mutex_unlock(s->mutex);
    rt_mutex_free(s->mutex);
    return 0;
}

static void a_lock_times_out_and_has_no_effect(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, hold_past_a_deadline, &s), 0);
}

static int lock_and_note(void *arg)
{
    struct shared *s = arg;

    CHECK_INT(rt_mutex_lock(s->mutex, test_late()), 0);
    s->counter++;
    rt_mutex_unlock(s->mutex);
    return 0;
}

static int hold_and_release_to_a_waiter(void *arg)
{
    struct shared *s = arg;
    struct rt_task *task;

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
    CHECK_INT(rt_spawn(&task, lock_and_note, s), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    CHECK_INT(s->counter, 0);
    rt_mutex_unlock(s->mutex);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(s->counter, 1);
    rt_mutex_free(s->mutex);
    return 0;
}

static void unlock_wakes_a_waiter(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, hold_and_release_to_a_waiter, &s), 0);
}

/* Yields inside, so that the others meet a held mutex on every runtime. */
static void count_inside(struct shared *s, int i)
{
    int before = s->counter;

    CHECK_INT(++s->inside, 1);
    if (i % 4 == 0)
        rt_yield();
    s->counter = before + 1;
    s->inside--;
}

static int contend(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        if (!CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0))
            return -1;
        count_inside(s, i);
        rt_mutex_unlock(s->mutex);
        if (i % 7 == 0)
            rt_yield();
    }
    return 0;
}

/* Most locks are tried with a deadline that passes about when the mutex comes
 * free: a wake-up given to one that gives up would leave the others asleep. */
static int contend_with_deadlines(void *arg)
{
    struct shared *s = arg;
    uint64_t seed = (uintptr_t)&seed;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t deadline = rt_in(test_random(&seed) % 60000);

        if (i % 8 == 0)
            deadline = RT_FOREVER;
        int rc = rt_mutex_lock(s->mutex, deadline);
        if (rc == -ETIMEDOUT) {
            atomic_fetch_add(&s->timeouts, 1);
            continue;
        }
        if (!CHECK_INT(rc, 0))
            return -1;
        count_inside(s, i);
        rt_mutex_unlock(s->mutex);
    }
    return 0;
}

static int contend_all(struct shared *s, rt_task_fn fn)
{
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], fn, s), 0);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    rt_mutex_unlock(s->mutex);
    rt_mutex_free(s->mutex);
    return 0;
}

static int contend_plainly(void *arg)
{
    return contend_all(arg, contend);
}

static int contend_hastily(void *arg)
{
    return contend_all(arg, contend_with_deadlines);
}

static void only_one_task_holds_a_mutex(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    assert_int_equal(test_run(TASKS, contend_plainly, &s), 0);
    assert_int_equal(s.counter, TASKS * ROUNDS);
}

static void a_waiter_that_gives_up_loses_no_wake_up(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    assert_int_equal(test_run(TASKS, contend_hastily, &s), 0);
    assert_int_equal(s.counter + s.timeouts, TASKS * ROUNDS);
}

struct arrival {
    struct shared *s;
    int number;
};

static int lock_in_order(void *arg)
{
    struct arrival *a = arg;

    CHECK_INT(rt_mutex_lock(a->s->mutex, RT_FOREVER), 0);
    CHECK_INT(a->s->counter, a->number);
    a->s->counter++;
    rt_mutex_unlock(a->s->mutex);
    return 0;
}

static int queue_up(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];
    struct arrival arrivals[TASKS];

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
    for (int i = 0; i < TASKS; i++) {
        arrivals[i] = (struct arrival){ s, i };
        CHECK_INT(rt_spawn(&tasks[i], lock_in_order, &arrivals[i]), 0);
        rt_yield();
    }
    rt_mutex_unlock(s->mutex);
    /* Whoever comes last does not barge in ahead of those that wait. */
    CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
    CHECK_INT(s->counter, TASKS);
    rt_mutex_unlock(s->mutex);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    rt_mutex_free(s->mutex);
    return 0;
}

static void a_mutex_is_handed_over_in_order_of_arrival(void **state)
{
    struct shared s = { .counter = 0 };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises an order of waiters");
    assert_int_equal(test_run(0, queue_up, &s), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_free_mutex_is_locked_whatever_the_deadline),
        TEST(trying_a_held_mutex_times_out),
        TEST(a_lock_times_out_and_has_no_effect),
        TEST(unlock_wakes_a_waiter),
        TEST(only_one_task_holds_a_mutex),
        TEST(a_waiter_that_gives_up_loses_no_wake_up),
        TEST(a_mutex_is_handed_over_in_order_of_arrival),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
