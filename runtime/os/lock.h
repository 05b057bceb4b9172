/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_LOCK_H
#define RT_OS_LOCK_H

/*
 * lock.h: the lock that guards our own data for a few instructions.
 * Not a waiting call: no deadline.  Barging; a releaser makes a system call
 * only when somebody sleeps.  Its memory may be freed once it has been taken
 * and given after the last use by others: giving ends with one store.
 *
 * Lock order: a task never holds two of these, but for those of pool.h.
 */

#include "os/os.h"

struct os_lock {
    atomic_uint word; /* 0 free, 1 held, 2 held and somebody may sleep */
};

void os_lock_slow(struct os_lock *lock);

static inline void os_lock_take(struct os_lock *lock)
{
    unsigned is_free = 0;
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &is_free, 1,
                                                 memory_order_acquire,
                                                 memory_order_relaxed))
        os_lock_slow(lock);
}

static inline void os_lock_give(struct os_lock *lock)
{
    if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2)
        os_futex_wake(&lock->word);
}

#endif
