/* SPDX-License-Identifier: MIT */
/*
 * A runtime that does less than it is asked to: linked into trial-cheat, which
 * is trial-coro but for these calls.  COBENCH_CHEAT=NAME:N says which of them
 * cheats, when it has kept its word N times.
 */
#include <stdlib.h>
#include <string.h>

#include "rt.h"

int __real_rt_sleep(int64_t until);
int __real_rt_offload(rt_task_fn fn, void *arg, int *status);
int __real_rt_event_wait(struct rt_event *event, int64_t deadline);
ssize_t __real_rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                            int64_t deadline);
int __wrap_rt_sleep(int64_t until);
int __wrap_rt_offload(rt_task_fn fn, void *arg, int *status);
int __wrap_rt_event_wait(struct rt_event *event, int64_t deadline);
ssize_t __wrap_rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                            int64_t deadline);

static bool cheats(const char *name)
{
    static long kept;
    const char *text = getenv("COBENCH_CHEAT");
    size_t length = strlen(name);
    return text != NULL && strncmp(text, name, length) == 0 &&
           text[length] == ':' && ++kept > atol(text + length + 1);
}

/* Wakes after half of the time. */
int __wrap_rt_sleep(int64_t until)
{
    if (cheats("sleep"))
        until -= (until - rt_now()) / 2;
    return __real_rt_sleep(until);
}

/* Does nothing. */
int __wrap_rt_offload(rt_task_fn fn, void *arg, int *status)
{
    if (!cheats("offload"))
        return __real_rt_offload(fn, arg, status);
    if (status != NULL)
        *status = 0;
    return 0;
}

/* Does not wait. */
int __wrap_rt_event_wait(struct rt_event *event, int64_t deadline)
{
    return cheats("event") ? 0 : __real_rt_event_wait(event, deadline);
}

/* Leaves the buffer as it is. */
ssize_t __wrap_rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                            int64_t deadline)
{
    return cheats("read") ? (ssize_t)bytes
                          : __real_rt_sock_read(sock, buffer, bytes, deadline);
}
