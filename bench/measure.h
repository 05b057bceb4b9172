/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/*
 * What this process used between two points: time, CPU, faults, switches and
 * memory.  A figure the system does not offer is MEASURE_MISSING.
 *
 * Nothing here allocates, so that reading memory does not change it; not for
 * two threads at a time.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define MEASURE_MISSING UINT64_MAX

/*
 * Memory in bytes.  rss and rss_anon come from smaps_rollup, which walks the
 * page tables and is exact: the RSS in status and statm is kept per CPU since
 * Linux 6.2, and where the kernel does not sum that up it may be off by 256
 * KiB per CPU.  It is the fallback.
 */
struct memory {
    uint64_t rss, rss_anon;
    uint64_t page_tables;   /* VmPTE */
    uint64_t threads;       /* of this process */
    uint64_t kernel_stacks; /* threads x 16 KiB: THREAD_SIZE of x86-64 and
                               arm64 */
    uint64_t kernel_stacks_system; /* meminfo KernelStack, to check by */
    uint64_t slab_system;          /* meminfo SUnreclaim */
};

struct measure {
    struct memory before, parked, after;
    uint64_t peak_rss;     /* VmHWM since measure_begin() */
    uint64_t parked_tasks; /* 0: measure_parked() was not called */
    uint64_t threads_mid_run;
    int64_t wall_ns, user_ns, sys_ns;
    uint64_t vol_switches, invol_switches, minor_faults, major_faults;
    /* private */
    int64_t clock;
    struct rusage usage;
};

void measure_memory(struct memory *out);

/* The most RSS since the last measure_reset_peak(), or since exec. */
uint64_t measure_peak(void);
/* Needs Linux 4.0; returns 0 or a negative errno. */
int measure_reset_peak(void);

/* CLOCK_MONOTONIC, ns. */
int64_t measure_clock(void);

/* Starts the region: memory is read first, the clock last. */
void measure_begin(struct measure *measure);
/* Reads memory in mid-region.  The CPU time this takes is left out, and the
 * wall time too unless `tasks_run_on`: then it went by in parallel. */
void measure_parked(struct measure *measure, uint64_t tasks, bool tasks_run_on);
/* Ends the region: the clock is read first. */
void measure_end(struct measure *measure);

#endif
