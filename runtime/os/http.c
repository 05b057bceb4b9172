/* SPDX-License-Identifier: MIT */
/*
 * HTTP where a task may block its thread: each client has a multi handle of
 * its own, whose cache holds its one connection.  A multi handle where an
 * easy one would do, because curl_multi_poll() keeps a deadline and can be
 * woken by curl_multi_wakeup().
 */
#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "http_easy.h"
#include "os/os.h"

struct rt_http {
    struct http_easy easy;
    CURLM *multi;
    atomic_flag busy; /* a request is under way */
};

int rt_http_new(struct rt_http **out)
{
    struct rt_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    int error = http_easy_init(&http->easy);
    if (error)
        goto free_http;
    error = -ENOMEM;
    http->multi = curl_multi_init();
    if (!http->multi)
        goto free_easy;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 1L);
    atomic_flag_clear(&http->busy);
    *out = http;
    return 0;

free_easy:
    http_easy_fini(&http->easy);
free_http:
    free(http);
    return error;
}

void rt_http_free(struct rt_http *http)
{
    if (!http)
        return;
    bool busy = atomic_flag_test_and_set(&http->busy);
    assert(!busy);
    (void)busy;
    http_easy_fini(&http->easy);
    curl_multi_cleanup(http->multi);
    free(http);
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

    if (!os_call_begin(&call.base))
        return os_cancel_deliver();
    CURLMcode code = curl_multi_poll(multi, NULL, 0, left_ms(deadline), NULL);
    os_call_end(&call.base);
    return code == CURLM_OK ? 0 : -ENOMEM;
}

/* Plays the transfer to its end: 0 and its code, or why it was given up. */
static int perform(CURLM *multi, int64_t deadline, CURLcode *code)
{
    int running = 1, queued;

    for (;;) {
        bool late = deadline != RT_FOREVER && rt_now() >= deadline;
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return -ENOMEM;
        if (!running)
            break;
        if (late)
            return -ETIMEDOUT;
        int error = wait_for(multi, deadline);
        if (error)
            return error;
    }
    CURLMsg *message = curl_multi_info_read(multi, &queued);
    *code = message->data.result;
    return 0;
}

static int get(struct rt_http *http, const char *url,
               struct rt_http_reply *reply, int64_t deadline)
{
    CURL *curl = http->easy.curl;
    CURLcode code = CURLE_OK;
    int error = http_easy_begin(&http->easy, url);

    if (error)
        return error;
    if (curl_multi_add_handle(http->multi, curl) != CURLM_OK)
        return -ENOMEM;
    error = perform(http->multi, deadline, &code);
    if (!error)
        error = http_easy_end(&http->easy, code, reply);
    /* If the transfer has not ended, this closes its connection. */
    curl_multi_remove_handle(http->multi, curl);
    return error;
}

int rt_http_get(struct rt_http *http, const char *url,
                struct rt_http_reply *reply, int64_t deadline)
{
    int error = http_easy_check(url);

    if (error)
        return error;
    if (os_cancel_check())
        return -ECANCELED;
    if (atomic_flag_test_and_set(&http->busy))
        return -EBUSY;
    if (deadline != RT_FOREVER && rt_now() >= deadline)
        error = -ETIMEDOUT;
    else
        error = get(http, url, reply, deadline);
    atomic_flag_clear(&http->busy);
    return error;
}
