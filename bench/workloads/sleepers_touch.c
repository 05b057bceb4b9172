/* SPDX-License-Identifier: MIT */
/*
 * sleepers_touch: sleepers, timed alike, that have used some stack before.
 */

#include "workload.h"

/* Writes to so many KiB of stack.  A frame that is read after the call below
 * it cannot be used again for that call. */
static __attribute__((noinline)) unsigned touch(int64_t kib)
{
    volatile unsigned char frame[1024];
    for (size_t i = 0; i < sizeof(frame); i += 64)
        frame[i] = (unsigned char)kib;
    unsigned below = kib > 1 ? touch(kib - 1) : 0;
    return below + frame[0];
}

static int run(void *arg)
{
    struct share *my = arg;
    int64_t ns = (int64_t)(given.sleep_s * 1e9);
    my->sum = given.touch_kib > 0 ? touch(given.touch_kib) : 0;
    my->ops = 1;
    return work_sleep(my->work, rt_in(ns), NULL);
}

const struct workload workload_sleepers_touch = {
    .name = "sleepers_touch",
    .question = "What does a task hold that has used its stack?",
    .op = "task",
    .axis = "tasks",
    .flags = WORK_WAITS,
    .params = { { "tasks", "1000" },
                { "touch_kib", "16" },
                { "sleep_s", "1" } },
    .cells = { { "coro,thread", NULL, NULL,
                 "tasks=1000,10000 touch_kib=0,1,4,16,32 sleep_s=1.5" },
               { "thread:tuned", NULL, NULL,
                 "tasks=1000,10000 touch_kib=0,32 sleep_s=1.5" } },
    .live = "tasks",
    .region = REGION_ASLEEP,
    .sum = "touch_kib+1*touch_kib/2*tasks", /* 1 + 2 + ... for each */
    .run = run,
};
