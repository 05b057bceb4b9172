/* SPDX-License-Identifier: MIT */
#ifndef RT_OVERFLOW_H
#define RT_OVERFLOW_H

/*
 * overflow.h: what is said when a task runs over its stack.  The handler of
 * the fault stands on an alternate signal stack (sigaltstack(2)), for the task
 * has none left: the runtime sees to it that each thread has one.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* The kernel saves up to 11 KiB of registers there, and the sink may be
     * the user's. */
    OVERFLOW_STACK = 64 << 10
};

/* Whose stack it was. */
struct overflow {
    uint64_t number;
    const char *name;   /* may be NULL */
    size_t stack_bytes; /* 0: the stack of the thread that called rt_run() */
};

/* In the handler: whether the fault is that of the running task's running over
 * its stack; then says which task it is. */
typedef bool (*overflow_find_fn)(struct overflow *out, const siginfo_t *fault,
                                 const void *context);

/* From start to stop each such fault is reported.  After the report, and for
 * any other fault at once, the signal goes to whom it went before; by default
 * that ends the program by SIGSEGV.  Of a handler called so, sa_mask and
 * SA_RESETHAND are not honoured. */
void overflow_start(overflow_find_fn find);
void overflow_stop(void);

#endif
