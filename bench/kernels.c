/* SPDX-License-Identifier: MIT */
/*
 * Computation kernels.  Plain C, so that every runtime and compiler option
 * treats them alike.
 */

#include "kernels.h"

#include <string.h>

uint64_t kernel_sumsq(uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += i * i;
        /* Compilers know the formula; this hides the sum from them. */
        __asm__ volatile("" : "+r"(sum));
    }
    return sum;
}

/* FIPS 180-4, 4.2.2: first 32 bits of the fractional parts of the cube roots
 * of the first 64 primes. */
static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* 6.2.2: one block of 64 bytes. */
static void sha256_block(uint32_t h[8], const unsigned char *block)
{
    uint32_t w[64], v[8];
    for (int t = 0; t < 16; t++)
        w[t] = load32(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10) + w[t - 7] +
               (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[t - 16];
    }
    memcpy(v, h, sizeof(v));
    for (int t = 0; t < 64; t++) {
        uint32_t a = v[0], e = v[4];
        uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                      ((e & v[5]) ^ (~e & v[6])) + sha256_k[t] + w[t];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof(*v));
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

uint64_t kernel_sha256(const void *data, size_t bytes)
{
    uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    const unsigned char *p = data;
    size_t left = bytes;
    for (; left >= 64; left -= 64, p += 64)
        sha256_block(h, p);
    /* 5.1.1: a one bit, zeros, the length in bits as 64 bits. */
    unsigned char tail[128] = { 0 };
    size_t tail_bytes = left < 56 ? 64 : 128;
    if (left > 0)
        memcpy(tail, p, left);
    tail[left] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[tail_bytes - 1 - i] =
            (unsigned char)((uint64_t)bytes * 8 >> (8 * i));
    for (size_t i = 0; i < tail_bytes; i += 64)
        sha256_block(h, tail + i);
    return (uint64_t)h[0] << 32 | h[1];
}

/* Bits are columns: taken, and under attack along the two diagonals. */
static uint64_t queens(unsigned all, unsigned taken, unsigned left,
                       unsigned right)
{
    uint64_t ways = taken == all;
    for (unsigned free = all & ~(taken | left | right); free != 0;
         free &= free - 1) {
        unsigned queen = free & -free;
        ways += queens(all, taken | queen, (left | queen) << 1,
                       (right | queen) >> 1);
    }
    return ways;
}

uint64_t kernel_nqueens(int n)
{
    return queens((1u << n) - 1, 0, 0, 0);
}

uint64_t kernel_nqueens_from(int n, int column)
{
    unsigned queen = 1u << column;
    return queens((1u << n) - 1, queen, queen << 1, queen >> 1);
}

uint64_t kernel_fib(int n)
{
    return n < 2 ? (uint64_t)n : kernel_fib(n - 1) + kernel_fib(n - 2);
}

double kernel_matmul(const double *a, const double *b)
{
    enum {
        N = KERNEL_MATRIX
    };
    double sum = 0;
    for (int i = 0; i < N; i++) {
        double row[N] = { 0 };
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++)
                row[j] += a[i * N + k] * b[k * N + j];
        for (int j = 0; j < N; j++)
            sum += row[j];
    }
    return sum;
}

uint64_t kernel_fnv(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}
