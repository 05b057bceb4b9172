/* SPDX-License-Identifier: MIT */

/* Calls under a deadline, shields, and what happens to tasks that main leaves
 * behind. */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* ---- rt_timeout() ---- */

/* A call that sleeps, and what became of it. */
struct call {
    int64_t sleep_ns;
    int when_cancelled;
    bool began, cleaned;
};

static int sleep_and_clean_up(void *arg)
{
    struct call *c = arg;

    c->began = true;
    int rc = rt_sleep(rt_in(c->sleep_ns));
    if (rc != -ECANCELED)
        return rc ? rc : 6;
    CHECK_INT(rt_sleep(test_soon()), 0);
    c->cleaned = true;
    return c->when_cancelled;
}

static int call_in_time(void *arg)
{
    struct call c = { .sleep_ns = 1000 };
    int status = 0;

    (void)arg;
    CHECK_INT(rt_timeout(sleep_and_clean_up, &c, test_late(), &status), 0);
    CHECK_INT(status, 6);
    CHECK_INT(rt_timeout(sleep_and_clean_up, &c, RT_FOREVER, NULL), 0);
    CHECK(!c.cleaned);
    return rt_yield();
}

static void a_call_that_ends_in_time_gives_its_status(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, call_in_time, NULL), 0);
}

static int call_too_long(void *arg)
{
    int64_t deadlines[] = { 0, test_soon() };

    (void)arg;
    for (int i = 0; i < 2; i++) {
        struct call c = { .sleep_ns = INT64_C(40000000000) };
        int status = 1;

        c.when_cancelled = i ? 9 : -ECANCELED;
        CHECK_INT(rt_timeout(sleep_and_clean_up, &c, deadlines[i],
                             i ? &status : 0),
                  -ETIMEDOUT);
        CHECK(c.began && c.cleaned);
        CHECK_INT(status, i ? 9 : 1);
    }
    return rt_yield();
}

static void a_call_past_its_deadline_cleans_up_first(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, call_too_long, NULL), 0);
}

static int call_after_cancelling(void *arg)
{
    struct call c = { .sleep_ns = 1000 };
    int status = 1;

    (void)arg;
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_timeout(sleep_and_clean_up, &c, test_late(), &status),
              -ECANCELED);
    CHECK(!c.began);
    CHECK_INT(status, 1);
    return rt_yield();
}

static void a_cancelled_task_makes_no_call(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, call_after_cancelling, NULL), 0);
}

/* A call within a call. */
struct nested {
    struct call call;
    int64_t outer, inner;
    int status, error; /* of the inner one */
};

static int call_within(void *arg)
{
    struct nested *n = arg;

    n->error = rt_timeout(sleep_and_clean_up, &n->call, n->inner, &n->status);
    return 5;
}

static int call_twice(void *arg)
{
    struct nested *n = arg;
    int status = 0;
    int error = rt_timeout(call_within, n, n->outer, &status);

    CHECK_INT(status, 5);
    CHECK_INT(n->call.cleaned, n->call.began);
    CHECK_INT(n->status, n->call.began ? -ECANCELED : 0);
    return error;
}

static void the_shorter_of_nested_deadlines_counts(void **state)
{
    struct nested n = { .outer = RT_FOREVER };

    (void)state;
    needs_tasks(2);
    n.call.sleep_ns = INT64_C(40000000000);
    n.call.when_cancelled = -ECANCELED;
    n.inner = test_soon();
    assert_int_equal(test_run(2, call_twice, &n), 0);
    assert_int_equal(n.error, -ETIMEDOUT);
    assert_true(n.call.began);
    n.call.began = n.call.cleaned = false;
    n.status = 0;
    n.inner = RT_FOREVER;
    n.outer = test_soon();
    assert_int_equal(test_run(2, call_twice, &n), -ETIMEDOUT);
    assert_int_equal(n.error, -ECANCELED);
}

static int cancel_a_caller(void *arg)
{
    struct nested n = { .inner = RT_FOREVER };
    struct rt_task *task;

    (void)arg;
    n.call.sleep_ns = INT64_C(40000000000);
    n.call.when_cancelled = 3;
    CHECK_INT(rt_spawn(&task, call_within, &n), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(n.error, -ECANCELED);
    CHECK_INT(n.call.cleaned, n.call.began);
    CHECK_INT(n.status, n.call.began ? 3 : 0);
    return 0;
}

static void a_call_is_cancelled_with_its_caller(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, cancel_a_caller, NULL), 0);
}

/* ---- rt_shield() ---- */

static int yield_once(void *arg)
{
    *(int *)arg = rt_yield();
    return 8;
}

static int shield_from_a_pending_one(void *arg)
{
    int rc = 1;

    (void)arg;
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_shield(yield_once, &rc), 8);
    CHECK_INT(rc, 0);
    CHECK_INT(rt_yield(), -ECANCELED);
    CHECK_INT(rt_yield(), 0);
    return 0;
}

static void a_shield_holds_back_a_pending_cancellation(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, shield_from_a_pending_one, NULL), 0);
}

struct shielded {
    struct rt_event *began, *event;
    int inside, between, after;
};

static int wait_shielded(void *arg)
{
    struct shielded *s = arg;

    rt_event_set(s->began);
    s->inside = rt_event_wait(s->event, test_late());
    return 0;
}

static int shield_twice(void *arg)
{
    struct shielded *s = arg;

    rt_shield(wait_shielded, s);
    s->between = rt_yield();
    return 0;
}

static int wait_after_the_shield(void *arg)
{
    struct shielded *s = arg;

    rt_shield(shield_twice, s);
    s->after = rt_yield();
    return rt_yield();
}

static int cancel_one_under_a_shield(void *arg)
{
    struct shielded s = { .inside = 1, .between = 1 };
    struct rt_task *task;
    int status = 1;

    (void)arg;
    CHECK_INT(rt_event_new(&s.began), 0);
    CHECK_INT(rt_event_new(&s.event), 0);
    CHECK_INT(rt_spawn(&task, wait_after_the_shield, &s), 0);
    CHECK_INT(rt_event_wait(s.began, test_late()), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    rt_event_set(s.event);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(s.inside, 0);
    CHECK_INT(s.between, 0);
    CHECK_INT(s.after, -ECANCELED);
    CHECK_INT(status, 0);
    rt_event_free(s.began);
    rt_event_free(s.event);
    return 0;
}

static void shields_nest_and_deliver_afterwards(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, cancel_one_under_a_shield, NULL), 0);
}

static int sleep_long(void *arg)
{
    (void)arg;
    return rt_sleep(test_late());
}

static int cancel_a_child(void *arg)
{
    struct rt_task *task;
    int status = 1;

    (void)arg;
    CHECK_INT(rt_spawn(&task, sleep_long, NULL), 0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    return status;
}

static int shield_a_parent(void *arg)
{
    return rt_shield(cancel_a_child, arg);
}

static void a_shield_does_not_cover_tasks_spawned_under_it(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, shield_a_parent, NULL), -ECANCELED);
}

/* ---- main returns early ---- */

struct left {
    atomic_int cleaned;
    struct rt_task *task;
};

static int yields(void *arg)
{
    (void)arg;
    return rt_yield();
}

static int clean_up_slowly(void *arg)
{
    struct left *l = arg;
    struct rt_task *helper;
    int rc = rt_sleep(test_late());

    CHECK_INT(rc, -ECANCELED);
    CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    if (CHECK_INT(rt_spawn(&helper, yields, NULL), 0))
        CHECK_INT(rt_join(helper, NULL, test_late()), 0);
    atomic_fetch_add(&l->cleaned, 1);
    return rc;
}

static int leave_tasks(void *arg)
{
    struct left *l = arg;

    for (int i = 0; i < 10; i++)
        CHECK_INT(rt_spawn(i % 2 ? &l->task : NULL, clean_up_slowly, l), 0);
    if (l->cleaned == 0) /* the second time they have most likely begun */
        return 4;
    CHECK_INT(rt_sleep(test_soon()), 0);
    return 5;
}

static void tasks_main_leaves_are_cancelled_and_clean_up(void **state)
{
    struct left l = { .cleaned = 0 };

    (void)state;
    needs_tasks(10);
    assert_int_equal(test_run(10, leave_tasks, &l), 4);
    assert_int_equal(l.cleaned, 10);
    assert_int_equal(test_run(10, leave_tasks, &l), 5);
    assert_int_equal(l.cleaned, 20);
    /* With most of them not started. */
    assert_int_equal(test_run(1, leave_tasks, &l), 5);
    assert_int_equal(l.cleaned, 30);
}

static int refuse_to_end(void *arg)
{
    struct left *l = arg;

    CHECK_INT(rt_sleep(test_late()), -ECANCELED);
    for (int i = 0; i < 20; i++)
        CHECK_INT(rt_yield(), 0);
    atomic_fetch_add(&l->cleaned, 1);
    return 2;
}

static int leave_one_that_refuses(void *arg)
{
    return rt_spawn(NULL, refuse_to_end, arg);
}

static void tasks_main_leaves_are_cancelled_once(void **state)
{
    struct left l = { .cleaned = 0 };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, leave_one_that_refuses, &l), 0);
    assert_int_equal(l.cleaned, 1);
}

static int sleep_soon(void *arg)
{
    (void)arg;
    return rt_sleep(test_soon());
}

static int sleep_and_tell(void *arg)
{
    int *told = arg;

    *told = sleep_long(NULL);
    return 0;
}

/* Main has most likely returned when the shield ends, and no waiting call has
 * told so. */
static int spawn_unaware(void *arg)
{
    rt_shield(sleep_soon, NULL);
    return rt_spawn(NULL, sleep_and_tell, arg);
}

static int leave_one_unaware(void *arg)
{
    return rt_spawn(NULL, spawn_unaware, arg);
}

static void who_has_yet_to_learn_of_the_end_spawns_cancelled_tasks(void **state)
{
    int told = 1;

    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, leave_one_unaware, &told), 0);
    assert_int_equal(told, -ECANCELED);
}

/* ---- failures nobody joined ---- */

struct reports {
    char text[2000];
    int n;
};

static void take_report(void *arg, const char *text)
{
    struct reports *r = arg;

    strncat(r->text, text, sizeof r->text - strlen(r->text) - 1);
    r->n++;
}

static void run_reported(struct reports *r, rt_task_fn fn, void *arg)
{
    struct rt_options options = { .report = take_report, .report_arg = r };

    if (runtime_honours("workers"))
        options.workers = 4;
    *r = (struct reports){ .n = 0 };
    assert_int_equal(test_run_with(&options, fn, arg), 0);
}

static int fail_with(void *arg)
{
    return *(int *)arg;
}

static int fail_named(void *arg)
{
    rt_task_name(NULL, "named by itself");
    return fail_with(arg);
}

static int leave_failures(void *arg)
{
    static struct rt_task *kept; /* in reach: no leak */

    CHECK_INT(rt_spawn(NULL, fail_named, arg), 0);
    CHECK_INT(rt_spawn(&kept, fail_with, arg), 0);
    rt_task_name(kept, "never joined");
    return 0;
}

static void a_failure_nobody_joined_is_reported_with_its_name(void **state)
{
    struct reports r;
    int failure = -EIO;

    (void)state;
    run_reported(&r, leave_failures, &failure);
    assert_int_equal(r.n, 2);
    assert_non_null(strstr(r.text, "named by itself"));
    assert_non_null(strstr(r.text, "never joined"));
    assert_non_null(strstr(r.text, "-5"));
    assert_int_equal(r.text[strlen(r.text) - 1], '\n');
}

static void success_and_cancellation_are_not_reported(void **state)
{
    static int statuses[] = { 0, 1, -ECANCELED };
    struct reports r;

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        run_reported(&r, leave_failures, &statuses[i]);
        assert_string_equal(r.text, "");
    }
}

static int join_and_detach_failures(void *arg)
{
    struct rt_task *task;
    int status = 0;

    CHECK_INT(rt_spawn(&task, fail_with, arg), 0);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(rt_spawn(&task, fail_with, arg), 0);
    CHECK_INT(rt_wait(&task, 1, RT_WAIT_ALL, NULL, test_late()), 1);
    rt_task_name(task, "detached late");
    rt_detach(task);
    return 0;
}

static void a_failure_is_reported_when_detached_after_its_end(void **state)
{
    struct reports r;
    int failure = -ENOSPC;

    (void)state;
    run_reported(&r, join_and_detach_failures, &failure);
    assert_int_equal(r.n, 1);
    assert_non_null(strstr(r.text, "detached late"));
    assert_non_null(strstr(r.text, "-28"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_call_that_ends_in_time_gives_its_status),
        TEST(a_call_past_its_deadline_cleans_up_first),
        TEST(a_cancelled_task_makes_no_call),
        TEST(the_shorter_of_nested_deadlines_counts),
        TEST(a_call_is_cancelled_with_its_caller),
        TEST(a_shield_holds_back_a_pending_cancellation),
        TEST(shields_nest_and_deliver_afterwards),
        TEST(a_shield_does_not_cover_tasks_spawned_under_it),
        TEST(tasks_main_leaves_are_cancelled_and_clean_up),
        TEST(tasks_main_leaves_are_cancelled_once),
        TEST(who_has_yet_to_learn_of_the_end_spawns_cancelled_tasks),
        TEST(a_failure_nobody_joined_is_reported_with_its_name),
        TEST(success_and_cancellation_are_not_reported),
        TEST(a_failure_is_reported_when_detached_after_its_end),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
