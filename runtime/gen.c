/* SPDX-License-Identifier: MIT */
/*
 * gen.c: generators, made of rt.h alone, the same object in every runtime.
 *
 * A semaphore and a channel pass the turn: `asked` is given when the consumer
 * wants a value, which then comes by `given`, or its end.  On coroutines each
 * value takes one switch there and one back.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"
#include "rt.h"

struct rt_gen {
    rt_gen_fn fn;
    void *arg;
    struct rt_task *task; /* consumer only; NULL until the first value */
    struct rt_sem *asked;
    struct rt_chan *given; /* holds one value; closed when fn has returned */
    bool waiting;          /* consumer only: has asked, and got nothing yet */
    bool turn;             /* producer only: it was asked for a value */
    atomic_bool closed;    /* set once the producer has been cancelled */
    int status;            /* fn's; once `given` is closed the consumer's */
};

/* Generators need two parties. */
static bool supported(void)
{
    struct rt_info info;
    rt_info(&info);
    return info.concurrency != 1 || info.workers > 0;
}

int rt_gen_new(struct rt_gen **out, size_t item_bytes, rt_gen_fn fn, void *arg)
{
    if (!supported())
        return -ENOTSUP;
    struct rt_gen *gen = calloc(1, sizeof *gen);
    if (!gen)
        return -ENOMEM;
    gen->fn = fn;
    gen->arg = arg;
    int error = rt_chan_new(&gen->given, item_bytes, 1);
    if (error == 0)
        error = rt_sem_new(&gen->asked, 0);
    if (error)
        rt_gen_free(gen);
    else
        *out = gen;
    return error;
}

static int produce(void *arg)
{
    struct rt_gen *gen = arg;
    gen->turn = true;
    gen->status = gen->fn(gen, gen->arg);
    rt_chan_close(gen->given);
    return 0;
}

/* Asks for a value, unless one is already on its way, or the end was. */
static int ask(struct rt_gen *gen)
{
    if (gen->waiting)
        return 0;
    if (gen->task) {
        rt_sem_release(gen->asked);
    } else {
        int error = rt_spawn(&gen->task, produce, gen);
        if (error)
            return error;
    }
    gen->waiting = true;
    return 0;
}

int rt_gen_next(struct rt_gen *gen, void *item, int64_t deadline)
{
    int error = rt_check_cancelled();
    if (error == 0)
        error = ask(gen);
    if (error == 0)
        error = rt_chan_recv(gen->given, item, deadline);
    if (error == 0)
        gen->waiting = false;
    if (error != -EPIPE || gen->status >= 0)
        return error;
    error = gen->status;
    gen->status = 0;
    return error;
}

/* Has the turn, unless an earlier wait for it was cancelled: then waits. */
static int await_turn(struct rt_gen *gen)
{
    if (!gen->turn && !atomic_load(&gen->closed)) {
        int error = rt_sem_acquire(gen->asked, RT_FOREVER);
        if (error)
            return error;
        gen->turn = true;
    }
    if (!atomic_load(&gen->closed))
        return 0;
    /* The cancellation that came with it has then been delivered, too, and
     * does not disturb the clean-up. */
    rt_check_cancelled();
    return -ECANCELED;
}

int rt_gen_yield(struct rt_gen *gen, const void *item)
{
    int error = await_turn(gen);
    if (error == 0)
        error = rt_chan_send(gen->given, item, RT_FOREVER);
    if (error)
        return error;
    gen->turn = false;
    return await_turn(gen);
}

static int join_producer(void *task)
{
    return rt_join(task, NULL, RT_FOREVER);
}

void rt_gen_free(struct rt_gen *gen)
{
    if (!gen)
        return;
    if (gen->task) {
        /* In this order: who sees `closed` finds the cancellation there.  The
         * unit ends a wait that is shielded from it. */
        rt_cancel(gen->task);
        atomic_store(&gen->closed, true);
        rt_sem_release(gen->asked);
        rt_shield(join_producer, gen->task);
    }
    rt_chan_free(gen->given);
    rt_sem_free(gen->asked);
    free(gen);
}
