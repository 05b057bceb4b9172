/* SPDX-License-Identifier: MIT */
/*
 * spawn_join by hand: pthread_create() and pthread_join(), with alive=1 around
 * a gate that is one futex word: who arrives last wakes the main thread, which
 * wakes all others by one system call.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "../reference.h"
#include "futex.h"

static struct {
    atomic_uint arrived, all_here, open;
    uint64_t n;
} gate;

static void *pass_through(void *arg)
{
    if (atomic_fetch_add(&gate.arrived, 1) + 1 == gate.n) {
        atomic_store(&gate.all_here, 1);
        futex_wake(&gate.all_here, 1);
    }
    while (atomic_load(&gate.open) == 0)
        futex_wait(&gate.open, 0);
    return arg;
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* Each thread gives back what it was given: the proof that it ran. */
static uint64_t join_all(const pthread_t *threads, uint64_t n)
{
    uint64_t ran = 0;
    void *result;
    for (uint64_t i = 0; i < n; i++)
        ran += pthread_join(threads[i], &result) == 0 && result == &gate;
    return ran;
}

static int run_alive(struct work *work, const pthread_attr_t *attr,
                     pthread_t *threads)
{
    int error = 0;
    uint64_t started = 0;
    work_begin(work);
    while (started < gate.n && error == 0) {
        error = pthread_create(&threads[started], attr, pass_through, &gate);
        started += error == 0;
    }
    while (error == 0 && atomic_load(&gate.all_here) == 0)
        futex_wait(&gate.all_here, 0);
    if (error == 0)
        work_parked(work, gate.n);
    atomic_store(&gate.open, 1);
    futex_wake(&gate.open, INT_MAX);
    uint64_t ran = join_all(threads, started);
    work_end(work);
    return error != 0 ? -error : ran == gate.n ? 0 : -EBADMSG;
}

static int run_in_turn(struct work *work, const pthread_attr_t *attr,
                       pthread_t *thread)
{
    int error = 0;
    uint64_t ran = 0;
    work_begin(work);
    for (uint64_t i = 0; i < gate.n && error == 0; i++) {
        error = pthread_create(thread, attr, do_nothing, &gate);
        if (error == 0)
            ran += join_all(thread, 1);
    }
    work_end(work);
    return error != 0 ? -error : ran == gate.n ? 0 : -EBADMSG;
}

static int run(struct work *work, const pthread_attr_t *attr)
{
    bool alive = work_int(work, "alive") != 0;
    gate.n = (uint64_t)work_int(work, "tasks");
    pthread_t *threads = calloc(alive ? gate.n : 1, sizeof(*threads));
    if (threads == NULL)
        return -ENOMEM;
    int status = alive ? run_alive(work, attr, threads)
                       : run_in_turn(work, attr, threads);
    free(threads);
    if (status != 0)
        return status;
    struct receipt receipt = { .units = gate.n,
                               .ops = gate.n,
                               .digest = gate.n * work_hash(1),
                               .peak = alive ? gate.n : 1 };
    work_receipt(work, &receipt);
    return 0;
}

static int body(struct work *work)
{
    pthread_attr_t attr;
    int status = -pthread_attr_init(&attr);
    if (status != 0)
        return status;
    if (reference_options.stack_bytes != 0)
        status =
            -pthread_attr_setstacksize(&attr, reference_options.stack_bytes);
    if (status == 0)
        status = run(work, &attr);
    pthread_attr_destroy(&attr);
    return status;
}

const struct workload workload_spawn_join = {
    .name = "spawn_join",
    .question = "What does it cost to create and join a task?",
    .op = "task",
    .axis = "tasks",
    .calibrated = "tasks",
    .params = { { "alive", "0" }, { "tasks", "10000" } },
    .live = "tasks*alive",
    .body = body,
};
