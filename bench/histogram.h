/* SPDX-License-Identifier: MIT */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

/*
 * A histogram of durations in fixed memory, after Gil Tene's HdrHistogram:
 * each power of two is divided into 128 buckets of equal width, so that a
 * bucket is never wider than 1/128 of the values in it.  Values below 256 are
 * exact; the middle of a bucket is off by less than 0.4 %.  The last bucket
 * takes what is above 2^45 ns (9.8 hours).  Count, sum, least and greatest
 * are exact.
 *
 * All zero is the empty histogram.  Threads may add to the same one at the
 * same time, without locks; the other calls want nobody to add meanwhile.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_BITS = 7, /* 128 buckets in a power of two */
    HISTOGRAM_OCTAVES = 45 - HISTOGRAM_BITS,
    HISTOGRAM_BUCKETS = (HISTOGRAM_OCTAVES + 1) << HISTOGRAM_BITS
};

struct histogram {
    /* private; relaxed: nothing is read by way of them */
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum, max;
    _Atomic uint64_t below_all; /* UINT64_MAX - least: 0 when empty */
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_sum(const struct histogram *histogram);
/* 0 when empty. */
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram);

/*
 * The value that a share p (0 <= p < 1) of all do not exceed: of n values in
 * order the ceil(p n)-th, as the middle of its bucket.  False, and *out
 * untouched, where fewer than 10 values lie beyond it, n (1 - p) < 10: such a
 * figure would tell of a few accidents.
 */
bool histogram_percentile(const struct histogram *histogram, double p,
                          uint64_t *out);

/* ---- to store one and to get it back ---- */

/* The least value that falls into the bucket, and what fell into it. */
uint64_t histogram_low(size_t bucket);
uint64_t histogram_in(const struct histogram *histogram, size_t bucket);
/* As if `count` more values had been added to the bucket `low` falls into,
 * the least and the greatest of all those and their sum being given. */
struct histogram_extremes {
    uint64_t sum, min, max;
};
void histogram_put(struct histogram *histogram, uint64_t low, uint64_t count);
void histogram_put_extremes(struct histogram *histogram,
                            const struct histogram_extremes *extremes);

#endif
