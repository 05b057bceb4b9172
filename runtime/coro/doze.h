/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_DOZE_H
#define RT_CORO_DOZE_H

/*
 * Tasks that doze: parked for long, their stack's page put aside.  Whoever
 * touches one finds it as it was, whatever he knows or does; what is here is
 * for those who touch many and had better say so.
 */

#include <stdint.h>

struct rt_info;
struct rt_task;

/* From here until the run ends, tasks parked for longer than doze_ns, above 0,
 * begin to doze when the loop has nothing better to do.  -ENOTSUP: the system
 * does not let us, or a tool could not follow; -ENOMEM, -EMFILE, -EAGAIN. */
int co_doze_start(int64_t doze_ns);

/* Ends the doze of the task on stack number id, if it does. */
void co_doze_rouse(uint32_t id);

/* A task's name, or NULL, whether it dozes or not; that does not rouse it. */
const char *co_doze_name(const struct rt_task *task);

/* Its share of what rt_info() tells. */
void co_doze_info(struct rt_info *out);

#endif
