/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_STACK_H
#define RT_CORO_STACK_H

/*
 * Task stacks: equal slots in one reserved stretch of addresses, each with a
 * guard page at its low end and its task's control block at its high end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rt_task;

enum {
    CO_DEFAULT_STACK = 64 << 10
};

/* Reserves the addresses.  stack_bytes is a slot's size, guard and control
 * block included; whole pages.  -EINVAL when it is too small or absurdly
 * large, -ENOMEM. */
int co_stacks_init(size_t stack_bytes);
/* Gives everything back, whether tasks still lie on it or not. */
void co_stacks_fini(void);

/* A stack never used before, as its control block, of which only id and san
 * are set; NULL when there is no memory, or no guard to be had. */
struct rt_task *co_stack_fresh(void);

/* The control block on stack number id, which has been in use. */
struct rt_task *co_stack_task(uint32_t id);

/* The number of the stack, one that has been in use, at this address. */
uint32_t co_stack_at(const void *at);

/* How many have been in use in this run: their numbers lie below. */
uint32_t co_stacks_used(void);

/* Whether a fault at that address is one in the guard of this task's stack.
 * From a signal handler; the task may be NULL or the loop. */
bool co_stack_guards(const struct rt_task *task, const void *at);

/* A slot's size in the latest run; the default before the first. */
size_t co_stack_bytes(void);
/* "madvise" or "mprotect"; "none" before the first run. */
const char *co_stack_guard(void);

#endif
