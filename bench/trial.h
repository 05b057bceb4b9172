/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

/*
 * One trial, from its command line to its record.  What the driver tells it
 * stands in the environment: COBENCH_RECORD_FD, the descriptor that takes the
 * record (by default standard output), COBENCH_ROUND, COBENCH_INJECT (see
 * work_inject()), and COBENCH_TRACE, a file for every state change of every
 * task, with COBENCH_TRACE_EVENTS, how many there is room for.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "origin.h"
#include "record.h"
#include "rt.h"
#include "trace/recorder.h"
#include "work.h"

enum trial_exit {
    TRIAL_OK = 0,
    TRIAL_FAILED = 1,
    TRIAL_USAGE = 2,
    TRIAL_SKIPPED = 77 /* as automake's test driver has it */
};

/* The workloads of this program, ended by NULL; made by the Makefile. */
extern const struct workload *const workload_table[];

struct trial {
    struct work work;
    struct rt_options options;
    bool pin;
    int record_fd;
    struct rt_info info;
    struct origin origin;
    struct record record;
    struct recorder *recorder; /* where the run is traced */
    int64_t run_ns, body_end_ns;
};

void trial_usage(FILE *out, const struct rt_info *info);

/* Takes WORKLOAD [NAME=VALUE...], words[0] to words[n - 1], and the
 * environment.  TRIAL_OK, or another after one line on standard error. */
int trial_take(struct trial *trial, char **words, int n);

#endif
