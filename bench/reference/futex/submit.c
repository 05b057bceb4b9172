/* SPDX-License-Identifier: MIT */
/*
 * submit by hand: two threads that take jobs from a ring, and one that fills
 * it.  The ring holds a whole batch, so that it is never full; the producer
 * writes `tail` alone, workers advance `head` by as many as they take.  A
 * worker sleeps on `tail` itself.
 *
 * Any worker may be at a long job.  So the producer wakes one that sleeps,
 * unless another is on its way already, and who leaves jobs behind does, too.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "../reference.h"
#include "futex.h"

enum {
    WORKERS = 2, /* as pool:2 has */
    TAKE = 64,   /* jobs at a time */
    CACHE_LINE = 64
};

struct job {
    void (*fn)(void *arg);
    void *arg;
};

static struct {
    struct job *jobs;
    unsigned mask;
    atomic_bool stopping;
    _Alignas(CACHE_LINE) atomic_uint tail;
    _Alignas(CACHE_LINE) atomic_uint head;
    atomic_uint asleep;     /* workers */
    atomic_bool on_its_way; /* one has been woken and has no job yet */
} ring;

enum {
    EVENT_CLEAR,
    EVENT_SET,
    EVENT_AWAITED
};

static struct {
    atomic_uint left;
    _Alignas(CACHE_LINE) atomic_uint done; /* an event */
} batch;

static void wake_one(void)
{
    if (atomic_load(&ring.asleep) > 0 && !atomic_load(&ring.on_its_way) &&
        !atomic_exchange(&ring.on_its_way, true))
        futex_wake(&ring.tail, 1);
}

/* The mark goes before the word is looked at: who changes the word without
 * waking anybody is seen to have done so. */
static void sleep_until_changed(unsigned tail)
{
    atomic_fetch_add(&ring.asleep, 1);
    atomic_store(&ring.on_its_way, false);
    futex_wait(&ring.tail, tail);
    atomic_fetch_sub(&ring.asleep, 1);
}

/* Takes a part of the jobs, from *first on, waiting for the first of them.
 * 0: it is over. */
static unsigned take(unsigned *first)
{
    *first = atomic_load(&ring.head);
    for (;;) {
        unsigned tail = atomic_load(&ring.tail), left = tail - *first;
        unsigned n = (left + WORKERS - 1) / WORKERS;
        /* After the tail, whose last step is no job. */
        if (atomic_load(&ring.stopping))
            return 0;
        if (n > TAKE)
            n = TAKE;
        if (n == 0) {
            sleep_until_changed(tail);
            *first = atomic_load(&ring.head);
        } else if (atomic_compare_exchange_weak(&ring.head, first,
                                                *first + n)) {
            atomic_store(&ring.on_its_way, false);
            if (left > n)
                wake_one();
            return n;
        }
    }
}

static void *worker(void *arg)
{
    unsigned first, n;
    while ((n = take(&first)) > 0)
        for (unsigned i = first; i != first + n; i++)
            ring.jobs[i & ring.mask].fn(ring.jobs[i & ring.mask].arg);
    return arg;
}

static void give_out(void (*fn)(void *arg), void *arg)
{
    unsigned tail = atomic_load_explicit(&ring.tail, memory_order_relaxed);
    ring.jobs[tail & ring.mask] = (struct job){ fn, arg };
    atomic_store(&ring.tail, tail + 1);
    wake_one();
}

static void count_down(void *arg)
{
    (void)arg;
    if (atomic_fetch_sub(&batch.left, 1) == 1 &&
        atomic_exchange(&batch.done, EVENT_SET) == EVENT_AWAITED)
        futex_wake(&batch.done, 1);
}

static void wait_until_done(void)
{
    unsigned seen = EVENT_CLEAR;
    atomic_compare_exchange_strong(&batch.done, &seen, EVENT_AWAITED);
    while (atomic_load(&batch.done) == EVENT_AWAITED)
        futex_wait(&batch.done, EVENT_AWAITED);
    atomic_store(&batch.done, EVENT_CLEAR);
}

static void play(uint64_t rounds, uint64_t tasks)
{
    for (uint64_t ran = 0; ran < rounds;) {
        uint64_t n = rounds - ran < tasks ? rounds - ran : tasks;
        atomic_store(&batch.left, (unsigned)n);
        for (uint64_t i = 0; i < n; i++)
            give_out(count_down, NULL);
        wait_until_done();
        ran += n;
    }
}

/* Who is about to sleep finds the word changed. */
static void stop(pthread_t *threads, unsigned n)
{
    atomic_store(&ring.stopping, true);
    atomic_fetch_add(&ring.tail, 1);
    futex_wake(&ring.tail, WORKERS);
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

static int run(struct work *work)
{
    pthread_t threads[WORKERS];
    unsigned n = 0;
    int error = 0;
    while (n < WORKERS && error == 0) {
        error = pthread_create(&threads[n], NULL, worker, NULL);
        n += error == 0;
    }
    uint64_t rounds = (uint64_t)work_int(work, "rounds");
    if (error == 0) {
        work_begin(work);
        play(rounds, (uint64_t)work_int(work, "tasks"));
        work_end(work);
    }
    stop(threads, n);
    if (error != 0)
        return -error;
    struct receipt receipt = { .units = rounds,
                               .ops = rounds,
                               .digest = rounds * work_hash(1) };
    work_receipt(work, &receipt);
    return 0;
}

static int body(struct work *work)
{
    size_t room = 1;
    while (room < (size_t)work_int(work, "tasks"))
        room *= 2;
    ring.mask = (unsigned)room - 1;
    ring.jobs = calloc(room, sizeof(*ring.jobs));
    if (ring.jobs == NULL)
        return -ENOMEM;
    int status = run(work);
    free(ring.jobs);
    return status;
}

const struct workload workload_submit = {
    .name = "submit",
    .question = "What does it cost to have a task done by others?",
    .op = "task",
    .axis = "tasks",
    .calibrated = "rounds",
    .params = { { "tasks", "1", .high = 1e6 }, { "rounds", "10000" } },
    .body = body,
};
