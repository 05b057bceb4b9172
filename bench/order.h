/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

/*
 * The random order of a round, and other draws, each depending on nothing but
 * the arguments: a resumed run goes on with the same.
 */

#include <stddef.h>
#include <stdint.h>

/* Writes a permutation of 0..count-1, every one as likely. */
void order_shuffle(size_t *order, size_t count, uint64_t seed, unsigned round);

/* A number below `bound`, every one as likely. */
uint64_t order_draw(uint64_t seed, unsigned round, uint64_t which,
                    uint64_t bound);

#endif
