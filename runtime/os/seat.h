/* SPDX-License-Identifier: MIT */
#ifndef RT_OS_SEAT_H
#define RT_OS_SEAT_H

/*
 * seat.h: what each thread of the runtime waits for, written by itself when
 * it is about to block, read by whoever lists tasks or looks for a deadlock.
 * Nothing of that is written while a task runs or merely looks before it
 * sleeps.
 */

#include <pthread.h>
#include <time.h>

#include "os/os.h"

/* One per thread.  Atomic, because read at any time; written by the thread
 * alone, `reason` last when it sits down, which releases the others. */
struct os_seat {
    _Atomic(struct os_task *) task; /* that sat down last */
    _Atomic(const char *) reason;   /* what for; NULL: the thread runs */
    _Atomic int64_t since;          /* os_coarse_now() */
    atomic_bool endless;            /* only another task can end the wait */
    unsigned signal_stack;          /* overflow.c's; 0: none */
    _Atomic pthread_t thread;       /* 0 until it has begun */
    unsigned waits;                 /* see os_patience(); the thread's own */
    unsigned rung;                  /* the bell's value; the thread's own */
    atomic_uint *bell; /* that ends the sleep, too, or NULL; the thread's own */
};

/* This thread's; never NULL inside rt_run(). */
extern _Thread_local struct os_seat *os_seat;

/* That of the thread that called rt_run(). */
extern struct os_seat os_main_seat;

/* The clock of the last tick: some milliseconds coarse, and a quarter of the
 * price. */
static inline int64_t os_coarse_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void os_sit(const char *reason, bool endless)
{
    struct os_seat *seat = os_seat;
    atomic_store_explicit(&seat->task, os_self, memory_order_relaxed);
    atomic_store_explicit(&seat->since, os_coarse_now(), memory_order_relaxed);
    atomic_store_explicit(&seat->endless, endless, memory_order_relaxed);
    atomic_store_explicit(&seat->reason, reason, memory_order_release);
}

static inline void os_stand(void)
{
    atomic_store_explicit(&os_seat->reason, NULL, memory_order_release);
}

/*
 * How often to look before sleeping.  Two threads that hand something to and
 * fro need a microsecond for it as long as both are awake, and ten or more
 * once one has gone to sleep.  So a thread looks longer, for about as long as
 * it takes to wake a sleeper, while that has success, and gives up after two
 * waits without.  Then it tries again now and then: the others of
 * OS_WAITS waits in a row cost next to nothing.
 */
enum {
    OS_LONGER = 20,     /* times os_spins */
    OS_WAITS = 128,     /* seat->waits counts from 0 to here, and again */
    OS_WAITS_LONG = 126 /* from here on it looks longer */
};

static inline unsigned os_patience(void)
{
    return os_seat->waits < OS_WAITS_LONG ? os_spins : OS_LONGER * os_spins;
}

/* What came of it. */
static inline void os_looked(bool found)
{
    os_seat->waits = found ? OS_WAITS_LONG : (os_seat->waits + 1) % OS_WAITS;
}

/* ---- start.c ---- */

/* For threads with stacks of the size wanted, which is then told: 8 MiB for 0,
 * else whole pages, at least the platform's minimum.  -EINVAL when that does
 * not fit a size_t, -ENOMEM. */
int os_attr_init(pthread_attr_t *attr, const struct rt_options *options,
                 size_t *stack_bytes);

/* On a new thread: which seat is its own, and as what it sits there first. */
void os_thread_begin(struct os_seat *seat, struct os_task *task);

/* ---- watch.c ---- */

/* Between two looks for a deadlock.  Not static so that a test can have them
 * follow each other without a pause. */
extern int64_t os_watch_period_ns;

void os_watch_start(void);
/* Whether the run has been dead since. */
bool os_watch_stop(void);

/* os_park_wait(); by the main thread with an eye on the others. */
int os_watch_wait(atomic_uint *word, unsigned seen, int64_t deadline);

/* ---- dump.c ---- */

extern atomic_bool os_dump_wanted;

/* Whether this thread is to make a dump before it blocks. */
static inline bool os_dump_asked(void)
{
    return atomic_load_explicit(&os_dump_wanted, memory_order_relaxed) &&
           os_seat == &os_main_seat;
}
void os_dump_now(void);

/* Lists those tasks that have not ended, so many at most. */
void os_dump_tasks(size_t most);

/* From start to stop rt_dump_soon() is heard. */
void os_dump_start(void);
void os_dump_stop(void);

/* ---- stack.c ---- */

/* The thread's stack: its size and its lower end; 0 when that cannot be found
 * out. */
size_t os_stack_of(pthread_t thread, void **low);

/* ---- overflow.c: a task that runs over its stack is reported ---- */

/* The threads' stacks are of that size. */
void os_overflow_start(size_t stack_bytes);
void os_overflow_stop(void);

/* Gives this thread an alternate signal stack, unless it has one. */
void os_overflow_arm(struct os_seat *seat);
/* Takes it back when the thread is gone. */
void os_overflow_disarm(struct os_seat *seat);

/* ---- supplied by the runtime ---- */

/* Keeps tasks and threads from coming and going. */
void os_freeze(void);
void os_thaw(void);

/* Frozen: calls fn for each task that has not ended, but for the main one. */
void os_tasks_each(void (*fn)(void *arg, struct os_task *task), void *arg);

/* Frozen: calls fn for each seat of a thread that may run or wake a task, but
 * for the main thread's, until it says false; whether it never did. */
bool os_seats_all(bool (*fn)(void *arg, struct os_seat *seat), void *arg);

/* Frozen: where that task sits; NULL when that is not known. */
struct os_seat *os_seat_of(struct os_task *task);

/* Frozen: a task that has not started can be by some thread. */
bool os_thread_free(void);

#endif
