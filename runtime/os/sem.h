/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_SEM_H
#define RT_OS_SEM_H

/*
 * sem.h: units that tasks take and give back, in one word: the count, and a
 * bit that says somebody may be queued.  Without that bit giving and taking
 * are one atomic operation each.  Barging: a unit given back is free for
 * whoever takes it first; the waiter woken for it tries like anybody else and
 * goes back to the head of the queue if it comes too late.
 */

#include "os/sync.h"

struct sync_sem {
    /* Atomic: taking acquires, giving releases.  QUEUED (sem.c) is set only
     * with the lock held, and cleared only with it held and nobody queued. */
    _Atomic uint64_t word;
    struct sync_queue queue;
};

void sync_sem_init(struct sync_sem *sem, unsigned count);
/* Waits until whoever gave last has left, so that the memory may go. */
void sync_sem_fini(struct sync_sem *sem);
/* What it is for those who ask: "sem" or "mutex". */
int sync_sem_take(struct sync_sem *sem, const char *what, int64_t deadline);
void sync_sem_give(struct sync_sem *sem);
/* Nothing left to take. */
bool sync_sem_empty(const struct sync_sem *sem);

#endif
