/* SPDX-License-Identifier: MIT */

/* Cancellation in each waiting call: it wakes, once, and nothing is lost. */

#include <errno.h>

#include "waits.h"

/* ---- one that waits ---- */

static int wait_forever(void *arg)
{
    struct scene *s = arg;

    return s->op->wait(s, RT_FOREVER);
}

/* Before it has begun, while it most likely begins, and while it most likely
 * waits: the same must come of it. */
static void let_it(int how_far)
{
    if (how_far == 1)
        CHECK_INT(rt_yield(), 0);
    if (how_far == 2)
        CHECK_INT(rt_sleep(test_soon()), 0);
}

static void cancel_one(const struct wait_op *op, int how_far)
{
    struct scene s;
    struct rt_task *task;
    int status = 0;

    if (!open_scene(&s, op))
        return;
    CHECK_INT(rt_spawn(&task, wait_forever, &s), 0);
    let_it(how_far);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_OP(op, rt_join(task, &status, test_late()), 0);
    CHECK_OP(op, status, -ECANCELED);
    if (op->satisfy) {
        op->satisfy(&s);
        CHECK_OP(op, op->wait(&s, test_late()), 0);
    }
    op->close(&s);
}

static int cancel_each(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < wait_ops_count; i++) {
        for (int how_far = 0; how_far < 3; how_far++)
            cancel_one(&wait_ops[i], how_far);
    }
    return 0;
}

static void every_wait_ends_when_cancelled_and_loses_nothing(void **state)
{
    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, cancel_each, NULL), 0);
}

static int yield_to_anybody(void *arg)
{
    (void)arg;
    return rt_yield();
}

/* No argument looks like a cancellation that has come before. */
static int cancel_with_any_argument(void *arg)
{
    struct rt_task *task;
    int status = 0;

    (void)arg;
    CHECK_INT(rt_spawn(&task, yield_to_anybody, (void *)(intptr_t)-ECANCELED),
              0);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    return status;
}

static void a_task_is_cancelled_before_it_starts_whatever_is_its_argument(
    void **state)
{
    (void)state;
    if (!runtime_is("coro"))
        test_skip("elsewhere it may have started, and ended");
    assert_int_equal(test_run(0, cancel_with_any_argument, NULL), -ECANCELED);
}

/* ---- once, and before anything else ---- */

static int cancel_before_each(void *arg)
{
    struct scene s;

    (void)arg;
    for (size_t i = 0; i < wait_ops_count; i++) {
        const struct wait_op *op = &wait_ops[i];

        if (!open_scene(&s, op))
            continue;
        if (op->satisfy)
            op->satisfy(&s);
        CHECK_INT(rt_cancel(NULL), 0);
        CHECK_OP(op, op->wait(&s, op->satisfy ? test_late() : 0), -ECANCELED);
        if (op->satisfy)
            CHECK_OP(op, op->wait(&s, test_late()), 0);
        op->close(&s);
        CHECK_OP(op, rt_yield(), 0);
    }
    return 0;
}

static void a_pending_cancellation_comes_before_any_effect(void **state)
{
    (void)state;
    assert_int_equal(test_run(3, cancel_before_each, NULL), 0);
}

struct refusal {
    struct scene scene;
    struct rt_event *refused;
    int first;
};

static int wait_again(void *arg)
{
    struct refusal *r = arg;
    const struct wait_op *op = r->scene.op;

    r->first = op->wait(&r->scene, RT_FOREVER);
    rt_event_set(r->refused);
    return op->wait(&r->scene, op->satisfy ? RT_FOREVER : test_soon());
}

static int refuse_each(void *arg)
{
    struct refusal r;
    struct rt_task *task;

    (void)arg;
    for (size_t i = 0; i < wait_ops_count; i++) {
        const struct wait_op *op = &wait_ops[i];
        int status = 1;

        if (op->partial || !open_scene(&r.scene, op))
            continue;
        CHECK_INT(rt_event_new(&r.refused), 0);
        CHECK_INT(rt_spawn(&task, wait_again, &r), 0);
        let_it((int)i % 3);
        CHECK_INT(rt_cancel(task), 0);
        CHECK_OP(op, rt_event_wait(r.refused, test_late()), 0);
        CHECK_OP(op, r.first, -ECANCELED);
        let_it((int)i % 3);
        if (op->satisfy)
            op->satisfy(&r.scene);
        CHECK_OP(op, rt_join(task, &status, test_late()), 0);
        CHECK_OP(op, status, op->satisfy ? 0 : wait_in_vain(op));
        op->close(&r.scene);
        rt_event_free(r.refused);
    }
    return 0;
}

static void a_task_may_refuse_and_wait_again(void **state)
{
    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, refuse_each, NULL), 0);
}

/* ---- cancelled and satisfied at the same time ---- */

enum {
    ROUNDS = 150
};

struct race {
    struct scene scene;
    struct rt_event *cancelled;
    int yields;        /* before the wait */
    int rc;            /* of the wait */
    int cancellations; /* delivered */
};

static int note(struct race *r, int rc)
{
    r->cancellations += rc == -ECANCELED;
    CHECK_OP(r->scene.op, rc == 0 || rc == -ECANCELED, true);
    return rc;
}

static int run_race(void *arg)
{
    struct race *r = arg;

    for (int i = 0; i < r->yields; i++)
        note(r, rt_yield());
    r->rc = note(r, r->scene.op->wait(&r->scene, RT_FOREVER));
    note(r, rt_event_wait(r->cancelled, test_late()));
    return note(r, rt_yield());
}

static void pause_a_little(uint64_t *random)
{
    for (uint32_t n = test_random(random) % 4; n > 1; n--)
        CHECK_INT(rt_yield(), 0);
}

static void race_once(const struct wait_op *op, uint64_t *random)
{
    struct race r = { .yields = (int)(test_random(random) % 3) };
    struct rt_task *task;
    bool cancel_first = test_random(random) % 2;

    if (!open_scene(&r.scene, op))
        return;
    CHECK_INT(rt_event_new(&r.cancelled), 0);
    CHECK_INT(rt_spawn(&task, run_race, &r), 0);
    pause_a_little(random);
    if (cancel_first)
        CHECK_INT(rt_cancel(task), 0);
    pause_a_little(random);
    op->satisfy(&r.scene);
    pause_a_little(random);
    if (!cancel_first)
        CHECK_INT(rt_cancel(task), 0);
    rt_event_set(r.cancelled);
    CHECK_OP(op, rt_join(task, NULL, test_late()), 0);
    CHECK_OP(op, r.cancellations, 1);
    if (r.rc != 0)
        CHECK_OP(op, op->wait(&r.scene, test_late()), 0);
    op->close(&r.scene);
    rt_event_free(r.cancelled);
}

static int race_all(void *arg)
{
    for (size_t i = 0; i < wait_ops_count; i++) {
        for (int round = 0; wait_ops[i].satisfy && round < ROUNDS; round++)
            race_once(&wait_ops[i], arg);
    }
    return 0;
}

static void a_cancelled_wait_has_an_effect_or_has_none(void **state)
{
    uint64_t random = (uint64_t)rt_now();

    (void)state;
    needs_tasks(3);
    assert_int_equal(test_run(3, race_all, &random), 0);
}

/* ---- others in the queue ---- */

enum {
    WAITERS = 5
};

/* The first, the last and one in the middle leave; the others stay. */
static void cancel_some(const struct wait_op *op, int satisfactions)
{
    struct scene s;
    struct rt_task *tasks[WAITERS];

    if (!open_scene(&s, op))
        return;
    for (int i = 0; i < WAITERS; i++)
        CHECK_INT(rt_spawn(&tasks[i], wait_forever, &s), 0);
    let_it(2);
    for (int i = 0; i < WAITERS; i += 2)
        CHECK_INT(rt_cancel(tasks[i]), 0);
    for (int i = 0; i < WAITERS; i++) {
        int status = 1;
        bool stays = i % 2;

        CHECK_OP(op, rt_join(tasks[i], &status, stays ? 0 : test_late()),
                 stays ? -ETIMEDOUT : 0);
        CHECK_OP(op, status, stays ? 1 : -ECANCELED);
    }
    for (int i = 0; i < satisfactions; i++)
        op->satisfy(&s);
    for (int i = 1; i < WAITERS; i += 2) {
        int status = 1;

        CHECK_OP(op, rt_join(tasks[i], &status, test_late()), 0);
        CHECK_OP(op, status, 0);
    }
    op->close(&s);
}

static int cancel_some_of_each(void *arg)
{
    (void)arg;
    cancel_some(wait_op("sem"), WAITERS / 2);
    cancel_some(wait_op("recv"), WAITERS / 2);
    cancel_some(wait_op("cond"), WAITERS / 2);
    cancel_some(wait_op("mutex"), 1);
    cancel_some(wait_op("event"), 1);
    return 0;
}

static void those_who_stay_in_the_queue_are_served(void **state)
{
    (void)state;
    needs_tasks(WAITERS);
    assert_int_equal(test_run(WAITERS, cancel_some_of_each, NULL), 0);
}

/* ---- what a cancellation is not ---- */

static int return_five(void *arg)
{
    (void)arg;
    return 5;
}

static int cancel_one_that_has_ended(void *arg)
{
    struct rt_task *task;
    int status = 0;

    (void)arg;
    CHECK_INT(rt_spawn(&task, return_five, NULL), 0);
    CHECK_INT(rt_wait(&task, 1, RT_WAIT_ALL, NULL, test_late()), 1);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, 5);
    return rt_yield();
}

static void cancelling_an_ended_task_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, cancel_one_that_has_ended, NULL), 0);
}

static int cancel_twice(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_cancel(NULL), 0);
        CHECK_INT(rt_cancel(NULL), 0);
        CHECK_INT(rt_yield(), -ECANCELED);
        CHECK_INT(rt_yield(), 0);
    }
    return 0;
}

static void two_before_delivery_are_one(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, cancel_twice, NULL), 0);
}

static int use_calls_that_never_wait(void *arg)
{
    struct rt_mutex *mutex;
    struct rt_cond *cond;
    struct rt_sem *sem;
    struct rt_event *event;
    struct rt_chan *chan;
    struct rt_sock *listener;
    struct rt_task *task;

    CHECK_INT(rt_mutex_new(&mutex), 0);
    CHECK_INT(rt_mutex_lock(mutex, RT_FOREVER), 0);
    CHECK_INT(rt_cancel(NULL), 0);
    rt_mutex_unlock(mutex);
    CHECK_INT(rt_cond_new(&cond), 0);
    rt_cond_signal(cond);
    rt_cond_broadcast(cond);
    CHECK_INT(rt_sem_new(&sem, 0), 0);
    rt_sem_release(sem);
    CHECK_INT(rt_event_new(&event), 0);
    rt_event_set(event);
    CHECK_INT(rt_chan_new(&chan, 1, 1), 0);
    rt_chan_close(chan);
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    CHECK_INT(rt_spawn(&task, return_five, arg), 0);
    CHECK_INT(rt_join(task, NULL, test_late()), -ECANCELED);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_sock_close(listener);
    rt_chan_free(chan);
    rt_event_free(event);
    rt_sem_free(sem);
    rt_cond_free(cond);
    rt_mutex_free(mutex);
    return 0;
}

static void calls_that_never_wait_deliver_none(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, use_calls_that_never_wait, NULL), 0);
}

/* ---- tasks that wait for tasks ---- */

struct pair {
    struct rt_event *spawned, *began, *event, *cancelled;
    struct rt_task *inner, *outer;
    int first, second; /* what the outer task saw */
    int inner_status;
};

static int wait_inside(void *arg)
{
    struct pair *p = arg;

    rt_event_set(p->began);
    int rc = rt_event_wait(p->event, test_late());
    /* Stays until the canceller is done with it. */
    if (rc == -ECANCELED)
        CHECK_INT(rt_event_wait(p->cancelled, test_late()), 0);
    return rc;
}

static int join_inside(void *arg)
{
    struct pair *p = arg;

    CHECK_INT(rt_spawn(&p->inner, wait_inside, p), 0);
    rt_event_set(p->spawned);
    p->first = rt_join(p->inner, &p->inner_status, RT_FOREVER);
    if (p->first == 0)
        p->second = rt_yield();
    else
        p->second = rt_join(p->inner, &p->inner_status, test_late());
    return 0;
}

static int cancel_either(void *arg)
{
    struct pair p = { .inner_status = 1 };
    bool inner = *(bool *)arg;

    CHECK_INT(rt_event_new(&p.spawned), 0);
    CHECK_INT(rt_event_new(&p.began), 0);
    CHECK_INT(rt_event_new(&p.cancelled), 0);
    CHECK_INT(rt_event_new(&p.event), 0);
    CHECK_INT(rt_spawn(&p.outer, join_inside, &p), 0);
    CHECK_INT(rt_event_wait(p.spawned, test_late()), 0);
    CHECK_INT(rt_event_wait(p.began, test_late()), 0);
    CHECK_INT(rt_cancel(inner ? p.inner : p.outer), 0);
    if (!inner)
        rt_event_set(p.event);
    rt_event_set(p.cancelled);
    CHECK_INT(rt_join(p.outer, NULL, test_late()), 0);
    CHECK_INT(p.inner_status, inner ? -ECANCELED : 0);
    CHECK_INT((p.first == -ECANCELED) + (p.second == -ECANCELED), !inner);
    rt_event_free(p.spawned);
    rt_event_free(p.began);
    rt_event_free(p.event);
    rt_event_free(p.cancelled);
    return 0;
}

/* Also where the one runs in the other's place: with a single worker. */
static void a_join_passes_cancellation_neither_up_nor_down(void **state)
{
    (void)state;
    needs_tasks(2);
    for (unsigned workers = 1; workers <= 2; workers++) {
        for (int inner = 0; inner < 2; inner++) {
            bool which = inner;

            assert_int_equal(test_run(workers, cancel_either, &which), 0);
        }
    }
}

enum {
    CROWD = 200
};

static int cancel_a_crowd(void *arg)
{
    static struct scene scenes[CROWD];
    static struct rt_task *tasks[CROWD];
    static int statuses[CROWD];

    (void)arg;
    for (int i = 0; i < CROWD; i++) {
        scenes[i].op = wait_op("sleep");
        CHECK_INT(rt_spawn(&tasks[i], wait_forever, &scenes[i]), 0);
    }
    let_it(2);
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(rt_cancel(tasks[i]), 0);
    CHECK_INT(rt_gather(tasks, CROWD, statuses, test_late()), 0);
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(statuses[i], -ECANCELED);
    return 0;
}

/* A pool of the default size: most have not started. */
static void a_crowd_is_cancelled_started_or_not(void **state)
{
    (void)state;
    needs_tasks(20);
    assert_int_equal(test_run(0, cancel_a_crowd, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_wait_ends_when_cancelled_and_loses_nothing),
        TEST(a_task_is_cancelled_before_it_starts_whatever_is_its_argument),
        TEST(a_pending_cancellation_comes_before_any_effect),
        TEST(a_task_may_refuse_and_wait_again),
        TEST(a_cancelled_wait_has_an_effect_or_has_none),
        TEST(those_who_stay_in_the_queue_are_served),
        TEST(cancelling_an_ended_task_does_nothing),
        TEST(two_before_delivery_are_one),
        TEST(calls_that_never_wait_deliver_none),
        TEST(a_join_passes_cancellation_neither_up_nor_down),
        TEST(a_crowd_is_cancelled_started_or_not),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
