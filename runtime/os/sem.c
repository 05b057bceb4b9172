/* SPDX-License-Identifier: MIT */
/*
 * sem.c: semaphores, and the units mutexes are made of too (sem.h).
 *
 * No wake-up is lost: while somebody is queued QUEUED is set, and each
 * unit given then takes one waiter out, who tries at least once more even if
 * its deadline has passed.
 */

#include "os/sync.h"

#include <errno.h>

static const uint64_t QUEUED = (uint64_t)1 << 63;

static bool try_take(struct sync_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    while (word & ~QUEUED) {
        if (atomic_compare_exchange_weak_explicit(&sem->word, &word, word - 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

/* With the lock held: takes a unit, or has whoever gives one look here. */
static bool take_or_announce(struct sync_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    for (;;) {
        bool got = (word & ~QUEUED) != 0;
        if (atomic_compare_exchange_weak_explicit(&sem->word, &word,
                                                  got ? word - 1 : QUEUED,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return got;
    }
}

static int take_slowly(struct sync_sem *sem, const char *what, int64_t deadline)
{
    for (unsigned i = 0; i < os_spins; i++) {
        os_relax();
        if (try_take(sem))
            return 0;
    }
    for (bool again = false;; again = true) {
        sync_lock(&sem->queue);
        if (take_or_announce(sem)) {
            sync_unlock(&sem->queue);
            return 0;
        }
        struct os_waiter waiter = { .what = what, .in_front = again };
        int err = os_wait_as(&sem->queue, &waiter, deadline);
        if (err == -ECANCELED) /* was still queued: no unit was meant for us */
            return err;
        if (try_take(sem))
            return 0;
        if (err)
            return err;
    }
}

void sync_sem_init(struct sync_sem *sem, unsigned count)
{
    *sem = (struct sync_sem){ 0 };
    atomic_init(&sem->word, count);
}

void sync_sem_fini(struct sync_sem *sem)
{
    sync_fini(&sem->queue);
}

int sync_sem_take(struct sync_sem *sem, const char *what, int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    if (try_take(sem))
        return 0;
    return deadline <= 0 ? -ETIMEDOUT : take_slowly(sem, what, deadline);
}

void sync_sem_give(struct sync_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    while (!(word & QUEUED)) {
        if (atomic_compare_exchange_weak_explicit(&sem->word, &word, word + 1,
                                                  memory_order_release,
                                                  memory_order_relaxed))
            return;
    }
    sync_lock(&sem->queue);
    atomic_fetch_add_explicit(&sem->word, 1, memory_order_release);
    if (!os_awaited_by_two(&sem->queue)) /* nobody will be left */
        atomic_fetch_and_explicit(&sem->word, ~QUEUED, memory_order_relaxed);
    sync_wake(&sem->queue);
}

bool sync_sem_empty(const struct sync_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    return (word & ~QUEUED) == 0;
}
