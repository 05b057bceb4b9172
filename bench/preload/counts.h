/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_COUNTS_H
#define PRELOAD_COUNTS_H

/*
 * Where count.so counts: memory that `cobench count` shares with the programs
 * it runs, so that it does not matter how these end or what they close.
 * COUNTS_VARIABLE names the file in their environment.
 */
#include <stdatomic.h>

struct counts {
    _Atomic unsigned long programs; /* that have loaded it */
    _Atomic unsigned long allocations;
};

#define COUNTS_VARIABLE "COBENCH_COUNTS"

#endif
