/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_H
#define RT_OS_H

/*
 * os.h: what the blocking runtimes (pool, thread, seq) share: how a task that
 * sits on a kernel thread waits, and how it is woken.
 *
 * Where a thread may block.  Exactly four places, so that whatever has to
 * end a wait from outside knows all of them:
 *   os_park()          on the task's own futex word; ended by os_wake().
 *   os_poll()          on a descriptor; ended by readiness.
 *   read(2), write(2)  in sock.c, without a deadline; ended by the peer.
 *   curl_multi_poll()  in http.c; ended by readiness or curl_multi_wakeup().
 * The first, second and fourth take the absolute deadline of the call they
 * serve.  The task that waits is always os_self, so an outsider who has the
 * task has its word.  The second and third can be ended early by a signal
 * whose handler does nothing, repeated until the task says it has left; a
 * task that was sent one makes a system call to take it before it returns to
 * its caller, so that no signal reaches code that is not ours.  Locks of ours
 * (lock.h) are held for a few instructions and do not count.
 *
 * A runtime supplies os_alone, os_task_await() and os_task_release().
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rt.h"

/* The part of a task that waits and is waited for.  First member of every
 * runtime's struct rt_task; a pool's worker has one to be idle on. */
struct os_task {
    atomic_uint word; /* OS_SLEEPING, OS_WOKEN; see park.c */
    int status;       /* set before the end, read after it */
    /* NULL, the waiting joiner, or one of the marks of task.c.  Atomic: the
     * ending task's exchange releases status to whoever sees the end. */
    _Atomic(struct os_task *) joiner;
};

/* The task that runs on this thread; never NULL inside rt_run(). */
extern _Thread_local struct os_task *os_self;

/* No other task could ever wake a waiter (seq).  Defined by the runtime. */
extern const bool os_alone;

/* How often to look before sleeping: 0 with a single CPU, where whatever is
 * waited for cannot happen meanwhile.  Set by os_start(). */
extern unsigned os_spins;

/* ---- park.c ---- */

/*
 * Waits until os_wake(os_self), looking `spins` times before it sleeps (not
 * at all when the deadline is 0 or less).
 * Returns 0 when woken, which uses the wake-up up, else -ETIMEDOUT; -EDEADLK
 * without a deadline where nobody else exists (os_alone).
 */
int os_park(int64_t deadline, unsigned spins);

/* Waits until `events` of poll(2) or an error hold on fd: 0 or -ETIMEDOUT,
 * or the error of ppoll(2). */
int os_poll(int fd, short events, int64_t deadline);

/* Marks the task woken.  Returns what to give to os_kick(), NULL when the
 * task does not sleep.  Kept apart so that the system call happens after the
 * caller's lock is released: os_kick() uses the address only and never reads
 * it, so the task may be gone by then. */
atomic_uint *os_rouse(struct os_task *task);
void os_kick(atomic_uint *word);
void os_wake(struct os_task *task);

/* Forgets a wake-up that came although the wait was over. */
void os_unwake(void);

/* futex(2), private.  The wait returns 0, -EAGAIN, -EINTR or -ETIMEDOUT. */
int os_futex_wait(atomic_uint *word, unsigned seen, int64_t deadline);
void os_futex_wake(atomic_uint *word);

/* One step of a busy wait. */
static inline void os_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

/* ---- task.c: the end of a task, and waiting for it ---- */

/* Owned: somebody will join or detach it. */
void os_task_init(struct os_task *task, bool owned);

/* By the task's thread as its last act on the task: publishes the status and
 * wakes the joiner.  True when nobody owns the task: the caller releases it.
 * When false the task may already be gone. */
bool os_task_end(struct os_task *task, int status);
bool os_task_ended(struct os_task *task);

/* Waits for the end: 0, -ETIMEDOUT or -EDEADLK. */
int os_task_wait(struct os_task *task, int64_t deadline);

/* Supplied by the runtime: waits until the task has ended, by whatever means
 * it has; afterwards os_task_ended() holds.  Errors of os_task_wait(). */
int os_task_await(struct rt_task *task, int64_t deadline);
/* Supplied by the runtime: frees an ended task that nobody owns any more. */
void os_task_release(struct rt_task *task);

/* ---- start.c ---- */

/* Around everything rt_run() does: SIGPIPE ignored and restored, os_spins. */
void os_start(void);
void os_stop(void);

/* Stack size for a thread: 8 MiB for 0, else whole pages, at least the
 * platform's minimum.  -EINVAL when that does not fit a size_t. */
int os_stack_size(size_t wanted, size_t *out);

#endif
