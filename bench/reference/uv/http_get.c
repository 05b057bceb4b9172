/* SPDX-License-Identifier: MIT */
/*
 * http_get by hand: libcurl's multi_socket interface on a libuv loop.  Clients
 * are libcurl handles with the options of those of the runtimes, and like
 * theirs each has a connection cache of its own.
 *
 * The poll handle of a connection stays armed for reading between requests, so
 * that these cost no epoll_ctl.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "../reference.h"
#include "http.h"

enum {
    WAVE = 512 /* connections opened at a time */
};

struct client {
    struct rt_http http;
    CURLSH *cache;
    uv_poll_t poll;
    curl_socket_t fd; /* -1: no connection */
    int wanted;       /* by libcurl, now: UV_READABLE, UV_WRITABLE */
    int armed;
    uint64_t requests; /* its share */
    uint64_t ops, digest;
    int64_t start;
};

static struct {
    struct work *work;
    uv_loop_t loop;
    uv_timer_t timer;
    CURLM *multi;
    struct client *clients;
    uint64_t n, active;
    char url[128];
    struct rt_http_request request; /* for it */
    size_t bytes;                   /* of each answer */
    char *expected;                 /* the longest of them */
    bool timed;
    int status;
} hub;

static void drive(curl_socket_t fd, int events);

static void stop(int status)
{
    if (hub.status == 0)
        hub.status = status;
    uv_stop(&hub.loop);
}

/* ---- what libcurl asks of us ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct client *client = poll->data;
    if (client->wanted == 0) { /* closed by the server, perhaps */
        uv_poll_stop(poll);
        client->armed = 0;
        return;
    }
    drive(client->fd, (status < 0 ? CURL_CSELECT_ERR : 0) |
                          (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                          (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static int watch(CURL *curl, curl_socket_t fd, int what, void *arg, void *slot)
{
    struct client *client = NULL;
    (void)arg;
    (void)slot;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&client);
    if (client == NULL || client->fd != fd)
        return 0;
    client->wanted = 0;
    if (what == CURL_POLL_REMOVE)
        return 0;
    client->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) |
                     (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (client->wanted != client->armed)
        uv_poll_start(&client->poll, client->wanted, on_poll);
    client->armed = client->wanted;
    return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct client *client = arg;
    curl_socket_t fd = http_easy_socket(&client->http, purpose, address);
    if (fd == CURL_SOCKET_BAD)
        return fd;
    if (client->fd >= 0 || uv_poll_init(&hub.loop, &client->poll, fd) != 0) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    client->poll.data = client;
    client->fd = fd;
    return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    struct client *client = arg;
    /* The handle goes first: it takes the descriptor out of epoll. */
    if (client->fd == fd)
        uv_close((uv_handle_t *)&client->poll, NULL);
    return close(fd);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    drive(CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    (void)arg;
    if (timeout_ms < 0)
        return uv_timer_stop(&hub.timer);
    return uv_timer_start(&hub.timer, on_timer, (uint64_t)timeout_ms, 0);
}

/* ---- requests ---- */

static void request(struct client *client)
{
    client->start = rt_now();
    client->http.request = &hub.request;
    int status = http_easy_reset(&client->http);
    if (status == 0)
        status = http_begin(&client->http);
    if (status == 0 &&
        curl_multi_add_handle(hub.multi, client->http.curl) != CURLM_OK)
        status = -ENOMEM;
    if (status != 0)
        stop(status);
}

/* Tells no more than libcurl does. */
void http_changed(struct rt_http *http)
{
    (void)http;
}

/* What came of a request. */
static int answer(struct client *client, CURLcode code)
{
    struct rt_http_reply reply;
    http_easy_end(&client->http, code);
    if (client->http.result != 0)
        return client->http.result;
    http_reply(&client->http, &reply);
    if (reply.status != 200 || reply.body_bytes != hub.bytes ||
        memcmp(reply.body, hub.expected, hub.bytes) != 0)
        return work_fail(hub.work, -EBADMSG,
                         "HTTP status %d, %zu bytes, for %s", reply.status,
                         reply.body_bytes, hub.url);
    if (!hub.timed)
        return 0;
    work_latency(hub.work, WORK_LATENCY, rt_now() - client->start);
    client->ops++;
    client->digest += work_hash(hub.bytes * 256 + (unsigned char)reply.body[0]);
    return 0;
}

/* Returns whether new requests wait to be sent. */
static bool take_answers(void)
{
    CURLMsg *message;
    int queued;
    bool more = false;
    while ((message = curl_multi_info_read(hub.multi, &queued))) {
        struct client *client = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&client);
        int status = answer(client, code);
        curl_multi_remove_handle(hub.multi, client->http.curl);
        if (status != 0) {
            stop(status);
        } else if (hub.timed && client->ops < client->requests) {
            request(client);
            more = true;
        } else if (--hub.active == 0) {
            stop(0);
        }
    }
    return more;
}

static void drive(curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(hub.multi, fd, events, &running);
    /* libcurl sends new requests when their timer fires: now. */
    while (take_answers())
        curl_multi_socket_action(hub.multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* Lets n clients make their requests. */
static void play(struct client *clients, uint64_t n)
{
    hub.active = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (hub.timed && clients[i].requests == 0)
            continue;
        hub.active++;
        request(&clients[i]);
    }
    if (hub.status == 0)
        drive(CURL_SOCKET_TIMEOUT, 0);
    if (hub.status == 0 && hub.active > 0)
        uv_run(&hub.loop, UV_RUN_DEFAULT);
}

/* ---- set-up ---- */

static int client_init(struct client *client, uint64_t requests)
{
    *client = (struct client){ .fd = -1, .requests = requests };
    int status = http_easy_init(&client->http);
    if (status != 0)
        return status;
    client->cache = curl_share_init();
    if (client->cache == NULL)
        return -ENOMEM;
    curl_share_setopt(client->cache, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    CURL *curl = client->http.curl;
    curl_easy_setopt(curl, CURLOPT_SHARE, client->cache);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, client);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, client);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, client);
    return 0;
}

/* What is all zero or NULL is left alone by libcurl and free(). */
static void fini(void)
{
    for (uint64_t i = 0; hub.clients != NULL && i < hub.n; i++) {
        struct client *client = &hub.clients[i];
        if (hub.status != 0) /* in mid-request, perhaps */
            curl_multi_remove_handle(hub.multi, client->http.curl);
        http_easy_fini(&client->http);
        curl_share_cleanup(client->cache);
    }
    curl_multi_cleanup(hub.multi);
    uv_close((uv_handle_t *)&hub.timer, NULL);
    uv_run(&hub.loop, UV_RUN_DEFAULT);
    uv_loop_close(&hub.loop);
    free(hub.clients);
    free(hub.expected);
}

static void ask_for(size_t bytes, int64_t delay_ms)
{
    hub.request.url = hub.url;
    hub.bytes = bytes;
    int n =
        snprintf(hub.url, sizeof(hub.url), "http://" WORK_HOST ":%u/bytes/%zu",
                 work_http_port(hub.work), bytes);
    if (delay_ms > 0)
        snprintf(hub.url + n, sizeof(hub.url) - (size_t)n, "?delay_ms=%lld",
                 (long long)delay_ms);
}

/* Each connection is opened by a first request that is not counted. */
static void open_all(void)
{
    ask_for(1, 0);
    for (uint64_t i = 0; i < hub.n && hub.status == 0; i += WAVE)
        play(&hub.clients[i], hub.n - i < WAVE ? hub.n - i : WAVE);
}

static void run(void)
{
    struct receipt receipt = { .units = hub.n,
                               .peak = hub.n,
                               .connections = hub.n };
    open_all();
    ask_for((size_t)work_int(hub.work, "bytes"),
            work_int(hub.work, "delay_ms"));
    hub.timed = true;
    work_begin(hub.work);
    if (hub.status == 0)
        play(hub.clients, hub.n);
    work_end(hub.work);
    for (uint64_t i = 0; i < hub.n; i++) {
        receipt.ops += hub.clients[i].ops;
        receipt.bytes += hub.clients[i].ops * hub.bytes;
        receipt.digest += hub.clients[i].digest;
    }
    if (hub.status == 0)
        work_receipt(hub.work, &receipt);
}

static int make_all(void)
{
    uint64_t requests = (uint64_t)work_int(hub.work, "requests");
    size_t bytes = (size_t)work_int(hub.work, "bytes");
    for (size_t i = 0; i < bytes; i++)
        hub.expected[i] = (char)('a' + i % 26);
    int status = 0;
    for (uint64_t i = 0; i < hub.n && status == 0; i++)
        status = client_init(&hub.clients[i], work_share(requests, hub.n, i));
    curl_multi_setopt(hub.multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(hub.multi, CURLMOPT_TIMERFUNCTION, set_timer);
    return status;
}

static int body(struct work *work)
{
    hub.work = work;
    hub.n = (uint64_t)work_int(work, "conns");
    hub.status = reference_closed(work);
    if (hub.status == 0)
        hub.status = uv_loop_init(&hub.loop);
    if (hub.status != 0)
        return hub.status;
    uv_timer_init(&hub.loop, &hub.timer);
    hub.clients = calloc(hub.n, sizeof(*hub.clients));
    hub.expected = malloc((size_t)work_int(work, "bytes"));
    hub.multi = curl_multi_init();
    if (hub.clients == NULL || hub.expected == NULL || hub.multi == NULL)
        hub.status = -ENOMEM;
    if (hub.status == 0)
        hub.status = make_all();
    if (hub.status == 0)
        run();
    fini();
    return hub.status;
}

const struct workload workload_http_get = {
    .name = "http_get",
    .question = "How many small HTTP requests get through?",
    .op = "request",
    .axis = "conns",
    .calibrated = "requests",
    .flags = WORK_ORIGIN | WORK_HTTP,
    .params = { { "conns", "16" },
                { "url", "" },
                { "delay_ms", "0", .bundled = true },
                { "bytes", "1024", 1, .bundled = true },
                { "schedule", "closed" },
                { "rate", "0" },
                { "requests", "1000" } },
    .clients = "conns",
    .body = body,
};
