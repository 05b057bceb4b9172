/* SPDX-License-Identifier: MIT */
/*
 * overflow.c: what a fault below a thread's stack is taken for, and the
 * alternate signal stacks on which that is said.  They lie side by side in one
 * reserved stretch of addresses and take no memory until they are used.  A part
 * of the thread's own stack would not do: the kernel would put the frame of any
 * handler that asks for an alternate stack on top of a task that has got so
 * deep, whether it is to end or not.
 */

#include "overflow.h"

#include <sys/mman.h>

#include "os/lock.h"
#include "os/seat.h"

enum {
    STACKS = 1 << 15,
    NEAR = 64 << 10 /* no instruction reaches further below its stack */
};

static size_t thread_stack_bytes;

static struct {
    char *base;          /* NULL: none to be had, nothing is reported */
    struct os_lock lock; /* the rest */
    unsigned used;       /* at some time: the lowest ones */
    unsigned given_back;
    uint16_t free[STACKS];
} stacks;

/* About where the stack begins. */
static _Thread_local char *top;

/* Everything between a stack's pointer and its upper end is there: what faults
 * below that end, and not far below the pointer, is the guard. */
static bool find(struct overflow *out, const siginfo_t *fault,
                 const void *context)
{
    char *at = fault->si_addr;
    uintptr_t sp = os_stack_pointer(context);
    if (!os_self || os_self->number == 0)
        return false;
    if ((uintptr_t)at < sp - NEAR || at >= top)
        return false;
    *out =
        (struct overflow){ os_self->number, atomic_load(&os_self->name),
                           os_seat == &os_main_seat ? 0 : thread_stack_bytes };
    return true;
}

/* Its number from 1 on, 0 when there is none. */
static unsigned stack_take(void)
{
    unsigned number = 0;
    os_lock_take(&stacks.lock);
    if (stacks.given_back > 0)
        number = 1U + stacks.free[--stacks.given_back];
    else if (stacks.base && stacks.used < STACKS)
        number = ++stacks.used;
    os_lock_give(&stacks.lock);
    return number;
}

static void stack_give(unsigned number)
{
    os_lock_take(&stacks.lock);
    stacks.free[stacks.given_back++] = (uint16_t)(number - 1);
    os_lock_give(&stacks.lock);
}

void os_overflow_arm(struct os_seat *seat)
{
    stack_t stack = { .ss_size = OVERFLOW_STACK }, before;
    top = __builtin_frame_address(0);
    seat->signal_stack = stack_take();
    if (seat->signal_stack == 0)
        return;
    stack.ss_sp = stacks.base + (seat->signal_stack - 1) * OVERFLOW_STACK;
    sigaltstack(&stack, &before);
    if (before.ss_flags & SS_DISABLE)
        return;
    /* A sanitizer's, or that of rt_run()'s caller. */
    sigaltstack(&before, NULL);
    os_overflow_disarm(seat);
}

void os_overflow_disarm(struct os_seat *seat)
{
    if (seat->signal_stack > 0)
        stack_give(seat->signal_stack);
    seat->signal_stack = 0;
}

void os_overflow_start(size_t stack_bytes)
{
    void *base =
        mmap(NULL, (size_t)STACKS * OVERFLOW_STACK, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    stacks.base = base == MAP_FAILED ? NULL : base;
    stacks.used = 0;
    stacks.given_back = 0;
    thread_stack_bytes = stack_bytes;
    os_overflow_arm(&os_main_seat);
    overflow_start(find);
}

void os_overflow_stop(void)
{
    overflow_stop();
    if (os_main_seat.signal_stack > 0)
        sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
    if (stacks.base)
        munmap(stacks.base, (size_t)STACKS * OVERFLOW_STACK);
}
