/* SPDX-License-Identifier: MIT */
/*
 * What a context switch must keep, and who gets control after it.
 */
#include "../test.h"

enum {
    ROUNDS = 1000,
    BUDGET = 64 /* switches between two turns of the loop, at least */
};

static uint64_t turns(void)
{
    struct rt_info info;
    rt_info(&info);
    return info.loop_turns;
}

static uint64_t switches(void)
{
    struct rt_info info;
    rt_info(&info);
    return info.switches;
}

/* More values live across the call than there are registers to keep. */
static int keep_values(void *arg)
{
    long seed = *(long *)arg;
    long a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11,
         f = seed * 13, g = seed * 17, h = seed * 19;
    double x = (double)seed * 0.5, y = (double)seed * 0.25;
    for (int i = 0; i < ROUNDS; i++) {
        rt_yield();
        a += 1, b += 2, c += 3, d += 4, e += 5, f += 6, g += 7, h += 8;
        x += 1, y += 2;
    }
    CHECK_INT(a, seed + ROUNDS);
    CHECK_INT(b, seed * 3 + ROUNDS * 2);
    CHECK_INT(c, seed * 5 + ROUNDS * 3);
    CHECK_INT(d, seed * 7 + ROUNDS * 4);
    CHECK_INT(e, seed * 11 + ROUNDS * 5);
    CHECK_INT(f, seed * 13 + ROUNDS * 6);
    CHECK_INT(g, seed * 17 + ROUNDS * 7);
    CHECK_INT(h, seed * 19 + ROUNDS * 8);
    CHECK(x == (double)seed * 0.5 + ROUNDS);
    CHECK(y == (double)seed * 0.25 + ROUNDS * 2);
    return 0;
}

static int keep_values_main(void *arg)
{
    static long seeds[3] = { 1, 1000, -77 };
    struct rt_task *tasks[3];
    (void)arg;
    for (int i = 0; i < 3; i++)
        CHECK_INT(rt_spawn(&tasks[i], keep_values, &seeds[i]), 0);
    return rt_gather(tasks, 3, NULL, RT_FOREVER);
}

static void values_survive_switches(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, keep_values_main, NULL), 0);
}

/* The ABI's alignment is what aligned moves of the compiler rely on. */
static int aligned(void *arg)
{
    _Alignas(16) volatile char here[16] = { 0 };
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_INT((uintptr_t)here % 16, 0);
        CHECK_INT((uintptr_t)__builtin_frame_address(0) % 16, 0);
        rt_yield();
    }
    return 0;
}

static int aligned_main(void *arg)
{
    /* Stacks start at different offsets in their pages. */
    struct rt_task *tasks[20];
    (void)arg;
    for (int i = 0; i < 20; i++)
        CHECK_INT(rt_spawn(&tasks[i], aligned, NULL), 0);
    return rt_gather(tasks, 20, NULL, RT_FOREVER);
}

static void stacks_are_aligned(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, aligned_main, NULL), 0);
}

struct order {
    int n;
    int seen[12];
};

static int note_thrice(void *arg)
{
    static int next;
    struct order *order = arg;
    int me = next++ % 4;
    for (int i = 0; i < 3; i++) {
        order->seen[order->n++] = me;
        rt_yield();
    }
    return 0;
}

static int order_main(void *arg)
{
    struct rt_task *tasks[4];
    for (int i = 0; i < 4; i++)
        CHECK_INT(rt_spawn(&tasks[i], note_thrice, arg), 0);
    return rt_gather(tasks, 4, NULL, RT_FOREVER);
}

static void yield_goes_round_in_order_of_arrival(void **state)
{
    struct order order = { 0 };
    (void)state;
    assert_int_equal(test_run(0, order_main, &order), 0);
    assert_int_equal(order.n, 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(order.seen[i], i % 4);
}

static int yield_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        rt_yield();
    return 0;
}

static int direct_main(void *arg)
{
    struct rt_task *tasks[2];
    (void)arg;
    uint64_t turns_before = turns();
    uint64_t switches_before = switches();
    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], yield_often, NULL), 0);
    CHECK_INT(rt_gather(tasks, 2, NULL, RT_FOREVER), 0);
    /* To the first, to and fro, and back here: all counted, none through the
     * loop but for the turns it is due. */
    CHECK_INT(switches() - switches_before, 2 * ROUNDS + 3);
    CHECK(turns() - turns_before <= (2 * ROUNDS + 3) / BUDGET + 1);
    return 0;
}

static void tasks_switch_without_the_loop(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, direct_main, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(values_survive_switches),
        TEST(stacks_are_aligned),
        TEST(yield_goes_round_in_order_of_arrival),
        TEST(tasks_switch_without_the_loop),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
