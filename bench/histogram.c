/* SPDX-License-Identifier: MIT */
/*
 * Bucket b of the first 256 holds the value b; after that 128 buckets share
 * each power of two.
 */

#include "histogram.h"

#include <math.h>

enum {
    SHARE = 1 << HISTOGRAM_BITS,
    FEWEST_BEYOND = 10
};

/* How many low bits of the value its bucket leaves out. */
static unsigned shift_of(uint64_t value)
{
    unsigned top = 63 - (unsigned)__builtin_clzll(value | SHARE);
    return top - HISTOGRAM_BITS;
}

static size_t bucket_of(uint64_t value)
{
    unsigned shift = shift_of(value);
    if (shift >= HISTOGRAM_OCTAVES)
        return HISTOGRAM_BUCKETS - 1;
    return ((size_t)shift << HISTOGRAM_BITS) + (value >> shift);
}

static unsigned shift_in(size_t bucket)
{
    return bucket < 2 * SHARE ? 0 : (unsigned)(bucket >> HISTOGRAM_BITS) - 1;
}

uint64_t histogram_low(size_t bucket)
{
    unsigned shift = shift_in(bucket);
    return (bucket - ((size_t)shift << HISTOGRAM_BITS)) << shift;
}

static void add(_Atomic uint64_t *to, uint64_t value)
{
    atomic_fetch_add_explicit(to, value, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static void raise_to(_Atomic uint64_t *to, uint64_t value)
{
    uint64_t now = load(to);
    while (value > now &&
           !atomic_compare_exchange_weak_explicit(
               to, &now, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    add(&histogram->counts[bucket_of(value)], 1);
    add(&histogram->sum, value);
    raise_to(&histogram->max, value);
    raise_to(&histogram->below_all, UINT64_MAX - value);
}

void histogram_put(struct histogram *histogram, uint64_t low, uint64_t count)
{
    add(&histogram->counts[bucket_of(low)], count);
}

void histogram_put_extremes(struct histogram *histogram,
                            const struct histogram_extremes *extremes)
{
    add(&histogram->sum, extremes->sum);
    raise_to(&histogram->max, extremes->max);
    raise_to(&histogram->below_all, UINT64_MAX - extremes->min);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram_in(from, i) > 0)
            add(&into->counts[i], histogram_in(from, i));
    add(&into->sum, load(&from->sum));
    raise_to(&into->max, load(&from->max));
    raise_to(&into->below_all, load(&from->below_all));
}

uint64_t histogram_in(const struct histogram *histogram, size_t bucket)
{
    return load(&histogram->counts[bucket]);
}

uint64_t histogram_count(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += histogram_in(histogram, i);
    return count;
}

uint64_t histogram_sum(const struct histogram *histogram)
{
    return load(&histogram->sum);
}

uint64_t histogram_min(const struct histogram *histogram)
{
    uint64_t below_all = load(&histogram->below_all);
    return below_all == 0 ? 0 : UINT64_MAX - below_all;
}

uint64_t histogram_max(const struct histogram *histogram)
{
    return load(&histogram->max);
}

/* The middle of the bucket, but nothing that was not there. */
static uint64_t middle(const struct histogram *histogram, size_t bucket)
{
    uint64_t width = UINT64_C(1) << shift_in(bucket);
    uint64_t value = histogram_low(bucket) + width / 2;
    uint64_t min = histogram_min(histogram), max = histogram_max(histogram);
    return value < min ? min : value > max ? max : value;
}

bool histogram_percentile(const struct histogram *histogram, double p,
                          uint64_t *out)
{
    double n = (double)histogram_count(histogram);
    /* 1 - 0.999 is not quite a thousandth. */
    if (n * (1 - p) < FEWEST_BEYOND - 1e-6)
        return false;
    double rank = ceil(n * p - 1e-6), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += (double)histogram_in(histogram, i);
        if (seen >= rank && seen > 0) {
            *out = middle(histogram, i);
            return true;
        }
    }
    return false;
}
