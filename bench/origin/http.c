/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server: libmicrohttpd, whose epoll descriptor hangs in our loop.
 * A delayed request is suspended and resumed by a timer of its own.
 * Invariant: libmicrohttpd runs once per turn of the loop at most, in
 * http_turn(), however many requests have become due in that turn.
 */
#include "serve.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODY_MAX_BYTES = 64 << 20,
    BODY_PERIOD = 26,
    BODY_CHUNK = BODY_PERIOD * 2560,
    DELAY_MAX_MS = 3600 * 1000,
    MEMORY_PER_CONNECTION = 8192
};

struct request {
    uv_timer_t timer;
    struct MHD_Connection *connection;
    int64_t bytes; /* -1: the answer of /delay */
    bool due;
};

static struct {
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer; /* libmicrohttpd's own */
    uv_prepare_t prepare;
    bool resumed; /* http_turn() is wanted */
    struct MHD_Response *waited, *unknown, *malformed, *not_get;
    /* The last body asked for is likely to be asked for again. */
    struct MHD_Response *body;
    int64_t body_bytes;
    char chunk[BODY_CHUNK];
} http;

static void timer_fired(uv_timer_t *timer);

static void http_turn(void)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    http.resumed = false;
    MHD_run(http.daemon);
    if (MHD_get_timeout(http.daemon, &wait_ms) == MHD_YES)
        uv_timer_start(&http.timer, timer_fired, wait_ms, 0);
    else
        uv_timer_stop(&http.timer);
}

static void timer_fired(uv_timer_t *timer)
{
    (void)timer;
    http_turn();
}

static void prepare_turn(uv_prepare_t *prepare)
{
    (void)prepare;
    if (http.resumed)
        http_turn();
}

static void epoll_ready(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
    http_turn();
}

/* ---- bodies ---- */

static ssize_t read_body(void *cls, uint64_t at, char *buffer, size_t max)
{
    size_t from = at % BODY_PERIOD;
    size_t bytes = max < BODY_CHUNK - from ? max : BODY_CHUNK - from;

    (void)cls;
    memcpy(buffer, http.chunk + from, bytes);
    return (ssize_t)bytes;
}

static struct MHD_Response *make_body(int64_t bytes)
{
    if (bytes <= BODY_CHUNK)
        return MHD_create_response_from_buffer((size_t)bytes, http.chunk,
                                               MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_callback((uint64_t)bytes, BODY_CHUNK,
                                             read_body, NULL, NULL);
}

static enum MHD_Result answer_bytes(struct MHD_Connection *connection,
                                    int64_t bytes)
{
    if (bytes != http.body_bytes || !http.body) {
        if (http.body)
            MHD_destroy_response(http.body);
        http.body = make_body(bytes);
        http.body_bytes = bytes;
    }
    if (!http.body)
        return MHD_NO;
    return MHD_queue_response(connection, MHD_HTTP_OK, http.body);
}

static enum MHD_Result answer(struct MHD_Connection *connection, int64_t bytes)
{
    if (bytes < 0)
        return MHD_queue_response(connection, MHD_HTTP_OK, http.waited);
    return answer_bytes(connection, bytes);
}

/* ---- delays ---- */

static void request_due(uv_timer_t *timer)
{
    struct request *request = timer->data;

    request->due = true;
    http.resumed = true;
    MHD_resume_connection(request->connection);
}

static void request_freed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Answers after delay_ms, counted from now and never early: the loop's clock
 * is the same monotonic one, cut to milliseconds, and may lag. */
static enum MHD_Result answer_later(struct MHD_Connection *connection,
                                    int64_t bytes, int64_t delay_ms,
                                    void **slot)
{
    struct request *request = calloc(1, sizeof *request);

    if (!request)
        return MHD_NO;
    uint64_t due_ms = (uv_hrtime() + 999999) / 1000000 + (uint64_t)delay_ms;
    uint64_t now_ms = uv_now(http.poll.loop);
    request->connection = connection;
    request->bytes = bytes;
    request->timer.data = request;
    uv_timer_init(http.poll.loop, &request->timer);
    uv_timer_start(&request->timer, request_due,
                   due_ms > now_ms ? due_ms - now_ms : 0, 0);
    *slot = request;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* ---- requests ---- */

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A plain integer not above max, and nothing else. */
static bool parse_count(const char *text, int64_t max, int64_t *out)
{
    int64_t n = 0;

    if (!digit(*text))
        return false;
    for (; digit(*text); text++) {
        n = n * 10 + (*text - '0');
        if (n > max)
            return false;
    }
    *out = n;
    return *text == '\0';
}

/* Seconds as DIGITS[.DIGITS], in milliseconds rounded up. */
static bool parse_seconds(const char *text, int64_t *out_ms)
{
    int64_t seconds = 0, ns = 0, unit = 100000000;
    const char *point = strchr(text, '.');
    char whole[8] = "";

    if (!point)
        point = text + strlen(text);
    if ((size_t)(point - text) >= sizeof whole)
        return false;
    memcpy(whole, text, (size_t)(point - text));
    if (!parse_count(whole, DELAY_MAX_MS / 1000, &seconds))
        return false;
    if (*point == '.') {
        if (!digit(*++point))
            return false;
        for (; digit(*point); point++, unit /= 10)
            ns += (*point - '0') * unit;
    }
    *out_ms = seconds * 1000 + (ns + 999999) / 1000000;
    return *point == '\0' && *out_ms <= DELAY_MAX_MS;
}

/* What is asked for: its status, and on success *bytes and *delay_ms. */
static unsigned parse_request(struct MHD_Connection *connection,
                              const char *url, int64_t *bytes,
                              int64_t *delay_ms)
{
    static const char delay[] = "/delay/", body[] = "/bytes/";
    int arguments = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
                                              NULL, NULL);

    *bytes = -1;
    *delay_ms = 0;
    if (strncmp(url, delay, sizeof delay - 1) == 0) {
        if (!parse_seconds(url + sizeof delay - 1, delay_ms) || arguments)
            return MHD_HTTP_BAD_REQUEST;
        return MHD_HTTP_OK;
    }
    if (strncmp(url, body, sizeof body - 1) != 0)
        return MHD_HTTP_NOT_FOUND;
    if (!parse_count(url + sizeof body - 1, BODY_MAX_BYTES, bytes))
        return MHD_HTTP_BAD_REQUEST;
    if (!arguments)
        return MHD_HTTP_OK;
    const char *text =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND,
                                    "delay_ms");
    if (!text || arguments != 1 || !parse_count(text, DELAY_MAX_MS, delay_ms))
        return MHD_HTTP_BAD_REQUEST;
    return MHD_HTTP_OK;
}

static enum MHD_Result refuse(struct MHD_Connection *connection,
                              unsigned status)
{
    struct MHD_Response *response = status == MHD_HTTP_NOT_FOUND ? http.unknown
                                    : status == MHD_HTTP_BAD_REQUEST
                                        ? http.malformed
                                        : http.not_get;

    return MHD_queue_response(connection, status, response);
}

/* Called when the headers are there, for each part of a body, and at the end
 * of the request; and again when a delay has passed. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *upload,
                              size_t *upload_bytes, void **slot)
{
    static char started;
    struct request *request = *slot == &started ? NULL : *slot;
    int64_t bytes, delay_ms;

    (void)cls;
    (void)version;
    (void)upload;
    if (!*slot) {
        *slot = &started;
        return MHD_YES;
    }
    if (*upload_bytes) {
        *upload_bytes = 0; /* nobody wants it */
        return MHD_YES;
    }
    if (request)
        return request->due ? answer(connection, request->bytes) : MHD_YES;
    counters.requests++;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
    unsigned status = parse_request(connection, url, &bytes, &delay_ms);
    if (status != MHD_HTTP_OK)
        return refuse(connection, status);
    if (delay_ms == 0)
        return answer(connection, bytes);
    return answer_later(connection, bytes, delay_ms, slot);
}

static void completed(void *cls, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    struct request *request = *slot;
    if (request && request->connection == connection)
        uv_close((uv_handle_t *)&request->timer, request_freed);
}

static void connected(void *cls, struct MHD_Connection *connection,
                      void **context, enum MHD_ConnectionNotificationCode code)
{
    (void)cls;
    (void)connection;
    (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        counters.connections++;
}

/* ---- start ---- */

static struct MHD_Response *make_text(char *text)
{
    return MHD_create_response_from_buffer(strlen(text), text,
                                           MHD_RESPMEM_PERSISTENT);
}

static int make_responses(void)
{
    static char waited[] = "waited\n", unknown[] = "no such page\n",
                malformed[] = "bad request\n", not_get[] = "only GET\n";

    for (size_t i = 0; i < sizeof http.chunk; i++)
        http.chunk[i] = (char)('a' + i % BODY_PERIOD);
    http.waited = make_text(waited);
    http.unknown = make_text(unknown);
    http.malformed = make_text(malformed);
    http.not_get = make_text(not_get);
    return http.waited && http.unknown && http.malformed && http.not_get
               ? 0
               : -ENOMEM;
}

static int watch(uv_loop_t *loop)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http.daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (!info)
        return -ENOTSUP;
    int error = uv_poll_init(loop, &http.poll, info->epoll_fd);
    if (error)
        return error;
    uv_timer_init(loop, &http.timer);
    uv_prepare_init(loop, &http.prepare);
    uv_prepare_start(&http.prepare, prepare_turn);
    return uv_poll_start(&http.poll, UV_READABLE, epoll_ready);
}

int http_start(uv_loop_t *loop, unsigned max_connections, unsigned *port)
{
    int error = make_responses();
    if (error)
        return error;
    int fd = listen_local(port);
    if (fd < 0)
        return fd;
    http.daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_SUPPRESS_DATE_NO_CLOCK,
        0, NULL, NULL, handle, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_NOTIFY_COMPLETED, completed,
        NULL, MHD_OPTION_NOTIFY_CONNECTION, connected, NULL, MHD_OPTION_END);
    if (!http.daemon)
        return -ENOMEM; /* it does not say why */
    return watch(loop);
}
