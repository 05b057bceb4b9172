/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_STACK_H
#define RT_CORO_STACK_H

/*
 * Task stacks: equal slots in one reserved stretch of addresses, each with a
 * guard page at its low end; and the table of tasks, a row for each stack.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rt_task;

enum {
    CO_DEFAULT_STACK = 64 << 10,
    /* Frames at equal offsets in their pages would all compete for the same
     * few cache sets: so stacks end at CO_COLOURS different ones. */
    CO_COLOURS = 8,
    CO_COLOUR_BYTES = 128
};

/* Where they lie in the present run; set by co_stacks_init(). */
struct co_stacks {
    struct rt_task *tasks;
    char *base;
    size_t stride; /* bytes from slot to slot */
};
extern struct co_stacks co_stacks;

/* Reserves the addresses.  stack_bytes is a slot's size, guard and the task's
 * rest included; whole pages.  -EINVAL when it is too small or absurdly
 * large, -ENOMEM. */
int co_stacks_init(size_t stack_bytes);
/* Gives everything back, whether tasks still lie on it or not. */
void co_stacks_fini(void);

/* The row of a stack never used before, all 0, with a rest of which only san
 * is set; NULL when there is no memory, or no guard to be had.  The loop's
 * comes first: number 0, without san. */
struct rt_task *co_stack_loop(void);
struct rt_task *co_stack_fresh(void);

/* Where the stack of that number ends. */
static inline char *co_stack_end(uint32_t number)
{
    size_t colour = (size_t)(number % CO_COLOURS) * CO_COLOUR_BYTES;
    return co_stacks.base + ((size_t)number + 1) * co_stacks.stride - colour;
}

/* The number of the stack, one that has been in use, at this address. */
uint32_t co_stack_at(const void *at);

/* How many have been in use in this run, with the loop's: their numbers lie
 * below. */
uint32_t co_stacks_used(void);

/* Whether a fault at that address is one in the guard of this task's stack.
 * From a signal handler; the task may be NULL or the loop. */
bool co_stack_guards(const struct rt_task *task, const void *at);

/* A slot's size in the latest run; the default before the first. */
size_t co_stack_bytes(void);
/* "madvise" or "mprotect"; "none" before the first run. */
const char *co_stack_guard(void);

#endif
