/* SPDX-License-Identifier: MIT */

/* The calls, those without descriptors here.  An error of one is passed on;
 * what must hold whenever a call says that it has succeeded is CHECK()ed. */

#include "fault_calls.h"

#include <errno.h>

#include "fault_streams.h"

enum {
    CROWD = 70 /* more than rt_gather_or_cancel() keeps on its stack */
};

bool fault_call_possible(const struct fault_call *call)
{
    struct rt_info info;

    rt_info(&info);
    return (call->tasks == 0 || info.concurrency == 0 ||
            info.concurrency > call->tasks || runtime_honours("workers")) &&
           (!call->http || runtime_has_http());
}

/* ---- objects ---- */

static int call_mutex(void)
{
    struct rt_mutex *mutex;
    int rc = rt_mutex_new(&mutex);

    if (rc)
        return rc;
    rc = rt_mutex_lock(mutex, test_late());
    if (rc == 0)
        rt_mutex_unlock(mutex);
    rt_mutex_free(mutex);
    return rc;
}

static int call_event(void)
{
    struct rt_event *event;
    int rc = rt_event_new(&event);

    if (rc)
        return rc;
    rc = rt_event_wait(event, test_soon());
    if (rc == -ETIMEDOUT) {
        rt_event_set(event);
        rc = rt_event_wait(event, 0);
    }
    rt_event_free(event);
    return rc;
}

static int call_sem(void)
{
    struct rt_sem *sem;
    int rc = rt_sem_new(&sem, 1);

    if (rc)
        return rc;
    rc = rt_sem_acquire(sem, test_late());
    rt_sem_free(sem);
    return rc;
}

static int call_cond(void)
{
    struct rt_mutex *mutex;
    struct rt_cond *cond = NULL;
    int rc = rt_mutex_new(&mutex);

    if (rc)
        return rc;
    rc = rt_cond_new(&cond);
    if (rc == 0 && (rc = rt_mutex_lock(mutex, test_late())) == 0) {
        rc = rt_cond_wait(cond, mutex, test_soon());
        rc = rc == -ETIMEDOUT ? 0 : rc;
        rt_mutex_unlock(mutex);
    }
    rt_cond_free(cond);
    rt_mutex_free(mutex);
    return rc;
}

static int call_chan(void)
{
    struct rt_chan *chan;
    int item = 7, rc = rt_chan_new(&chan, sizeof item, 3);

    if (rc)
        return rc;
    rc = rt_chan_send(chan, &item, test_late());
    if (rc == 0)
        rc = rt_chan_recv(chan, &item, test_late());
    if (rc == 0)
        CHECK_INT(item, 7);
    rt_chan_free(chan);
    return rc;
}

static int give_two(struct rt_gen *gen, void *arg)
{
    (void)arg;
    for (int item = 1; item <= 2; item++) {
        int rc = rt_gen_yield(gen, &item);
        if (rc)
            return rc;
    }
    return 0;
}

static int call_gen(void)
{
    struct rt_gen *gen;
    int item = 0, rc = rt_gen_new(&gen, sizeof item, give_two, NULL);

    if (rc)
        return rc;
    for (int i = 1; i <= 2 && rc == 0; i++) {
        rc = rt_gen_next(gen, &item, test_late());
        if (rc == 0)
            CHECK_INT(item, i);
    }
    rt_gen_free(gen);
    return rc;
}

/* ---- tasks ---- */

static int three(void *arg)
{
    (void)arg;
    return 3;
}

static int doze(void *arg)
{
    (void)arg;
    return rt_sleep(test_soon());
}

static int call_join(void)
{
    struct rt_task *task;
    int status = 0, rc = rt_spawn(&task, three, NULL);

    if (rc)
        return rc;
    rc = rt_join(task, &status, test_late());
    CHECK_INT(rc, 0);
    CHECK_INT(status, 3);
    return rc;
}

static int call_sleep(void)
{
    return rt_sleep(test_soon());
}

/* Makes as many tasks as it can. */
static int spawn_all(struct rt_task **tasks, size_t *n, size_t all)
{
    int rc = 0;

    while (*n < all && rc == 0) {
        rc = rt_spawn(&tasks[*n], doze, NULL);
        *n += rc == 0;
    }
    return rc;
}

static int call_gather_or_cancel(void)
{
    struct rt_task *tasks[CROWD];
    size_t n = 0;
    int rc = spawn_all(tasks, &n, CROWD);
    int joined = rt_gather_or_cancel(tasks, n, NULL, RT_FOREVER);

    return rc ? rc : joined;
}

static int call_wait(void)
{
    struct rt_task *tasks[3];
    bool done[3];
    size_t n = 0;
    int rc = spawn_all(tasks, &n, 3);

    if (rc == 0) {
        rc = rt_wait(tasks, n, RT_WAIT_ALL, done, test_late());
        if (rc > 0)
            CHECK(done[0] && done[1] && done[2]);
    }
    CHECK_INT(rt_gather(tasks, n, NULL, RT_FOREVER), 0);
    return rc < 0 ? rc : 0;
}

static int call_timeout(void)
{
    int status = -1, rc = rt_timeout(doze, NULL, test_late(), &status);

    if (rc == 0)
        CHECK_INT(status, 0);
    return rc;
}

static int call_offload(void)
{
    int status = 0, rc = rt_offload(three, NULL, &status);

    if (rc == 0)
        CHECK_INT(status, 3);
    return rc;
}

/* ---- all of them ---- */

/* Without memory libcurl takes a host for unknown and a head for too large.
 * getaddrinfo(3) does not say that descriptors are missing. */
#define CURL_SAYS                \
    {                            \
        -ENOENT, -EMSGSIZE, -EIO \
    }

const struct fault_call fault_calls[] = {
    { "mutex", call_mutex, 0, false },
    { "event", call_event, 0, false },
    { "semaphore", call_sem, 0, false },
    { "condition", call_cond, 0, false },
    { "channel", call_chan, 0, false },
    { "generator", call_gen, 1, false },
    { "join", call_join, 1, false },
    { "sleep", call_sleep, 0, false },
    { "gather or cancel", call_gather_or_cancel, CROWD, false },
    { "wait", call_wait, 3, false },
    { "timeout", call_timeout, 1, false },
    { "offload", call_offload, 0, false },
    { "file", fault_file, 0, false },
    { "pipe", fault_pipe, 0, false },
    { "pair", fault_pair, 0, false },
    { "TCP", fault_tcp, 0, false },
    { "name", fault_name, 0, false, { -EIO } },
    { "Unix socket", fault_unix, 0, false },
    { "HTTP", fault_http, 0, true, CURL_SAYS },
    { "HTTP with a source", fault_http_post, 0, true, CURL_SAYS },
    { "HTTP stream", fault_http_stream, 0, true, CURL_SAYS },
    { "WebSocket", fault_ws, 0, false },
};

const size_t fault_calls_count = sizeof fault_calls / sizeof *fault_calls;
