/* SPDX-License-Identifier: MIT */
/*
 * The units of the cpu workload: kernels with their input.
 */

#include "kernels.h"

enum {
    SHA256_BYTES = 65536,
    SIDE = KERNEL_MATRIX
};

static struct {
    unsigned char message[SHA256_BYTES];
    double a[SIDE * SIDE], b[SIDE * SIDE];
} input; /* made once, then only read */

static uint64_t sumsq(void)
{
    return kernel_sumsq(1000000);
}

static uint64_t sha256(void)
{
    return kernel_sha256(input.message, SHA256_BYTES);
}

static uint64_t nqueens(void)
{
    return kernel_nqueens(12);
}

static uint64_t matmul(void)
{
    return (uint64_t)kernel_matmul(input.a, input.b);
}

const struct kernel_unit kernel_units[] = { { sumsq, 333332833333500000 },
                                            { sha256, 0xd790e413479d16f4 },
                                            { nqueens, 14200 },
                                            { matmul, 2863136768 } };

int kernel_units_make(struct work *work)
{
    (void)work;
    for (size_t i = 0; i < SHA256_BYTES; i++)
        input.message[i] = (unsigned char)(i * 7);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            input.a[i * SIDE + j] = i + j;
            input.b[i * SIDE + j] = i - j;
        }
    }
    return 0;
}
