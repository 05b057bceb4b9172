/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_H
#define RT_OS_H

/*
 * os.h: what the blocking runtimes (pool, thread, seq) share: how a task that
 * sits on a kernel thread waits, and how it is woken.
 *
 * Where a thread may block.  Exactly four places, so that os_cancel() knows
 * all of them:
 *   os_park()               on the task's own futex word; ended by os_wake().
 *   os_poll()               on a descriptor; ended by readiness.
 *   os_read(), os_recv(), os_write(), os_send()
 *                           without a deadline; ended by the peer.
 *   curl_multi_poll()       in http.c; ended by readiness.
 * The first, second and fourth take the absolute deadline of the call they
 * serve.  Locks of ours (lock.h) are held for a few instructions and do not
 * count.
 *
 * How a cancellation gets there.  It is a bit in the task's `cancel`, set
 * first; who waits looks at it after announcing the wait, so that one of the
 * two sees the other.  A parked task is nudged through its futex word.  A
 * task inside a call announces it in `call`; the canceller takes it from
 * there, interrupts it and says so, and the task does not leave the call
 * before that, so whatever the call refers to is still there.  How the system
 * calls are interrupted, and why nothing is missed, is said in call.c.
 *
 * A runtime supplies os_alone, os_blocked(), os_task_await(),
 * os_task_release(), and what seat.h names for those who look on.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "rt.h"

/* ThreadSanitizer puts the handler of a signal off, unless the thread is in a
 * call that it knows to block.  ppoll(2) is one, read(2) and its like are not:
 * with it all waits on descriptors are in os_poll(). */
#if defined(__SANITIZE_THREAD__)
#define OS_SAN_THREAD true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OS_SAN_THREAD true
#endif
#endif
#ifndef OS_SAN_THREAD
#define OS_SAN_THREAD false
#endif

/* A call under way that os_cancel() can end.  On the task's stack. */
struct os_call {
    /* Makes the call return soon, even if it has yet to begin. */
    void (*interrupt)(struct os_call *call);
    atomic_bool interrupted; /* releases the call to its task */
};

/* The part of a task that waits and is waited for.  First member of every
 * runtime's struct rt_task; a pool's worker has one to be idle on. */
struct os_task {
    atomic_uint word;     /* enum os_word, see park.c */
    atomic_ushort cancel; /* OS_PENDING, and OS_HELD times how often it is
                             held back, which is the task's own business */
    atomic_bool linked;   /* the runtime's: true until the task starts, if it
                             uses link at all */
    atomic_bool helps;    /* its thread runs the task that it joins */
    /* NULL, the waiting joiner, or one of the marks of task.c.  Atomic: the
     * ending task's exchange releases status to whoever sees the end. */
    _Atomic(struct os_task *) joiner;
    _Atomic(const char *) name; /* NULL: none */
    union {
        _Atomic(struct os_call *) call; /* NULL when not in one */
        void *link;                     /* the runtime's, while linked */
    };
    int status;      /* set before the end, read after it */
    uint32_t number; /* rt_trace_event's, its lower half; 0: not a task of the
                        program's.  Set before others know the task. */
};

enum os_word {
    OS_SLEEPING = 1,
    OS_NUDGED = 2,
    OS_FAILED = 4,  /* one of the wake-ups is for a task that failed */
    OS_TOLD = 8,    /* trace.h: of the park, and not of the waking */
    OS_PARKED = 16, /* trace.h: of the park, and not that it is over */
    OS_WOKEN = 32   /* the unit in which wake-ups are counted */
};

enum {
    OS_PENDING = 1, /* a cancellation not delivered yet */
    OS_HELD = 2     /* up to 32 767 times */
};

enum {
    OS_HTTP_FDS = 2 /* of rt_info: the multi handle of each client has a pair
                       of sockets or an eventfd */
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
 * Waits until os_wake(os_self), if `look` with a look before it sleeps (not
 * when the deadline is 0 or less).  The reason is for those who ask what the
 * task waits for: one of rt_trace_event's words.
 * Returns 0 when woken, which uses the wake-up up, else -ETIMEDOUT or
 * -ECANCELED; -EDEADLK without a deadline where nobody else exists (os_alone).
 * The cancellation stays pending: the caller may find that what it waited for
 * has come all the same, else it calls os_cancel_deliver().
 */
int os_park(const char *reason, int64_t deadline, bool look);

/* The same for the ends of several tasks: adds how many came to *wakes, and
 * sets *failed when one of them failed. */
int os_park_counting(int64_t deadline, size_t *wakes, bool *failed);

/* Waits for the end of a task without a deadline and whatever is pending: for
 * a wake-up that is certain to come. */
void os_park_surely(void);

/* Around a wait that is none of os_park()'s. */
void os_wait_begin(const char *reason);
void os_wait_end(void);

/* Marks the task woken.  Returns what to give to os_kick(), NULL when the
 * task does not sleep.  Kept apart so that the system call happens after the
 * caller's lock is released: os_kick() uses the address only and never reads
 * it, so the task may be gone by then. */
atomic_uint *os_rouse(struct os_task *task);
void os_kick(atomic_uint *word);
void os_wake(struct os_task *task);

/* Forgets a wake-up that came although the wait was over. */
void os_unwake(void);

/* Before the os_wake() that tells a joiner of a task's end: it failed. */
void os_tell_failure(struct os_task *task);
/* Wakes the task without a wake-up, to have it look at its `cancel`. */
void os_nudge(struct os_task *task);

/* futex(2), private.  The wait returns 0, -EAGAIN, -EINTR or -ETIMEDOUT. */
int os_futex_wait(atomic_uint *word, unsigned seen, int64_t deadline);
void os_futex_wake(atomic_uint *word);

/* A thread can sleep on two words (Linux 5.16).  Set by os_start(). */
extern bool os_bells;
bool os_bells_known(void);
/* Changes the word and wakes all who sleep on it (sync.h). */
void os_ring(atomic_uint *bell);
/* os_futex_wait() for a park: on this thread's bell as well, if it has one. */
int os_park_wait(atomic_uint *word, unsigned seen, int64_t deadline);

/* One step of a busy wait. */
static inline void os_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

/* Where the stack pointer was when a signal came. */
static inline uintptr_t os_stack_pointer(const void *context)
{
    const ucontext_t *at = context;
#if defined(__x86_64__)
    return (uintptr_t)at->uc_mcontext.gregs[REG_RSP];
#else
    return at->uc_mcontext.sp;
#endif
}

/* ---- cancel.c ---- */

/* Cancels the task, which must exist but may have ended. */
void os_cancel(struct os_task *task);

/* Takes the pending cancellation away; returns -ECANCELED. */
int os_cancel_deliver(void);

/* From os_hold() to os_release() nothing is delivered to os_self. */
void os_hold(void);
void os_release(void);

static inline bool os_cancel_pending(memory_order order)
{
    return atomic_load_explicit(&os_self->cancel, order) == OS_PENDING;
}

/* The first thing in every waiting call: delivers what is pending, or 0.  No
 * order is needed: what comes at the same time may as well come later. */
static inline int os_cancel_check(void)
{
    return os_cancel_pending(memory_order_relaxed) ? os_cancel_deliver() : 0;
}

/* Around a call: false when there is a cancellation to deliver and the call
 * must not be made. */
bool os_call_begin(struct os_call *call);
/* True when it was interrupted. */
bool os_call_end(struct os_call *call);

/* ---- call.c: system calls that block.  Deliver -ECANCELED. ---- */

/* Waits until `events` of poll(2) or an error hold on fd: 0 or -ETIMEDOUT,
 * or the error of ppoll(2). */
int os_poll(int fd, short events, int64_t deadline);
/* read(2) and write(2) on a pipe, recv(2) and send(2) on a socket, blocking:
 * the count, or the error, never -EINTR. */
ssize_t os_read(int fd, void *buffer, size_t bytes);
ssize_t os_write(int fd, const void *buffer, size_t bytes);
ssize_t os_recv(int fd, void *buffer, size_t bytes);
ssize_t os_send(int fd, const void *buffer, size_t bytes);

/* The signal's part of os_start() and os_stop(). */
void os_calls_start(void);
void os_calls_stop(void);

/* ---- task.c: the end of a task, and waiting for it ---- */

/* Owned: somebody will join or detach it. */
void os_task_init(struct os_task *task, bool owned);

/* By the task's thread as its last act on the task: publishes the status and
 * wakes the joiner.  True when nobody owns the task: its failure has been
 * reported, and the caller releases it.  When false the task may already be
 * gone. */
bool os_task_end(struct os_task *task, int status);
bool os_task_ended(struct os_task *task);

/* Runs fn(arg) as that task, on this thread in place of os_self; then
 * os_task_end(). */
static inline bool os_task_run_above(struct os_task *task, rt_task_fn fn,
                                     void *arg)
{
    struct os_task *below = os_self;
    atomic_store_explicit(&below->helps, true, memory_order_relaxed);
    os_self = task;
    bool ownerless = os_task_end(task, fn(arg));
    os_self = below;
    atomic_store_explicit(&below->helps, false, memory_order_relaxed);
    return ownerless;
}

/* Somebody listens to what the tasks do (trace.h).  Set before the first. */
extern bool os_traced;

/* The same, and says so to who listens. */
bool os_task_run_traced(struct os_task *task, rt_task_fn fn, void *arg);
static inline bool os_task_run(struct os_task *task, rt_task_fn fn, void *arg)
{
    return os_traced ? os_task_run_traced(task, fn, arg)
                     : os_task_run_above(task, fn, arg);
}

/* Makes os_self the joiner of a task that has not ended, which then will be
 * woken by its end; false when it has ended. */
bool os_task_enter(struct os_task *task);
/* Takes the joiner out; false when the task has ended: a wake-up has come or
 * is sure to come, unless it had ended before it was entered. */
bool os_task_leave(struct os_task *task);

/* Waits for the end: 0, -ETIMEDOUT, -ECANCELED (delivered) or -EDEADLK. */
int os_task_wait(struct os_task *task, int64_t deadline);

/* Supplied by the runtime: waits until the task has ended, by whatever means
 * it has; afterwards os_task_ended() holds.  Errors of os_task_wait(). */
int os_task_await(struct rt_task *task, int64_t deadline);
/* A wait for tasks that may need help to run. */
struct os_blocking {
    int (*wait)(struct os_blocking *self, int64_t deadline);
    struct rt_task *const *tasks;
    size_t n;
};
/* Supplied by the runtime: waits, giving the tasks what they may need to run.
 * May call wait() more than once, with earlier deadlines. */
int os_blocked(struct os_blocking *blocking, int64_t deadline);
/* Supplied by the runtime: frees an ended task that nobody owns any more. */
void os_task_release(struct rt_task *task);

/* ---- start.c ---- */

/* Around everything rt_run() does: signals, reports, os_spins, and what looks
 * on.  main_task becomes os_self; threads have stacks of that size. */
void os_start(const struct rt_options *options, struct os_task *main_task,
              size_t stack_bytes);
/* Returns what rt_run() is to return: -EDEADLK, if that came to pass, or the
 * status. */
int os_stop(int status);

/* Runs the main task; afterwards os_self is no task of the program's. */
int os_main_run(rt_task_fn fn, void *arg);

#endif
