/* SPDX-License-Identifier: MIT */
/* Every draw seeds a stream of its own from all that it depends on. */

#include "order.h"

#include "chance.h"

static void seed_for(struct chance *chance, uint64_t seed, unsigned round,
                     uint64_t which)
{
    uint64_t state = seed;
    state = chance_split(&state) ^ round;
    state = chance_split(&state) ^ which;
    chance_init(chance, state);
}

void order_shuffle(size_t *order, size_t count, uint64_t seed, unsigned round)
{
    struct chance chance;
    seed_for(&chance, seed, round, UINT64_MAX);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)chance_below(&chance, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

uint64_t order_draw(uint64_t seed, unsigned round, uint64_t which,
                    uint64_t bound)
{
    struct chance chance;
    seed_for(&chance, seed, round, which);
    return chance_below(&chance, bound);
}

/* Keeps the order apart from order_draw()'s numbers. */
static const uint64_t SWAP = 0x9d8f3c2b1a605e47u;

bool order_swapped(uint64_t seed, unsigned round, uint64_t which)
{
    bool first = order_draw(seed, round / 2, which ^ SWAP, 2) != 0;
    return round % 2 == 0 ? first : !first;
}
