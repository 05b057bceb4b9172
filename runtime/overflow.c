/* SPDX-License-Identifier: MIT */
/* overflow.c: the handler of SIGSEGV, and the one before it. */

#include "overflow.h"

#include "report.h"

static overflow_find_fn find_task;
static struct sigaction before;

static void report(const struct overflow *overflow)
{
    struct report_line line;
    report_begin(&line, "stack overflow: ");
    report_add_task(&line, overflow->number, overflow->name);
    if (overflow->stack_bytes > 0) {
        report_add(&line, " has run over its stack of ");
        report_add_number(&line, overflow->stack_bytes);
        report_add(&line, " bytes (rt_options.stack_bytes)");
    } else {
        report_add(&line, " has run over the stack of rt_run()'s caller");
    }
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
    struct overflow overflow;
    /* Only a fault has an address. */
    if (info->si_code > 0 && find_task(&overflow, info, context))
        report(&overflow);
    pass_on(number, info, context);
}

void overflow_start(overflow_find_fn find)
{
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };
    find_task = find;
    sigaction(SIGSEGV, &action, &before);
}

void overflow_stop(void)
{
    sigaction(SIGSEGV, &before, NULL);
}
