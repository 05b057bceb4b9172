/* SPDX-License-Identifier: MIT */
/*
 * submit: the main task gives out `tasks` empty tasks that nobody joins, waits
 * for the event that the last of them sets, and begins again.  One operation
 * is one task.  With tasks=1 that is the round trip of a task, with many the
 * rate at which one producer can give out work.
 */

#include "workload.h"

/* What has been given out and not done yet. */
struct batch {
    atomic_uint left;
    struct rt_event *done;
};

static void count_down(struct batch *batch, unsigned n)
{
    if (atomic_fetch_sub(&batch->left, n) == n)
        rt_event_set(batch->done);
}

static int run(void *arg)
{
    count_down(arg, 1);
    return 0;
}

/* Returns when every task given out has run. */
static int play_batch(struct batch *batch, unsigned n)
{
    int error = 0;
    unsigned given_out = 0;
    atomic_store(&batch->left, n);
    while (given_out < n && error == 0) {
        error = rt_spawn(NULL, run, batch);
        given_out += error == 0;
    }
    if (given_out < n)
        count_down(batch, n - given_out);
    int status = rt_event_wait(batch->done, RT_FOREVER);
    bool early = status == 0 && atomic_load(&batch->left) != 0;
    while (early && atomic_load(&batch->left) != 0)
        rt_yield(); /* those still to run use the batch */
    rt_event_clear(batch->done);
    if (early)
        return -EPROTO;
    return error != 0 ? error : status;
}

static int play(struct batch *batch, uint64_t rounds, uint64_t *ran)
{
    int status = 0;
    while (*ran < rounds && status == 0) {
        uint64_t left = rounds - *ran, most = (uint64_t)given.tasks;
        uint64_t n = left < most ? left : most;
        status = play_batch(batch, (unsigned)n);
        *ran += n;
    }
    return status;
}

static int body(struct work *work)
{
    uint64_t rounds = (uint64_t)given.rounds, ran = 0;
    struct batch batch = { 0 };
    int status = rt_event_new(&batch.done);
    if (status != 0)
        return status;
    work_begin(work);
    status = play(&batch, rounds, &ran);
    work_end(work);
    rt_event_free(batch.done);
    if (status != 0)
        return status;
    struct receipt receipt = { .units = ran,
                               .ops = ran,
                               .digest = ran * work_hash(1) };
    work_receipt(work, &receipt);
    return 0;
}

const struct workload workload_submit = {
    .name = "submit",
    .question = "What does it cost to have a task done by others?",
    .op = "task",
    .axis = "tasks",
    .calibrated = "rounds",
    .params = { { "tasks", "1", .high = 1e6, .help = "given out at a time" },
                { "rounds", "10000" } },
    .cells = { { "coro,pool:2,thread,futex", NULL, NULL,
                 "tasks=1,1000 cpus=1,all" },
               { "coro,pool:20,thread", NULL, NULL, NULL,
                 "tasks=10,100,1000,10000,100000,1000000" } },
    .tasks = "tasks",
    .body = body,
};
