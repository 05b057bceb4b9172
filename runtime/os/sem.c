/* SPDX-License-Identifier: MIT */
/*
 * sem.c: semaphores, and the units mutexes are made of too (sem.h).
 *
 * No wake-up is lost: while somebody is queued OS_SEM_QUEUED is set, and each
 * unit given then takes one waiter out, who tries at least once more even if
 * its deadline has passed.
 */

#include "os/sem.h"

#include <errno.h>
#include <stdlib.h>

static const uint64_t QUEUED = (uint64_t)1 << 63;

struct rt_sem {
    struct os_sem sem;
};

static bool try_take(struct os_sem *sem)
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
static bool take_or_announce(struct os_sem *sem)
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

static int take_slowly(struct os_sem *sem, const char *what, int64_t deadline)
{
    for (unsigned i = 0; i < os_spins; i++) {
        os_relax();
        if (try_take(sem))
            return 0;
    }
    for (bool again = false;; again = true) {
        os_lock_take(&sem->lock);
        if (take_or_announce(sem)) {
            os_lock_give(&sem->lock);
            return 0;
        }
        struct os_waiter waiter = { .what = what };
        int err =
            os_waitq_wait(&sem->queue, &sem->lock, &waiter, again, deadline);
        if (err == -ECANCELED) /* was still queued: no unit was meant for us */
            return err;
        if (try_take(sem))
            return 0;
        if (err)
            return err;
    }
}

void os_sem_init(struct os_sem *sem, unsigned count)
{
    *sem = (struct os_sem){ 0 };
    atomic_init(&sem->word, count);
}

void os_sem_fini(struct os_sem *sem)
{
    os_lock_take(&sem->lock);
    os_lock_give(&sem->lock);
}

int os_sem_take(struct os_sem *sem, const char *what, int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    if (try_take(sem))
        return 0;
    return deadline <= 0 ? -ETIMEDOUT : take_slowly(sem, what, deadline);
}

void os_sem_give(struct os_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    while (!(word & QUEUED)) {
        if (atomic_compare_exchange_weak_explicit(&sem->word, &word, word + 1,
                                                  memory_order_release,
                                                  memory_order_relaxed))
            return;
    }
    atomic_uint *sleeper = NULL;
    os_lock_take(&sem->lock);
    atomic_fetch_add_explicit(&sem->word, 1, memory_order_release);
    if (sem->queue.first)
        sleeper = os_waitq_wake(&sem->queue, 0);
    if (!sem->queue.first)
        atomic_fetch_and_explicit(&sem->word, ~QUEUED, memory_order_relaxed);
    os_lock_give(&sem->lock);
    os_kick(sleeper);
}

bool os_sem_empty(struct os_sem *sem)
{
    uint64_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
    return (word & ~QUEUED) == 0;
}

int rt_sem_new(struct rt_sem **out, unsigned count)
{
    struct rt_sem *sem = malloc(sizeof *sem);
    if (!sem)
        return -ENOMEM;
    os_sem_init(&sem->sem, count);
    *out = sem;
    return 0;
}

void rt_sem_free(struct rt_sem *sem)
{
    if (sem)
        os_sem_fini(&sem->sem);
    free(sem);
}

int rt_sem_acquire(struct rt_sem *sem, int64_t deadline)
{
    return os_sem_take(&sem->sem, "sem", deadline);
}

void rt_sem_release(struct rt_sem *sem)
{
    os_sem_give(&sem->sem);
}
