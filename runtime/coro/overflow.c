/* SPDX-License-Identifier: MIT */
/* Owns what a fault in a task's guard is taken for, and the stack on which that
 * is said. */
#include "overflow.h"

#include "core.h"
#include "stack.h"

/* One run at a time, on one thread. */
static _Alignas(16) char handler_stack[OVERFLOW_STACK];
static stack_t stack_before;

static bool find(struct overflow *out, const siginfo_t *fault,
                 const void *context)
{
    const struct rt_task *task = co.current;
    (void)context;
    if (!co_stack_guards(task, fault->si_addr))
        return false;
    *out = (struct overflow){ task->number, co_name(task), co_stack_bytes() };
    return true;
}

void co_overflow_start(void)
{
    stack_t stack = { .ss_sp = handler_stack, .ss_size = OVERFLOW_STACK };
    sigaltstack(&stack, &stack_before);
    overflow_start(find);
}

void co_overflow_stop(void)
{
    overflow_stop();
    sigaltstack(&stack_before, NULL);
}
