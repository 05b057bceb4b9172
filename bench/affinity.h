/* SPDX-License-Identifier: MIT */
#ifndef BENCH_AFFINITY_H
#define BENCH_AFFINITY_H

/* The CPUs this process may run on. */
struct affinity {
    int lowest, highest; /* -1 when unknown */
    int count;
};
void affinity_read(struct affinity *out);

/* Confines this process to one CPU.  0, or a negative errno. */
int affinity_pin(int cpu);

#endif
