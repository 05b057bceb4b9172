/* SPDX-License-Identifier: MIT */
/* offload.c: blocking work, on a kernel thread made for it, which tells by a
 * pipe that it is done. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "guest/kit/kit.h"
#include "own_thread.h"

struct work {
    rt_task_fn fn;
    void *arg;
    int status;
    int done[2]; /* a pipe */
};

static void *carry_out(void *arg)
{
    struct work *work = arg;
    work->status = work->fn(work->arg);
    /* Closing it is the message: it cannot fail. */
    close(work->done[1]);
    return NULL;
}

static int wait_for_it(void *arg)
{
    const struct work *work = arg;
    return kit_poll(work->done[0], POLLIN, RT_FOREVER);
}

int rt_offload(rt_task_fn fn, void *arg, int *status)
{
    struct work work = { .fn = fn, .arg = arg };
    pthread_t thread;
    if (kit_deliver())
        return -ECANCELED;
    if (pipe2(work.done, O_CLOEXEC))
        return -errno;
    int error = own_thread_start(&thread, 0, carry_out, &work);
    if (error == 0) {
        /* Whatever the library says: it uses this stack until it has ended. */
        rt_shield(wait_for_it, &work);
        pthread_join(thread, NULL);
        if (status)
            *status = work.status;
    } else {
        close(work.done[1]);
    }
    close(work.done[0]);
    return error;
}
