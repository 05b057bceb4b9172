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

/* Further apart than the loop's millisecond. */
#define GAP_NS INT64_C(1500000)

struct order {
    int64_t first, until;
    struct rt_event *event;
    int *next, place;
    bool late; /* the first deadline came too soon */
};

static int sleep_and_take_place(void *arg)
{
    struct order *o = arg;

    o->late = rt_now() >= o->first;
    CHECK_INT(rt_sleep(o->until), 0);
    return (*o->next)++ == o->place;
}

static int wait_and_leave(void *arg)
{
    struct order *o = arg;

    int rc = rt_event_wait(o->event, o->until);
    o->late = rt_now() >= o->first;
    CHECK(rc == 0 || o->late);
    return 1;
}

static void spawn_in_order(struct order *orders, struct rt_task **tasks)
{
    for (int i = 0; i < 2 * SLEEPERS; i++) {
        struct order *o = &orders[i];

        *o = orders[0];
        o->place = i / 2 * 37 % SLEEPERS;
        o->until = o->first + o->place * GAP_NS;
        CHECK_INT(rt_spawn(&tasks[i],
                           i % 2 ? wait_and_leave : sleep_and_take_place, o),
                  0);
    }
}

/* The first deadline comes after `lead`.  Beside each sleeper somebody waits
 * with the same deadline who will not need it.  False when that was too soon
 * for this machine. */
static bool sleep_in_order(int64_t lead)
{
    struct rt_task *tasks[2 * SLEEPERS];
    static struct order orders[2 * SLEEPERS];
    int statuses[2 * SLEEPERS] = { 0 }, next = 0;
    bool late = false;

    orders[0] = (struct order){ .first = rt_in(lead), .next = &next };
    CHECK_INT(rt_event_new(&orders[0].event), 0);
    spawn_in_order(orders, tasks);
    rt_yield();
    rt_event_set(orders[0].event);
    CHECK_INT(rt_gather(tasks, 2 * SLEEPERS, statuses, RT_FOREVER), 0);
    for (int i = 0; i < 2 * SLEEPERS; i++)
        late = late || orders[i].late;
    for (int i = 0; i < 2 * SLEEPERS; i++)
        CHECK(late || statuses[i]);
    rt_event_free(orders[0].event);
    return !late;
}

static int sleep_in_order_with_more_time(void *arg)
{
    (void)arg;
    for (int64_t lead = 2000000; lead < INT64_C(4000000000); lead *= 4)
        if (sleep_in_order(lead))
            return 0;
    return -ETIME;
}

static void sleepers_wake_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    if (!runtime_is("coro"))
        test_skip("threads wake in no promised order");
    assert_int_equal(test_run(0, sleep_in_order_with_more_time, NULL), 0);
}

enum {
    MANY = 400
};

struct patient {
    struct rt_event *event;
    int64_t deadline;
};

/* Early exactly when the event was set. */
static int wait_for_event_or_deadline(void *arg)
{
    struct patient *p = arg;
    int rc = rt_event_wait(p->event, p->deadline);

    CHECK(rc == 0 || rc == -ETIMEDOUT);
    CHECK(rc == 0 || rt_now() >= p->deadline);
    return rc == 0;
}

/* Sets every second event, so that deadlines go away in no order at all. */
static int cancel_deadlines(void *arg)
{
    static struct patient patients[MANY];
    static struct rt_task *tasks[MANY];
    static int statuses[MANY];
    uint64_t seed = 1;

    (void)arg;
    for (int i = 0; i < MANY; i++) {
        struct patient *p = &patients[i];

        CHECK_INT(rt_event_new(&p->event), 0);
        p->deadline = i % 2 ? rt_in(test_random(&seed) % 30000000)
                            : test_late() + test_random(&seed);
        CHECK_INT(rt_spawn(&tasks[i], wait_for_event_or_deadline, p), 0);
        rt_yield();
    }
    for (int i = 0; i < MANY; i++)
        if (i * 7 % MANY % 2 == 0)
            rt_event_set(patients[i * 7 % MANY].event);
    CHECK_INT(rt_gather(tasks, MANY, statuses, RT_FOREVER), 0);
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(statuses[i], i % 2 == 0);
        rt_event_free(patients[i].event);
    }
    return 0;
}

static void deadlines_may_go_unused_in_any_order(void **state)
{
    struct rt_options options = { 0 };

    (void)state;
    needs_tasks(MANY);
    if (runtime_honours("workers"))
        options.workers = MANY;
    if (runtime_honours("stack"))
        options.stack_bytes = 64 * 1024;
    assert_int_equal(test_run_with(&options, cancel_deadlines, NULL), 0);
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

static int read_a_byte(void *arg)
{
    char c;

    return rt_sock_read(arg, &c, 1, RT_FOREVER) == 1 ? 0 : -EPIPE;
}

static int wait_under_a_deadline(void *arg)
{
    return rt_event_wait(arg, rt_in(20000000));
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* A deadline that is not needed any more passes while nothing can run; the
 * next one must come all the same, also beside a stream that is waited for. */
static int sleep_past_a_deadline_not_needed(void *arg)
{
    struct rt_sock *reader, *writer;
    struct rt_event *event;
    struct rt_task *tasks[2];

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    CHECK_INT(rt_event_new(&event), 0);
    CHECK_INT(rt_spawn(&tasks[0], read_a_byte, reader), 0);
    CHECK_INT(rt_spawn(&tasks[1], wait_under_a_deadline, event), 0);
    rt_yield();
    CHECK_INT(rt_offload(do_nothing, NULL, NULL), 0);
    rt_event_set(event);
    for (int64_t passed = rt_in(40000000); rt_now() < passed;)
        continue;
    CHECK_INT(rt_sleep(rt_in(20000000)), 0);
    CHECK_INT(rt_sock_write(writer, "x", 1, RT_FOREVER), 1);
    CHECK_INT(rt_gather(tasks, 2, NULL, RT_FOREVER), 0);
    rt_event_free(event);
    rt_sock_close(reader);
    rt_sock_close(writer);
    return 0;
}

static void a_deadline_not_needed_hides_no_later_one(void **state)
{
    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, sleep_past_a_deadline_not_needed, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(sleep_is_never_early),
        TEST(sleep_into_the_past_returns),
        TEST(sleep_is_never_early_among_many),
        TEST(sleepers_may_outnumber_the_workers),
        TEST(sleepers_may_share_a_deadline),
        TEST(sleepers_wake_in_the_order_of_their_deadlines),
        TEST(deadlines_may_go_unused_in_any_order),
        TEST(a_yielding_task_starves_neither_sleepers_nor_streams),
        TEST(a_deadline_not_needed_hides_no_later_one),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
