/* SPDX-License-Identifier: MIT */
/*
 * Owns the tasks that doze.  A parked task holds a page (4 KiB) for the sake
 * of a few hundred live bytes, from its stack pointer to the end of its stack.
 * While it dozes these lie in a block of just their size, and the page is
 * missing (missing.c): whoever touches it, and be it the kernel, is held until
 * it has been put back, at the same address.  So nobody has to know: for the
 * scheduler a task that dozes is a parked one.
 *
 * A hand goes round the stacks in the loop's idle turns, some at a time.
 * Nothing is done where tasks switch, park or wake.  What wakes in masses is
 * roused beforehand where that is known (deadlines); for the rest the thread
 * sees stack after stack touched and goes ahead.
 *
 * Measured on a virtual machine of two CPUs, Linux 6.18.  A million sleepers:
 * 316 bytes and 129 of page tables each (a dozing task's addresses keep their
 * entries), instead of 4160 and 128.  Of 20 000 tasks each took 2.1 to 4.0 us
 * to doze off; woken by their one deadline 3.1 to 4.6 us instead of 0.2, by one
 * event 3.6 to 4.6 us instead of 0.1; a stranger's access out of the blue 11 to
 * 16 us.  What wakes together is put back before the first of it runs: of a
 * million sleepers with one deadline all were 4 s late.
 *
 * Invariant: a task's top page is there, or its block is in `away`, or the
 * holder of the lock is between the two.  He touches no page of a task that
 * dozes, nor lets a signal handler run that might.  The thread waits for no
 * other lock, for whoever has it may be waiting for the thread: so it does
 * not even free memory.
 */
#include "doze.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "missing.h"
#include "stack.h"

enum {
    NS_PER_MS = 1000000,
    LOOK = 1024, /* stacks the hand passes in a turn, at most */
    AHEAD = 64   /* stacks put back for one that is touched, at most */
};

/* What was live of a page.  A block that is not needed any more is chained
 * until the loop frees it. */
struct aside {
    union {
        size_t bytes;
        struct aside *next;
    };
    char live[];
};

static struct {
    uint32_t after_ms;
    uv_timer_t interval; /* starts the hand */
    uv_idle_t sweep;     /* moves it */
    uint32_t hand;       /* the stack it comes to next */
    uint32_t watched;    /* stacks below this number are */
    uint32_t room;       /* of `away`; the loop changes it, under lock */
    uint32_t touched;    /* the thread's: the last stack it put back */
    uint32_t ahead;      /* the thread's: how many it put back with it */
    size_t page;
    char *scratch; /* a page in the making, under lock */
    atomic_size_t dozing;
    atomic_size_t dozes;
    /* By stack number; NULL while the page is there.  Changed under lock; the
     * loop, which alone makes a task doze, may look without. */
    _Atomic(struct aside *) *away;
    struct aside *spent; /* under lock */
    sigset_t mask;       /* under lock: the holder's own */
    pthread_mutex_t lock;
} doze = { .lock = PTHREAD_MUTEX_INITIALIZER };

static char *page_of(const void *at)
{
    return (char *)((uintptr_t)at & ~(uintptr_t)(doze.page - 1));
}

/* The page with the upper end of that stack. */
static char *top_page(uint32_t id)
{
    return page_of(co_stack_end(id) - 1);
}

static bool dozes(uint32_t id)
{
    return id < doze.room && atomic_load(&doze.away[id]);
}

static void hold(void)
{
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    pthread_mutex_lock(&doze.lock);
    doze.mask = mask;
}

static void release(void)
{
    sigset_t mask = doze.mask;
    pthread_mutex_unlock(&doze.lock);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* The same in the loop, which frees what is spent. */
static void release_and_free(void)
{
    struct aside *spent = doze.spent;
    doze.spent = NULL;
    release();
    while (spent) {
        struct aside *next = spent->next;
        free(spent);
        spent = next;
    }
}

/* ---- waking up ---- */

/* Under lock; the task dozes. */
static void rouse(uint32_t id)
{
    struct aside *aside = doze.away[id];
    char *end = co_stack_end(id);
    char *page = top_page(id);
    size_t below = (size_t)(end - page) - aside->bytes;
    memset(doze.scratch, 0, doze.page);
    memcpy(doze.scratch + below, aside->live, aside->bytes);
    atomic_fetch_sub(&doze.dozing, 1);
    co_missing_put(page, doze.scratch);
    atomic_store(&doze.away[id], NULL);
    aside->next = doze.spent;
    doze.spent = aside;
}

static void rouse_all(void)
{
    for (uint32_t id = 0; id < doze.room; id++)
        if (dozes(id))
            rouse(id);
}

/* This one, and more and more with it when stack after stack is touched, up
 * or down.  Under lock. */
static void rouse_run(uint32_t id)
{
    bool down = id + 1 == doze.touched;
    bool goes_on = down || id == doze.touched + 1;
    doze.ahead = !goes_on                  ? 1
                 : doze.ahead >= AHEAD / 2 ? AHEAD
                                           : doze.ahead * 2 + 1;
    for (uint32_t n = 0; n < doze.ahead && dozes(id); n++) {
        rouse(id);
        doze.touched = id;
        id += down ? UINT32_MAX : 1;
    }
}

/* On the thread: somebody waits for this page. */
static void wanted(char *page)
{
    uint32_t id = co_stack_at(page);
    if (page == top_page(id)) {
        hold();
        rouse_run(id);
        release();
    } else {
        /* Never used before.  Whoever waits for it may hold the lock. */
        co_missing_put(page, NULL);
    }
}

/* ---- dozing off ---- */

/* Whether it has been parked for long and half the page or more would be
 * gained. */
static bool is_ripe(uint32_t id)
{
    const struct rt_task *task = co_task(id);
    /* The clock goes back a little when tasks have run within a turn. */
    int32_t parked_ms = (int32_t)(co.clock_ms - task->since);
    return !task->done && task->reason != CO_RUNNING &&
           parked_ms > (int32_t)doze.after_ms &&
           (char *)task->sp >= top_page(id) + doze.page / 2;
}

static char *end_of_stack(uint32_t id)
{
    return top_page(id) + doze.page;
}

/* Whether this one is watched, with all others used so far if it was not. */
static bool is_watched(uint32_t id)
{
    if (id < doze.watched)
        return true;
    uint32_t used = co_stacks_used();
    char *low = end_of_stack(doze.watched) - co_stack_bytes();
    if (!co_missing_watch(low, (size_t)(end_of_stack(used - 1) - low)))
        return false;
    doze.watched = used;
    return true;
}

/* Makes a task doze if it is time, by way of that spot on the bench. */
static bool take(uint32_t id, size_t spot)
{
    if (!is_ripe(id) || !is_watched(id))
        return false;
    const char *sp = co_task(id)->sp;
    size_t below = (size_t)(sp - top_page(id));
    size_t bytes = (size_t)(co_stack_end(id) - sp);
    struct aside *aside = malloc(sizeof(*aside) + bytes);
    if (!aside)
        return false;
    const char *page = co_missing_take(top_page(id), spot);
    if (!page) {
        free(aside);
        return false;
    }
    aside->bytes = bytes;
    memcpy(aside->live, page + below, bytes);
    atomic_store(&doze.away[id], aside);
    atomic_fetch_add(&doze.dozing, 1);
    atomic_fetch_add(&doze.dozes, 1);
    return true;
}

/* Under lock. */
static bool make_room(uint32_t n)
{
    if (n <= doze.room)
        return true;
    n += n / 2;
    _Atomic(struct aside *) *away = realloc(doze.away, n * sizeof(*away));
    if (!away)
        return false;
    for (uint32_t id = doze.room; id < n; id++)
        atomic_init(&away[id], NULL);
    doze.away = away;
    doze.room = n;
    return true;
}

static void move_hand(uv_idle_t *sweep)
{
    uint32_t used = co_stacks_used();
    if (co.head)
        return;
    hold();
    size_t taken = 0;
    bool on = make_room(used);
    for (int n = 0; on && n < LOOK && taken < CO_MISSING_BATCH; n++) {
        taken += !dozes(doze.hand) && take(doze.hand, taken);
        on = ++doze.hand < used;
    }
    if (taken > 0)
        co_missing_drop(taken);
    release_and_free();
    if (!on)
        uv_idle_stop(sweep);
}

static void start_hand(uv_timer_t *interval)
{
    (void)interval;
    if (uv_is_active((uv_handle_t *)&doze.sweep))
        return;
    doze.hand = 0;
    uv_idle_start(&doze.sweep, move_hand);
}

/* ---- fork(2): in a child nobody dozes ---- */

static void before_fork(void)
{
    hold();
    rouse_all();
}

static void after_fork_in_child(void)
{
    co_missing_forked();
    release();
}

static int heed_forks(void)
{
    static bool heeded;
    if (!heeded && pthread_atfork(before_fork, release, after_fork_in_child))
        return -ENOMEM;
    heeded = true;
    return 0;
}

/* ---- beginning and end ---- */

static void stop(void)
{
    hold();
    rouse_all();
    free(doze.away);
    doze.away = NULL;
    doze.room = 0;
    release_and_free();
    co_missing_close();
    free(doze.scratch);
    uv_close((uv_handle_t *)&doze.interval, NULL);
    uv_close((uv_handle_t *)&doze.sweep, NULL);
}

int co_doze_start(int64_t doze_ns)
{
    static struct co_hook hook = { .fn = stop };
    int64_t after_ms = (doze_ns - 1) / NS_PER_MS + 1;
    if (san_knows_old_calls())
        return -ENOTSUP;
    doze.after_ms = after_ms < INT32_MAX ? (uint32_t)after_ms : INT32_MAX;
    doze.page = (size_t)sysconf(_SC_PAGESIZE);
    doze.watched = 0;
    doze.dozes = 0;
    doze.scratch = malloc(doze.page);
    int error = doze.scratch ? heed_forks() : -ENOMEM;
    if (!error)
        error = co_missing_open(wanted);
    if (error) {
        free(doze.scratch);
        return error;
    }
    uv_timer_init(&co.uv, &doze.interval);
    uv_timer_start(&doze.interval, start_hand, doze.after_ms, doze.after_ms);
    uv_unref((uv_handle_t *)&doze.interval);
    uv_idle_init(&co.uv, &doze.sweep);
    co_at_end(&hook);
    return 0;
}

/* ---- for those who touch many ---- */

void co_doze_rouse(uint32_t id)
{
    if (!dozes(id))
        return;
    hold();
    if (dozes(id))
        rouse(id);
    release_and_free();
}

const char *co_doze_name(const struct rt_task *task)
{
    uint32_t id = co_number(task);
    const char *name;
    if (!dozes(id))
        return co_name(task);
    hold();
    const struct aside *aside = doze.away[id];
    if (aside) {
        struct co_rest rest;
        memcpy(&rest, aside->live + aside->bytes - sizeof(rest), sizeof(rest));
        name = rest.name;
    } else {
        name = co_name(task);
    }
    release();
    return name;
}

void co_doze_info(struct rt_info *out)
{
    out->doze_ns = co.doze_ns;
    out->dozing = atomic_load(&doze.dozing);
    out->dozes = co.doze_ns > 0 ? atomic_load(&doze.dozes) : 0;
}
