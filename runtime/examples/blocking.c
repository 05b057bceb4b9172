/* SPDX-License-Identifier: MIT */

/*
 * Blocking the loop, and the cure.          asyncio: run_in_executor,
 *                                           to_thread, debug mode
 *
 * On coro all tasks share one thread.  A function that blocks it, or computes
 * for long, keeps every other task from running.  rt_offload() runs such a
 * function elsewhere while the task waits for it; on threads, where it harms
 * nobody, it simply calls it.
 *
 * Watch: a task beats like a heart, and the blocking function counts the beats
 * meanwhile.  In place, on coro, there is none, and the stall detector
 * (stall_ns) says on standard error who held the loop; offloaded, it beats on.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "example.h"

enum {
    BEATS = 3
};

struct heart {
    atomic_int beats;
    atomic_bool stop;
    struct rt_event *start;
    pthread_t thread; /* that it beats on */
};

static int beat(void *arg)
{
    struct heart *heart = arg;

    heart->thread = pthread_self();
    MUST(rt_event_wait(heart->start, RT_FOREVER));
    while (!atomic_load(&heart->stop)) {
        atomic_fetch_add(&heart->beats, 1);
        MUST(rt_sleep(in_ms(1)));
    }
    return 0;
}

struct pause {
    struct heart *heart;
    int64_t until; /* at the latest */
};

/* Blocks its thread until the heart has beaten three times, or it is late. */
static int block(void *arg)
{
    const struct timespec ms = { .tv_nsec = 1000000 };
    struct pause *pause = arg;
    int before = atomic_load(&pause->heart->beats), beats;

    do {
        nanosleep(&ms, NULL);
        beats = atomic_load(&pause->heart->beats) - before;
    } while (beats < BEATS && rt_now() < pause->until);
    return beats;
}

static int go(void *arg)
{
    struct heart heart = { 0 };
    struct pause pause = { .heart = &heart };
    struct rt_task *task;
    int beats;

    (void)arg;
    rt_task_name(NULL, "the one that blocks");
    MUST(rt_event_new(&heart.start));
    MUST(rt_spawn(&task, beat, &heart));
    rt_event_set(heart.start);
    while (atomic_load(&heart.beats) == 0)
        MUST(rt_yield());

    bool shared = pthread_equal(heart.thread, pthread_self());
    pause.until = in_ms(shared ? 30 : 30000);
    beats = block(&pause);
    fprintf(stderr, "%d beats while a task blocked\n", beats);
    printf("in place, a heart on the same thread stands still, any other "
           "beats on: %s\n",
           (shared ? beats == 0 : beats >= BEATS) ? "yes" : "no");

    pause.until = in_ms(30000);
    MUST(rt_offload(block, &pause, &beats));
    printf("offloaded, every heart beats on: %s\n",
           beats >= BEATS ? "yes" : "no");

    atomic_store(&heart.stop, true);
    MUST(rt_join(task, NULL, RT_FOREVER));
    rt_event_free(heart.start);
    return 0;
}

int main(void)
{
    const struct rt_options options = { .stall_ns = 10000000 };

    return MUST(rt_run(&options, go, NULL));
}
