/* SPDX-License-Identifier: MIT */

/* Events: set, cleared, and everybody who waits is woken. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

enum {
    TASKS = 16,
    ROUNDS = 200
};

struct shared {
    struct rt_event *event;
    struct rt_sem *waiting;
    atomic_int woken, timeouts;
    atomic_bool over;
};

static int set_and_clear(void *arg)
{
    struct rt_event *event;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK(!rt_event_is_set(event));
    CHECK_INT(rt_event_wait(event, 0), -ETIMEDOUT);
    for (int i = 0; i < 2; i++) {
        rt_event_set(event);
        rt_event_set(event);
        CHECK(rt_event_is_set(event));
        CHECK_INT(rt_event_wait(event, 0), 0);
        CHECK_INT(rt_event_wait(event, rt_now() - 1), 0);
        CHECK_INT(rt_event_wait(event, RT_FOREVER), 0);
        CHECK(rt_event_is_set(event));
        rt_event_clear(event);
        rt_event_clear(event);
        CHECK(!rt_event_is_set(event));
        CHECK_INT(rt_event_wait(event, 0), -ETIMEDOUT);
    }
    rt_event_free(event);
    rt_event_free(NULL);
    return 0;
}

static void an_event_stays_set_until_it_is_cleared(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, set_and_clear, NULL), 0);
}

static int wait_until_soon(void *arg)
{
    struct rt_event *event;
    int64_t soon = test_soon();

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_event_wait(event, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    rt_event_free(event);
    return 0;
}

static void wait_times_out(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_until_soon, NULL), 0);
}

static int announce_and_wait(void *arg)
{
    struct shared *s = arg;

    rt_sem_release(s->waiting);
    CHECK_INT(rt_event_wait(s->event, RT_FOREVER), 0);
    atomic_fetch_add(&s->woken, 1);
    return 0;
}

static int wake_them_all(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_event_new(&s->event), 0);
    CHECK_INT(rt_sem_new(&s->waiting, 0), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], announce_and_wait, s), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_sem_acquire(s->waiting, RT_FOREVER), 0);
    CHECK_INT(s->woken, 0);
    rt_event_set(s->event);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->woken, TASKS);
    rt_sem_free(s->waiting);
    rt_event_free(s->event);
    return 0;
}

static void set_wakes_every_waiter(void **state)
{
    struct shared s = { .woken = 0 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, wake_them_all, &s), 0);
}

static int wait_until_over(void *arg)
{
    struct shared *s = arg;

    while (!s->over) {
        CHECK_INT(rt_event_wait(s->event, RT_FOREVER), 0);
        atomic_fetch_add(&s->woken, 1);
        rt_yield();
    }
    return 0;
}

/* Sets and clears at once: whoever waited returns, although the event is
 * clear again before it runs; one that hung would end the test. */
static int pulse_until_all_woke(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_event_new(&s->event), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], wait_until_over, s), 0);
    int64_t late = test_late();
    while (s->woken < ROUNDS && CHECK(rt_now() < late)) {
        rt_event_set(s->event);
        rt_event_clear(s->event);
        rt_yield();
    }
    s->over = true;
    rt_event_set(s->event);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    rt_event_free(s->event);
    return 0;
}

static void a_waiter_is_woken_by_a_short_pulse(void **state)
{
    struct shared s = { .woken = 0 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, pulse_until_all_woke, &s), 0);
    assert_true(s.woken >= ROUNDS);
}

static int clear_before_they_run(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_event_new(&s->event), 0);
    CHECK_INT(rt_sem_new(&s->waiting, 0), 0);
    for (int i = 0; i < TASKS; i++) {
        CHECK_INT(rt_spawn(&tasks[i], announce_and_wait, s), 0);
        rt_yield();
    }
    rt_event_set(s->event);
    rt_event_clear(s->event);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->woken, TASKS);
    CHECK_INT(rt_event_wait(s->event, 0), -ETIMEDOUT);
    rt_sem_free(s->waiting);
    rt_event_free(s->event);
    return 0;
}

/* Only where a yield is known to leave each task at its wait. */
static void every_waiter_is_woken_by_one_short_pulse(void **state)
{
    struct shared s = { .woken = 0 };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("when a thread has come to its wait cannot be known");
    assert_int_equal(test_run(0, clear_before_they_run, &s), 0);
}

static int wait_hastily(void *arg)
{
    struct shared *s = arg;
    uint64_t seed = (uintptr_t)&seed;

    for (int i = 0; i < ROUNDS; i++) {
        int rc = rt_event_wait(s->event, rt_in(test_random(&seed) % 60000));

        CHECK(rc == 0 || rc == -ETIMEDOUT);
        atomic_fetch_add(rc ? &s->timeouts : &s->woken, 1);
        rt_yield();
    }
    return 0;
}

static int pulse_beside_deadlines(void *arg)
{
    struct shared *s = arg;
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_event_new(&s->event), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], wait_hastily, s), 0);
    for (int i = 0; i < ROUNDS * 4; i++) {
        rt_event_set(s->event);
        rt_yield();
        rt_event_clear(s->event);
        rt_yield();
    }
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->woken + s->timeouts, TASKS * ROUNDS);
    rt_event_free(s->event);
    return 0;
}

static void waits_may_time_out_while_the_event_is_set(void **state)
{
    struct shared s = { .woken = 0 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, pulse_beside_deadlines, &s), 0);
}

static int set_once(void *arg)
{
    rt_event_set(arg);
    return 0;
}

static int free_when_woken(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct rt_event *event;

        CHECK_INT(rt_event_new(&event), 0);
        CHECK_INT(rt_spawn(NULL, set_once, event), 0);
        CHECK_INT(rt_event_wait(event, RT_FOREVER), 0);
        rt_event_free(event);
    }
    return 0;
}

/* Nobody waits any more, even if whoever set it is still about to return. */
static void the_task_woken_may_free_the_event(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, free_when_woken, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_event_stays_set_until_it_is_cleared),
        TEST(wait_times_out),
        TEST(set_wakes_every_waiter),
        TEST(a_waiter_is_woken_by_a_short_pulse),
        TEST(every_waiter_is_woken_by_one_short_pulse),
        TEST(waits_may_time_out_while_the_event_is_set),
        TEST(the_task_woken_may_free_the_event),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
