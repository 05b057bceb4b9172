/* SPDX-License-Identifier: MIT */

/* Sleeping: never early, past deadlines at once, others run meanwhile. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

static int sleep_for_a_range(void *arg)
{
    (void)arg;
    for (int64_t ns = 1; ns < 20000000; ns = ns * 3 + 12345) {
        int64_t until = rt_in(ns);

        CHECK_INT(rt_sleep(until), 0);
        CHECK(rt_now() >= until);
    }
    return 0;
}

static void sleep_is_never_early(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, sleep_for_a_range, NULL), 0);
}

static int sleep_into_the_past(void *arg)
{
    (void)arg;
    CHECK_INT(rt_sleep(0), 0);
    CHECK_INT(rt_sleep(-1), 0);
    CHECK_INT(rt_sleep(INT64_MIN), 0);
    CHECK_INT(rt_sleep(rt_now() - 1), 0);
    return 0;
}

static void sleep_into_the_past_returns(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, sleep_into_the_past, NULL), 0);
}

enum {
    SLEEPERS = 64
};

static int sleep_until_arg(void *arg)
{
    int64_t until = *(int64_t *)arg;

    CHECK_INT(rt_sleep(until), 0);
    CHECK(rt_now() >= until);
    return 1;
}

/* Deadlines come in neither rising nor falling order. */
static int sleep_in_many_tasks(void *arg)
{
    struct rt_task *tasks[SLEEPERS];
    int64_t until[SLEEPERS];
    int statuses[SLEEPERS] = { 0 };

    (void)arg;
    for (int i = 0; i < SLEEPERS; i++) {
        until[i] = rt_in((i * 37 % SLEEPERS) * INT64_C(300000));
        CHECK_INT(rt_spawn(&tasks[i], sleep_until_arg, &until[i]), 0);
    }
    CHECK_INT(rt_gather(tasks, SLEEPERS, statuses, RT_FOREVER), 0);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_INT(statuses[i], 1);
    return 0;
}

static void sleep_is_never_early_among_many(void **state)
{
    (void)state;
    assert_int_equal(test_run(SLEEPERS, sleep_in_many_tasks, NULL), 0);
}

static void sleepers_may_outnumber_the_workers(void **state)
{
    (void)state;
    assert_int_equal(test_run(4, sleep_in_many_tasks, NULL), 0);
}

static int same_deadline(void *arg)
{
    struct rt_task *tasks[SLEEPERS];
    int statuses[SLEEPERS] = { 0 };
    int64_t until = rt_in(3000000);

    (void)arg;
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_INT(rt_spawn(&tasks[i], sleep_until_arg, &until), 0);
    CHECK_INT(rt_gather(tasks, SLEEPERS, statuses, RT_FOREVER), 0);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_INT(statuses[i], 1);
    return 0;
}

static void sleepers_may_share_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(test_run(SLEEPERS, same_deadline, NULL), 0);
}

struct busy {
    atomic_bool slept, received;
    struct rt_sock *reader, *writer;
};

static int sleep_and_tell(void *arg)
{
    struct busy *busy = arg;

    CHECK_INT(rt_sleep(test_soon()), 0);
    busy->slept = true;
    CHECK_INT(rt_sock_write(busy->writer, "x", 1, test_late()), 1);
    return 0;
}

static int receive_and_tell(void *arg)
{
    struct busy *busy = arg;
    char c;

    CHECK_INT(rt_sock_read(busy->reader, &c, 1, test_late()), 1);
    busy->received = true;
    return 0;
}

static int stay_busy(void *arg)
{
    struct busy *busy = arg;
    struct rt_task *tasks[2];

    CHECK_INT(rt_sock_pipe(&busy->reader, &busy->writer), 0);
    CHECK_INT(rt_spawn(&tasks[0], sleep_and_tell, busy), 0);
    CHECK_INT(rt_spawn(&tasks[1], receive_and_tell, busy), 0);
    int64_t late = test_late();
    while (rt_now() < late && !(busy->slept && busy->received))
        rt_yield();
    CHECK(busy->slept);
    CHECK(busy->received);
    CHECK_INT(rt_gather(tasks, 2, NULL, RT_FOREVER), 0);
    rt_sock_close(busy->reader);
    rt_sock_close(busy->writer);
    return 0;
}

static void a_yielding_task_starves_neither_sleepers_nor_streams(void **state)
{
    struct busy busy = { .slept = false };

    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, stay_busy, &busy), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(sleep_is_never_early),
        TEST(sleep_into_the_past_returns),
        TEST(sleep_is_never_early_among_many),
        TEST(sleepers_may_outnumber_the_workers),
        TEST(sleepers_may_share_a_deadline),
        TEST(a_yielding_task_starves_neither_sleepers_nor_streams),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
