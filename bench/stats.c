/* SPDX-License-Identifier: MIT */
/*
 * Order statistics, paired ratios, Theil-Sen lines and Holm's correction.
 * Every function sorts a copy; the caller's arrays are never changed.
 */

#include "stats.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL     0.95
#define NORMAL_95 1.959963984540054
#define SAME      1.03
#define MAD_SCALE 1.4826

enum {
    OUTLIERS_MIN = 6
};

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool all_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static bool all_positive(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(values[i] > 0))
            return false;
    return true;
}

static int sorted_copy(double **out, const double *values, size_t n)
{
    if (n == 0 || !all_finite(values, n))
        return -EINVAL;
    double *copy = calloc(n, sizeof *copy);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, values, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, compare_values);
    *out = copy;
    return 0;
}

static double sorted_median(const double *sorted, size_t n)
{
    if (n % 2)
        return sorted[n / 2];
    return sorted[n / 2 - 1] + (sorted[n / 2] - sorted[n / 2 - 1]) / 2;
}

/* P(X <= k) for X ~ Binomial(n, 1/2); in logarithms, for 2^-n underflows. */
static double binomial_below(size_t n, size_t k)
{
    double sum = 0, total = lgamma((double)n + 1) - (double)n * log(2);
    for (size_t i = 0; i <= k; i++)
        sum += exp(total - lgamma((double)i + 1) - lgamma((double)(n - i) + 1));
    return sum < 1 ? sum : 1;
}

double stats_coverage(size_t n, size_t k)
{
    if (k == 0 || 2 * k > n)
        return 0;
    return 1 - 2 * binomial_below(n, k - 1);
}

static size_t rank_at(size_t n, double level)
{
    size_t k = 0;
    while (stats_coverage(n, k + 1) >= level)
        k++;
    return k;
}

size_t stats_rank(size_t n)
{
    return rank_at(n, LEVEL);
}

double stats_spread(const struct estimate *e)
{
    if (e->n == 0 || !e->interval || !(e->median > 0))
        return INFINITY;
    return (e->high - e->low) / 2 / e->median;
}

int stats_estimate_at(struct estimate *out, const double *values, size_t n,
                      double level)
{
    double *sorted;
    int error = sorted_copy(&sorted, values, n);
    if (error)
        return error;
    size_t k = rank_at(n, level);
    *out = (struct estimate){
        .n = n,
        .median = sorted_median(sorted, n),
        .min = sorted[0],
        .max = sorted[n - 1],
        .interval = k > 0,
        .low = k ? sorted[k - 1] : 0,
        .high = k ? sorted[n - k] : 0,
    };
    free(sorted);
    return 0;
}

int stats_estimate(struct estimate *out, const double *values, size_t n)
{
    return stats_estimate_at(out, values, n, LEVEL);
}

int stats_ratio_at(struct estimate *out, const double *contender,
                   const double *baseline, size_t n, double level)
{
    if (n == 0 || !all_positive(contender, n) || !all_positive(baseline, n))
        return -EINVAL;
    double *logs = calloc(n, sizeof *logs);
    if (!logs)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        logs[i] = log(contender[i]) - log(baseline[i]);
    struct estimate e;
    int error = stats_estimate_at(&e, logs, n, level);
    free(logs);
    if (error)
        return error;
    *out = (struct estimate){
        .n = n,
        .median = exp(e.median),
        .min = exp(e.min),
        .max = exp(e.max),
        .interval = e.interval,
        .low = e.interval ? exp(e.low) : 0,
        .high = e.interval ? exp(e.high) : 0,
    };
    return 0;
}

int stats_ratio(struct estimate *out, const double *contender,
                const double *baseline, size_t n)
{
    return stats_ratio_at(out, contender, baseline, n, LEVEL);
}

enum verdict stats_verdict(const struct estimate *ratio)
{
    if (ratio->n == 0 || !ratio->interval)
        return VERDICT_INCONCLUSIVE;
    if (ratio->low >= 1 / SAME && ratio->high <= SAME)
        return VERDICT_SAME;
    if (ratio->high < 1)
        return VERDICT_FASTER;
    if (ratio->low > 1)
        return VERDICT_SLOWER;
    return VERDICT_INCONCLUSIVE;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_INCONCLUSIVE] = "inconclusive",
        [VERDICT_SAME] = "same",
        [VERDICT_FASTER] = "faster",
        [VERDICT_SLOWER] = "slower",
    };
    return names[verdict];
}

double stats_sign_test(const double *contender, const double *baseline,
                       size_t n)
{
    size_t above = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
        above += contender[i] > baseline[i];
        below += contender[i] < baseline[i];
    }
    size_t fewer = above < below ? above : below;
    double p = 2 * binomial_below(above + below, fewer);
    return p < 1 ? p : 1;
}

struct ranked {
    double p;
    size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

int stats_holm(double *adjusted, const double *p, size_t n)
{
    if (n == 0)
        return 0;
    struct ranked *ranked = calloc(n, sizeof *ranked);
    if (!ranked)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        ranked[i] = (struct ranked){ p[i], i };
    qsort(ranked, n, sizeof *ranked, compare_ranked);
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double scaled = fmin(1, (double)(n - i) * ranked[i].p);
        largest = fmax(largest, scaled);
        adjusted[ranked[i].index] = largest;
    }
    free(ranked);
    return 0;
}

double stats_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i] / (double)n;
    return sum;
}

double stats_deviation(const double *values, size_t n)
{
    if (n < 2)
        return 0;
    double mean = stats_mean(values, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

int stats_geomean(double *out, const double *values, size_t n)
{
    if (n == 0 || !all_finite(values, n) || !all_positive(values, n))
        return -EINVAL;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += log(values[i]);
    *out = exp(sum / (double)n);
    return 0;
}

/* The slopes of all pairs with different x; the caller frees *out. */
static int pair_slopes(double **out, size_t *count, const double *x,
                       const double *y, size_t n)
{
    if (n < 2 || n > SIZE_MAX / n)
        return -EINVAL;
    double *slopes = calloc(n * (n - 1) / 2, sizeof *slopes);
    if (!slopes)
        return -ENOMEM;
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (x[i] != x[j])
                slopes[pairs++] = (y[j] - y[i]) / (x[j] - x[i]);
    if (pairs == 0) {
        free(slopes);
        return -EINVAL;
    }
    qsort(slopes, pairs, sizeof *slopes, compare_values);
    *out = slopes;
    *count = pairs;
    return 0;
}

/* Variance of Kendall's S where x has ties; work is room for n values. */
static double kendall_variance(const double *x, size_t n, double *work)
{
    memcpy(work, x, n * sizeof *work);
    qsort(work, n, sizeof *work, compare_values);
    double size = (double)n, sum = size * (size - 1) * (2 * size + 5);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && work[end] == work[i];)
            end++;
        double tied = (double)(end - i);
        sum -= tied * (tied - 1) * (2 * tied + 5);
    }
    return sum / 18;
}

static double residual_median(const double *x, const double *y, size_t n,
                              double slope, double *work)
{
    for (size_t i = 0; i < n; i++)
        work[i] = y[i] - slope * x[i];
    qsort(work, n, sizeof *work, compare_values);
    return sorted_median(work, n);
}

int stats_line(struct line *out, const double *x, const double *y, size_t n)
{
    double *slopes, *work;
    size_t pairs;
    if (!all_finite(x, n) || !all_finite(y, n))
        return -EINVAL;
    int error = pair_slopes(&slopes, &pairs, x, y, n);
    if (error)
        return error;
    work = calloc(n, sizeof *work);
    if (!work) {
        free(slopes);
        return -ENOMEM;
    }
    struct line line = { .n = n, .slope = sorted_median(slopes, pairs) };
    line.intercept = residual_median(x, y, n, line.slope, work);
    double reach = NORMAL_95 * sqrt(kendall_variance(x, n, work));
    double below = floor(((double)pairs - reach) / 2);
    line.interval = below >= 1;
    if (line.interval) {
        line.slope_low = slopes[(size_t)below - 1];
        line.slope_high = slopes[pairs - (size_t)below];
        line.intercept_low = residual_median(x, y, n, line.slope_high, work);
        line.intercept_high = residual_median(x, y, n, line.slope_low, work);
    }
    *out = line;
    free(work);
    free(slopes);
    return 0;
}

int stats_outliers(bool *marks, size_t *count, const double *values, size_t n)
{
    double *work;
    int error = sorted_copy(&work, values, n);
    if (error)
        return error;
    double median = sorted_median(work, n);
    for (size_t i = 0; i < n; i++)
        work[i] = fabs(values[i] - median);
    qsort(work, n, sizeof *work, compare_values);
    double limit = 3 * MAD_SCALE * sorted_median(work, n);
    size_t marked = 0;
    for (size_t i = 0; i < n; i++) {
        marks[i] =
            n >= OUTLIERS_MIN && limit > 0 && fabs(values[i] - median) > limit;
        marked += marks[i];
    }
    *count = marked;
    free(work);
    return 0;
}
