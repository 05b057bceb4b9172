/* SPDX-License-Identifier: MIT */

/*
 * The five synchronisation primitives.      asyncio: Lock, Event, Condition,
 *                                           Semaphore, Queue
 *
 * Even on one thread a task that waits in the middle of a change lets others
 * see it half done: that is what the mutex is for.  An event is said once and
 * heard by all; a condition is waited for in a loop, under its mutex; a
 * semaphore limits how many; a channel hands items over, in order, and closing
 * it ends the consumer's loop.
 *
 * Watch: each line has the number it must have.
 */

#include <stdatomic.h>

#include "example.h"

enum {
    TASKS = 4,
    DEPOSITS = 10,
    SEATS = 2,
    ITEMS = 5
};

/* Runs as many tasks to their end and stores what they returned. */
static void run_all(rt_task_fn fn, int *statuses)
{
    struct rt_task *tasks[TASKS];

    for (int i = 0; i < TASKS; i++)
        MUST(rt_spawn(&tasks[i], fn, NULL));
    MUST(rt_gather(tasks, TASKS, statuses, RT_FOREVER));
}

static struct rt_mutex *mutex;
static int money; /* guarded by the mutex */

/* Reads, waits, writes: without the mutex money would be lost. */
static int deposit(void *arg)
{
    (void)arg;
    for (int i = 0; i < DEPOSITS; i++) {
        MUST(rt_mutex_lock(mutex, RT_FOREVER));
        int before = money;
        MUST(rt_yield());
        money = before + 1;
        rt_mutex_unlock(mutex);
    }
    return 0;
}

static void use_mutex(void)
{
    run_all(deposit, NULL);
    printf("mutex: %d deposits of 1 make %d\n", TASKS * DEPOSITS, money);
}

static struct rt_event *start;
static atomic_int started;

static int run_at_start(void *arg)
{
    (void)arg;
    MUST(rt_event_wait(start, RT_FOREVER));
    atomic_fetch_add(&started, 1);
    return 0;
}

static int give_start(void *arg)
{
    (void)arg;
    printf("event: %d are off before the start,", atomic_load(&started));
    rt_event_set(start);
    return 0;
}

static void use_event(void)
{
    struct rt_task *starter;

    MUST(rt_event_new(&start));
    MUST(rt_spawn(&starter, give_start, NULL));
    run_all(run_at_start, NULL);
    printf(" %d after it\n", atomic_load(&started));
    MUST(rt_join(starter, NULL, RT_FOREVER));
    rt_event_free(start);
}

static struct rt_cond *changed;
static int ready; /* guarded by the mutex */

/* The last one finds that all are. */
static int wait_for_all(void *arg)
{
    (void)arg;
    MUST(rt_mutex_lock(mutex, RT_FOREVER));
    ready++;
    rt_cond_broadcast(changed);
    while (ready < TASKS)
        MUST(rt_cond_wait(changed, mutex, RT_FOREVER));
    int seen = ready;
    rt_mutex_unlock(mutex);
    return seen;
}

static void use_cond(void)
{
    int seen[TASKS];

    MUST(rt_cond_new(&changed));
    run_all(wait_for_all, seen);
    printf("condition: the first has waited for %d\n", seen[0]);
    rt_cond_free(changed);
}

static struct rt_sem *seats;
static atomic_int seated;

static int sit_down(void *arg)
{
    (void)arg;
    MUST(rt_sem_acquire(seats, RT_FOREVER));
    int now = atomic_fetch_add(&seated, 1) + 1;
    MUST(rt_yield());
    atomic_fetch_sub(&seated, 1);
    rt_sem_release(seats);
    return now;
}

static void use_sem(void)
{
    int taken[TASKS], most = 0;

    MUST(rt_sem_new(&seats, SEATS));
    run_all(sit_down, taken);
    for (int i = 0; i < TASKS; i++)
        most = taken[i] > most ? taken[i] : most;
    printf("semaphore: %s %d seats taken\n",
           most > SEATS ? "more than" : "never more than", SEATS);
    rt_sem_free(seats);
}

static struct rt_chan *queue;

static int produce(void *arg)
{
    (void)arg;
    for (int item = 1; item <= ITEMS; item++)
        MUST(rt_chan_send(queue, &item, RT_FOREVER));
    rt_chan_close(queue);
    return 0;
}

static void use_chan(void)
{
    struct rt_task *producer;
    int item;

    MUST(rt_chan_new(&queue, sizeof item, 2));
    MUST(rt_spawn(&producer, produce, NULL));
    printf("channel:");
    while (rt_chan_recv(queue, &item, RT_FOREVER) == 0)
        printf(" %d", item);
    printf(", closed\n");
    MUST(rt_join(producer, NULL, RT_FOREVER));
    rt_chan_free(queue);
}

static int go(void *arg)
{
    (void)arg;
    MUST(rt_mutex_new(&mutex));
    use_mutex();
    use_event();
    use_cond();
    use_sem();
    use_chan();
    rt_mutex_free(mutex);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
