/* SPDX-License-Identifier: MIT */

/* Deadlock, where rt.h promises to notice it: coro ends the run, seq ends the
 * wait, and both with -EDEADLK. */

#include <errno.h>

#include "test.h"

/* What a run left behind when it ended in a deadlock: freed by nobody, and
 * kept in reach so that it does not pass for a leak. */
struct stuck {
    struct rt_event *event;
    struct rt_sem *sem;
    struct rt_mutex *mutex, *other;
    struct rt_chan *chan;
    struct rt_task *tasks[2];
};
static struct stuck kept[16];

static struct stuck *new_stuck(void)
{
    static size_t used;

    return &kept[used++];
}

static void needs_deadlock_report(void)
{
    if (!runtime_is("coro") && !runtime_is("seq"))
        test_skip("threads do not promise to notice a deadlock");
}

static int wait_for_nobody(void *arg)
{
    struct stuck *s = arg;

    CHECK_INT(rt_event_new(&s->event), 0);
    return rt_event_wait(s->event, RT_FOREVER);
}

static int acquire_what_nobody_releases(void *arg)
{
    struct stuck *s = arg;

    CHECK_INT(rt_sem_new(&s->sem, 1), 0);
    CHECK_INT(rt_sem_acquire(s->sem, RT_FOREVER), 0);
    return rt_sem_acquire(s->sem, RT_FOREVER);
}

static int lock_twice(void *arg)
{
    struct stuck *s = arg;

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
    return rt_mutex_lock(s->mutex, RT_FOREVER);
}

static int receive_from_nobody(void *arg)
{
    struct stuck *s = arg;
    int item;

    CHECK_INT(rt_chan_new(&s->chan, sizeof item, 2), 0);
    return rt_chan_recv(s->chan, &item, RT_FOREVER);
}

static int send_to_nobody(void *arg)
{
    struct stuck *s = arg;
    int item = 1;

    CHECK_INT(rt_chan_new(&s->chan, sizeof item, 1), 0);
    CHECK_INT(rt_chan_send(s->chan, &item, RT_FOREVER), 0);
    return rt_chan_send(s->chan, &item, RT_FOREVER);
}

static void a_wait_nobody_can_end_is_a_deadlock(void **state)
{
    static const rt_task_fn mains[] = { wait_for_nobody,
                                        acquire_what_nobody_releases,
                                        lock_twice, receive_from_nobody,
                                        send_to_nobody };

    (void)state;
    needs_deadlock_report();
    for (size_t i = 0; i < sizeof mains / sizeof *mains; i++)
        assert_int_equal(test_run(0, mains[i], new_stuck()), -EDEADLK);
}

/* A wait with a deadline ends by itself. */
static int wait_until_soon(void *arg)
{
    struct rt_event *event;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    int rc = rt_event_wait(event, test_soon());
    rt_event_free(event);
    return rc;
}

static void a_wait_with_a_deadline_is_none(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_until_soon, NULL), -ETIMEDOUT);
}

static int join_one_that_waits(void *arg)
{
    struct stuck *s = arg;

    CHECK_INT(rt_spawn(&s->tasks[0], wait_for_nobody, s), 0);
    return rt_join(s->tasks[0], NULL, RT_FOREVER);
}

static int lock_in_turn(struct rt_mutex *first, struct rt_mutex *second)
{
    CHECK_INT(rt_mutex_lock(first, RT_FOREVER), 0);
    rt_yield();
    return rt_mutex_lock(second, RT_FOREVER);
}

static int lock_one_way(void *arg)
{
    struct stuck *s = arg;

    return lock_in_turn(s->mutex, s->other);
}

static int lock_the_other_way(void *arg)
{
    struct stuck *s = arg;

    return lock_in_turn(s->other, s->mutex);
}

static int lock_crosswise(void *arg)
{
    struct stuck *s = arg;

    CHECK_INT(rt_mutex_new(&s->mutex), 0);
    CHECK_INT(rt_mutex_new(&s->other), 0);
    CHECK_INT(rt_spawn(&s->tasks[0], lock_one_way, s), 0);
    CHECK_INT(rt_spawn(&s->tasks[1], lock_the_other_way, s), 0);
    return rt_gather(s->tasks, 2, NULL, RT_FOREVER);
}

static void tasks_that_wait_for_each_other_are_a_deadlock(void **state)
{
    static const rt_task_fn mains[] = { join_one_that_waits, lock_crosswise };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises to notice a deadlock of several tasks");
    for (size_t i = 0; i < sizeof mains / sizeof *mains; i++)
        assert_int_equal(test_run(0, mains[i], new_stuck()), -EDEADLK);
}

static int one_sleeps_and_sets(void *arg)
{
    CHECK_INT(rt_sleep(test_soon()), 0);
    rt_event_set(arg);
    return 0;
}

static int wait_for_a_sleeper(void *arg)
{
    struct rt_event *event;
    struct rt_task *task;

    (void)arg;
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&task, one_sleeps_and_sets, event), 0);
    CHECK_INT(rt_event_wait(event, RT_FOREVER), 0);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(event);
    return 0;
}

static void waiting_for_a_sleeper_is_none(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, wait_for_a_sleeper, NULL), 0);
}

static void a_run_works_after_a_deadlock(void **state)
{
    (void)state;
    needs_deadlock_report();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(test_run(0, wait_for_nobody, new_stuck()), -EDEADLK);
        assert_int_equal(test_run(0, wait_for_a_sleeper, NULL), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_wait_nobody_can_end_is_a_deadlock),
        TEST(a_wait_with_a_deadline_is_none),
        TEST(tasks_that_wait_for_each_other_are_a_deadlock),
        TEST(waiting_for_a_sleeper_is_none),
        TEST(a_run_works_after_a_deadlock),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
