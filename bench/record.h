/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

/*
 * The record: what one trial measured, as one line of JSON.
 *
 * The trial process writes it, to the descriptor whose number is in
 * COBENCH_RECORD_FD or to standard output; the driver reads it and puts it,
 * unchanged, under "record" into a line of trials.jsonl (see trials.h).
 * Missing is absent: a figure that could not be read is left out, never 0,
 * never null.  All times are ns, all sizes bytes, all integers below 2^53
 * except the digest.
 *
 *   schema        1
 *   workload      "echo"
 *   params        object: every parameter of the workload, typed (numbers as
 *                 numbers, choices as strings), in declared order; url and
 *                 connect only where given: then a server of the user's own
 *                 took the place of the origin
 *   cpus          "1" when the process may run on one CPU only, else "all"
 *   runtime       object: name, summary, guard, concurrency, stack_bytes,
 *                 workers and the counters of struct rt_info that are not 0;
 *                 stalls and stall_longest_ns even then, where they are
 *                 watched for
 *   injected      what the body did more of under the nominal amount (see
 *                 work_inject()): the parameter's real value; no such record
 *                 is a measurement of the program
 *   status        "ok", "failed" or "skipped"
 *   error         failed: {errno: "EBADMSG", message}
 *   skip          skipped: {reason, needed, limit, remedy}; the numbers and
 *                 the remedy only where they make sense
 *
 * and when status is "ok":
 *
 *   setup_ns      from the call of rt_run() to the main task's first line
 *   wall_ns       between work_begin() and work_end(), without the time that
 *                 work_parked() took (with it where the workload waits)
 *   user_ns, sys_ns   CPU of the process in the same region (getrusage)
 *   teardown_ns   from the main task's return to that of rt_run()
 *   units, units_peak, ops, bytes   the receipt
 *   digest        the receipt's, as 16 hex digits
 *   connections   opened to the origin since the main task began, set-up
 *                 included; as the origin counted them
 *   counts        object: what the workload added with work_count(); absent
 *                 when nothing
 *   latency       object, where the workload recorded any: count, sum_ns,
 *                 min_ns, max_ns; p50_ns, p90_ns, p99_ns, p999_ns as far as
 *                 there are enough (histogram.h); and the histogram itself,
 *                 buckets, an array of [least value of the bucket in ns, how
 *                 many fell into it] for those not empty, in order
 *   heartbeat     object of the same form: how late its heartbeats were
 *   memory        object: peak_rss (VmHWM, reset at begin), before, parked,
 *                 after: each {rss, rss_anon, page_tables, threads,
 *                 kernel_stacks (threads x 16 KiB), kernel_stacks_system
 *                 (meminfo KernelStack), slab_system (meminfo SUnreclaim)};
 *                 parked only where the workload parks, with parked_tasks
 *                 beside it.  The _system figures are of the whole machine:
 *                 their differences are good for an estimate only.
 *   threads_mid_run   threads of the process at work_parked(), else the more
 *                 of those at work_begin() and at work_end(): too few where a
 *                 region itself creates threads and joins them
 *   vol_switches, invol_switches, minor_faults, major_faults   in the region
 *   origin        object, differences over the region: cpu_ns, connections,
 *                 requests, messages; cpu_share, cpu_ns/wall_ns; and
 *                 listen_overflows, connections lost to a full queue during
 *                 the trial: 0 when known, since others fail it
 *   env           object: the settings of malloc, glibc and libuv in force by
 *                 environment, name to text; absent when none
 *   env_pad       length of the variable COBENCH_PAD; absent when unset
 *
 * Two trials have done the same work when units, ops, bytes, digest and
 * connections are equal.  Of a calibrated workload ops and what grows with
 * them may differ: bytes and digest are then compared per operation, that is
 * a.digest * b.ops = b.digest * a.ops modulo 2^64, likewise bytes.
 */

#include <jansson.h>
#include <stdio.h>

#include "room.h"
#include "rt.h"
#include "work.h"

enum {
    RECORD_SCHEMA = 1
};

struct record {
    const struct work *work;
    struct rt_info info; /* after rt_run() */
    bool pinned;         /* to one CPU */
    struct skip skip;    /* reason NULL: not skipped */
    int error;           /* failed: negative errno, message in work */
    int64_t setup_ns, teardown_ns;
    uint64_t listen_overflows; /* work_overflows() */
};

/* The record, owned by the caller; NULL without memory. */
json_t *record_json(const struct record *record);

/* Writes it as one line.  0, or a negative errno. */
int record_write(const struct record *record, int fd);

#endif
