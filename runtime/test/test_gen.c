/* SPDX-License-Identifier: MIT */

/* Generators. */

#include <errno.h>
#include <string.h>

#include "test.h"

enum {
    ITEMS = 500
};

/* What a producer is to do, and what became of it. */
struct plan {
    int items;   /* to give before it returns */
    int status;  /* to return then */
    bool wait;   /* waits for the event before each item */
    bool refuse; /* goes on when told to stop, a few times */
    bool shield; /* gives its items under a shield */
    struct rt_event *event;
    int began, given, stopped, cleaned;
    struct rt_gen *gen; /* its own, for the shield */
};

static int give_items(struct plan *p, struct rt_gen *gen)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < p->items; i++) {
        if (p->wait)
            rc = rt_event_wait(p->event, RT_FOREVER);
        if (rc == 0)
            rc = rt_gen_yield(gen, &i);
        p->given += rc == 0;
    }
    return rc;
}

static int give_shielded(void *arg)
{
    struct plan *p = arg;

    return give_items(p, p->gen);
}

static int produce(struct rt_gen *gen, void *arg)
{
    struct plan *p = arg;

    p->began++;
    p->gen = gen;
    int rc = p->shield ? rt_shield(give_shielded, p) : give_items(p, gen);
    if (rc == 0)
        return p->status;
    p->stopped = rc;
    for (int i = 0; p->refuse && i < 5; i++)
        CHECK_INT(rt_gen_yield(gen, &i), -ECANCELED);
    /* Clean-up that waits is not disturbed. */
    if (!p->shield)
        CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_sleep(test_soon()), p->shield ? -ECANCELED : 0);
    p->cleaned++;
    return -EIO;
}

static struct rt_gen *open_gen(struct plan *p)
{
    struct rt_gen *gen = NULL;

    CHECK_INT(rt_gen_new(&gen, sizeof(int), produce, p), 0);
    return gen;
}

static void needs_generators(void)
{
    needs_tasks(1);
}

static int take_all(void *arg)
{
    struct plan p = { .items = ITEMS, .status = *(int *)arg };
    struct rt_gen *gen = open_gen(&p);
    int item = -1;

    if (!gen)
        return 0;
    for (int i = 0; i < ITEMS; i++) {
        CHECK_INT(rt_gen_next(gen, &item, i % 2 ? RT_FOREVER : test_late()), 0);
        CHECK_INT(item, i);
    }
    if (p.status < 0)
        CHECK_INT(rt_gen_next(gen, &item, RT_FOREVER), p.status);
    CHECK_INT(rt_gen_next(gen, &item, RT_FOREVER), -EPIPE);
    CHECK_INT(rt_gen_next(gen, &item, 0), -EPIPE);
    CHECK_INT(item, ITEMS - 1);
    CHECK_INT(p.given, ITEMS);
    rt_gen_free(gen);
    CHECK_INT(p.stopped, 0);
    return 0;
}

static void items_come_in_order_and_end(void **state)
{
    int statuses[] = { 0, 5 };

    (void)state;
    needs_generators();
    for (int i = 0; i < 2; i++)
        assert_int_equal(test_run(1, take_all, &statuses[i]), 0);
}

static void a_failure_comes_after_the_items_once(void **state)
{
    int status = -ENOSPC;

    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, take_all, &status), 0);
}

static int never_ask(void *arg)
{
    struct plan p = { .items = 1 };
    struct rt_gen *gen = open_gen(&p);

    (void)arg;
    CHECK_INT(rt_sleep(test_soon()), 0);
    CHECK_INT(p.began, 0);
    rt_gen_free(gen);
    rt_gen_free(NULL);
    CHECK_INT(p.began, 0);
    return 0;
}

static void nothing_runs_until_the_first_item_is_asked_for(void **state)
{
    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, never_ask, NULL), 0);
}

static int ask_in_steps(void *arg)
{
    struct plan p = { .items = 3 };
    struct rt_gen *gen = open_gen(&p);
    int item = -1;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_gen_next(gen, &item, test_late()), 0);
        CHECK_INT(rt_sleep(test_soon()), 0);
        /* It stands in the call that gave the item. */
        CHECK_INT(p.given, i);
    }
    rt_gen_free(gen);
    CHECK_INT(p.stopped, -ECANCELED);
    return 0;
}

static void the_producer_runs_only_when_asked(void **state)
{
    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, ask_in_steps, NULL), 0);
}

static int close_early(void *arg)
{
    struct plan *p = arg;
    struct rt_gen *gen = open_gen(p);
    int item = -1;

    for (int i = 0; i < 3; i++)
        CHECK_INT(rt_gen_next(gen, &item, test_late()), 0);
    rt_gen_free(gen);
    CHECK_INT(p->given, 2);
    CHECK_INT(p->stopped, -ECANCELED);
    CHECK_INT(p->cleaned, 1);
    return rt_yield();
}

static void closing_early_awaits_the_clean_up(void **state)
{
    struct plan p = { .items = 1000 };

    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, close_early, &p), 0);
}

static void closing_stops_one_that_refuses(void **state)
{
    struct plan p = { .items = 1000, .refuse = true };

    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, close_early, &p), 0);
}

/* The cancellation itself comes after the shield. */
static void closing_stops_one_under_a_shield(void **state)
{
    struct plan p = { .items = 1000, .shield = true };

    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, close_early, &p), 0);
}

static int ask_too_early(void *arg)
{
    struct plan p = { .items = 2, .wait = true };
    int item = -1;

    (void)arg;
    CHECK_INT(rt_event_new(&p.event), 0);
    struct rt_gen *gen = open_gen(&p);
    CHECK_INT(rt_gen_next(gen, &item, 0), -ETIMEDOUT);
    CHECK_INT(rt_gen_next(gen, &item, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_gen_next(gen, &item, test_late()), -ECANCELED);
    CHECK_INT(item, -1);
    rt_event_set(p.event);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(rt_gen_next(gen, &item, test_late()), 0);
        CHECK_INT(item, i);
    }
    CHECK_INT(rt_gen_next(gen, &item, test_late()), -EPIPE);
    rt_gen_free(gen);
    rt_event_free(p.event);
    return 0;
}

static void an_item_asked_for_too_early_is_not_lost(void **state)
{
    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, ask_too_early, NULL), 0);
}

static int close_while_it_waits(void *arg)
{
    struct plan p = { .items = 2, .wait = true };
    int item = -1;

    CHECK_INT(rt_event_new(&p.event), 0);
    struct rt_gen *gen = open_gen(&p);
    CHECK_INT(rt_gen_next(gen, &item, *(bool *)arg ? test_soon() : 0),
              -ETIMEDOUT);
    CHECK_INT(rt_cancel(NULL), 0);
    rt_gen_free(gen);
    CHECK_INT(rt_yield(), -ECANCELED);
    CHECK_INT(p.stopped, -ECANCELED);
    CHECK_INT(p.cleaned, 1);
    rt_event_free(p.event);
    return 0;
}

/* Whether it has begun or not, and though the closer is cancelled itself. */
static void closing_ends_a_producer_wherever_it_waits(void **state)
{
    (void)state;
    needs_generators();
    for (int i = 0; i < 2; i++) {
        bool begun = i;

        assert_int_equal(test_run(1, close_while_it_waits, &begun), 0);
    }
}

static int close_after_some(void *arg)
{
    uint64_t random = *(uint64_t *)arg;

    for (int round = 0; round < 100; round++) {
        struct plan p = { .items = 3 };
        struct rt_gen *gen = open_gen(&p);
        int item, want = (int)(test_random(&random) % 5), rc = 0;

        for (int i = 0; rc == 0 && i < want; i++)
            rc = rt_gen_next(gen, &item,
                             test_random(&random) % 2 ? test_late() : 0);
        for (uint32_t n = test_random(&random) % 3; n > 0; n--)
            CHECK_INT(rt_yield(), 0);
        rt_gen_free(gen);
        CHECK_INT(p.cleaned, p.stopped != 0);
        CHECK(p.stopped == 0 || p.stopped == -ECANCELED);
    }
    return 0;
}

static void closing_is_safe_at_any_moment(void **state)
{
    uint64_t random = (uint64_t)rt_now();

    (void)state;
    needs_generators();
    assert_int_equal(test_run(1, close_after_some, &random), 0);
}

/* ---- generators that use generators ---- */

static int count_to(struct rt_gen *gen, void *arg)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < *(int *)arg; i++)
        rc = rt_gen_yield(gen, &i);
    return rc;
}

static int square(struct rt_gen *gen, void *arg)
{
    struct rt_gen *source;
    int item, rc = rt_gen_new(&source, sizeof item, count_to, arg);

    while (rc == 0 && (rc = rt_gen_next(source, &item, RT_FOREVER)) == 0) {
        int64_t result = (int64_t)item * item;

        rc = rt_gen_yield(gen, &result);
    }
    rt_gen_free(source);
    return rc == -EPIPE ? 0 : rc;
}

static int sum_squares(void *arg)
{
    struct rt_gen *gen;
    int n = 100, close_at = *(int *)arg;
    int64_t item, sum = 0;

    CHECK_INT(rt_gen_new(&gen, sizeof item, square, &n), 0);
    for (int i = 0; i < close_at && rt_gen_next(gen, &item, RT_FOREVER) == 0;
         i++)
        sum += item;
    rt_gen_free(gen);
    CHECK_INT(sum, close_at > 100 ? 328350 : 285);
    return 0;
}

static void a_chain_of_generators_ends_and_closes_as_one(void **state)
{
    int close_at[] = { 1000, 10 };

    (void)state;
    needs_tasks(2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(test_run(2, sum_squares, &close_at[i]), 0);
}

struct big {
    unsigned char bytes[3000];
};

static int give_big(struct rt_gen *gen, void *arg)
{
    struct big item;

    (void)arg;
    memset(&item, 7, sizeof item);
    return rt_gen_yield(gen, &item);
}

static int take_big(void *arg)
{
    static struct big item;
    struct rt_gen *gen = arg;

    CHECK_INT(rt_gen_new(&gen, 0, give_big, NULL), -EINVAL);
    CHECK_INT(rt_gen_new(&gen, sizeof item, give_big, NULL), 0);
    CHECK_INT(rt_gen_next(gen, &item, test_late()), 0);
    CHECK_INT(item.bytes[0], 7);
    CHECK_INT(item.bytes[sizeof item - 1], 7);
    rt_gen_free(gen);
    return 0;
}

static void items_have_the_size_given(void **state)
{
    struct rt_options options = { 0 };

    (void)state;
    needs_generators();
    assert_int_equal(test_run_with(&options, take_big, NULL), 0);
}

static int new_generator(void *arg)
{
    struct plan p = { .items = 1 };
    struct rt_gen *gen = arg;
    int rc = rt_gen_new(&gen, sizeof(int), produce, &p);

    if (rc == 0)
        rt_gen_free(gen);
    return rc;
}

static void a_runtime_of_one_party_says_that_it_has_none(void **state)
{
    (void)state;
    assert_int_equal(test_run(1, new_generator, NULL),
                     runtime_is("seq") ? -ENOTSUP : 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(items_come_in_order_and_end),
        TEST(a_failure_comes_after_the_items_once),
        TEST(nothing_runs_until_the_first_item_is_asked_for),
        TEST(the_producer_runs_only_when_asked),
        TEST(closing_early_awaits_the_clean_up),
        TEST(closing_stops_one_that_refuses),
        TEST(closing_stops_one_under_a_shield),
        TEST(an_item_asked_for_too_early_is_not_lost),
        TEST(closing_ends_a_producer_wherever_it_waits),
        TEST(closing_is_safe_at_any_moment),
        TEST(a_chain_of_generators_ends_and_closes_as_one),
        TEST(items_have_the_size_given),
        TEST(a_runtime_of_one_party_says_that_it_has_none),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
