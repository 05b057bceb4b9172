/* SPDX-License-Identifier: MIT */
/*
 * HTTP where a task may block its thread: each client has a multi handle of
 * its own, whose cache holds its one connection.  A multi handle where an
 * easy one would do, because curl_multi_poll() keeps a deadline and can be
 * woken by curl_multi_wakeup().
 */
#include "http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "os/os.h"

struct os_http {
    struct rt_http base; /* first */
    bool changed;
};

int rt_http_new(struct rt_http **out)
{
    struct os_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    int error = http_easy_init(&http->base);
    if (error)
        goto free_http;
    error = -ENOMEM;
    CURLM *multi = curl_multi_init();
    if (!multi)
        goto free_easy;
    /* Made without descriptors it is deaf to a cancellation. */
    error = -EMFILE;
    if (curl_multi_wakeup(multi) != CURLM_OK)
        goto free_multi;
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 1L);
    http->base.multi = multi;
    atomic_flag_clear(&http->base.busy);
    *out = &http->base;
    return 0;

free_multi:
    curl_multi_cleanup(multi);
free_easy:
    http_easy_fini(&http->base);
free_http:
    free(http);
    return error;
}

void rt_http_free(struct rt_http *base)
{
    if (!base)
        return;
    bool busy = atomic_flag_test_and_set(&base->busy);
    assert(!busy);
    (void)busy;
    http_break_off(base); /* a stream may be open */
    http_easy_fini(base);
    curl_multi_cleanup(base->multi);
    free(base); /* the client begins with it */
}

/* ---- driving ---- */

/* The task's own stack is large enough. */
void http_order(struct rt_http *http, http_step_fn step)
{
    step(http);
}

void http_settle(struct rt_http *http)
{
    (void)http;
}

void http_changed(struct rt_http *base)
{
    ((struct os_http *)base)->changed = true;
}

/* How long to wait at most: whole milliseconds, not less than is left. */
static int left_ms(int64_t deadline)
{
    int64_t left = deadline - rt_now();

    if (left <= 0)
        return 0;
    left = left / 1000000 + 1;
    return left < 1 << 30 ? (int)left : 1 << 30;
}

struct http_call {
    struct os_call base; /* first */
    CURLM *multi;
};

static void wake_up(struct os_call *base)
{
    curl_multi_wakeup(((struct http_call *)base)->multi);
}

/* Waits for something to do: 0, -ENOMEM or -ECANCELED. */
static int wait_for(CURLM *multi, int64_t deadline)
{
    struct http_call call = { .base.interrupt = wake_up, .multi = multi };
    CURLMcode code = CURLM_OK;

    os_wait_begin("http");
    bool begun = os_call_begin(&call.base);
    if (begun) {
        code = curl_multi_poll(multi, NULL, 0, left_ms(deadline), NULL);
        os_call_end(&call.base);
    }
    os_wait_end();
    if (!begun)
        return os_cancel_deliver();
    return code == CURLM_OK ? 0 : -ENOMEM;
}

int http_wait(struct rt_http *base, int64_t deadline)
{
    struct os_http *http = (struct os_http *)base;
    int running;

    http->changed = false;
    for (;;) {
        bool late = deadline != RT_FOREVER && rt_now() >= deadline;
        if (curl_multi_perform(base->multi, &running) != CURLM_OK)
            return -ENOMEM;
        http_collect(base->multi);
        if (http->changed)
            return 0;
        if (late)
            return -ETIMEDOUT;
        int error = wait_for(base->multi, deadline);
        if (error)
            return error;
    }
}
