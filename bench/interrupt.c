/* SPDX-License-Identifier: MIT */
/*
 * Termination by signal.  The handler only sets a flag; all it ever does
 * beyond that is kill and _exit, which are safe in a handler.
 */
#include "interrupt.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static volatile sig_atomic_t pending;
static _Atomic pid_t taken_along;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "the handler reads a pid_t");

static void on_signal(int number)
{
    if (pending != 0 && number == SIGINT) {
        pid_t group = atomic_load(&taken_along);
        if (group > 0)
            kill(-group, SIGKILL);
        _exit(128 + SIGINT);
    }
    if (pending == 0)
        pending = number;
}

void interrupt_catch(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old;
        sigaction(signals[i], NULL, &old);
        /* Under nohup and in background jobs they are meant to be ignored. */
        if (old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

int interrupt_pending(void)
{
    return pending;
}

const char *interrupt_name(int signal_number)
{
    return signal_number == SIGINT    ? "SIGINT"
           : signal_number == SIGTERM ? "SIGTERM"
                                      : "SIGHUP";
}

void interrupt_take_along(pid_t group)
{
    atomic_store(&taken_along, group);
}

void interrupt_hold(sigset_t *old)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(&held, signals[i]);
    sigprocmask(SIG_BLOCK, &held, old);
}
