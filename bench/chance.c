/* SPDX-License-Identifier: MIT */
/* The generator behind every random choice of the driver. */

#include "chance.h"

uint64_t chance_split(uint64_t *state)
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

void chance_init(struct chance *chance, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        chance->s[i] = chance_split(&seed);
}

uint64_t chance_next(struct chance *chance)
{
    uint64_t *s = chance->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Draws again in the incomplete last stretch. */
uint64_t chance_below(struct chance *chance, uint64_t bound)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound, x;
    do
        x = chance_next(chance);
    while (x >= limit);
    return x % bound;
}
