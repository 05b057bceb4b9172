/* SPDX-License-Identifier: MIT */
/*
 * Reproducible chance: xoshiro256** seeded by SplitMix64 (Blackman, Vigna).
 */
#include "order.h"

struct rng {
    uint64_t s[4];
};

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static struct rng rng_seeded(uint64_t seed, unsigned round, uint64_t which)
{
    uint64_t state = seed;
    state = splitmix(&state) ^ round;
    state = splitmix(&state) ^ which;
    struct rng rng;
    for (int i = 0; i < 4; i++)
        rng.s[i] = splitmix(&state);
    return rng;
}

/* Unbiased: draws again in the incomplete last stretch. */
static uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound, x;
    do
        x = rng_next(rng);
    while (x >= limit);
    return x % bound;
}

void order_shuffle(size_t *order, size_t count, uint64_t seed, unsigned round)
{
    struct rng rng = rng_seeded(seed, round, UINT64_MAX);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(&rng, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

uint64_t order_draw(uint64_t seed, unsigned round, uint64_t which,
                    uint64_t bound)
{
    struct rng rng = rng_seeded(seed, round, which);
    return rng_below(&rng, bound);
}
