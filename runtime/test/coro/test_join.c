/* SPDX-License-Identifier: MIT */
/*
 * Joins go before the order of arrival: who runs then, on how many stacks a
 * tree of tasks is walked, and that nobody starves by it.
 */
#include "../test.h"

enum {
    TASKS = 6,
    DEPTH = 4,
    CHILDREN = 10,
    LONG = 200000, /* tasks in a row, for several slices */
    LONG_SANITIZED = 5000
};

/* ---- order ---- */

struct order {
    int n;
    int seen[4 * TASKS];
};

struct note {
    struct order *order;
    int name;
};

static int note(void *arg)
{
    const struct note *self = arg;
    struct order *order = self->order;
    order->seen[order->n++] = self->name;
    return 0;
}

struct joins {
    struct order order;
    struct note notes[TASKS];
    struct rt_task *tasks[TASKS];
    const int *sequence; /* in which the main task joins */
};

static void spawn_all(struct joins *joins)
{
    for (int i = 0; i < TASKS; i++) {
        joins->notes[i] = (struct note){ &joins->order, i };
        CHECK_INT(rt_spawn(&joins->tasks[i], note, &joins->notes[i]), 0);
    }
}

static int join_main(void *arg)
{
    struct joins *joins = arg;
    spawn_all(joins);
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_join(joins->tasks[joins->sequence[i]], NULL, RT_FOREVER),
                  0);
    return 0;
}

static void a_joined_task_starts_before_older_ones(void **state)
{
    static const int sequences[][TASKS] = {
        { 0, 1, 2, 3, 4, 5 }, { 5, 4, 3, 2, 1, 0 }, { 2, 1, 3, 5, 0, 4 },
        { 4, 5, 3, 0, 2, 1 }, { 1, 0, 5, 4, 2, 3 }, { 3, 4, 5, 2, 0, 1 },
    };
    (void)state;
    for (size_t s = 0; s < sizeof(sequences) / sizeof(*sequences); s++) {
        struct joins joins = { .sequence = sequences[s] };
        assert_int_equal(test_run(0, join_main, &joins), 0);
        assert_int_equal(joins.order.n, TASKS);
        for (int i = 0; i < TASKS; i++)
            assert_int_equal(joins.order.seen[i], sequences[s][i]);
    }
}

static int gather_main(void *arg)
{
    struct joins *joins = arg;
    struct rt_task *some[3];
    spawn_all(joins);
    for (int i = 0; i < 3; i++)
        some[i] = joins->tasks[joins->sequence[i]];
    CHECK_INT(rt_gather(some, 3, NULL, RT_FOREVER), 0);
    joins->order.seen[joins->order.n++] = TASKS;
    for (int i = 3; i < TASKS; i++)
        CHECK_INT(rt_join(joins->tasks[joins->sequence[i]], NULL, RT_FOREVER),
                  0);
    return 0;
}

static void gathered_tasks_start_in_order_and_their_gatherer_follows(
    void **state)
{
    static const int sequence[TASKS] = { 4, 1, 3, 5, 2, 0 };
    static const int expected[TASKS + 1] = { 4, 1, 3, TASKS, 5, 2, 0 };
    struct joins joins = { .sequence = sequence };
    (void)state;
    assert_int_equal(test_run(0, gather_main, &joins), 0);
    assert_int_equal(joins.order.n, TASKS + 1);
    for (int i = 0; i <= TASKS; i++)
        assert_int_equal(joins.order.seen[i], expected[i]);
}

/* ---- stacks ---- */

struct span {
    uintptr_t low, high; /* of the frames seen */
    bool gathers;
};

struct node {
    struct span *span;
    int depth;
};

static int grow(void *arg)
{
    struct node *node = arg;
    struct span *span = node->span;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!span->low || here < span->low)
        span->low = here;
    if (here > span->high)
        span->high = here;
    if (node->depth == 0)
        return 0;
    struct node child = { span, node->depth - 1 };
    struct rt_task *tasks[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        CHECK_INT(rt_spawn(&tasks[i], grow, &child), 0);
    if (span->gathers)
        return rt_gather(tasks, CHILDREN, NULL, RT_FOREVER);
    for (int i = 0; i < CHILDREN; i++)
        CHECK_INT(rt_join(tasks[i], NULL, RT_FOREVER), 0);
    return 0;
}

static int grow_main(void *arg)
{
    struct node root = { arg, DEPTH };
    return grow(&root);
}

/* 11 111 tasks.  A slice that ends in the middle begins a second descent
 * beside the first: a busy machine may see some of those. */
static void a_tree_is_walked_on_few_stacks(void **state)
{
    (void)state;
    for (int gathers = 0; gathers < 2; gathers++) {
        struct span span = { .gathers = gathers };
        struct rt_info info;
        assert_int_equal(test_run(0, grow_main, &span), 0);
        rt_info(&info);
        assert_int_equal(info.tasks, 11110);
        assert_true((span.high - span.low) / info.stack_bytes < 2000);
    }
}

/* ---- nobody starves ---- */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int yield_some(void *arg)
{
    volatile bool *done = arg;
    for (int i = 0; i < 3; i++)
        rt_yield();
    *done = true;
    return 0;
}

static int sleep_some(void *arg)
{
    volatile bool *done = arg;
    CHECK_INT(rt_sleep(test_soon()), 0);
    *done = true;
    return 0;
}

static int join_until(void *arg)
{
    volatile bool *done = arg;
    struct rt_task *task;
    while (!*done) {
        CHECK_INT(rt_spawn(&task, nothing, NULL), 0);
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    }
    return 0;
}

static int yield_once(void *arg)
{
    (void)arg;
    return rt_yield();
}

/* Of tasks that have started, so that they are not hastened, and end at any
 * place in the budget of switches. */
static int join_started_until(void *arg)
{
    volatile bool *done = arg;
    struct rt_task *task;
    for (int i = 0; !*done; i++) {
        for (int n = 0; n < i % 7; n++)
            CHECK_INT(rt_yield(), 0);
        CHECK_INT(rt_spawn(&task, yield_once, NULL), 0);
        CHECK_INT(rt_yield(), 0);
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    }
    return 0;
}

static int gather_until(void *arg)
{
    volatile bool *done = arg;
    struct rt_task *tasks[CHILDREN];
    while (!*done) {
        for (int i = 0; i < CHILDREN; i++)
            CHECK_INT(rt_spawn(&tasks[i], nothing, NULL), 0);
        CHECK_INT(rt_gather(tasks, CHILDREN, NULL, RT_FOREVER), 0);
    }
    return 0;
}

struct pair {
    rt_task_fn other, endless;
    volatile bool done;
};

static int pair_main(void *arg)
{
    struct pair *pair = arg;
    struct rt_task *tasks[3];
    void *done = (void *)&pair->done;
    CHECK_INT(rt_spawn(&tasks[0], pair->endless, done), 0);
    CHECK_INT(rt_spawn(&tasks[1], pair->other, done), 0);
    CHECK_INT(rt_spawn(&tasks[2], pair->endless, done), 0);
    return rt_gather(tasks, 3, NULL, RT_FOREVER);
}

static void endless_joins_starve_nobody(void **state)
{
    static const rt_task_fn others[] = { yield_some, sleep_some };
    static const rt_task_fn endless[] = { join_until, gather_until,
                                          join_started_until };
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct pair pair = { others[i % 2], endless[i / 2], false };
        assert_int_equal(test_run(0, pair_main, &pair), 0);
    }
}

/* Slices end while tasks are in front: none is lost. */
static int count_main(void *arg)
{
    static volatile bool done;
    struct rt_task *other;
    struct rt_task *tasks[CHILDREN];
    done = false;
    CHECK_INT(rt_spawn(&other, join_until, (void *)&done), 0);
    for (int n = 0; n < *(int *)arg; n += CHILDREN) {
        for (int i = 0; i < CHILDREN; i++)
            CHECK_INT(rt_spawn(&tasks[i], nothing, NULL), 0);
        CHECK_INT(rt_gather(tasks, CHILDREN, NULL, RT_FOREVER), 0);
    }
    done = true;
    return rt_join(other, NULL, RT_FOREVER);
}

static void the_end_of_a_slice_loses_no_task(void **state)
{
    int tasks = test_sanitized() ? LONG_SANITIZED : LONG;
    struct rt_info info;
    (void)state;
    assert_int_equal(test_run(0, count_main, &tasks), 0);
    rt_info(&info);
    assert_true(info.tasks >= (uint64_t)tasks);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_joined_task_starts_before_older_ones),
        TEST(gathered_tasks_start_in_order_and_their_gatherer_follows),
        TEST(a_tree_is_walked_on_few_stacks),
        TEST(endless_joins_starve_nobody),
        TEST(the_end_of_a_slice_loses_no_task),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
