/* SPDX-License-Identifier: MIT */
/*
 * Owns the watch over tasks that hold the loop.  The scheduler says whose
 * turn begins and when, under `lock`; a thread looks now and then whether it
 * still lasts, so that one that never ends is reported as well.  What the
 * thread has not seen is found when the turn ends, and only then counted: the
 * counts belong to the loop's thread.  The task whose turn it is cannot end
 * while the thread looks at it, because for that the turn must end first.
 * Lock order: `lock`, then the one of the reports.
 */
#include <pthread.h>
#include <time.h>

#include "core.h"
#include "own_thread.h"
#include "report.h"

enum {
    NS_PER_S = 1000000000,
    MIN_NAP_NS = 1000000
};

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    /* The rest under lock. */
    bool stopping;
    bool told;            /* this turn has been reported */
    struct rt_task *task; /* whose turn it is; NULL: the loop's */
    int64_t since_ns;
} stall = { .lock = PTHREAD_MUTEX_INITIALIZER,
            .stop = PTHREAD_COND_INITIALIZER };

/* How long the turn has lasted, when that is too long; else 0. */
static int64_t excess(int64_t now_ns)
{
    int64_t ns = now_ns - stall.since_ns;
    return stall.task && ns > co.stall_ns ? ns : 0;
}

static void tell(int64_t ns)
{
    struct report_line line;
    if (stall.told)
        return;
    stall.told = true;
    report_begin(&line, "stall: ");
    report_add_task(&line, stall.task->number, co_rest(stall.task)->name);
    report_add(&line, " has held the loop for ");
    report_add_number(&line, (uint64_t)ns / 1000);
    report_add(&line, " us");
    report_end(&line);
}

/* Until then, or until the end. */
static void nap_until(int64_t deadline)
{
    struct timespec until = { .tv_sec = deadline / NS_PER_S,
                              .tv_nsec = deadline % NS_PER_S };
    pthread_cond_clockwait(&stall.stop, &stall.lock, CLOCK_MONOTONIC, &until);
}

static void *watch(void *arg)
{
    pthread_mutex_lock(&stall.lock);
    while (!stall.stopping) {
        int64_t now = rt_now();
        int64_t ns = excess(now);
        if (ns > 0)
            tell(ns);
        /* A turn that is too long ends no earlier than this; one that begins
         * meanwhile is looked at a little late. */
        int64_t nap = co.stall_ns;
        if (stall.task && ns == 0)
            nap = co.stall_ns - (now - stall.since_ns);
        nap_until(now + (nap < MIN_NAP_NS ? MIN_NAP_NS : nap));
    }
    pthread_mutex_unlock(&stall.lock);
    return arg;
}

void co_stall_turn(struct rt_task *task)
{
    int64_t now = rt_now();
    pthread_mutex_lock(&stall.lock);
    int64_t ns = excess(now);
    if (ns > 0) {
        tell(ns);
        co.stalls++;
        if (ns > co.stall_longest_ns)
            co.stall_longest_ns = ns;
    }
    stall.task = task == co.loop ? NULL : task;
    stall.since_ns = now;
    stall.told = false;
    pthread_mutex_unlock(&stall.lock);
}

static void stop(void)
{
    pthread_mutex_lock(&stall.lock);
    stall.stopping = true;
    pthread_cond_signal(&stall.stop);
    pthread_mutex_unlock(&stall.lock);
    pthread_join(stall.thread, NULL);
    co.stall_ns = 0;
}

int co_stall_start(void)
{
    static struct co_hook hook = { .fn = stop };
    stall.stopping = false;
    stall.task = NULL;
    int error = own_thread_start(&stall.thread, 0, watch, NULL);
    if (error == 0)
        co_at_end(&hook);
    return error;
}
