/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "signflip.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Counted over all sign patterns by another program, in another language. */
static const double eight[] = { 0.031, -0.012, 0.054, 0.027,
                                0.090, -0.041, 0.013, 0.066 };
static const double twelve[] = { 0.02, 0.05,  -0.01, 0.30, 0.07, 0.04,
                                 0.03, -0.20, 0.06,  0.01, 0.08, 0.09 };
static const double tied[] = { 0.02, 0.02,  -0.02, 0.02, 0.05,
                               0.05, -0.05, 0.0,   0.02 };
static const double twenty[] = { 0.012,  -0.034, 0.051, 0.020,  0.083,
                                 -0.007, 0.046,  0.110, -0.059, 0.031,
                                 0.064,  -0.018, 0.027, 0.005,  0.072,
                                 -0.041, 0.038,  0.090, -0.023, 0.016 };

static const struct signflip_plan usual = { .flips = 9999, .seed = 1 };

static void assert_close(double a, double b, double tolerance)
{
    assert_true(isfinite(a));
    assert_true(fabs(a - b) <= tolerance);
}

static struct signflip test(const double *d, size_t n,
                            const struct signflip_plan *plan)
{
    struct signflip out;
    assert_int_equal(signflip_test(&out, d, n, plan), 0);
    return out;
}

/* ---- golden vectors ---- */

static void few_pairs_give_the_exact_p(void **state)
{
    (void)state;
    static const struct {
        const double *d;
        size_t n;
        double t, above, below; /* counts */
    } golden[] = {
        { eight, 8, 0.03125, 12, 245 },
        { twelve, 12, 0.045, 72, 4026 },
        { tied, 9, 0.016, 68, 474 },
    };
    for (size_t i = 0; i < LENGTH(golden); i++) {
        struct signflip s = test(golden[i].d, golden[i].n, &usual);
        double all = ldexp(1, (int)golden[i].n);
        assert_close(s.t, golden[i].t, 1e-15);
        assert_close(s.above * all, golden[i].above, 1e-9);
        assert_close(s.below * all, golden[i].below, 1e-9);
        assert_int_equal(s.flips, all);
    }
}

static void drawn_signs_estimate_the_exact_p(void **state)
{
    (void)state;
    double sum = 0;
    enum {
        SEEDS = 20
    };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct signflip_plan plan = { .flips = 9999, .seed = seed };
        struct signflip s = test(twenty, 20, &plan);
        assert_close(s.t, 0.0239, 1e-15);
        assert_int_equal(s.flips, 10000);
        sum += s.above / SEEDS;
    }
    /* 26275 of 2^20; four standard deviations of 200 000 draws. */
    assert_close(sum, 26275.0 / 1048576, 4 * 0.00035);
}

static void the_bounds_are_where_p_passes_alpha(void **state)
{
    (void)state;
    double low, high;
    assert_int_equal(signflip_bounds(&low, &high, eight, 8, 0.05, &usual), 0);
    assert_close(low, 0.0005, 1e-5);
    assert_close(high, 0.0585, 1e-5);
}

/* ---- what it must be ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Under the null hypothesis every pattern of signs is as likely; then each
 * p = k/256 must occur exactly once, though many patterns share a T. */
static void p_is_uniform_over_all_signs_of_eight_pairs(void **state)
{
    (void)state;
    /* No two sums of these are equal. */
    const double sizes[8] = { sqrt(2),  sqrt(3),  sqrt(5),  sqrt(7),
                              sqrt(11), sqrt(13), sqrt(17), sqrt(19) };
    double p[256];
    for (unsigned signs = 0; signs < 256; signs++) {
        double d[8];
        for (unsigned i = 0; i < 8; i++)
            d[i] = signs >> i & 1 ? -sizes[i] : sizes[i];
        p[signs] = test(d, 8, &usual).above;
    }
    qsort(p, 256, sizeof *p, compare_doubles);
    for (int k = 0; k < 256; k++)
        assert_close(p[k], (k + 1) / 256.0, 1e-12);
}

static void negating_the_pairs_swaps_the_sides(void **state)
{
    (void)state;
    double d[20];
    for (size_t n = 1; n <= 20; n++) {
        for (size_t i = 0; i < n; i++)
            d[i] = -twenty[i];
        struct signflip_plan plan = { .flips = 999, .stop = 0.05, .seed = n };
        struct signflip s = test(twenty, n, &plan), m = test(d, n, &plan);
        assert_true(s.t == -m.t);
        assert_true(s.above == m.below && s.below == m.above);
        assert_int_equal(s.flips, m.flips);
        double low, high, low_m, high_m;
        signflip_bounds(&low, &high, twenty, n, 0.1, &plan);
        signflip_bounds(&low_m, &high_m, d, n, 0.1, &plan);
        assert_true(low == -high_m && high == -low_m);
    }
}

static void the_unit_of_the_differences_does_not_matter(void **state)
{
    (void)state;
    double d[20];
    for (double unit = 1e-9; unit < 1e9; unit *= 1000) {
        for (size_t i = 0; i < 20; i++)
            d[i] = unit * twenty[i];
        struct signflip s = test(twenty, 20, &usual), m = test(d, 20, &usual);
        assert_close(m.t / unit, s.t, 1e-12);
        assert_true(s.above == m.above && s.below == m.below);
    }
}

static void wild_pairs_move_it_little(void **state)
{
    (void)state;
    double d[20];
    memcpy(d, twenty, sizeof d);
    d[3] = 50;
    d[8] = -50;
    assert_close(test(d, 20, &usual).t, 0.0239, 0.01);
}

static void stopping_early_never_changes_the_answer(void **state)
{
    (void)state;
    struct chance chance;
    chance_init(&chance, 5);
    unsigned saved = 0;
    for (int trial = 0; trial < 300; trial++) {
        double d[20];
        for (int i = 0; i < 20; i++)
            d[i] = (double)chance_below(&chance, 1000) - 499 + trial;
        struct signflip_plan all = { .flips = 999, .seed = 9 };
        struct signflip_plan early = { .flips = 999, .stop = 0.05, .seed = 9 };
        struct signflip a = test(d, 20, &all), b = test(d, 20, &early);
        assert_int_equal(a.above <= 0.05, b.above <= 0.05);
        assert_int_equal(a.below <= 0.05, b.below <= 0.05);
        if (b.above <= 0.05)
            assert_true(a.above == b.above);
        saved += a.flips - b.flips;
    }
    assert_true(saved > 50000);
}

static void equal_differences_are_as_significant_as_can_be(void **state)
{
    (void)state;
    double d[40];
    for (int i = 0; i < 40; i++)
        d[i] = 0.1;
    assert_close(test(d, 8, &usual).above, 1.0 / 256, 1e-12);
    assert_close(test(d, 40, &usual).above, 1e-4, 1e-12);
    assert_true(test(d, 40, &usual).below == 1);
    double low, high;
    assert_int_equal(signflip_bounds(&low, &high, d, 40, 0.025, &usual), 0);
    assert_close(low, 0.1, 1e-15);
    assert_close(high, 0.1, 1e-15);
}

static void no_difference_is_no_evidence(void **state)
{
    (void)state;
    const double d[10] = { 0 };
    struct signflip s = test(d, 10, &usual);
    assert_true(s.above == 1 && s.below == 1 && s.t == 0);
}

static void many_pairs_need_more_than_one_word_of_signs(void **state)
{
    (void)state;
    double d[200];
    struct signflip_plan plan = { .flips = 999, .seed = 3 };
    for (int side = -1; side <= 1; side++) {
        for (int i = 0; i < 200; i++)
            d[i] = (i * 37 % 200 - 99.5) + 40 * side;
        struct signflip s = test(d, 200, &plan);
        assert_int_equal(s.above<0.01, side> 0);
        assert_int_equal(s.below < 0.01, side < 0);
    }
}

static void what_too_few_pairs_cannot_bound_is_unbounded(void **state)
{
    (void)state;
    double low, high;
    assert_int_equal(signflip_bounds(&low, &high, eight, 8, 0.003, &usual), 0);
    assert_true(isinf(low) && low < 0 && isinf(high) && high > 0);
    assert_int_equal(signflip_bounds(&low, &high, eight, 1, 0.025, &usual), 0);
    assert_true(isinf(low) && isinf(high));
}

static void no_pair_and_no_number_are_refused(void **state)
{
    (void)state;
    const double bad[] = { 1, NAN, 3 }, endless[] = { 1, INFINITY };
    struct signflip s = { .t = 77 };
    double low = 77, high = 77;
    assert_int_equal(signflip_test(&s, bad, 0, &usual), -EINVAL);
    assert_int_equal(signflip_test(&s, bad, 3, &usual), -EINVAL);
    assert_int_equal(signflip_test(&s, endless, 2, &usual), -EINVAL);
    assert_int_equal(signflip_bounds(&low, &high, bad, 3, 0.1, &usual),
                     -EINVAL);
    assert_true(s.t == 77 && low == 77 && high == 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_pairs_give_the_exact_p),
        cmocka_unit_test(drawn_signs_estimate_the_exact_p),
        cmocka_unit_test(the_bounds_are_where_p_passes_alpha),
        cmocka_unit_test(p_is_uniform_over_all_signs_of_eight_pairs),
        cmocka_unit_test(negating_the_pairs_swaps_the_sides),
        cmocka_unit_test(the_unit_of_the_differences_does_not_matter),
        cmocka_unit_test(wild_pairs_move_it_little),
        cmocka_unit_test(stopping_early_never_changes_the_answer),
        cmocka_unit_test(equal_differences_are_as_significant_as_can_be),
        cmocka_unit_test(no_difference_is_no_evidence),
        cmocka_unit_test(many_pairs_need_more_than_one_word_of_signs),
        cmocka_unit_test(what_too_few_pairs_cannot_bound_is_unbounded),
        cmocka_unit_test(no_pair_and_no_number_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
