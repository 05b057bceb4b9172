/* SPDX-License-Identifier: MIT */
#ifndef BENCH_INTERRUPT_H
#define BENCH_INTERRUPT_H

/*
 * SIGINT, SIGTERM and SIGHUP.  The first asks the driver to come to an end:
 * it is remembered, and wakes a ppoll() that lets it through.  The second
 * SIGINT ends the program at once, and the process group under way with it.
 */

#include <signal.h>
#include <sys/types.h>

void interrupt_catch(void);
/* The signal that came, or 0. */
int interrupt_pending(void);
/* "SIGINT", "SIGTERM" or "SIGHUP". */
const char *interrupt_name(int signal_number);
/* Names the process group to take along; 0 for none. */
void interrupt_take_along(pid_t group);
/* Holds the signals back until the mask in *old is set again, so that none
 * can come between asking interrupt_pending() and ppoll(..., old). */
void interrupt_hold(sigset_t *old);

#endif
