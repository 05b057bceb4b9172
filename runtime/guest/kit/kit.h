/* SPDX-License-Identifier: MIT */
#ifndef RT_GUEST_KIT_H
#define RT_GUEST_KIT_H

/*
 * The kit: tasks and what they share, for an adapter to a library whose
 * threads all run on one kernel thread and switch only where they wait.  The
 * adapter gives the functions below, rt_yield() and rt_info(); the kit makes
 * all of rt.h out of them but HTTP and what is for debugging.
 *
 * A task that waits is in one list, out of which whoever wakes it takes it,
 * or it polls in a call of the library.
 */

#include <stdbool.h>
#include <sys/queue.h>

#include "rt.h"

TAILQ_HEAD(kit_list, rt_task);

/* Somebody who waits for one task or several to end: on his own stack. */
struct kit_joint {
    struct rt_task *task;
    size_t remaining; /* so many more, and he is woken */
    bool failure;     /* or one that fails */
};

struct rt_task {
    void *thread, *own;        /* the adapter's */
    struct kit_list *waits_in; /* NULL: is not parked */
    TAILQ_ENTRY(rt_task) waits, all;
    void *item; /* sync/'s, while it waits for one */
    int status; /* what its wait returns */
    bool polls, pending, done, detached;
    unsigned shields;
    int result;
    struct kit_joint *joint; /* who waits for its end */
    rt_task_fn fn;
    void *arg;
    const char *name;
};

/* ---- given by the adapter ---- */

/* Starts the library, if need be; in each run. */
int guest_start(const struct rt_options *options);
/* Sets thread and own of the main task, which is the calling thread. */
int guest_adopt(struct rt_task *task);
/* Creates a thread that calls kit_body(task); sets what unpark needs. */
int guest_create(struct rt_task *task);
/* What guest_adopt() and guest_create() have allocated. */
void guest_release(struct rt_task *task);
/* Suspends the running task until it is unparked, or the deadline.  May
 * return early. */
void guest_park(struct rt_task *task, int64_t deadline);
void guest_unpark(struct rt_task *task);
/* Waits for poll(2)'s events; the running task.  0, -ETIMEDOUT, -EINTR when
 * interrupted; either may come early.  Else -errno. */
int guest_poll(int fd, short events, int64_t deadline);
/* Ends the guest_poll() a task is in. */
void guest_interrupt(struct rt_task *task);

/* ---- given by the kit ---- */

/* The running task. */
extern struct rt_task *kit_self;

void kit_body(struct rt_task *task);
/* Tasks spawned in this run. */
uint64_t kit_spawned(void);

/* Delivers a pending cancellation: 0 or -ECANCELED. */
int kit_deliver(void);

/* Waits for poll(2)'s events: 0, -ETIMEDOUT, -ECANCELED or -errno.
 * Suspends. */
int kit_poll(int fd, short events, int64_t deadline);

/* Parks at the end of the list; returns what kit_wake() is given, -ETIMEDOUT
 * or -ECANCELED.  Suspends. */
int kit_wait(struct kit_list *list, int64_t deadline);
/* Of a parked task; takes it out of its list. */
void kit_wake(struct rt_task *task, int status);
void kit_wake_all(struct kit_list *list, int status);

#endif
