/* SPDX-License-Identifier: MIT */
/*
 * lock.c: the contended half of lock.h.  Who finds the lock held looks for a
 * while, then leaves the mark 2 and sleeps until the word changes.
 *
 * The looks are far apart, and more so each time: every one takes the cache
 * line away from the holder, who else would take and give the lock several
 * times before the line has to travel.
 */

#include "os/lock.h"

enum {
    FIRST_PAUSE = 4 /* os_relax()es before the first look; then doubled */
};

/* False when it has been looked for long enough. */
static bool taken_while_spinning(struct os_lock *lock)
{
    for (unsigned pause = FIRST_PAUSE; pause <= os_spins; pause *= 2) {
        for (unsigned i = 0; i < pause; i++)
            os_relax();
        unsigned word = atomic_load_explicit(&lock->word, memory_order_relaxed);
        if (word == 2)
            return false;
        if (word == 0 &&
            atomic_compare_exchange_strong_explicit(&lock->word, &word, 1,
                                                    memory_order_acquire,
                                                    memory_order_relaxed))
            return true;
    }
    return false;
}

void os_lock_slow(struct os_lock *lock)
{
    if (taken_while_spinning(lock))
        return;
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        os_futex_wait(&lock->word, 2, RT_FOREVER);
}
