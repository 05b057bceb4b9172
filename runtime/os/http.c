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
    CURLM *multi;
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
    http->multi = curl_multi_init();
    if (!http->multi)
        goto free_easy;
    /* Made without descriptors it is deaf to a cancellation. */
    error = -EMFILE;
    if (curl_multi_wakeup(http->multi) != CURLM_OK)
        goto free_multi;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 1L);
    atomic_flag_clear(&http->base.busy);
    *out = &http->base;
    return 0;

free_multi:
    curl_multi_cleanup(http->multi);
free_easy:
    http_easy_fini(&http->base);
free_http:
    free(http);
    return error;
}

static void take_back(struct os_http *http)
{
    curl_multi_remove_handle(http->multi, http->base.curl);
}

void rt_http_free(struct rt_http *base)
{
    struct os_http *http = (struct os_http *)base;

    if (!http)
        return;
    bool busy = atomic_flag_test_and_set(&base->busy);
    assert(!busy);
    (void)busy;
    take_back(http); /* a stream may be open */
    http_easy_fini(base);
    curl_multi_cleanup(http->multi);
    free(http);
}

/* ---- driving ---- */

int http_start(struct rt_http *base)
{
    struct os_http *http = (struct os_http *)base;
    int error = http_begin(base);

    if (error)
        return error;
    CURLMcode code = curl_multi_add_handle(http->multi, base->curl);
    return code == CURLM_OK ? 0 : -ENOMEM;
}

void http_changed(struct rt_http *base)
{
    ((struct os_http *)base)->changed = true;
}

static void end(struct os_http *http, CURLcode code)
{
    http_easy_end(&http->base, code);
    take_back(http);
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

/* Does what can be done now. */
static int perform(struct os_http *http)
{
    int running = 1, queued;

    if (curl_multi_perform(http->multi, &running) != CURLM_OK)
        return -ENOMEM;
    if (running)
        return 0;
    CURLMsg *message = curl_multi_info_read(http->multi, &queued);
    end(http, message->data.result);
    return 0;
}

int http_wait(struct rt_http *base, int64_t deadline)
{
    struct os_http *http = (struct os_http *)base;

    http->changed = false;
    for (;;) {
        bool late = deadline != RT_FOREVER && rt_now() >= deadline;
        int error = perform(http);
        if (error || http->changed)
            return error;
        if (late)
            return -ETIMEDOUT;
        error = wait_for(http->multi, deadline);
        if (error)
            return error;
    }
}

void http_resume(struct rt_http *base)
{
    struct os_http *http = (struct os_http *)base;
    CURLcode code = http_easy_unpause(base);

    if (code)
        end(http, code);
}

void http_stop(struct rt_http *base)
{
    take_back((struct os_http *)base); /* closes its connection */
}
