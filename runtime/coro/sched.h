/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SCHED_H
#define RT_CORO_SCHED_H

/*
 * The scheduler, as the other files of coro/ see it: how a task waits, how
 * it is woken, and how a module hangs itself into one rt_run().
 *
 * Everything here belongs to the one thread that called rt_run().  There are
 * two kinds of context on it: tasks, each on its own small stack, and the
 * loop, on the stack of rt_run()'s caller.  uv_run() and therefore every uv
 * and curl callback runs in the loop.  Callbacks may call co_wake() and must
 * not call anything that parks.
 *
 * To wait for something, in a task:
 *
 *     thing->waiter = co_self();
 *     status = co_park(CO_HTTP, deadline);
 *     thing->waiter = NULL;
 *
 * and to end the wait, in a callback or in another task:
 *
 *     if (thing->waiter)
 *         co_wake(thing->waiter, 0);
 *
 * rt_cancel() ends a wait as well, with -ECANCELED; what must not be cut short
 * stands between co_shield() and co_unshield().
 *
 * A task is woken once per park: whoever comes second (an event after the
 * deadline, or the other way round) finds co_wake() doing nothing.  So after
 * -ETIMEDOUT the waiter looks once more whether what it waited for has come
 * meanwhile.  Waiting in order on a shared object goes by sync.h instead.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct rt_task;

/* What a parked task waits for. */
enum co_reason {
    CO_RUNNING, /* not parked: running, ready, or ended */
    /* Only another task can end these waits, or a deadline. */
    CO_JOIN,
    CO_MUTEX,
    CO_LISTED = CO_MUTEX, /* from here to CO_CHAN in a queue: sync_wait() */
    CO_COND,
    CO_SEM,
    CO_EVENT,
    CO_CHAN,
    CO_SLEEP,
    /* The loop can end these.  A run in which nobody is ready, nobody has a
     * deadline and nobody waits for the outside is deadlocked. */
    CO_READ,
    CO_OUTSIDE = CO_READ,
    CO_WRITE,
    CO_HTTP,
    CO_OFFLOAD
};

static inline bool co_is_listed(unsigned reason)
{
    return reason >= CO_LISTED && reason <= CO_CHAN;
}

/* The running task.  Not in the loop. */
struct rt_task *co_self(void);

/* The loop of this rt_run().  Handles put on it must be closed, and their
 * close callbacks have run, before the run ends: see co_at_end(). */
uv_loop_t *co_loop(void);

/*
 * Waits until co_wake() is called for this task and returns the status given
 * there, or -ETIMEDOUT when the deadline (absolute, rt_now()'s clock) comes
 * first, or -ECANCELED.  With a deadline <= 0 or a pending cancellation it
 * returns without suspending.  Suspends.  The only place where a task waits.
 */
int co_park(enum co_reason reason, int64_t deadline);

/* The same, when a co_check() just before has found no cancellation. */
int co_park_checked(enum co_reason reason, int64_t deadline);

/* Between these the running task's waits are not cancelled; they nest. */
void co_shield(void);
void co_unshield(void);

/* rt_yield() that leaves a cancellation to the next waiting call. */
void co_pass(void);

/*
 * Makes a parked task ready, at the back of the queue; its co_park() returns
 * the status.  Takes it out of the list it waits in and forgets its deadline.
 * Returns false and does nothing when the task is not parked.  From a task or
 * from the loop.
 */
bool co_wake(struct rt_task *task, int status);

/*
 * The last thing to do in a callback of which one turn may bring thousands:
 * lets the tasks woken so far run, now and then.  libuv polls again, up to 48
 * times in a turn, as long as its array of 1024 events comes back full; what
 * it then gets are the same events once more, of tasks that have not run yet.
 */
void co_after_event(void);

/* The same at once: lets those run that are ready now, each for one turn. */
void co_run_ready(void);

/*
 * A module's share in the end of a run.  fn is called once, in the loop, when
 * no task will run any more and the loop still works; handles it closes with
 * uv_close() get their callbacks before rt_run() returns.  Hooks are called
 * last registered first, and each registration holds for the current run:
 * a module that sets itself up lazily registers each time it does.  The
 * caller owns the memory, usually static.
 */
struct co_hook {
    void (*fn)(void);
    struct co_hook *next; /* private */
};
void co_at_end(struct co_hook *hook);

#endif
