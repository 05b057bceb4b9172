/* SPDX-License-Identifier: MIT */

/* Waiting for tasks without joining them, and groups that fail together. */

#include <errno.h>
#include <stdatomic.h>

#include "test.h"

enum {
    SEVERAL = 100 /* more than rt_gather_or_cancel() has room for at hand */
};

static int return_it(void *arg)
{
    return *(int *)arg;
}

/* One that waits until it is told to end, or cancelled. */
struct blocked {
    struct rt_event *event;
    struct rt_task *task;
    int when_cancelled; /* what it returns then, after its clean-up */
    bool cleaned;       /* read after its end */
};

static int block(void *arg)
{
    struct blocked *b = arg;
    int rc = rt_event_wait(b->event, test_late());

    if (rc != -ECANCELED)
        return rc;
    CHECK_INT(rt_sleep(test_soon()), 0);
    b->cleaned = true;
    return b->when_cancelled;
}

static bool open_blocked(struct blocked *b)
{
    *b = (struct blocked){ .when_cancelled = -ECANCELED };
    return CHECK_INT(rt_event_new(&b->event), 0) &&
           CHECK_INT(rt_spawn(&b->task, block, b), 0);
}

/* Lets it go and joins it. */
static void end_blocked(struct blocked *b)
{
    int status = 1;

    rt_event_set(b->event);
    CHECK_INT(rt_join(b->task, &status, test_late()), 0);
    CHECK_INT(status, 0);
    rt_event_free(b->event);
}

static struct rt_task *spawn_return(int *value)
{
    struct rt_task *task = NULL;

    CHECK_INT(rt_spawn(&task, return_it, value), 0);
    return task;
}

static void check_joins(struct rt_task *task, int expected)
{
    int status = expected + 1;

    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, expected);
}

/* ---- rt_wait() ---- */

static int wait_for_all(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    bool done[SEVERAL] = { false };
    int values[SEVERAL];

    (void)arg;
    for (int i = 0; i < SEVERAL; i++) {
        values[i] = i % 2 ? i : -i;
        tasks[i] = spawn_return(&values[i]);
    }
    CHECK_INT(rt_wait(tasks, SEVERAL, RT_WAIT_ALL, done, RT_FOREVER), SEVERAL);
    CHECK_INT(rt_wait(tasks, SEVERAL, RT_WAIT_ALL, NULL, 0), SEVERAL);
    for (int i = 0; i < SEVERAL; i++) {
        CHECK(done[i]);
        check_joins(tasks[i], values[i]);
    }
    return 0;
}

static void wait_for_all_joins_none(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_for_all, NULL), 0);
}

static int wait_for_none(void *arg)
{
    (void)arg;
    CHECK_INT(rt_wait(NULL, 0, RT_WAIT_ALL, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_wait(NULL, 0, RT_WAIT_FIRST, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_wait(NULL, 0, RT_WAIT_FIRST_FAILED, NULL, RT_FOREVER), 0);
    return 0;
}

static void wait_for_nothing_is_over(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_for_none, NULL), 0);
}

static int wait_for_first(void *arg)
{
    struct blocked b;
    int value = 4;

    (void)arg;
    if (!open_blocked(&b))
        return 0;
    struct rt_task *tasks[] = { b.task, spawn_return(&value) };
    bool done[2] = { true, false };
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_FIRST, done, test_late()), 1);
    CHECK(!done[0]);
    CHECK(done[1]);
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_FIRST, done, 0), 1);
    check_joins(tasks[1], 4);
    CHECK_INT(rt_wait(tasks, 1, RT_WAIT_FIRST, done, 0), -ETIMEDOUT);
    CHECK(!done[0]);
    end_blocked(&b);
    return 0;
}

static void wait_for_the_first_leaves_the_others_running(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, wait_for_first, NULL), 0);
}

static int wait_for_failure(void *arg)
{
    struct blocked b;
    int good = 4, bad = *(int *)arg;

    if (!open_blocked(&b))
        return 0;
    struct rt_task *tasks[] = { spawn_return(&good), b.task,
                                spawn_return(&bad) };
    bool done[3] = { false, true, false };
    CHECK(rt_wait(tasks, 3, RT_WAIT_FIRST_FAILED, done, test_late()) >= 1);
    CHECK(!done[1]);
    CHECK(done[2]);
    check_joins(tasks[2], bad);
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_FIRST_FAILED, done, test_soon()),
              -ETIMEDOUT);
    rt_event_set(b.event);
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_FIRST_FAILED, done, test_late()), 2);
    CHECK(done[0] && done[1]);
    check_joins(tasks[0], 4);
    end_blocked(&b);
    return 0;
}

static void wait_for_a_failure_ends_with_it_or_with_all(void **state)
{
    int failures[] = { -EIO, -ECANCELED, INT32_MIN };

    (void)state;
    needs_tasks(3);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        assert_int_equal(test_run(3, wait_for_failure, &failures[i]), 0);
}

static int wait_too_early(void *arg)
{
    struct blocked b;
    int value = -3;

    (void)arg;
    if (!open_blocked(&b))
        return 0;
    struct rt_task *tasks[] = { spawn_return(&value), b.task };
    bool done[2] = { false, true };
    CHECK_INT(rt_wait(tasks, 1, RT_WAIT_ALL, NULL, test_late()), 1);
    int64_t soon = test_soon();
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_ALL, done, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK(done[0]);
    CHECK(!done[1]);
    CHECK_INT(rt_cancel(NULL), 0);
    done[0] = false;
    done[1] = true;
    CHECK_INT(rt_wait(tasks, 2, RT_WAIT_FIRST, done, soon), -ECANCELED);
    CHECK(done[0]);
    CHECK(!done[1]);
    check_joins(tasks[0], -3);
    end_blocked(&b);
    return 0;
}

static void a_wait_cut_short_tells_who_has_ended(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, wait_too_early, NULL), 0);
}

struct runner {
    uint64_t random;
};

static int run_a_little(void *arg)
{
    struct runner *r = arg;

    for (uint32_t n = test_random(&r->random) % 8; n > 0; n--)
        CHECK_INT(rt_yield(), 0);
    return (int)(r->random % 100);
}

/* In whatever order they end. */
static int take_as_completed(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    struct runner runners[SEVERAL];
    bool done[SEVERAL];
    size_t left = SEVERAL;
    int rounds = 0;

    for (size_t i = 0; i < SEVERAL; i++) {
        runners[i].random = *(uint64_t *)arg + i;
        CHECK_INT(rt_spawn(&tasks[i], run_a_little, &runners[i]), 0);
    }
    while (left > 0 && CHECK(rounds++ < SEVERAL)) {
        int n = rt_wait(tasks, left, RT_WAIT_FIRST, done, test_late());
        size_t kept = 0;

        CHECK(n >= 1);
        for (size_t i = 0; i < left; i++) {
            if (!done[i])
                tasks[kept++] = tasks[i];
            else
                CHECK_INT(rt_join(tasks[i], NULL, 0), 0);
        }
        CHECK_INT(left - kept, n);
        left = kept;
    }
    return 0;
}

static void tasks_can_be_taken_as_they_end(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        assert_int_equal(test_run(0, take_as_completed, &seed), 0);
}

/* ---- rt_gather_or_cancel() ---- */

static int gather_good_ones(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    int values[SEVERAL], statuses[SEVERAL];

    (void)arg;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SEVERAL; i++) {
            values[i] = i;
            tasks[i] = spawn_return(&values[i]);
        }
        CHECK_INT(rt_gather_or_cancel(tasks, SEVERAL, round ? statuses : NULL,
                                      RT_FOREVER),
                  0);
    }
    for (int i = 0; i < SEVERAL; i++)
        CHECK_INT(statuses[i], i);
    CHECK_INT(rt_gather_or_cancel(NULL, 0, NULL, RT_FOREVER), 0);
    return 0;
}

static void a_group_without_failure_is_gathered(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, gather_good_ones, NULL), 0);
}

/* What comes of a group of two that wait and, maybe, one that fails. */
struct group {
    int failure;        /* 0: none fails */
    int when_cancelled; /* what the first of the others returns */
    bool cancel;        /* the caller before it gathers */
    int64_t wait_ns;
    int expected;
};

static int gather_group(void *arg)
{
    struct group *g = arg;
    struct blocked b[2];
    struct rt_task *tasks[3];
    int statuses[3] = { 1, 1, 1 };

    if (!open_blocked(&b[0]) || !open_blocked(&b[1]))
        return 0;
    b[0].when_cancelled = g->when_cancelled;
    tasks[0] = b[0].task;
    tasks[1] = b[1].task;
    tasks[2] = g->failure ? spawn_return(&g->failure) : NULL;
    if (g->cancel)
        CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_gather_or_cancel(tasks, g->failure ? 3 : 2, statuses,
                                  rt_in(g->wait_ns)),
              g->expected);
    CHECK(b[0].cleaned && b[1].cleaned);
    CHECK_INT(statuses[0], g->when_cancelled);
    CHECK_INT(statuses[1], -ECANCELED);
    CHECK_INT(statuses[2], g->failure ? g->failure : 1);
    rt_event_free(b[0].event);
    rt_event_free(b[1].event);
    return rt_yield();
}

static void the_first_failure_cancels_the_group(void **state)
{
    struct group g = { .failure = -EIO,
                       .when_cancelled = -ECANCELED,
                       .wait_ns = INT64_C(40000000000),
                       .expected = -EIO };

    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, gather_group, &g), 0);
}

static void a_failure_while_cleaning_up_is_not_the_first(void **state)
{
    struct group g = { .failure = -EIO,
                       .when_cancelled = -EBADF,
                       .wait_ns = INT64_C(40000000000),
                       .expected = -EIO };

    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, gather_group, &g), 0);
}

static void a_group_is_cancelled_at_its_deadline(void **state)
{
    struct group g = { .when_cancelled = 7,
                       .wait_ns = 2000000,
                       .expected = -ETIMEDOUT };

    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, gather_group, &g), 0);
}

static void a_group_is_cancelled_with_its_caller(void **state)
{
    struct group g = { .when_cancelled = 7,
                       .cancel = true,
                       .wait_ns = INT64_C(40000000000),
                       .expected = -ECANCELED };

    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, gather_group, &g), 0);
}

static int gather_in_a_task(void *arg)
{
    struct blocked *b = arg;
    struct rt_task *tasks[] = { b[0].task, b[1].task };

    return rt_gather_or_cancel(tasks, 2, NULL, RT_FOREVER);
}

static int cancel_one_that_gathers(void *arg)
{
    struct blocked b[2];
    struct rt_task *task;
    int status = 0;

    (void)arg;
    if (!open_blocked(&b[0]) || !open_blocked(&b[1]))
        return 0;
    CHECK_INT(rt_spawn(&task, gather_in_a_task, b), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    CHECK(b[0].cleaned && b[1].cleaned);
    rt_event_free(b[0].event);
    rt_event_free(b[1].event);
    return 0;
}

static void a_group_is_cancelled_while_its_caller_waits(void **state)
{
    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, cancel_one_that_gathers, NULL), 0);
}

static int sleep_long(void *arg)
{
    (void)arg;
    return rt_sleep(test_late());
}

/* More than a pool of the default size has workers. */
static int cancel_many(void *arg)
{
    struct rt_task *tasks[SEVERAL];
    int statuses[SEVERAL], failure = -EIO;

    (void)arg;
    tasks[0] = spawn_return(&failure);
    for (int i = 1; i < SEVERAL; i++)
        CHECK_INT(rt_spawn(&tasks[i], sleep_long, NULL), 0);
    CHECK_INT(rt_gather_or_cancel(tasks, SEVERAL, statuses, test_late()), -EIO);
    CHECK_INT(statuses[0], -EIO);
    for (int i = 1; i < SEVERAL; i++)
        CHECK_INT(statuses[i], -ECANCELED);
    return 0;
}

static void a_large_group_is_cancelled_started_or_not(void **state)
{
    (void)state;
    needs_tasks(SEVERAL);
    assert_int_equal(test_run(0, cancel_many, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(wait_for_all_joins_none),
        TEST(wait_for_nothing_is_over),
        TEST(wait_for_the_first_leaves_the_others_running),
        TEST(wait_for_a_failure_ends_with_it_or_with_all),
        TEST(a_wait_cut_short_tells_who_has_ended),
        TEST(tasks_can_be_taken_as_they_end),
        TEST(a_group_without_failure_is_gathered),
        TEST(the_first_failure_cancels_the_group),
        TEST(a_failure_while_cleaning_up_is_not_the_first),
        TEST(a_group_is_cancelled_at_its_deadline),
        TEST(a_group_is_cancelled_with_its_caller),
        TEST(a_group_is_cancelled_while_its_caller_waits),
        TEST(a_large_group_is_cancelled_started_or_not),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
