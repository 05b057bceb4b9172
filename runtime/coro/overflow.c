/* SPDX-License-Identifier: MIT */
/*
 * Owns what is said when a task runs over its stack into the guard.  The
 * handler stands on a stack of its own, for the task has none left.  After
 * the report, and for any other fault at once, the signal goes to whom it
 * went before the run; by default that ends the program by SIGSEGV.
 */
#include <signal.h>
#include <stddef.h>

#include "core.h"
#include "report.h"
#include "stack.h"

enum {
    /* The kernel saves up to 11 KiB of registers there, and the sink may be
     * the user's. */
    HANDLER_STACK = 64 << 10
};

/* One run at a time, on one thread. */
static _Alignas(16) char handler_stack[HANDLER_STACK];
static stack_t stack_before;
static struct sigaction before;

static void report(const struct rt_task *task)
{
    struct report_line line;
    report_begin(&line, "stack overflow: ");
    report_add_task(&line, task->number, task->name);
    report_add(&line, " has run over its stack of ");
    report_add_number(&line, co_stack_bytes());
    report_add(&line, " bytes (rt_options.stack_bytes)");
    report_end_fatal(&line);
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    } else {
        /* A fault comes again when we return, and looks to a debugger as if
         * we had not been there; a signal that was sent does not. */
        sigaction(SIGSEGV, &before, NULL);
        if (info->si_code <= 0)
            raise(SIGSEGV);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    /* Only a fault has an address. */
    if (info->si_code > 0 && co_stack_guards(co.current, info->si_addr))
        report(co.current);
    pass_on(number, info, context);
}

void co_overflow_start(void)
{
    stack_t stack = { .ss_sp = handler_stack, .ss_size = HANDLER_STACK };
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&stack, &stack_before);
    sigaction(SIGSEGV, &action, &before);
}

void co_overflow_stop(void)
{
    sigaction(SIGSEGV, &before, NULL);
    sigaltstack(&stack_before, NULL);
}
