/* SPDX-License-Identifier: MIT */
/*
 * lack.c: what stands in where an adapter has nothing.  All definitions are
 * weak and come last in the link, so the adapter's own win.  An adapter has to
 * bring at least rt_run, rt_info, rt_now, rt_in, spawn, join, detach, yield,
 * sleep, mutex, semaphore, event, channel, reading and closing a stream, and
 * what stream.h names.
 */

#include "guest/lack.h"

#include <errno.h>
#include <stddef.h>

#include "http.h"
#include "rt.h"

static const char *first_lack;

int lack(const char *what)
{
    if (!first_lack)
        first_lack = what;
    return -ENOTSUP;
}

const char *lack_seen(void)
{
    const char *what = first_lack;
    first_lack = NULL;
    return what;
}

/* None of the parameters is looked at. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define LACKS(name, ...)                        \
    int __attribute__((weak)) name(__VA_ARGS__) \
    {                                           \
        return lack(#name);                     \
    }
#define LACKS_VOID(name, ...)                    \
    void __attribute__((weak)) name(__VA_ARGS__) \
    {                                            \
        lack(#name);                             \
    }

LACKS(rt_gather, struct rt_task *const *tasks, size_t n, int *statuses,
      int64_t deadline)
LACKS(rt_wait, struct rt_task *const *tasks, size_t n, enum rt_wait_mode mode,
      bool *done, int64_t deadline)
LACKS(rt_cancel, struct rt_task *task)
LACKS(rt_shield, rt_task_fn fn, void *arg)
LACKS_VOID(rt_task_name, struct rt_task *task, const char *name)
LACKS_VOID(rt_dump, void)

void __attribute__((weak)) rt_dump_soon(void)
{
    /* May be called in a signal handler, and tells nobody anything. */
}

size_t __attribute__((weak)) rt_stack_used(struct rt_task *task)
{
    return 0; /* what rt.h says for "not known" */
}

LACKS(rt_cond_new, struct rt_cond **out)
LACKS_VOID(rt_cond_free, struct rt_cond *cond)
LACKS(rt_cond_wait, struct rt_cond *cond, struct rt_mutex *mutex,
      int64_t deadline)
LACKS_VOID(rt_cond_signal, struct rt_cond *cond)
LACKS_VOID(rt_cond_broadcast, struct rt_cond *cond)

LACKS(rt_offload, rt_task_fn fn, void *arg, int *status)

/* With these an adapter has all of rt_http_*. */
LACKS(rt_http_new, struct rt_http **out)
LACKS_VOID(rt_http_free, struct rt_http *http)
LACKS_VOID(http_order, struct rt_http *http, http_step_fn step)
LACKS_VOID(http_settle, struct rt_http *http)
LACKS(http_wait, struct rt_http *http, int64_t deadline)
LACKS_VOID(http_changed, struct rt_http *http)
