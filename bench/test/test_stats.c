/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void assert_close(double a, double b, double tolerance)
{
    assert_true(isfinite(a));
    assert_true(fabs(a - b) <= tolerance);
}

/* A fixed stream of numbers in (0, 1): a 64-bit linear congruence (Knuth's
 * MMIX constants), upper bits. */
static double next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* ---- median and interval ---- */

static void nine_samples_give_the_second_and_eighth_value(void **state)
{
    (void)state;
    const double values[] = { 9, 1, 8, 2, 7, 3, 6, 4, 5 };
    struct estimate e;
    assert_int_equal(stats_estimate(&e, values, 9), 0);
    assert_int_equal(e.n, 9);
    assert_close(e.median, 5, 0);
    assert_true(e.interval);
    assert_close(e.low, 2, 0);
    assert_close(e.high, 8, 0);
    assert_close(e.min, 1, 0);
    assert_close(e.max, 9, 0);
    /* 1 - 2 (1 + 9) / 512 */
    assert_close(stats_coverage(9, 2), 0.9609375, 1e-12);
}

static void ranks_are_those_of_the_tables(void **state)
{
    (void)state;
    /* Conover, Practical Nonparametric Statistics, table of the binomial. */
    static const size_t known[][2] = {
        { 0, 0 },  { 1, 0 },   { 5, 0 },   { 6, 1 },    { 7, 1 },  { 8, 1 },
        { 9, 2 },  { 11, 2 },  { 12, 3 },  { 15, 4 },   { 17, 5 }, { 20, 6 },
        { 25, 8 }, { 30, 10 }, { 50, 18 }, { 100, 40 },
    };
    for (size_t i = 0; i < LENGTH(known); i++)
        assert_int_equal(stats_rank(known[i][0]), known[i][1]);
}

static void the_rank_is_the_largest_that_covers(void **state)
{
    (void)state;
    for (size_t n = 6; n < 3000; n += 1 + n / 7) {
        size_t k = stats_rank(n);
        assert_true(k >= 1);
        assert_true(stats_coverage(n, k) >= 0.95);
        assert_true(stats_coverage(n, k + 1) < 0.95);
    }
}

static void five_samples_give_no_interval(void **state)
{
    (void)state;
    const double values[] = { 3, 1, 2, 5, 4 };
    struct estimate e;
    assert_int_equal(stats_estimate(&e, values, 5), 0);
    assert_close(e.median, 3, 0);
    assert_false(e.interval);
}

static void one_and_two_samples_have_a_median(void **state)
{
    (void)state;
    const double values[] = { 3, 5 };
    struct estimate e;
    assert_int_equal(stats_estimate(&e, values, 1), 0);
    assert_close(e.median, 3, 0);
    assert_int_equal(stats_estimate(&e, values, 2), 0);
    assert_close(e.median, 4, 0);
}

static void ties_make_an_interval_of_no_width(void **state)
{
    (void)state;
    const double values[] = { 7, 7, 7, 7, 7, 7, 7 };
    struct estimate e;
    assert_int_equal(stats_estimate(&e, values, 7), 0);
    assert_close(e.low, 7, 0);
    assert_close(e.high, 7, 0);
}

static void no_sample_and_no_number_are_refused(void **state)
{
    (void)state;
    const double bad[] = { 1, NAN, 3 }, endless[] = { 1, INFINITY };
    bool marks[3];
    size_t count;
    double mean;
    struct estimate e = { .n = 77 };
    struct line line;
    assert_int_equal(stats_estimate(&e, bad, 0), -EINVAL);
    assert_int_equal(stats_estimate(&e, bad, 3), -EINVAL);
    assert_int_equal(stats_estimate(&e, endless, 2), -EINVAL);
    assert_int_equal(stats_ratio(&e, bad, bad, 3), -EINVAL);
    assert_int_equal(stats_ratio(&e, endless, endless, 2), -EINVAL);
    assert_int_equal(stats_geomean(&mean, bad, 3), -EINVAL);
    assert_int_equal(stats_line(&line, bad, bad, 3), -EINVAL);
    assert_int_equal(stats_outliers(marks, &count, bad, 3), -EINVAL);
    assert_int_equal(e.n, 77);
}

/* 2000 samples of nine from a skewed distribution with a known median. */
static void the_interval_covers_as_often_as_it_says(void **state)
{
    (void)state;
    uint64_t seed = 1;
    int covered = 0;
    for (int trial = 0; trial < 2000; trial++) {
        double values[9];
        struct estimate e;
        for (int i = 0; i < 9; i++)
            values[i] = -log(next(&seed)); /* median ln 2 */
        assert_int_equal(stats_estimate(&e, values, 9), 0);
        covered += e.low <= log(2) && log(2) <= e.high;
    }
    /* 96.1 % of 2000 is 1922; four standard deviations are 35. */
    assert_in_range(covered, 1887, 1957);
}

/* ---- ratios and verdicts ---- */

static void ratios_are_paired_by_round(void **state)
{
    (void)state;
    /* The machine slows down threefold in mid-run; every pair says 2. */
    const double base[] = { 1, 1.1, 1.2, 3, 3.3, 3.6, 3.9, 4, 5 };
    double twice[9];
    for (int i = 0; i < 9; i++)
        twice[i] = 2 * base[i];
    struct estimate e;
    assert_int_equal(stats_ratio(&e, twice, base, 9), 0);
    assert_close(e.median, 2, 1e-12);
    assert_close(e.low, 2, 1e-12);
    assert_close(e.high, 2, 1e-12);
}

static void a_ratio_of_nothing_is_refused(void **state)
{
    (void)state;
    const double zero[] = { 1, 0 }, minus[] = { 1, -1 }, good[] = { 1, 1 };
    struct estimate e;
    assert_int_equal(stats_ratio(&e, zero, good, 2), -EINVAL);
    assert_int_equal(stats_ratio(&e, good, zero, 2), -EINVAL);
    assert_int_equal(stats_ratio(&e, good, minus, 2), -EINVAL);
    assert_int_equal(stats_ratio(&e, good, good, 0), -EINVAL);
}

static void swapping_the_sides_mirrors_ratio_and_verdict(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int trial = 0; trial < 500; trial++) {
        double a[10], b[10];
        size_t n = 1 + (size_t)trial % 10;
        double shift = 0.9 + 0.2 * next(&seed);
        for (size_t i = 0; i < n; i++) {
            a[i] = 1 + 0.1 * next(&seed);
            b[i] = shift + 0.1 * next(&seed);
        }
        struct estimate e, mirrored;
        assert_int_equal(stats_ratio(&e, a, b, n), 0);
        assert_int_equal(stats_ratio(&mirrored, b, a, n), 0);
        assert_close(e.median * mirrored.median, 1, 1e-9);
        enum verdict v = stats_verdict(&e), w = stats_verdict(&mirrored);
        if (e.interval)
            assert_close(e.low * mirrored.high, 1, 1e-9);
        if (v == VERDICT_FASTER)
            assert_int_equal(w, VERDICT_SLOWER);
        else if (v == VERDICT_SLOWER)
            assert_int_equal(w, VERDICT_FASTER);
        else
            assert_int_equal(v, w);
    }
}

static void the_unit_changes_no_ratio(void **state)
{
    (void)state;
    const double a[] = { 5, 6, 7, 5.5, 6.5, 7.5, 8 };
    const double b[] = { 4, 5, 6, 7, 5.2, 5.1, 5 };
    double far[7], wide[7];
    for (int i = 0; i < 7; i++) {
        far[i] = a[i] * 1e9;
        wide[i] = b[i] * 1e9;
    }
    struct estimate e, scaled;
    assert_int_equal(stats_ratio(&e, a, b, 7), 0);
    assert_int_equal(stats_ratio(&scaled, far, wide, 7), 0);
    assert_close(e.median, scaled.median, 1e-9);
    assert_close(e.low, scaled.low, 1e-9);
    assert_close(e.high, scaled.high, 1e-9);
}

static enum verdict judge(double low, double high)
{
    struct estimate e = { .n = 9, .interval = true, .low = low, .high = high };
    return stats_verdict(&e);
}

static void verdicts_follow_the_rule(void **state)
{
    (void)state;
    assert_int_equal(judge(0.98, 1.02), VERDICT_SAME);
    /* Excludes 1, but nobody should care. */
    assert_int_equal(judge(1.01, 1.02), VERDICT_SAME);
    assert_int_equal(judge(0.975, 0.99), VERDICT_SAME);
    assert_int_equal(judge(1 / 1.03, 1.03), VERDICT_SAME);
    assert_int_equal(judge(1.01, 1.04), VERDICT_SLOWER);
    assert_int_equal(judge(2, 3), VERDICT_SLOWER);
    assert_int_equal(judge(0.5, 0.99), VERDICT_FASTER);
    assert_int_equal(judge(0.9, 1.01), VERDICT_INCONCLUSIVE);
    assert_int_equal(judge(0.99, 1.2), VERDICT_INCONCLUSIVE);
    assert_int_equal(judge(1, 1.2), VERDICT_INCONCLUSIVE);
    struct estimate none = { .n = 5, .median = 9 };
    assert_int_equal(stats_verdict(&none), VERDICT_INCONCLUSIVE);
    assert_string_equal(verdict_name(VERDICT_SLOWER), "slower");
}

static void the_sign_test_is_the_binomial(void **state)
{
    (void)state;
    const double ones[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    const double twos[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2 };
    const double mixed[] = { 2, 2, 2, 2, 2, 2, 2, 2, 0.5 };
    const double even[] = { 2, 0.5, 2, 0.5, 1, 1, 1, 1, 1 };
    assert_close(stats_sign_test(twos, ones, 9), 2.0 / 512, 1e-12);
    assert_close(stats_sign_test(ones, twos, 9), 2.0 / 512, 1e-12);
    assert_close(stats_sign_test(mixed, ones, 9), 20.0 / 512, 1e-12);
    assert_close(stats_sign_test(even, ones, 9), 1, 1e-12);
    assert_close(stats_sign_test(ones, ones, 9), 1, 1e-12);
}

static void holm_steps_down(void **state)
{
    (void)state;
    /* 4 x .005, 3 x .01, 2 x .03 = .06, then never less than before. */
    const double p[] = { 0.01, 0.04, 0.03, 0.005 };
    double adjusted[4];
    assert_int_equal(stats_holm(adjusted, p, 4), 0);
    assert_close(adjusted[3], 0.02, 1e-12);
    assert_close(adjusted[0], 0.03, 1e-12);
    assert_close(adjusted[2], 0.06, 1e-12);
    assert_close(adjusted[1], 0.06, 1e-12);
    const double large[] = { 0.7, 0.9 };
    assert_int_equal(stats_holm(adjusted, large, 2), 0);
    assert_close(adjusted[0], 1, 0);
    assert_int_equal(stats_holm(adjusted, large, 0), 0);
}

/* ---- means ---- */

static void means_have_their_textbook_values(void **state)
{
    (void)state;
    const double values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    assert_close(stats_mean(values, 8), 5, 1e-12);
    assert_close(stats_deviation(values, 8), 2.138089935299395, 1e-12);
    assert_close(stats_deviation(values, 1), 0, 0);
    const double ratios[] = { 1, 3, 9, 27, 81 };
    double mean;
    assert_int_equal(stats_geomean(&mean, ratios, 5), 0);
    assert_close(mean, 9, 1e-9);
    const double undone[] = { 2, 0.5 }, zero[] = { 1, 0 };
    assert_int_equal(stats_geomean(&mean, undone, 2), 0);
    assert_close(mean, 1, 1e-12);
    assert_int_equal(stats_geomean(&mean, zero, 2), -EINVAL);
}

/* ---- lines ---- */

static void theil_and_sen_agree_with_sens_example(void **state)
{
    (void)state;
    /* Data of Sen (1968), JASA 63.  Of 21 slopes the median is 4; Var S is
     * 7 * 6 * 19 / 18, so the bounds are the third from each end. */
    const double x[] = { 1, 2, 3, 4, 10, 12, 18 };
    const double y[] = { 9, 15, 19, 20, 45, 55, 78 };
    struct line line;
    assert_int_equal(stats_line(&line, x, y, 7), 0);
    assert_int_equal(line.n, 7);
    assert_close(line.slope, 4, 1e-12);
    assert_close(line.intercept, 6, 1e-12);
    assert_true(line.interval);
    assert_close(line.slope_low, 11.0 / 3, 1e-12);
    assert_close(line.slope_high, 5, 1e-12);
}

static void exact_points_give_the_exact_line(void **state)
{
    (void)state;
    double x[36], y[36];
    for (int i = 0; i < 36; i++) {
        static const double sizes[] = { 1e3, 1e4, 3e4, 1e5 };
        x[i] = sizes[i % 4];
        y[i] = 2097152 + 4104 * x[i];
    }
    struct line line;
    assert_int_equal(stats_line(&line, x, y, 36), 0);
    assert_close(line.slope, 4104, 1e-6);
    assert_close(line.intercept, 2097152, 1e-3);
    assert_close(line.slope_low, 4104, 1e-6);
    assert_close(line.intercept_high, 2097152, 1e-3);
}

static void one_wild_sample_does_not_bend_the_line(void **state)
{
    (void)state;
    double x[20], y[20];
    for (int i = 0; i < 20; i++) {
        x[i] = 1 + i % 4;
        y[i] = 10 + 3 * x[i] + 0.01 * (i % 5);
    }
    y[19] = 1e6;
    struct line line;
    assert_int_equal(stats_line(&line, x, y, 20), 0);
    assert_close(line.slope, 3, 0.02);
}

static void lines_scale_and_mirror(void **state)
{
    (void)state;
    const double x[] = { 1, 1, 2, 2, 3, 3, 4, 4 };
    const double y[] = { 2, 3, 5, 4, 8, 7, 9, 12 };
    double tall[8], down[8];
    for (int i = 0; i < 8; i++) {
        tall[i] = 1024 * y[i];
        down[i] = -y[i];
    }
    struct line line, scaled, mirrored;
    assert_int_equal(stats_line(&line, x, y, 8), 0);
    assert_int_equal(stats_line(&scaled, x, tall, 8), 0);
    assert_int_equal(stats_line(&mirrored, x, down, 8), 0);
    assert_true(line.interval);
    assert_true(line.slope_low < line.slope && line.slope < line.slope_high);
    assert_close(scaled.slope, 1024 * line.slope, 1e-9);
    assert_close(scaled.slope_low, 1024 * line.slope_low, 1e-9);
    assert_close(mirrored.slope, -line.slope, 1e-12);
    assert_close(mirrored.slope_low, -line.slope_high, 1e-12);
    assert_close(mirrored.intercept_low, -line.intercept_high, 1e-12);
}

static void a_line_needs_two_different_places(void **state)
{
    (void)state;
    const double x[] = { 2, 2, 2 }, y[] = { 1, 2, 3 };
    struct line line;
    assert_int_equal(stats_line(&line, x, y, 3), -EINVAL);
    assert_int_equal(stats_line(&line, x, y, 1), -EINVAL);
    assert_int_equal(stats_line(&line, x, y, 0), -EINVAL);
    assert_int_equal(stats_line(&line, y, x, 2), 0);
    assert_false(line.interval);
    assert_close(line.slope, 0, 0);
}

/* ---- outliers ---- */

static void outliers_are_marked(void **state)
{
    (void)state;
    /* Median 5, MAD 2: the limit is 5 +- 8.8956. */
    const double values[] = { 1, 3, 5, 7, 9, 13.8, 5 };
    const double wild[] = { 1, 3, 5, 7, 9, 13.9, 5 };
    const double low[] = { 1, 3, 5, 7, 9, 5, -3.9 };
    const double few[] = { 5, 5.1, 99 };
    bool marks[7];
    size_t count;
    assert_int_equal(stats_outliers(marks, &count, values, 7), 0);
    assert_int_equal(count, 0);
    assert_int_equal(stats_outliers(marks, &count, wild, 7), 0);
    assert_int_equal(count, 1);
    assert_true(marks[5]);
    assert_int_equal(stats_outliers(marks, &count, low, 7), 0);
    assert_int_equal(count, 1);
    assert_true(marks[6]);
    assert_int_equal(stats_outliers(marks, &count, few, 3), 0);
    assert_int_equal(count, 0);
}

static void equal_samples_mark_nothing(void **state)
{
    (void)state;
    const double values[] = { 5, 5, 5, 5, 5, 6 };
    bool marks[6];
    size_t count;
    assert_int_equal(stats_outliers(marks, &count, values, 6), 0);
    assert_int_equal(count, 0);
    assert_int_equal(stats_outliers(marks, &count, values, 1), 0);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_samples_give_the_second_and_eighth_value),
        cmocka_unit_test(ranks_are_those_of_the_tables),
        cmocka_unit_test(the_rank_is_the_largest_that_covers),
        cmocka_unit_test(five_samples_give_no_interval),
        cmocka_unit_test(one_and_two_samples_have_a_median),
        cmocka_unit_test(ties_make_an_interval_of_no_width),
        cmocka_unit_test(no_sample_and_no_number_are_refused),
        cmocka_unit_test(the_interval_covers_as_often_as_it_says),
        cmocka_unit_test(ratios_are_paired_by_round),
        cmocka_unit_test(a_ratio_of_nothing_is_refused),
        cmocka_unit_test(swapping_the_sides_mirrors_ratio_and_verdict),
        cmocka_unit_test(the_unit_changes_no_ratio),
        cmocka_unit_test(verdicts_follow_the_rule),
        cmocka_unit_test(the_sign_test_is_the_binomial),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(means_have_their_textbook_values),
        cmocka_unit_test(theil_and_sen_agree_with_sens_example),
        cmocka_unit_test(exact_points_give_the_exact_line),
        cmocka_unit_test(one_wild_sample_does_not_bend_the_line),
        cmocka_unit_test(lines_scale_and_mirror),
        cmocka_unit_test(a_line_needs_two_different_places),
        cmocka_unit_test(outliers_are_marked),
        cmocka_unit_test(equal_samples_mark_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
