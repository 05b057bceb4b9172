/* SPDX-License-Identifier: MIT */
/*
 * gen: a generator hands values to its consumer one by one, with a sleep of
 * delay_ms before each, or without.  Timed: from the first value to the last.
 */

#include "workload.h"

static int produce(struct rt_gen *gen, void *arg)
{
    int status = 0;
    for (int64_t i = 0; i < given.rounds && status == 0; i++) {
        if (given.delay_ms > 0)
            status = work_sleep(arg, rt_in(given.delay_ms * 1000000), NULL);
        if (status == 0)
            status = rt_gen_yield(gen, &i);
    }
    return status;
}

static int run(void *arg)
{
    struct share *my = arg;
    struct rt_gen *gen = NULL;
    uint64_t value;
    int status = rt_gen_new(&gen, sizeof(value), produce, my->work);
    while (status == 0 && (status = rt_gen_next(gen, &value, RT_FOREVER)) == 0)
        my->sum += value + my->ops++;
    my->units = 1; /* the producer */
    rt_gen_free(gen);
    return status == -EPIPE ? 0 : status;
}

const struct workload workload_gen = {
    .name = "gen",
    .question = "What does a value from a generator cost?",
    .op = "value",
    .calibrated = "rounds",
    .params = { { "delay_ms", "0" }, { "rounds", "10000" } },
    .cells = { { "coro,thread", NULL, NULL, "delay_ms=0,1 cpus=1,all" } },
    .tasks = "1", /* and the producer */
    .sum = "rounds-1*rounds",
    .run = run,
};
