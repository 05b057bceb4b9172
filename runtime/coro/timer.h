/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_TIMER_H
#define RT_CORO_TIMER_H

/*
 * Deadlines of parked tasks: wheels of our own over a single uv_timer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct rt_task;

int co_timers_init(uv_loop_t *loop);
/* Closes the uv_timer; the loop must turn once more before co_timers_free. */
void co_timers_close(void);
void co_timers_free(void);

/* Makes room for the deadlines of tasks numbered below n, so that adding one
 * never fails.  -ENOMEM. */
int co_timers_reserve(size_t n);

/* Wakes the task with -ETIMEDOUT (0 from a sleep) once the clock shows when.
 * One deadline per task. */
void co_timer_add(struct rt_task *task, int64_t when);
void co_timer_remove(struct rt_task *task);

/* Whether any deadline is pending. */
bool co_timers_pending(void);
/* Before the loop may block: makes it wake up for the earliest deadline. */
void co_timers_arm(void);

#endif
