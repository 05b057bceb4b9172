/* SPDX-License-Identifier: MIT */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

/*
 * Pieces of pure computation for the cpu and mixed workloads.  Safe to call
 * from several threads at once; none uses more than 2 KiB of stack.
 */

#include <stddef.h>
#include <stdint.h>

/* The sum of i * i for i < n, term by term. */
uint64_t kernel_sumsq(uint64_t n);

/* SHA-256 (FIPS 180-4) of data; the first 8 bytes of the hash, big-endian. */
uint64_t kernel_sha256(const void *data, size_t bytes);

/* Ways to place n <= 16 queens on an n x n board; and those of them with the
 * first row's queen in a given column. */
uint64_t kernel_nqueens(int n);
uint64_t kernel_nqueens_from(int n, int column);

/* The n-th Fibonacci number by the definition: as many calls as its value. */
uint64_t kernel_fib(int n);

enum {
    KERNEL_MATRIX = 128
};

/* The sum of all elements of a x b, both KERNEL_MATRIX squared and stored by
 * rows. */
double kernel_matmul(const double *a, const double *b);

/* FNV-1a (64 bit) of data, going on from hash: about one microsecond for a
 * KiB on processors of the 2020s. */
uint64_t kernel_fnv(uint64_t hash, const void *data, size_t bytes);
#define KERNEL_FNV_START UINT64_C(0xcbf29ce484222325)

/* A unit of the cpu workload: a kernel with its input, and what it must come
 * to, known from elsewhere. */
struct kernel_unit {
    uint64_t (*run)(void);
    uint64_t result;
};
/* In the order of KERNEL_UNITS; to be run after kernel_units_make(), which is
 * of the kind that workloads have for their set-up. */
extern const struct kernel_unit kernel_units[];
struct work;
int kernel_units_make(struct work *work);
#define KERNEL_UNITS "sumsq,sha256,nqueens,matmul"

#endif
