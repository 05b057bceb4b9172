/* SPDX-License-Identifier: MIT */

/* Channels: order, capacity, closing, deadlines; no item lost or doubled. */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

enum {
    TASKS = 6,
    ITEMS = 2000
};

struct shared {
    struct rt_chan *chan;
    size_t capacity;
    atomic_int sent, received, ended;
    _Atomic int64_t sum_in, sum_out;
};

static int refuse_arguments(void *arg)
{
    struct rt_chan *chan = NULL;

    (void)arg;
    CHECK_INT(rt_chan_new(&chan, 0, 1), -EINVAL);
    CHECK_INT(rt_chan_new(&chan, 1, 0), -EINVAL);
    CHECK_INT(rt_chan_new(&chan, SIZE_MAX, 2), -ENOMEM);
    CHECK_INT(rt_chan_new(&chan, 16, SIZE_MAX / 8), -ENOMEM);
    CHECK(chan == NULL);
    rt_chan_free(NULL);
    return 0;
}

static void a_channel_needs_a_size_that_exists(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, refuse_arguments, NULL), 0);
}

static int fill_and_drain(void *arg)
{
    (void)arg;
    for (int capacity = 1; capacity <= 17; capacity += 4) {
        struct rt_chan *chan;
        int next = 0, out = -1;

        CHECK_INT(rt_chan_new(&chan, sizeof next, (size_t)capacity), 0);
        /* Three times round a ring that is never left aligned. */
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < capacity; i++, next++)
                CHECK_INT(rt_chan_send(chan, &next, 0), 0);
            CHECK_INT(rt_chan_send(chan, &out, 0), -ETIMEDOUT);
            for (int i = 0; i < capacity; i++) {
                CHECK_INT(rt_chan_recv(chan, &out, 0), 0);
                CHECK_INT(out, next - capacity + i);
            }
            CHECK_INT(rt_chan_recv(chan, &out, 0), -ETIMEDOUT);
            CHECK_INT(out, next - 1);
            CHECK_INT(rt_chan_send(chan, &next, RT_FOREVER), 0);
            CHECK_INT(rt_chan_recv(chan, &out, RT_FOREVER), 0);
            CHECK_INT(out, next++);
        }
        rt_chan_free(chan);
    }
    return 0;
}

static void a_channel_holds_its_capacity_in_order(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, fill_and_drain, NULL), 0);
}

static int copy_items_of(size_t bytes)
{
    static unsigned char in[4096], out[4096 + 1];
    struct rt_chan *chan;

    CHECK_INT(rt_chan_new(&chan, bytes, 3), 0);
    for (int i = 0; i < 10; i++) {
        memset(in, i + 1, bytes);
        memset(out, 0xee, sizeof out);
        CHECK_INT(rt_chan_send(chan, in, 0), 0);
        memset(in, 0, bytes);
        CHECK_INT(rt_chan_recv(chan, out, 0), 0);
        CHECK_INT(out[0], i + 1);
        CHECK_INT(out[bytes - 1], i + 1);
        CHECK_INT(out[bytes], 0xee);
    }
    rt_chan_free(chan);
    return 0;
}

static int copy_items(void *arg)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 8, 16, 24, 100, 4095, 4096 };

    (void)arg;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        copy_items_of(sizes[i]);
    return 0;
}

static void items_of_any_size_are_copied(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, copy_items, NULL), 0);
}

static int close_with_items(void *arg)
{
    struct rt_chan *chan;
    int item = 1, out = 0;

    (void)arg;
    CHECK_INT(rt_chan_new(&chan, sizeof item, 4), 0);
    CHECK_INT(rt_chan_send(chan, &item, 0), 0);
    item = 2;
    CHECK_INT(rt_chan_send(chan, &item, 0), 0);
    rt_chan_close(chan);
    rt_chan_close(chan);
    CHECK_INT(rt_chan_send(chan, &item, 0), -EPIPE);
    CHECK_INT(rt_chan_send(chan, &item, RT_FOREVER), -EPIPE);
    CHECK_INT(rt_chan_recv(chan, &out, RT_FOREVER), 0);
    CHECK_INT(out, 1);
    CHECK_INT(rt_chan_recv(chan, &out, 0), 0);
    CHECK_INT(out, 2);
    CHECK_INT(rt_chan_recv(chan, &out, 0), -EPIPE);
    CHECK_INT(rt_chan_recv(chan, &out, RT_FOREVER), -EPIPE);
    CHECK_INT(out, 2);
    rt_chan_free(chan);
    return 0;
}

static void a_closed_channel_drains_and_then_ends(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, close_with_items, NULL), 0);
}

static int close_full(void *arg)
{
    struct rt_chan *chan;
    int item = 1;

    (void)arg;
    CHECK_INT(rt_chan_new(&chan, sizeof item, 1), 0);
    CHECK_INT(rt_chan_send(chan, &item, 0), 0);
    rt_chan_close(chan);
    CHECK_INT(rt_chan_send(chan, &item, RT_FOREVER), -EPIPE);
    rt_chan_free(chan);
    return 0;
}

static void a_full_closed_channel_refuses_at_once(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, close_full, NULL), 0);
}

static int send_until_closed(void *arg)
{
    struct shared *s = arg;
    int item = 1, rc;

    while ((rc = rt_chan_send(s->chan, &item, RT_FOREVER)) == 0)
        atomic_fetch_add(&s->sent, 1);
    CHECK_INT(rc, -EPIPE);
    atomic_fetch_add(&s->ended, 1);
    return 0;
}

static int receive_until_closed(void *arg)
{
    struct shared *s = arg;
    int item, rc;

    while ((rc = rt_chan_recv(s->chan, &item, RT_FOREVER)) == 0)
        atomic_fetch_add(&s->received, 1);
    CHECK_INT(rc, -EPIPE);
    atomic_fetch_add(&s->ended, 1);
    return 0;
}

/* Closes once the tasks block, or are about to: both must end them. */
static int close_on(struct shared *s, rt_task_fn fn)
{
    struct rt_task *tasks[TASKS];

    CHECK_INT(rt_chan_new(&s->chan, sizeof(int), s->capacity), 0);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], fn, s), 0);
    while (fn == send_until_closed && s->sent < (int)s->capacity)
        rt_yield();
    CHECK_INT(rt_gather(tasks, TASKS, NULL, test_soon()), -ETIMEDOUT);
    CHECK_INT(s->ended, 0);
    rt_chan_close(s->chan);
    CHECK_INT(rt_gather(tasks, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->ended, TASKS);
    rt_chan_free(s->chan);
    return 0;
}

static int close_on_senders(void *arg)
{
    return close_on(arg, send_until_closed);
}

static int close_on_receivers(void *arg)
{
    return close_on(arg, receive_until_closed);
}

static void close_wakes_every_sender(void **state)
{
    struct shared s = { .capacity = 3 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, close_on_senders, &s), 0);
    assert_int_equal(s.sent, 3);
}

static void close_wakes_every_receiver(void **state)
{
    struct shared s = { .capacity = 3 };

    (void)state;
    needs_tasks(TASKS);
    assert_int_equal(test_run(TASKS, close_on_receivers, &s), 0);
    assert_int_equal(s.received, 0);
}

static int wait_for_room_and_item(void *arg)
{
    struct rt_chan *chan;
    int item = 4, out = 9;
    int64_t soon = test_soon();

    (void)arg;
    CHECK_INT(rt_chan_new(&chan, sizeof item, 1), 0);
    CHECK_INT(rt_chan_recv(chan, &out, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK_INT(out, 9);
    CHECK_INT(rt_chan_send(chan, &item, 0), 0);
    item = 5;
    soon = test_soon();
    CHECK_INT(rt_chan_send(chan, &item, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK_INT(rt_chan_recv(chan, &out, 0), 0);
    CHECK_INT(out, 4);
    CHECK_INT(rt_chan_recv(chan, &out, 0), -ETIMEDOUT);
    rt_chan_free(chan);
    return 0;
}

static void a_timed_out_call_moves_no_item(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_for_room_and_item, NULL), 0);
}

static int send_numbers(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < ITEMS; i++)
        CHECK_INT(rt_chan_send(s->chan, &i, RT_FOREVER), 0);
    rt_chan_close(s->chan);
    return 0;
}

static int receive_in_order(void *arg)
{
    struct shared *s = arg;
    struct rt_task *task;
    int item = -1, next = 0;

    CHECK_INT(rt_chan_new(&s->chan, sizeof item, s->capacity), 0);
    CHECK_INT(rt_spawn(&task, send_numbers, s), 0);
    while (rt_chan_recv(s->chan, &item, RT_FOREVER) == 0)
        CHECK_INT(item, next++);
    CHECK_INT(next, ITEMS);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_chan_free(s->chan);
    return 0;
}

static void items_arrive_in_the_order_sent(void **state)
{
    (void)state;
    needs_tasks(1);
    for (size_t capacity = 1; capacity <= 64; capacity *= 4) {
        struct shared s = { .capacity = capacity };
        assert_int_equal(test_run(1, receive_in_order, &s), 0);
    }
}

static int send_once(void *arg)
{
    int item = 1;

    CHECK_INT(rt_chan_send(arg, &item, RT_FOREVER), 0);
    return 0;
}

static int free_when_served(void *arg)
{
    (void)arg;
    for (int i = 0; i < ITEMS / 8; i++) {
        struct rt_chan *chan;
        int item;

        CHECK_INT(rt_chan_new(&chan, sizeof item, 1), 0);
        CHECK_INT(rt_spawn(NULL, send_once, chan), 0);
        CHECK_INT(rt_chan_recv(chan, &item, RT_FOREVER), 0);
        rt_chan_free(chan);
    }
    return 0;
}

/* Nobody waits any more, even if the sender is still about to return. */
static void whoever_got_the_last_item_may_free_the_channel(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, free_when_served, NULL), 0);
}

/* ---- many senders, many receivers ---- */

static int64_t hasty(uint64_t *seed)
{
    return rt_in(test_random(seed) % 60000);
}

static int produce(void *arg)
{
    struct shared *s = arg;

    for (int i = 1; i <= ITEMS; i++) {
        CHECK_INT(rt_chan_send(s->chan, &i, RT_FOREVER), 0);
        atomic_fetch_add(&s->sum_in, i);
    }
    return 0;
}

static int produce_hastily(void *arg)
{
    struct shared *s = arg;
    uint64_t seed = (uintptr_t)&seed;

    for (int i = 1; i <= ITEMS; i++) {
        int rc = rt_chan_send(s->chan, &i, hasty(&seed));

        CHECK(rc == 0 || rc == -ETIMEDOUT);
        if (rc == 0)
            atomic_fetch_add(&s->sum_in, i);
    }
    return 0;
}

static int consume(void *arg)
{
    struct shared *s = arg;
    int item, rc;

    while ((rc = rt_chan_recv(s->chan, &item, RT_FOREVER)) == 0)
        atomic_fetch_add(&s->sum_out, item);
    CHECK_INT(rc, -EPIPE);
    return 0;
}

static int consume_hastily(void *arg)
{
    struct shared *s = arg;
    uint64_t seed = (uintptr_t)&seed;
    int item = 0, rc;

    while ((rc = rt_chan_recv(s->chan, &item, hasty(&seed))) != -EPIPE) {
        CHECK(rc == 0 || rc == -ETIMEDOUT);
        if (rc == 0)
            atomic_fetch_add(&s->sum_out, item);
        else
            rt_yield();
    }
    return 0;
}

static int exchange(struct shared *s, rt_task_fn in, rt_task_fn out)
{
    struct rt_task *senders[TASKS], *receivers[TASKS];

    CHECK_INT(rt_chan_new(&s->chan, sizeof(int), s->capacity), 0);
    for (int i = 0; i < TASKS; i++) {
        CHECK_INT(rt_spawn(&senders[i], in, s), 0);
        CHECK_INT(rt_spawn(&receivers[i], out, s), 0);
    }
    CHECK_INT(rt_gather(senders, TASKS, NULL, RT_FOREVER), 0);
    rt_chan_close(s->chan);
    CHECK_INT(rt_gather(receivers, TASKS, NULL, RT_FOREVER), 0);
    CHECK_INT(s->sum_out, s->sum_in);
    rt_chan_free(s->chan);
    return 0;
}

static int exchange_plainly(void *arg)
{
    return exchange(arg, produce, consume);
}

static int exchange_hastily(void *arg)
{
    return exchange(arg, produce_hastily, consume_hastily);
}

static void many_senders_and_receivers_lose_no_item(void **state)
{
    (void)state;
    needs_tasks(2 * TASKS);
    for (size_t capacity = 1; capacity <= 16; capacity *= 4) {
        struct shared s = { .capacity = capacity };
        assert_int_equal(test_run(2 * TASKS, exchange_plainly, &s), 0);
        assert_int_equal(s.sum_out, TASKS * ITEMS * (ITEMS + 1) / 2);
    }
}

static void senders_and_receivers_that_give_up_lose_no_item(void **state)
{
    (void)state;
    needs_tasks(2 * TASKS);
    for (size_t capacity = 1; capacity <= 16; capacity *= 4) {
        struct shared s = { .capacity = capacity };
        assert_int_equal(test_run(2 * TASKS, exchange_hastily, &s), 0);
        assert_true(s.sum_in > 0);
    }
}

/* ---- a chain of channels ---- */

struct stage {
    struct rt_chan *in, *out;
};

static int pass_on(void *arg)
{
    struct stage *stage = arg;
    int item;

    while (rt_chan_recv(stage->in, &item, RT_FOREVER) == 0) {
        item++;
        CHECK_INT(rt_chan_send(stage->out, &item, RT_FOREVER), 0);
    }
    rt_chan_close(stage->out);
    return 0;
}

static int feed(void *arg)
{
    for (int i = 0; i < ITEMS; i++)
        CHECK_INT(rt_chan_send(arg, &i, RT_FOREVER), 0);
    rt_chan_close(arg);
    return 0;
}

static int pass_through_stages(void *arg)
{
    struct rt_chan *chans[TASKS + 1];
    struct stage stages[TASKS];
    struct rt_task *tasks[TASKS + 1];
    int item = 0, next = 0;

    (void)arg;
    for (int i = 0; i <= TASKS; i++)
        CHECK_INT(rt_chan_new(&chans[i], sizeof(int), 1), 0);
    for (int i = 0; i < TASKS; i++) {
        stages[i] = (struct stage){ chans[i], chans[i + 1] };
        CHECK_INT(rt_spawn(&tasks[i], pass_on, &stages[i]), 0);
    }
    CHECK_INT(rt_spawn(&tasks[TASKS], feed, chans[0]), 0);
    while (rt_chan_recv(chans[TASKS], &item, RT_FOREVER) == 0)
        CHECK_INT(item, TASKS + next++);
    CHECK_INT(next, ITEMS);
    CHECK_INT(rt_gather(tasks, TASKS + 1, NULL, RT_FOREVER), 0);
    for (int i = 0; i <= TASKS; i++)
        rt_chan_free(chans[i]);
    return 0;
}

static void items_pass_through_a_pipeline(void **state)
{
    (void)state;
    needs_tasks(TASKS + 1);
    assert_int_equal(test_run(TASKS + 1, pass_through_stages, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_channel_needs_a_size_that_exists),
        TEST(a_channel_holds_its_capacity_in_order),
        TEST(items_of_any_size_are_copied),
        TEST(a_closed_channel_drains_and_then_ends),
        TEST(a_full_closed_channel_refuses_at_once),
        TEST(close_wakes_every_sender),
        TEST(close_wakes_every_receiver),
        TEST(a_timed_out_call_moves_no_item),
        TEST(items_arrive_in_the_order_sent),
        TEST(whoever_got_the_last_item_may_free_the_channel),
        TEST(many_senders_and_receivers_lose_no_item),
        TEST(senders_and_receivers_that_give_up_lose_no_item),
        TEST(items_pass_through_a_pipeline),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
