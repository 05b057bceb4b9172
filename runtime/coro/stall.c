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
#include <signal.h>
#include <string.h>

#include "core.h"
#include "report.h"

#define MIN_NAP_NS INT64_C(1000000)

static struct {
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t stop;
    /* The rest under lock. */
    bool stopping;
    bool told;            /* this turn has been reported */
    struct rt_task *task; /* whose turn it is; NULL: the loop's */
    int64_t since_ns;
} stall;

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
    report_add_task(&line, stall.task->number, stall.task->name);
    report_add(&line, " has held the loop for ");
    report_add_number(&line, (uint64_t)ns / 1000);
    report_add(&line, " us");
    report_end(&line);
}

static void watch(void *arg)
{
    (void)arg;
    uv_mutex_lock(&stall.lock);
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
        nap = nap < MIN_NAP_NS ? MIN_NAP_NS : nap;
        uv_cond_timedwait(&stall.stop, &stall.lock, (uint64_t)nap);
    }
    uv_mutex_unlock(&stall.lock);
}

void co_stall_turn(struct rt_task *task)
{
    int64_t now = rt_now();
    uv_mutex_lock(&stall.lock);
    int64_t ns = excess(now);
    if (ns > 0) {
        tell(ns);
        co.stalls++;
        if (ns > co.stall_longest_ns)
            co.stall_longest_ns = ns;
    }
    stall.task = task == &co.loop ? NULL : task;
    stall.since_ns = now;
    stall.told = false;
    uv_mutex_unlock(&stall.lock);
}

static void stop(void)
{
    uv_mutex_lock(&stall.lock);
    stall.stopping = true;
    uv_cond_signal(&stall.stop);
    uv_mutex_unlock(&stall.lock);
    uv_thread_join(&stall.thread);
    uv_cond_destroy(&stall.stop);
    uv_mutex_destroy(&stall.lock);
    co.stall_ns = 0;
}

/* The thread takes no signals: their handlers expect the program's own. */
static int start_thread(void)
{
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    int error = uv_thread_create(&stall.thread, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return error;
}

int co_stall_start(void)
{
    static struct co_hook hook = { .fn = stop };
    memset(&stall, 0, sizeof(stall));
    int error = uv_mutex_init(&stall.lock);
    if (error)
        return error;
    error = uv_cond_init(&stall.stop);
    if (error)
        goto err_mutex;
    error = start_thread();
    if (error)
        goto err_cond;
    co_at_end(&hook);
    return 0;
err_cond:
    uv_cond_destroy(&stall.stop);
err_mutex:
    uv_mutex_destroy(&stall.lock);
    return error;
}
