/* SPDX-License-Identifier: MIT */
/*
 * http.c: requests as rt.h has them, over a transfer that the runtime drives.
 * Invariant: a transfer is under way only while a call has `busy`, or while
 * the client is `streaming`.
 */
#include "http.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "check.h"

/* ---- what calls begin and end with ---- */

static int enter(struct rt_http *http)
{
    return atomic_flag_test_and_set(&http->busy) ? -EBUSY : 0;
}

static void leave(struct rt_http *http)
{
    http->request = NULL;
    atomic_flag_clear(&http->busy);
}

/* What a new exchange begins with; it has no effect when it fails. */
static int begin(struct rt_http *http, const struct rt_http_request *request,
                 int64_t deadline)
{
    int error = rt_check_cancelled();
    if (error == 0)
        error = http_check(request);
    if (error == 0)
        error = enter(http);
    if (error)
        return error;
    if (http->streaming)
        error = -EBUSY;
    else if (deadline != RT_FOREVER && rt_now() >= deadline)
        error = -ETIMEDOUT;
    if (error)
        leave(http);
    return error;
}

/* ---- waiting ---- */

/* Asks the source for the next piece, in the task. */
static int feed(struct rt_http *http, int64_t deadline)
{
    struct http_source *source = &http->source;
    size_t room = HTTP_PIECE;
    if (room > source->left)
        room = (size_t)source->left;
    ssize_t n = source->fn(source->arg, source->piece, room, deadline);
    if (n < 0)
        return (int)n;
    if (n == 0 && source->sized)
        return -ENODATA;
    assert((size_t)n <= room);
    source->bytes = (size_t)n;
    source->sent = 0;
    source->left = n > 0 ? source->left - (size_t)n : 0;
    http->hungry = false;
    http_order(http, http_resume);
    return 0;
}

/* Waits until it is ready, and sees to the source meanwhile. */
static int await(struct rt_http *http, bool (*ready)(const struct rt_http *),
                 int64_t deadline)
{
    int error = 0;
    while (!error && !ready(http))
        error = http->hungry ? feed(http, deadline) : http_wait(http, deadline);
    return error == -ETIMEDOUT && ready(http) ? 0 : error;
}

static bool is_answered(const struct rt_http *http)
{
    return http->done || (http->streaming && http->replied);
}

static bool is_readable(const struct rt_http *http)
{
    return http->done || http->bytes > http->taken;
}

static void stop(struct rt_http *http)
{
    http_order(http, http_break_off);
    http_settle(http);
}

/* ---- exchanges ---- */

/* Until there is an answer: the error with which there is none. */
static int play(struct rt_http *http, int64_t deadline)
{
    http_easy_reset(http);
    http_order(http, http_start);
    int error = await(http, is_answered, deadline);
    if (error) {
        stop(http);
        return error;
    }
    /* A stream that has broken off since then can be read up to there. */
    return http->streaming && http->replied ? 0 : http->result;
}

static int exchange(struct rt_http *http, const struct rt_http_request *request,
                    struct rt_http_reply *reply, bool streaming,
                    int64_t deadline)
{
    int error = begin(http, request, deadline);
    if (error)
        return error;
    http->request = request;
    http->streaming = streaming;
    error = play(http, deadline);
    if (error == 0)
        http_reply(http, reply);
    else
        http->streaming = false;
    leave(http);
    return error;
}

int rt_http_request(struct rt_http *http, const struct rt_http_request *request,
                    struct rt_http_reply *reply, int64_t deadline)
{
    return exchange(http, request, reply, false, deadline);
}

int rt_http_get(struct rt_http *http, const char *url,
                struct rt_http_reply *reply, int64_t deadline)
{
    const struct rt_http_request request = { .url = url };
    return rt_http_request(http, &request, reply, deadline);
}

const char *rt_http_header(struct rt_http *http, const char *name, size_t index)
{
    return http->curl ? http_field(http, name, index) : NULL;
}

/* ---- streams ---- */

int rt_http_open(struct rt_http *http, const struct rt_http_request *request,
                 struct rt_http_reply *reply, int64_t deadline)
{
    return exchange(http, request, reply, true, deadline);
}

/* Takes from what has come; libcurl may go on when nothing is left. */
static size_t take(struct rt_http *http, void *buffer, size_t bytes)
{
    size_t n = http->bytes - http->taken;
    if (n > bytes)
        n = bytes;
    memcpy(buffer, http->body + http->taken, n);
    http->taken += n;
    if (http->taken < http->bytes)
        return n;
    http->bytes = http->taken = 0;
    if (http->full) {
        http->full = false;
        http_order(http, http_resume);
    }
    return n;
}

static ssize_t read_on(struct rt_http *http, void *buffer, size_t bytes,
                       int64_t deadline)
{
    if (!http->streaming)
        return -EINVAL;
    int error = await(http, is_readable, deadline);
    if (error)
        return error;
    if (http->bytes > http->taken)
        return (ssize_t)take(http, buffer, bytes);
    return http->result;
}

ssize_t rt_http_read(struct rt_http *http, void *buffer, size_t bytes,
                     int64_t deadline)
{
    int error = rt_check_cancelled();
    if (error == 0)
        error = enter(http);
    if (error)
        return error;
    ssize_t n = read_on(http, buffer, bytes, deadline);
    leave(http);
    return n;
}

void rt_http_close(struct rt_http *http)
{
    int error = enter(http);
    assert(!error);
    (void)error;
    if (http->streaming && !http->done)
        stop(http);
    http->streaming = false;
    leave(http);
}
