/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_TRACE_H
#define RT_OS_TRACE_H

/*
 * trace.h: telling rt_options.trace what the tasks do, one event at a time.
 *
 * A task that is about to sleep tells of its PARK and sets OS_TOLD in its
 * word in one step; whoever ends the wait takes OS_TOLD away and tells of the
 * WAKE in one step, and who wakes up tells of it himself if nobody has.  So
 * each park has one waking, in this order, whoever comes first.  These steps
 * are made under a lock that only exists for those that are traced.
 */

#include "os/os.h"

/* Only these two are called when nobody listens. */
void os_trace_start(const struct rt_options *options);
void os_trace_stop(void);

/* By os_self: task will run; runs from now on; has returned. */
void os_trace_spawn(const struct os_task *task);
void os_trace_run(const struct os_task *task);
void os_trace_finish(const struct os_task *task, int status);

/* os_self stops, or goes on, without sleeping on its word: in a system call,
 * or because its thread runs task number `by` meanwhile. */
void os_trace_leave(const char *reason);
void os_trace_return(uint64_t by);

/* Marks os_self as sleeping; returns its word. */
unsigned os_trace_sleep(const char *reason);
/* After the sleep. */
void os_trace_awake(void);
/* By os_self: adds a wake-up, or a cancellation; returns what was there. */
unsigned os_trace_rouse(struct os_task *task);
unsigned os_trace_cancel(struct os_task *task);

#endif
