/* SPDX-License-Identifier: MIT */
/* lock.c: the contended half of lock.h.  Who finds the lock held looks for a
 * while, then leaves the mark 2 and sleeps until the word changes. */

#include "os/lock.h"

void os_lock_slow(struct os_lock *lock)
{
    for (unsigned i = 0; i < os_spins; i++) {
        unsigned word = atomic_load_explicit(&lock->word, memory_order_relaxed);
        if (word == 2)
            break;
        if (word == 0 &&
            atomic_compare_exchange_strong_explicit(&lock->word, &word, 1,
                                                    memory_order_acquire,
                                                    memory_order_relaxed))
            return;
        os_relax();
    }
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        os_futex_wait(&lock->word, 2, RT_FOREVER);
}
