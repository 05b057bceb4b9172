/* SPDX-License-Identifier: MIT */
/* Schedules: what is due when, whoever asks. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "work.h"

/* A clock that stands still but for those who sleep: linked in place of a
 * runtime. */
static _Atomic int64_t clock_ns;

int64_t rt_now(void)
{
    return atomic_load(&clock_ns);
}

int rt_sleep(int64_t until)
{
    int64_t now = atomic_load(&clock_ns);
    while (until > now && !atomic_compare_exchange_weak(&clock_ns, &now, until))
        ;
    return 0;
}

enum {
    SECOND = 1000000000,
    START = 5000
};

static const struct workload sample = { .name = "sample" };
static struct work work = { .workload = &sample };
static struct arrivals arrivals;
static int64_t starts[100000];

/* Takes all of them. */
static size_t take_all(enum work_schedule schedule, int64_t rate, uint64_t n)
{
    size_t taken = 0;
    atomic_store(&clock_ns, START);
    arrivals_init(&arrivals, &work, schedule, rate, n);
    while (arrivals_next(&arrivals, &starts[taken]) == 1)
        taken++;
    return taken;
}

static void a_fixed_schedule_has_equal_gaps(void **state)
{
    (void)state;
    assert_int_equal(take_all(WORK_FIXED, 1000, 500), 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(starts[i], START + (i + 1) * 1000000);
    assert_int_equal(rt_now(), starts[499]);
}

static void poisson_gaps_are_exponential(void **state)
{
    (void)state;
    enum {
        N = 100000,
        MEAN = 10000 /* ns, at 100 000 per second */
    };
    assert_int_equal(take_all(WORK_POISSON, 100000, N), N);
    /* Of exponential gaps 63.2 % are below the mean, 95 % below three. */
    int below = 0, far_below = 0;
    for (int i = 1; i < N; i++) {
        int64_t gap = starts[i] - starts[i - 1];
        assert_true(gap > 0);
        below += gap < MEAN;
        far_below += gap < 3 * MEAN;
    }
    assert_in_range(starts[N - 1] / N, MEAN * 99 / 100, MEAN * 101 / 100);
    assert_in_range(below, 62700, 63700);
    assert_in_range(far_below, 94700, 95400);
}

static void each_round_has_its_own_schedule(void **state)
{
    (void)state;
    static int64_t first[1000];
    take_all(WORK_POISSON, 1000, 1000);
    memcpy(first, starts, sizeof(first));
    take_all(WORK_POISSON, 1000, 1000);
    assert_memory_equal(first, starts, sizeof(first));
    work.round = 1;
    take_all(WORK_POISSON, 1000, 1000);
    work.round = 0;
    for (int i = 0; i < 1000; i++)
        assert_true(first[i] != starts[i]);
}

static void one_who_is_late_counts_from_the_intended_start(void **state)
{
    (void)state;
    int64_t start;
    atomic_store(&clock_ns, START);
    arrivals_init(&arrivals, &work, WORK_FIXED, 1000, 100);
    assert_int_equal(arrivals_next(&arrivals, &start), 1);
    /* It took fifty gaps: the next is due long since. */
    atomic_fetch_add(&clock_ns, 50000000);
    int64_t now = rt_now();
    assert_int_equal(arrivals_next(&arrivals, &start), 1);
    assert_int_equal(start, START + 2000000);
    assert_int_equal(rt_now(), now);
}

static void what_there_is_no_time_for_is_counted(void **state)
{
    (void)state;
    int64_t start;
    atomic_store(&clock_ns, START);
    arrivals_init(&arrivals, &work, WORK_POISSON, 10,
                  10); /* a second's worth */
    assert_int_equal(arrivals_next(&arrivals, &start), 1);
    atomic_store(&clock_ns, START + INT64_C(3) * SECOND + 1);
    assert_int_equal(arrivals_next(&arrivals, &start), 0);
    arrivals_count(&arrivals, &work, 1);
    assert_string_equal(work.counts[0].name, "unstarted");
    assert_int_equal(work.counts[0].value, 9);
}

static void a_closed_loop_ends_with_the_share(void **state)
{
    (void)state;
    struct share my = { .ops = 6, .rounds = 7 };
    int64_t start;
    atomic_store(&clock_ns, START);
    common.arrivals = (struct arrivals){ .schedule = WORK_CLOSED };
    assert_int_equal(work_next(&my, &start), 1);
    assert_int_equal(start, START);
    my.ops++;
    assert_int_equal(work_next(&my, &start), 0);
}

static void *take(void *arg)
{
    int64_t start;
    while (arrivals_next(&arrivals, &start) == 1) {
        ++*(uint64_t *)arg;
        if (start > rt_now())
            return NULL; /* too early: the count will not be right */
    }
    return NULL;
}

static void threads_share_a_schedule(void **state)
{
    (void)state;
    enum {
        THREADS = 4
    };
    pthread_t threads[THREADS];
    uint64_t counts[THREADS] = { 0 }, sum = 0;
    atomic_store(&clock_ns, START);
    arrivals_init(&arrivals, &work, WORK_POISSON, 100000, 50000);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take, &counts[i]),
                         0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum += counts[i];
    }
    assert_int_equal(sum, 50000);
    int64_t end = rt_now();
    take_all(WORK_POISSON, 100000, 50000);
    assert_int_equal(rt_now(), end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_schedule_has_equal_gaps),
        cmocka_unit_test(poisson_gaps_are_exponential),
        cmocka_unit_test(each_round_has_its_own_schedule),
        cmocka_unit_test(one_who_is_late_counts_from_the_intended_start),
        cmocka_unit_test(what_there_is_no_time_for_is_counted),
        cmocka_unit_test(a_closed_loop_ends_with_the_share),
        cmocka_unit_test(threads_share_a_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
