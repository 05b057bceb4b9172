/* SPDX-License-Identifier: MIT */
/*
 * watch.c: finds out that no task can ever run again, says so and ends the
 * waits.
 *
 * As long as the main thread does something the run is not dead.  When it is
 * to sleep without a deadline for the first time it starts a thread that looks
 * at all seats now and then.  The run is dead if every thread sits in a wait
 * that only another task could end, has sat there since before the look began,
 * and nobody has roused it.  That is exact: at the moment when the look began
 * all of them sat at the same time, and who sits rouses nobody.
 *
 * The main thread could look itself, whenever a wait has taken long.  But the
 * timers of its waits cost a tenth of a task's round trip on one CPU.  So it
 * does that only where there is no thread to be had.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "os/seat.h"
#include "own_thread.h"
#include "report.h"

enum {
    HURRY_NS = 10000000, /* between two looks once a deadlock is known */
    MANY = 20,           /* tasks listed in the report */
    MANY_ROUNDS = 100,   /* without a task that ends: they will not */
    STACK = 256 << 10    /* the sink and those who listen may be the user's */
};

struct os_seat os_main_seat;

int64_t os_watch_period_ns = 250000000;

static struct {
    bool begun; /* to look, by a thread of its own; main thread only */
    pthread_t thread;
    atomic_uint stopping; /* a futex */
    /* The rest is for whoever looks. */
    struct os_task nobody; /* who cancels the waits */
    int64_t period_ns;     /* RT_FOREVER: looks no more */
    bool deadlocked;
    unsigned rounds;
    size_t alive; /* tasks, at the last round */
} watch;

/* One round of cancelling. */
struct round {
    int64_t before; /* when the look began */
    bool joins;     /* these waits, or all others */
    bool any;       /* one of them will end */
};

/*
 * Frozen: the task of a thread that sits is not freed meanwhile.
 *
 * The order of the reads makes it right.  The word says that the task slept
 * unroused at a time after `before`, and shows what its thread wrote when it
 * sat down.  Only then comes `endless`, and last `since`: if that is older
 * than the look, both are those of this very wait.  `reason` is NULL, or
 * `since` young, if the task has meanwhile left the seat and sleeps elsewhere,
 * or is another one in the same memory.
 */
static bool is_stuck(const struct os_seat *seat, int64_t before)
{
    if (!atomic_load(&seat->reason))
        return false;
    struct os_task *task = atomic_load(&seat->task);
    unsigned word = atomic_load(&task->word);
    bool roused = (word & (OS_SLEEPING | OS_NUDGED)) != OS_SLEEPING ||
                  word >= OS_WOKEN || atomic_load(&task->cancel) == OS_PENDING;
    bool endless = atomic_load(&seat->endless);
    bool sits = atomic_load(&seat->reason) != NULL;
    return !roused && endless && sits && atomic_load(&seat->since) < before;
}

static bool stuck(void *arg, struct os_seat *seat)
{
    const struct round *round = arg;
    return is_stuck(seat, round->before);
}

/* Number 0 is no task: a worker without work, or who waits for the last. */
static bool cancel(void *arg, struct os_seat *seat)
{
    struct round *round = arg;
    struct os_task *task = atomic_load(&seat->task);
    const char *reason = atomic_load(&seat->reason);
    if (!is_stuck(seat, round->before) || task->number == 0 || !reason)
        return true;
    if ((strcmp(reason, "join") == 0) != round->joins)
        return true;
    /* Before it runs: afterwards that is its own business again. */
    bool held = atomic_load(&task->cancel) >= OS_HELD;
    round->any = round->any || !held;
    os_cancel(task);
    return true;
}

static void count(void *arg, struct os_task *task)
{
    size_t *n = arg;
    (void)task;
    (*n)++;
}

/* Cancels the waits: first those for anything but tasks.  Who waits for a
 * task to end had better go on waiting: it may be using his memory, and it is
 * about to end. */
static void cancel_waits(struct round *round)
{
    for (round->joins = false;; round->joins = true) {
        os_seats_all(cancel, round);
        cancel(round, &os_main_seat);
        if (round->any || round->joins)
            return;
    }
}

/* They hold the cancellation back, or wait again whenever it comes. */
static void give_up(void)
{
    report_text("these tasks do not end:\n");
    os_dump_tasks(MANY);
    watch.period_ns = RT_FOREVER;
}

static void break_up(struct round *round)
{
    if (!watch.deadlocked) {
        report_deadlock();
        os_dump_tasks(MANY);
    }
    size_t alive = 0;
    os_tasks_each(count, &alive);
    if (!watch.deadlocked || alive < watch.alive)
        watch.rounds = 0;
    watch.deadlocked = true;
    watch.alive = alive;
    watch.period_ns = HURRY_NS;
    if (++watch.rounds <= MANY_ROUNDS)
        cancel_waits(round);
    if (!round->any)
        give_up();
}

static void look(void)
{
    struct round round = { .before = os_coarse_now() };
    os_freeze();
    if (is_stuck(&os_main_seat, round.before) && os_seats_all(stuck, &round)) {
        struct os_task *self = os_self;
        os_self = &watch.nobody;
        break_up(&round);
        os_self = self;
    }
    os_thaw();
}

static void *watch_main(void *arg)
{
    (void)arg;
    while (!atomic_load(&watch.stopping) && watch.period_ns != RT_FOREVER) {
        int64_t next = rt_in(watch.period_ns);
        if (os_futex_wait(&watch.stopping, 0, next) == -ETIMEDOUT)
            look();
    }
    return NULL;
}

static bool begin(void)
{
    watch.begun = own_thread_start(&watch.thread, STACK, watch_main, NULL) == 0;
    return watch.begun;
}

/* No other thread does it. */
static int wait_and_look(atomic_uint *word, unsigned seen)
{
    if (watch.period_ns == RT_FOREVER)
        return os_park_wait(word, seen, RT_FOREVER);
    int err = os_park_wait(word, seen, rt_in(watch.period_ns));
    if (err != -ETIMEDOUT)
        return err;
    look();
    return 0;
}

int os_watch_wait(atomic_uint *word, unsigned seen, int64_t deadline)
{
    if (os_dump_asked())
        os_dump_now();
    if (deadline != RT_FOREVER || os_seat != &os_main_seat)
        return os_park_wait(word, seen, deadline);
    if (!watch.begun && !begin())
        return wait_and_look(word, seen);
    /* ThreadSanitizer may lose the signal that asks for a dump. */
    if (OS_SAN_THREAD)
        deadline = rt_in(os_watch_period_ns);
    os_park_wait(word, seen, deadline);
    return 0;
}

void os_watch_start(void)
{
    watch.begun = false;
    atomic_store(&watch.stopping, 0);
    watch.period_ns = os_watch_period_ns;
    watch.deadlocked = false;
    os_task_init(&watch.nobody, true);
}

bool os_watch_stop(void)
{
    if (watch.begun) {
        atomic_store(&watch.stopping, 1);
        os_futex_wake(&watch.stopping);
        pthread_join(watch.thread, NULL);
    }
    return watch.deadlocked;
}
