/* SPDX-License-Identifier: MIT */

/* Condition variables. */

#include <errno.h>

#include "test.h"

enum {
    WAITERS = 4,
    MESSAGES = 2000,
    ROUNDS = 300
};

/* A store that tasks put tokens into and take them from. */
struct store {
    struct rt_mutex *mutex;
    struct rt_cond *filled;
    int tokens;  /* guarded by mutex */
    int inside;  /* guarded by mutex: who believes to hold it */
    int waiting; /* guarded by mutex */
};

static bool open_store(struct store *s)
{
    *s = (struct store){ 0 };
    return CHECK_INT(rt_mutex_new(&s->mutex), 0) &&
           CHECK_INT(rt_cond_new(&s->filled), 0);
}

static void close_store(struct store *s)
{
    rt_cond_free(s->filled);
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    rt_mutex_unlock(s->mutex);
    rt_mutex_free(s->mutex);
}

static int under_lock(struct store *s, int (*fn)(struct store *, int64_t),
                      int64_t deadline)
{
    int rc = rt_mutex_lock(s->mutex, test_late());

    if (rc)
        return rc;
    CHECK_INT(++s->inside, 1);
    rc = fn(s, deadline);
    s->inside--;
    rt_mutex_unlock(s->mutex);
    return rc;
}

/* One wait, with what must hold around it. */
static int wait_once(struct store *s, int64_t deadline)
{
    s->waiting++;
    s->inside--;
    int rc = rt_cond_wait(s->filled, s->mutex, deadline);
    CHECK_INT(++s->inside, 1);
    s->waiting--;
    return rc;
}

static int take_locked(struct store *s, int64_t deadline)
{
    int rc = 0;

    while (rc == 0 && s->tokens == 0)
        rc = wait_once(s, deadline);
    if (rc == 0)
        s->tokens--;
    return rc;
}

static int take(void *arg)
{
    return under_lock(arg, take_locked, test_late());
}

static void put(struct store *s, int tokens, bool broadcast)
{
    CHECK_INT(rt_mutex_lock(s->mutex, test_late()), 0);
    s->tokens += tokens;
    if (broadcast)
        rt_cond_broadcast(s->filled);
    else
        rt_cond_signal(s->filled);
    rt_mutex_unlock(s->mutex);
}

/* A task that waits has given the mutex back: whoever holds it then sees it
 * counted. */
static void await_waiting(struct store *s, int n)
{
    for (int64_t late = test_late(); rt_now() < late;) {
        CHECK_INT(rt_mutex_lock(s->mutex, test_late()), 0);
        bool all = s->waiting == n;
        rt_mutex_unlock(s->mutex);
        if (all)
            return;
        rt_yield();
    }
    test_check(false, "they all wait", __FILE__, __LINE__);
}

static void spawn_takers(struct store *s, struct rt_task **tasks)
{
    for (int i = 0; i < WAITERS; i++)
        CHECK_INT(rt_spawn(&tasks[i], take, s), 0);
    await_waiting(s, WAITERS);
}

static int signal_each(void *arg)
{
    struct store s;
    struct rt_task *tasks[WAITERS];
    int statuses[WAITERS];

    (void)arg;
    if (!open_store(&s))
        return 0;
    spawn_takers(&s, tasks);
    for (int i = 0; i < WAITERS; i++)
        put(&s, 1, false);
    CHECK_INT(rt_gather(tasks, WAITERS, statuses, test_late()), 0);
    for (int i = 0; i < WAITERS; i++)
        CHECK_INT(statuses[i], 0);
    CHECK_INT(s.tokens, 0);
    close_store(&s);
    return 0;
}

static void each_signal_wakes_one(void **state)
{
    (void)state;
    needs_tasks(WAITERS);
    assert_int_equal(test_run(WAITERS, signal_each, NULL), 0);
}

static int count_wakes(struct store *s, int64_t deadline)
{
    return wait_once(s, deadline);
}

static int wait_for_one_wake(void *arg)
{
    return under_lock(arg, count_wakes, test_late());
}

static int signal_in_order(void *arg)
{
    struct store s;
    struct rt_task *tasks[WAITERS];
    bool done[WAITERS];

    (void)arg;
    if (!open_store(&s))
        return 0;
    for (int i = 0; i < WAITERS; i++) {
        CHECK_INT(rt_spawn(&tasks[i], wait_for_one_wake, &s), 0);
        await_waiting(&s, i + 1);
    }
    for (int i = 0; i < WAITERS; i++) {
        put(&s, 0, false);
        CHECK_INT(rt_wait(tasks + i, 1, RT_WAIT_ALL, NULL, test_late()), 1);
        int rc = rt_wait(tasks, WAITERS, RT_WAIT_FIRST, done, test_late());
        CHECK_INT(rc, i + 1);
    }
    CHECK_INT(rt_gather(tasks, WAITERS, NULL, test_late()), 0);
    close_store(&s);
    return 0;
}

static void a_signal_wakes_the_waiter_that_came_first(void **state)
{
    (void)state;
    needs_tasks(WAITERS);
    assert_int_equal(test_run(WAITERS, signal_in_order, NULL), 0);
}

static int broadcast_once(void *arg)
{
    struct store s;
    struct rt_task *tasks[WAITERS];
    int statuses[WAITERS];

    (void)arg;
    if (!open_store(&s))
        return 0;
    spawn_takers(&s, tasks);
    put(&s, WAITERS, true);
    CHECK_INT(rt_gather(tasks, WAITERS, statuses, test_late()), 0);
    for (int i = 0; i < WAITERS; i++)
        CHECK_INT(statuses[i], 0);
    close_store(&s);
    return 0;
}

static void a_broadcast_wakes_all(void **state)
{
    (void)state;
    needs_tasks(WAITERS);
    assert_int_equal(test_run(WAITERS, broadcast_once, NULL), 0);
}

static int signal_nobody(void *arg)
{
    struct store s;

    (void)arg;
    if (!open_store(&s))
        return 0;
    put(&s, 0, false);
    put(&s, 0, true);
    int64_t soon = test_soon();
    CHECK_INT(under_lock(&s, wait_once, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK_INT(under_lock(&s, wait_once, 0), -ETIMEDOUT);
    close_store(&s);
    rt_cond_free(NULL);
    return 0;
}

static void a_signal_is_not_kept_for_later(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, signal_nobody, NULL), 0);
}

static int wait_cancelled(void *arg)
{
    struct store s;

    (void)arg;
    if (!open_store(&s))
        return 0;
    CHECK_INT(rt_mutex_lock(s.mutex, test_late()), 0);
    s.inside = 1;
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(wait_once(&s, test_late()), -ECANCELED);
    CHECK_INT(wait_once(&s, test_soon()), -ETIMEDOUT);
    rt_mutex_unlock(s.mutex);
    close_store(&s);
    return 0;
}

static void a_pending_cancellation_comes_with_the_mutex_held(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_cancelled, NULL), 0);
}

static int take_unless_cancelled(void *arg)
{
    return under_lock(arg, take_locked, RT_FOREVER);
}

/* The mutex is held while the wait is over: it must be waited for. */
static int cancel_under_the_mutex(void *arg)
{
    struct store s;
    struct rt_task *task;
    int status = 0;

    (void)arg;
    if (!open_store(&s))
        return 0;
    CHECK_INT(rt_spawn(&task, take_unless_cancelled, &s), 0);
    await_waiting(&s, 1);
    CHECK_INT(rt_mutex_lock(s.mutex, test_late()), 0);
    CHECK_INT(++s.inside, 1);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_cancel(task), 0); /* again, maybe while it locks */
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    s.inside--;
    rt_mutex_unlock(s.mutex);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    close_store(&s);
    return 0;
}

static void a_cancelled_waiter_takes_the_mutex_first(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, cancel_under_the_mutex, NULL), 0);
}

/* Two wait, one is signalled and one cancelled: a signal that reaches the one
 * cancelled must have ended its wait as a signal. */
static void cancel_while_signalling(uint64_t *random)
{
    struct store s;
    struct rt_task *tasks[2];
    int statuses[2] = { 1, 1 };

    if (!open_store(&s))
        return;
    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], take_unless_cancelled, &s), 0);
    if (test_random(random) % 2)
        await_waiting(&s, 2);
    int victim = (int)(test_random(random) % 2);
    if (test_random(random) % 2) {
        put(&s, 1, false);
        CHECK_INT(rt_cancel(tasks[victim]), 0);
    } else {
        CHECK_INT(rt_cancel(tasks[victim]), 0);
        put(&s, 1, false);
    }
    CHECK_INT(rt_join(tasks[victim], &statuses[victim], test_late()), 0);
    if (statuses[victim] == 0)
        put(&s, 1, false);
    CHECK_INT(rt_join(tasks[!victim], &statuses[!victim], test_late()), 0);
    CHECK_INT(statuses[!victim], 0);
    CHECK(statuses[victim] == 0 || statuses[victim] == -ECANCELED);
    CHECK_INT(s.tokens, 0);
    close_store(&s);
}

static int race_signals(void *arg)
{
    for (int i = 0; i < ROUNDS; i++)
        cancel_while_signalling(arg);
    return 0;
}

static void a_cancelled_waiter_swallows_no_signal(void **state)
{
    uint64_t random = (uint64_t)rt_now();

    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, race_signals, &random), 0);
}

static int take_many(void *arg)
{
    for (int i = 0; i < MESSAGES; i++)
        CHECK_INT(take(arg), 0);
    return 0;
}

static int pass_many(void *arg)
{
    struct store s;
    struct rt_task *tasks[2];

    (void)arg;
    if (!open_store(&s))
        return 0;
    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], take_many, &s), 0);
    for (int i = 0; i < 2 * MESSAGES; i++) {
        put(&s, 1, i % 7 == 0);
        if (i % 16 == 0)
            rt_yield();
    }
    CHECK_INT(rt_gather(tasks, 2, NULL, test_late()), 0);
    CHECK_INT(s.tokens, 0);
    close_store(&s);
    return 0;
}

static void no_token_is_lost_among_many(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, pass_many, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(each_signal_wakes_one),
        TEST(a_signal_wakes_the_waiter_that_came_first),
        TEST(a_broadcast_wakes_all),
        TEST(a_signal_is_not_kept_for_later),
        TEST(a_pending_cancellation_comes_with_the_mutex_held),
        TEST(a_cancelled_waiter_takes_the_mutex_first),
        TEST(a_cancelled_waiter_swallows_no_signal),
        TEST(no_token_is_lost_among_many),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
