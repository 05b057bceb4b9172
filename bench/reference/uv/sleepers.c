/* SPDX-License-Identifier: MIT */
/*
 * sleepers by hand: a libuv timer each, and the struct it stands in.  Timed:
 * making and starting them, their sleep, closing them.
 */

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "workload.h"

struct sleeper {
    uv_timer_t timer;
    int64_t until;
};

static struct {
    struct work *work;
    uint64_t ended, early;
} all;

static void on_timer(uv_timer_t *timer)
{
    const struct sleeper *sleeper = timer->data;
    int64_t late = rt_now() - sleeper->until;
    all.early += late < 0;
    work_latency(all.work, WORK_LATENCY, late);
    all.ended++;
    uv_close((uv_handle_t *)timer, NULL);
}

/* libuv counts milliseconds, from the time its turn began. */
static void sleeper_start(struct sleeper *sleeper, uv_loop_t *loop, int64_t ns)
{
    sleeper->until = rt_in(ns);
    uint64_t due_ms = ((uint64_t)sleeper->until + 999999) / 1000000;
    uv_timer_init(loop, &sleeper->timer);
    sleeper->timer.data = sleeper;
    uv_timer_start(&sleeper->timer, on_timer, due_ms - uv_now(loop), 0);
}

static int run(struct work *work, struct sleeper *sleepers, uint64_t n,
               uv_loop_t *loop)
{
    int64_t sleep_ns = (int64_t)(work_real(work, "sleep_s") * 1e9);
    work_begin(work);
    for (uint64_t i = 0; i < n; i++)
        sleeper_start(&sleepers[i], loop, sleep_ns);
    work_parked(work, n);
    bool together = rt_now() < sleepers[0].until;
    uv_run(loop, UV_RUN_DEFAULT);
    work_end(work);
    if (!together)
        return work_fail(work, -ETIME,
                         "the first was due before the last was asleep: raise "
                         "sleep_s");
    struct receipt receipt = { .units = all.ended,
                               .ops = all.ended - all.early,
                               .peak = n };
    receipt.digest = receipt.ops * work_hash(1);
    if (receipt.ops != n)
        return work_fail(work, -EBADMSG, "%llu of %llu woke too early",
                         (unsigned long long)all.early, (unsigned long long)n);
    work_receipt(work, &receipt);
    return 0;
}

static int body(struct work *work)
{
    uint64_t n = (uint64_t)work_int(work, "tasks");
    uv_loop_t loop;
    all.work = work;
    int status = uv_loop_init(&loop);
    if (status != 0)
        return status;
    struct sleeper *sleepers = calloc(n, sizeof(*sleepers));
    status = sleepers == NULL ? -ENOMEM : run(work, sleepers, n, &loop);
    uv_loop_close(&loop);
    free(sleepers);
    return status;
}

const struct workload workload_sleepers = {
    .name = "sleepers",
    .question = "How much memory does a waiting task hold?",
    .op = "task",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "1000" }, { "sleep_s", "1" } },
    .body = body,
};
