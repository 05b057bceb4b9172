/* SPDX-License-Identifier: MIT */
/* Intervals from the sign-flip test, and what follows from their widths. */

#include "detect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAIL 0.025
#define RARE 0.01
enum {
    BEYOND = 50 /* patterns that shall lie beyond a bound: 14 % of error */
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/*
 * As the pairs could as well have come out: the two in the middle replaced by
 * the two outermost.  The share of wild pairs decides how far a trimmed mean
 * strays, and twenty pairs show it with an error of one or two.
 */
static double *worse_case(const double *d, size_t n)
{
    double *worse = calloc(n, sizeof *worse);
    if (!worse)
        return NULL;
    memcpy(worse, d, n * sizeof *worse);
    qsort(worse, n, sizeof *worse, compare_values);
    if (n > 1)
        worse[n / 2 - 1] = worse[0];
    worse[n / 2] = worse[n - 1];
    return worse;
}

static int bounds(double *low, double *high, const double *d, size_t n,
                  double alpha, const struct signflip_plan *plan)
{
    struct signflip_plan less = *plan;
    if (BEYOND / alpha < less.flips)
        less.flips = (unsigned)(BEYOND / alpha);
    return signflip_bounds(low, high, d, n, alpha, &less);
}

static int width(double *out, const double *d, size_t n, double alpha,
                 const struct signflip_plan *plan)
{
    double low, high;
    int error = bounds(&low, &high, d, n, alpha, plan);
    if (!error)
        *out = high - low;
    return error;
}

static int effect(double *out, const double *d, size_t n,
                  const struct detect_test *tests, size_t count,
                  const struct signflip_plan *plan)
{
    double noise, asked;
    int error = width(&noise, d, n, RARE, plan);
    *out = 0;
    for (size_t i = 0; i < count && !error; i++) {
        double scale = sqrt((double)n / (double)tests[i].rounds) / 2;
        error = width(&asked, d, n, tests[i].level, plan);
        if (!error)
            *out = larger(*out, larger(scale * asked, tests[i].floor) +
                                    scale * noise);
    }
    return error;
}

int detect(struct detect *out, const double *d, size_t n,
           const struct detect_test *tests, size_t count,
           const struct signflip_plan *plan)
{
    struct detect found;
    int error = bounds(&found.low, &found.high, d, n, TAIL, plan);
    if (error)
        return error;
    double *worse = worse_case(d, n);
    if (!worse)
        return -ENOMEM;
    error = effect(&found.effect, worse, n, tests, count, plan);
    free(worse);
    if (!error)
        *out = found;
    return error;
}
