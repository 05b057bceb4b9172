/* SPDX-License-Identifier: MIT */
/* stack.c: how large a thread's stack is, and how much of it has been used. */

#include "os/seat.h"
#include "touched.h"

/* The main thread's stack may be unlimited (ulimit -s): so far down we look. */
static const size_t MOST = (size_t)1 << 30;

size_t os_stack_of(pthread_t thread, void **low)
{
    pthread_attr_t attr;
    size_t bytes = 0;
    if (pthread_getattr_np(thread, &attr) != 0)
        return 0;
    if (pthread_attr_getstack(&attr, low, &bytes) != 0)
        bytes = 0;
    pthread_attr_destroy(&attr);
    return bytes;
}

static size_t used(pthread_t thread)
{
    void *low = NULL;
    size_t bytes = os_stack_of(thread, &low);
    size_t skipped = bytes > MOST ? bytes - MOST : 0;
    return touched_bytes((char *)low + skipped, (char *)low + bytes);
}

size_t rt_stack_used(struct rt_task *task)
{
    size_t bytes = 0;
    os_freeze();
    struct os_seat *seat = task ? os_seat_of((struct os_task *)task) : os_seat;
    /* The thread is there: it has begun, and is not joined meanwhile. */
    pthread_t thread = seat ? atomic_load(&seat->thread) : 0;
    if (thread)
        bytes = used(thread);
    os_thaw();
    return bytes;
}
