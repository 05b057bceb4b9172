/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_CORE_H
#define RT_CORO_CORE_H

/*
 * The structures everything in coro/ turns on: a task, in two parts, and the
 * state of the run.  Private to sched, task, cancel, deadlock, dump,
 * trace, stall, overflow, stack, timer, doze and run; other modules use
 * sched.h and sync.h, and of this file only co_check() and co_pend().
 */

#include <errno.h>
#include <uv.h>

#include "rt.h"
#include "san.h"
#include "sched.h"
#include "stack.h"
#include "switch.h"

struct sync_queue;

/* What is to be done when a task is woken, see co_wake(). */
enum {
    CO_TIMED = 1, /* it has a deadline, see timer.c */
    CO_TRACED = 2 /* somebody wants to know */
};

/*
 * A task is a row of a table, by the number of its stack, and a rest at the
 * top of that stack.  The row has what others need of it: spawning, queueing,
 * waking and joining touch rows only.  Those lie close together, while each
 * stack is a page of its own, and with 100 000 tasks alive each pass over the
 * pages costs a TLB miss and a cache miss per line, 41 to 57 ns a task although
 * they are fetched ahead (on the machine of doze.c).  So there are no more than
 * two: when a task starts, up to its first wait, and when it goes on.  With all
 * of it in the page there were five, and spawning, parking, waking and joining
 * 100 000 on stacks used before cost 332 ns each (median of 42, half of them
 * 300 to 349) instead of 105 (100 to 113), which fetch_ahead() and
 * co_task_end() have made 93 (87 to 106) since.
 *
 * A row comes on top of a parked task's 4096 bytes: it is not to grow.  So what
 * is of use at different times shares its place; of those in a line, what is
 * not named is undefined:
 *
 *      fresh     ready again   parked              running   ended
 *
 *      fn        sp            sp
 *      arg       status        since, remaining
 *      joiner    joiner        joiner              joiner    result
 */
struct rt_task {
    union {
        void *sp;
        rt_task_fn fn;
    };
    union {
        struct {
            union {
                int status;         /* what its interrupted call returns */
                uint32_t remaining; /* joining: so many more that end */
            };
            uint32_t since; /* co.clock_ms when it parked */
        };
        void *arg;
    };
    struct rt_task *next; /* in the ready queue, in a wait list or among the
                             free stacks */
    uint32_t prev;        /* stack number; in a wait list, except of the first;
                             of a fresh task in the ready queue: co_unqueue() */
    union {
        uint32_t joiner; /* who waits for its end: his stack number, or 0 */
        int result;
    };
    uint32_t number; /* the main task is 1, 0 the loop; modulo 2^32 */
    uint8_t reason;  /* enum co_reason */
    uint8_t marks;   /* CO_TIMED, CO_TRACED */
    bool fresh : 1;  /* has not started */
    bool queued : 1; /* fresh, and in the ready queue where it was put */
    bool named : 1;  /* fresh, and has been given a name */
    bool done : 1;
    bool pending : 1;  /* a cancellation, for the next waiting call */
    bool held : 1;     /* a cancellation, until there are no shields */
    bool detached : 1; /* nobody will ask for its result */
    bool failure : 1;  /* joining: or one that fails */
};
_Static_assert(sizeof(struct rt_task) == 40, "a row has grown");

/* What is of use while the task runs, or to those who deal with it alone. */
struct co_rest {
    /* May be NULL; see co_name().  Atomic: see stall.c.  Who is named outlives
     * its turn. */
    _Alignas(16) _Atomic(const char *) name;
    struct sync_queue *waiting_in; /* when its reason is that of a list */
    void *item;                    /* chan: where to copy from or to */
    uint16_t shields;
    struct san_stack san;
};

/* Unlikely: what is done then is put out of line; see sched.c. */
#define RARE(condition) __builtin_expect((condition) != 0, 0)

/* How many switches may pass before the scheduler looks at the clock. */
enum {
    CO_BUDGET = 64
};

struct co_core {
    struct rt_task *current;    /* NULL outside rt_run() */
    struct rt_task *head;       /* ready queue; NULL when empty */
    struct rt_task *tail;       /* who was there last when empty */
    struct rt_task *front;      /* run before the ready queue; a stack */
    struct rt_task *front_last; /* undefined when there are none */
    struct rt_task *ahead;      /* who is to be fetched next, or NULL; only a
                                   hint: see fetch_ahead() */
    unsigned budget;      /* switches left until the clock is read; 1 while
                             the next one needs attention */
    unsigned kept;        /* the true budget meanwhile, else 0 */
    unsigned pendings;    /* tasks with a cancellation pending */
    unsigned outside;     /* parked tasks the loop can wake */
    bool ending;          /* tasks are cancelled for the end of the run */
    bool watched;         /* every switch takes the slow path, see trace.c */
    struct rt_task *free; /* stacks to use again, latest first */
    size_t live;          /* tasks that have not ended */
    uint64_t spawned;     /* the main task as well */
    uint64_t freed;       /* of those, joined or ended when detached */
    bool deadlocked;      /* at some time */
    uint64_t picks;       /* budgets given out */
    uint64_t loop_picks;  /* picks that chose the loop */
    uint64_t loop_turns;
    int64_t slice_end;    /* the loop gets a turn after this */
    uint32_t clock_ms;    /* when the clock was last read; wraps around */
    unsigned events_left; /* until tasks run in the middle of a turn */
    bool loop_queued;     /* the loop waits in the ready queue for its turn */
    struct co_hook *hooks;
    struct rt_task *loop; /* its context, as if it were a task */
    void (*trace)(void *arg, const struct rt_trace_event *event);
    void *trace_arg;
    int64_t stall_ns; /* 0: nobody watches */
    uint64_t stalls;
    int64_t stall_longest_ns;
    int64_t doze_ns; /* 0: nobody dozes */
    uv_loop_t uv;
    uv_prepare_t prepare;
};
extern struct co_core co;

static inline uint32_t co_number(const struct rt_task *task)
{
    return (uint32_t)(task - co_stacks.tasks);
}

static inline struct rt_task *co_task(uint32_t number)
{
    return co_stacks.tasks + number;
}

static inline struct co_rest *co_rest(const struct rt_task *task)
{
    return (struct co_rest *)co_stack_end(co_number(task)) - 1;
}

/* Its name, or NULL: until it starts that of another may lie there. */
static inline const char *co_name(const struct rt_task *task)
{
    return task->fresh && !task->named ? NULL : co_rest(task)->name;
}

/* Puts a task at the back of the ready queue. */
static inline void co_ready(struct rt_task *task)
{
    task->next = NULL;
    if (co.head)
        co.tail->next = task;
    else
        co.head = task;
    co.tail = task;
}

/* Makes the next switch take the slow path: somebody is in front or has a
 * cancellation pending.  So the fast path need not look for either. */
static inline void co_attend(void)
{
    if (co.kept)
        return;
    co.kept = co.budget;
    co.budget = 1;
}

/* Puts a task before all others that are ready. */
static inline void co_ready_first(struct rt_task *task)
{
    if (!co.front)
        co.front_last = task;
    co_attend();
    task->next = co.front;
    co.front = task;
}

/*
 * Takes a task out of the ready queue that is `queued`.  Only for those is
 * `prev` kept there: as long as such a one is not the head, who was in front
 * of it when it came still is, for others leave the queue only by its head or
 * here.
 */
static inline void co_unqueue(struct rt_task *task)
{
    task->queued = false;
    if (co.head == task) {
        co.head = task->next;
        return;
    }
    struct rt_task *prev = co_task(task->prev);
    prev->next = task->next;
    if (co.tail == task)
        co.tail = prev;
    else
        task->next->prev = task->prev;
}

/* Suspends, parked, until woken; returns the status given there. */
static inline int co_stay(enum co_reason reason)
{
    struct rt_task *self = co.current;
    self->reason = (uint8_t)reason;
    self->since = co.clock_ms;
    return co_suspend();
}

/* Does what a parked task's marks ask for. */
void co_unmark(struct rt_task *task);

/* Ends a wait for another task, but for the list it is in. */
static inline void co_unpark(struct rt_task *task, int status)
{
    task->reason = CO_RUNNING;
    if (task->marks)
        co_unmark(task);
    task->status = status;
}

/* What every waiting call begins with: 0, or -ECANCELED, which delivers a
 * pending cancellation. */
int co_deliver(void);
static inline int co_check(void)
{
    return co.pendings ? co_deliver() : 0;
}
/* Leaves a cancellation to the task's next waiting call; takes it back. */
void co_pend(struct rt_task *task);
void co_unpend(struct rt_task *task);

/* Only while co.watched.  Tells of an event, if somebody listens. */
void co_trace(enum rt_trace_what what, struct rt_task *task);
/* The context `from` leaves, `to` goes on; either may be the loop. */
void co_trace_switch(struct rt_task *from, struct rt_task *to);

/* Watches, until the run ends, for turns longer than co.stall_ns, which is not
 * 0.  -EAGAIN: no thread. */
int co_stall_start(void);
/* This one's turn begins, and another's ends. */
void co_stall_turn(struct rt_task *task);

/* Around a run: a fault in a task's guard is reported. */
void co_overflow_start(void);
void co_overflow_stop(void);

/* Before work is given to libuv's threads: 0, or why it cannot have them. */
int co_threads_check(void);

/* Lists tasks that have not ended, that many at most. */
void co_dump_tasks(size_t most);
/* What a parked task waits for, in a word; NULL when it is not parked. */
const char *co_dump_reason(const struct rt_task *task);
/* From here on rt_dump_soon() is heard, until the run ends. */
int co_dump_start(void);

/* Cancels all tasks but the running one. */
void co_cancel_others(void);
/* Nothing can ever run again: says who waits for what, the first time, and
 * cancels waits.  False when that has been in vain. */
bool co_deadlock_break(void);

/* Starts and ends the scheduler's part of a run: the uv loop, the queue. */
int co_sched_init(void);
void co_sched_fini(void);
/* Runs until no task lives (0) or none could ever have run again
 * (-EDEADLK); then some may still live. */
int co_sched_run(void);

#endif
