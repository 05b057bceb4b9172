/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TRACE_RECORDER_H
#define BENCH_TRACE_RECORDER_H

/*
 * In the trial: keeps what rt_options.trace tells, in memory of a fixed size,
 * and writes it once the run is over.  What comes when that is full is only
 * counted, so that what is kept is a whole beginning.
 *
 * The file is text: one line of heading,
 *
 *   cobench-trace 1 RUNTIME EVENTS DROPPED
 *
 * and one line per event, tab separated: time in ns since the first event,
 * task, what (spawn run park wake finish), by, status, reason or "-", name or
 * "-" (a control character in a name is written as a blank).
 */

#include "rt.h"

enum {
    RECORDER_EVENTS = 200000, /* the default: about 10 MB */
    RECORDER_EVENTS_MAX = 50000000
};

struct recorder;

/* Room for so many events.  Sets options->trace and trace_arg.  -ENOMEM. */
int recorder_new(struct recorder **out, uint64_t events,
                 struct rt_options *options);
/* After rt_run().  0 or a negative errno; then there may be half a file. */
int recorder_write(const struct recorder *recorder, const char *path,
                   const char *runtime);
void recorder_free(struct recorder *recorder);

#endif
