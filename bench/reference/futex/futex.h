/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REFERENCE_FUTEX_H
#define BENCH_REFERENCE_FUTEX_H

/*
 * futex(2), private: a thread sleeps on a word as long as that holds what the
 * thread has seen.
 */

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* May return at any time. */
static inline void futex_wait(atomic_uint *word, unsigned seen)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static inline void futex_wake(atomic_uint *word, int most)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
}

#endif
