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
 *                 numbers, choices as strings), in declared order
 *   cpus          "1" when the process may run on one CPU only, else "all"
 *   runtime       object: name, summary, guard, concurrency, stack_bytes,
 *                 workers and the counters of struct rt_info that are not 0
 *   status        "ok", "failed" or "skipped"
 *   error         failed: {errno: "EBADMSG", message}
 *   skip          skipped: {reason, needed, limit, remedy}; the numbers and
 *                 the remedy only where they make sense
 *
 * and when status is "ok":
 *
 *   setup_ns      from the call of rt_run() to the main task's first line
 *   wall_ns       between work_begin() and work_end(), without the time that
 *                 work_parked() took
 *   user_ns, sys_ns   CPU of the process in the same region (getrusage)
 *   teardown_ns   from the main task's return to that of rt_run()
 *   units, units_peak, ops, bytes   the receipt
 *   digest        the receipt's, as 16 hex digits
 *   counts        object: what the workload added with work_count()
 *   memory        object: peak_rss (VmHWM, reset at begin), before, parked,
 *                 after: each {rss, rss_anon, page_tables, kernel_stacks,
 *                 threads, slab_system (SReclaimable left out)}; parked only
 *                 where the workload parks, with parked_tasks beside it.
 *                 Slab is system wide: good for an estimate only.
 *   threads_mid_run   threads of the process at work_parked(), else at
 *                 work_end()
 *   vol_switches, invol_switches, minor_faults, major_faults   in the region
 *   origin        object, differences over the region: cpu_ns, connections,
 *                 requests, listen_overflows; and cpu_share, cpu_ns/wall_ns
 *   allocator, env_pad   what the process ran with: malloc's environment
 *                 settings if any, bytes of random padding
 */

#include <jansson.h>

#include "rt.h"
#include "workload.h"

enum {
    RECORD_SCHEMA = 1
};

struct measured; /* measure.h */
struct work;

#endif
