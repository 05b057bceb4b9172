/* SPDX-License-Identifier: MIT */
/* Histograms against the sorted values they stand for. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "histogram.h"
#include "workload.h"

enum {
    VALUES = 100000
};

static struct histogram histogram, other;
static uint64_t values[VALUES];

static int reset(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof(histogram));
    memset(&other, 0, sizeof(other));
    return 0;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Values over `decades` decades, the same in each run. */
static void make_values(double decades)
{
    for (uint64_t i = 0; i < VALUES; i++)
        values[i] =
            (uint64_t)pow(10, decades * (double)work_hash(i) / 4294967296.0);
}

static uint64_t percentile(const struct histogram *h, double p)
{
    uint64_t value = 0;
    assert_true(histogram_percentile(h, p, &value));
    return value;
}

static void the_empty_one_has_nothing(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(histogram_count(&histogram), 0);
    assert_int_equal(histogram_min(&histogram), 0);
    assert_int_equal(histogram_max(&histogram), 0);
    assert_false(histogram_percentile(&histogram, 0, &value));
    assert_int_equal(value, 7);
}

static void each_bucket_is_within_a_hundredth(void **state)
{
    (void)state;
    for (size_t i = 1; i < HISTOGRAM_BUCKETS; i++) {
        double low = (double)histogram_low(i - 1);
        double width = (double)histogram_low(i) - low;
        assert_true(width == 1 || width <= low / 100);
    }
    /* It takes hours: two to the 45 ns. */
    assert_true(histogram_low(HISTOGRAM_BUCKETS - 1) > 9 * 3600000000000u);
}

static void every_value_falls_into_its_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        histogram_add(&histogram, histogram_low(i));
        histogram_add(&histogram, histogram_low(i + 1) - 1);
        if (histogram_in(&histogram, i) != 2)
            fail_msg("bucket %zu has %llu", i,
                     (unsigned long long)histogram_in(&histogram, i));
    }
    histogram_add(&histogram, UINT64_MAX);
    assert_int_equal(histogram_in(&histogram, HISTOGRAM_BUCKETS - 1), 1);
}

static void count_extremes_and_sum_are_exact(void **state)
{
    (void)state;
    uint64_t sum = 0;
    make_values(12);
    for (size_t i = 0; i < VALUES; i++) {
        histogram_add(&histogram, values[i]);
        sum += values[i];
    }
    qsort(values, VALUES, sizeof(*values), ascending);
    assert_int_equal(histogram_count(&histogram), VALUES);
    assert_int_equal(histogram_sum(&histogram), sum);
    assert_int_equal(histogram_min(&histogram), values[0]);
    assert_int_equal(histogram_max(&histogram), values[VALUES - 1]);
}

static void percentiles_agree_with_the_sorted_values(void **state)
{
    (void)state;
    static const double ps[] = { 0,    0.001, 0.1,   0.5,    0.9,
                                 0.95, 0.99,  0.999, 0.9999, 0.99 + 1e-4 };
    for (double decades = 1; decades <= 13; decades += 3) {
        reset(NULL);
        make_values(decades);
        for (size_t i = 0; i < VALUES; i++)
            histogram_add(&histogram, values[i]);
        qsort(values, VALUES, sizeof(*values), ascending);
        for (size_t i = 0; i < sizeof(ps) / sizeof(*ps); i++) {
            size_t rank = (size_t)ceil(ps[i] * VALUES - 1e-6);
            double exact = (double)values[rank == 0 ? 0 : rank - 1];
            double found = (double)percentile(&histogram, ps[i]);
            if (fabs(found - exact) > 0.004 * exact)
                fail_msg("p %g of %g decades: %g, not %g", ps[i], decades,
                         found, exact);
        }
    }
}

static void small_values_are_exact(void **state)
{
    (void)state;
    /* 1 to 200, five times each: the median is the 500th of 1000. */
    for (uint64_t i = 0; i < 1000; i++)
        histogram_add(&histogram, i % 200 + 1);
    assert_int_equal(percentile(&histogram, 0.5), 100);
    assert_int_equal(percentile(&histogram, 0.9), 180);
    assert_int_equal(percentile(&histogram, 0.99), 198);
    assert_int_equal(histogram_sum(&histogram), 100500);
    /* Of 25 the median is the 13th. */
    reset(NULL);
    for (uint64_t i = 1; i <= 25; i++)
        histogram_add(&histogram, i);
    assert_int_equal(percentile(&histogram, 0.5), 13);
}

static void a_percentile_needs_ten_values_beyond_it(void **state)
{
    (void)state;
    static const struct {
        uint64_t needed;
        double p;
    } limits[] = {
        { 20, 0.5 }, { 100, 0.9 }, { 1000, 0.99 }, { 10000, 0.999 }
    };
    uint64_t n = 0, value;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        for (; n < limits[i].needed - 1; n++)
            histogram_add(&histogram, n);
        assert_false(histogram_percentile(&histogram, limits[i].p, &value));
        histogram_add(&histogram, n++);
        assert_true(histogram_percentile(&histogram, limits[i].p, &value));
    }
}

static bool same(const struct histogram *a, const struct histogram *b)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram_in(a, i) != histogram_in(b, i))
            return false;
    return histogram_sum(a) == histogram_sum(b) &&
           histogram_min(a) == histogram_min(b) &&
           histogram_max(a) == histogram_max(b);
}

static void merging_widens_the_extremes(void **state)
{
    (void)state;
    histogram_add(&histogram, 10);
    histogram_add(&other, 5);
    histogram_add(&other, 20);
    histogram_merge(&histogram, &other);
    assert_int_equal(histogram_min(&histogram), 5);
    assert_int_equal(histogram_max(&histogram), 20);
    assert_int_equal(histogram_sum(&histogram), 35);
}

static void merging_is_adding(void **state)
{
    (void)state;
    static struct histogram all;
    make_values(9);
    for (size_t i = 0; i < VALUES; i++) {
        histogram_add(i % 3 == 0 ? &histogram : &other, values[i]);
        histogram_add(&all, values[i]);
    }
    assert_false(same(&histogram, &all));
    histogram_merge(&histogram, &other);
    assert_true(same(&histogram, &all));
    reset(NULL);
    histogram_merge(&all, &histogram); /* the empty one changes nothing */
    assert_int_equal(histogram_count(&all), VALUES);
    assert_true(histogram_min(&all) > 0);
}

static void what_is_stored_comes_back(void **state)
{
    (void)state;
    make_values(7);
    for (size_t i = 0; i < VALUES; i++)
        histogram_add(&histogram, values[i]);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram_put(&other, histogram_low(i), histogram_in(&histogram, i));
    histogram_put_extremes(&other, &(struct histogram_extremes){
                                       histogram_sum(&histogram),
                                       histogram_min(&histogram),
                                       histogram_max(&histogram) });
    assert_true(same(&histogram, &other));
}

static void *add_all(void *arg)
{
    for (size_t i = 0; i < VALUES; i++)
        histogram_add(arg, values[i]);
    return NULL;
}

static void threads_add_to_one_without_loss(void **state)
{
    (void)state;
    enum {
        THREADS = 4
    };
    pthread_t threads[THREADS];
    make_values(3);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_all, &histogram),
                         0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        add_all(&other);
    assert_true(same(&histogram, &other));
}

#define test(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_empty_one_has_nothing),
        test(each_bucket_is_within_a_hundredth),
        test(every_value_falls_into_its_bucket),
        test(count_extremes_and_sum_are_exact),
        test(percentiles_agree_with_the_sorted_values),
        test(small_values_are_exact),
        test(a_percentile_needs_ten_values_beyond_it),
        test(merging_widens_the_extremes),
        test(merging_is_adding),
        test(what_is_stored_comes_back),
        test(threads_add_to_one_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
