/* SPDX-License-Identifier: MIT */
#ifndef RT_POOL_H
#define RT_POOL_H

/*
 * pool.h: W workers and one queue.
 *
 * A worker is running (has a task, looks for one, or is idle), blocked (its
 * task waits in a join) or in reserve.  When the last running worker blocks
 * while tasks are queued, a spare starts running; a worker that finds more
 * than W running when its task has ended goes into reserve.  Tasks that are
 * waited for go to the head of the queue: else those before them, who may wait
 * for others in turn, would need a spare each.
 * The main task is none of the W: when it runs a task in place, it does so for
 * an idle worker that stays out of service meanwhile, so that no more than W
 * tasks are ever under way.
 *
 * Wake-ups are rationed: as long as somebody searches (was woken for work or
 * looks before sleeping) a spawn wakes nobody, because the searcher will see
 * the queue; a searcher that finds work wakes the next one if there is more.
 *
 * Who spawns and who works would pass the queue's cache lines to and fro for
 * every task, at several times the price of the task itself.  So what is put
 * behind others goes into an inbox with a lock of its own, which is emptied
 * into the queue as a whole by whoever takes the last task out of that, or one
 * from the midst.  An empty inbox is guarded by the pool's lock.  So whoever
 * puts the first task into it can see to it that somebody comes, and those who
 * follow need not.
 *
 * Lock order: pool.lock, then pool.inbox.lock.
 */

#include <pthread.h>

#include "os/lock.h"
#include "os/seat.h"

/* One cache line, from cells.c. */
struct rt_task {
    struct os_task os; /* linked: the lock of inbox or queue; means that it is
                          in there, and link is the task before this one */
    rt_task_fn fn;     /* NULL: a free cell */
    void *arg;
    struct rt_task *next; /* the same lock; of a free cell: its holder's */
};

struct pool_worker {
    struct os_task os; /* what it is idle on; main: the main task */
    pthread_t thread;
    struct os_seat seat; /* unused by the main thread */
    bool is_main;
    /* main: the idle worker whose place it takes while it runs a task. */
    struct pool_worker *stands_for;
    struct pool_worker *next;    /* pool.lock; all workers */
    struct pool_worker *stacked; /* pool.lock; idle or reserve */
    bool searching;              /* pool.lock */
    /* The rest is the worker's own. */
    unsigned depth;        /* tasks begun and not ended on its stack */
    unsigned depth_max;    /* a join runs nothing in place from here on */
    unsigned ended;        /* tasks ended and not yet added to pool.ended */
    struct rt_task *cells; /* free ones, by next */
    unsigned cell_count;
};

enum {
    POOL_LINE = 64 /* bytes of a cache line */
};

/* Tasks by next. */
struct pool_list {
    _Atomic(struct rt_task *) first; /* NULL: none.  Written with the lock of
                                        the rest, and looked at without */
    struct rt_task *last;            /* undefined when there are none */
};

/* A cache line of those who spawn.  All is guarded by the lock while there are
 * tasks in it, else by pool.lock. */
struct pool_inbox {
    _Alignas(POOL_LINE) struct os_lock lock;
    bool closing; /* the main task has returned */
    struct pool_list list;
    uint64_t spawned; /* while there are tasks in it; else pool.spawned is */
};

struct pool {
    struct pool_inbox inbox;
    /* Taking a task touches this cache line, and no more of this. */
    _Alignas(POOL_LINE) struct os_lock lock; /* all, unless said otherwise */
    unsigned workers;                        /* W; set before the first */
    unsigned running, searching;
    struct pool_list queue;
    uint64_t spawned, ended;
    struct pool_worker *idle;
    uint64_t helped;
    /* Here ends the line. */
    struct pool_worker *reserve;
    uint64_t spares;
    unsigned threads;         /* in `all` */
    struct os_task *finisher; /* rt_run(), waiting until all have ended */
    atomic_bool stopping;     /* written with the lock */
    struct pool_worker *all;
    struct rt_task *batches; /* of free cells, by link; see cells.c */
    void *chunks;
    /* Set before the first worker. */
    size_t stack_bytes;
    pthread_attr_t attr;
};

_Static_assert(sizeof(struct pool_inbox) == POOL_LINE, "one line");
_Static_assert(offsetof(struct pool, reserve) == 2 * POOL_LINE, "one line");

extern struct pool pool;
/* The worker on whose stack we are; the main task's included. */
extern _Thread_local struct pool_worker *pool_self;

/* ---- cells.c: memory of tasks ---- */

struct rt_task *pool_cell_new(void); /* NULL: no memory */
void pool_cell_free(struct rt_task *task);
void pool_cells_fini(void);

/* ---- queue.c ---- */

static inline bool pool_inbox_empty(void)
{
    return !pool.inbox.list.first;
}
/* With the lock held that guards the inbox, and as the last thing that needs
 * it if it is not pool.lock. */
void pool_put(struct rt_task *task, const struct os_lock *taken);

/* The rest is with pool.lock held. */

/* Empties the inbox into the queue.  It is empty anyway if that is. */
void pool_queue_fill(void);
void pool_queue_remove(struct rt_task *task);
/* Moves the task to the head, if it is queued. */
void pool_queue_prefer(struct rt_task *task);

/* ---- worker.c ---- */

/* Starts one more worker, with the lock held or before there are others:
 * 0, -ENOMEM or -EAGAIN. */
int pool_worker_start(void);
/* Ends and frees all workers. */
void pool_workers_stop(void);
/* How many tasks may stand on a stack of that size. */
unsigned pool_depth_max(size_t stack_bytes);
/* Runs the task on this worker's stack, to its end. */
void pool_task_run(struct rt_task *task);
/* With the lock held: finds an idle worker for new work unless one searches.
 * The result is for os_kick(). */
atomic_uint *pool_rouse(void);
/* With the lock held: takes an idle worker (NULL: there is none) out of
 * service, and puts it back. */
struct pool_worker *pool_idle_take(void);
void pool_idle_put(struct pool_worker *worker);
/* With the lock held: when nobody runs, lets a spare worker run, for the sake
 * of a wait until that deadline.  0, or the error of pool_worker_start(), or
 * -EAGAIN when there are too many to start one more for a wait that will end
 * by itself. */
int pool_add_spare(int64_t deadline);

#endif
