/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CHANCE_H
#define BENCH_CHANCE_H

/*
 * Reproducible chance: a stream of numbers that depends on its seed alone.
 * xoshiro256** seeded by SplitMix64 (Blackman and Vigna).
 */

#include <stdint.h>

struct chance {
    uint64_t s[4]; /* private */
};

void chance_init(struct chance *chance, uint64_t seed);
uint64_t chance_next(struct chance *chance);
/* Below bound, every number as likely. */
uint64_t chance_below(struct chance *chance, uint64_t bound);

/* One step of SplitMix64: well mixed, and different for different states. */
uint64_t chance_split(uint64_t *state);

#endif
