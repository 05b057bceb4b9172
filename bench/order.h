/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

/*
 * The random order of a round, and other draws, each depending on nothing but
 * the arguments: a resumed run goes on with the same.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a permutation of 0..count-1, every one as likely. */
void order_shuffle(size_t *order, size_t count, uint64_t seed, unsigned round);

/* A number below `bound`, every one as likely. */
uint64_t order_draw(uint64_t seed, unsigned round, uint64_t which,
                    uint64_t bound);

/*
 * Which of two runs first in a round: true, the second one.  Balanced random
 * blocks of two rounds, AB BA or BA AB: a drift of the machine hits both sides
 * alike, and no rhythm of its can follow the order.  `which` tells the pairs
 * of a round apart.
 */
bool order_swapped(uint64_t seed, unsigned round, uint64_t which);

#endif
