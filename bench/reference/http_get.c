/* SPDX-License-Identifier: MIT */
/*
 * http_get by hand, but for the loop (http_get.h).  Clients are libcurl handles
 * with the options of those of the runtimes, and like theirs each has a
 * connection cache of its own.
 *
 * What the loop watches of a connection stays as it is between requests, so
 * that these cost no epoll_ctl.
 */

#include "http_get.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WAVE = 512 /* connections opened at a time */
};

static struct {
    struct work *work;
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

static void stop(int status)
{
    if (hub.status == 0)
        hub.status = status;
    hub.active = 0;
}

/* ---- what libcurl asks of us ---- */

static int watch(CURL *curl, curl_socket_t fd, int what, void *arg, void *slot)
{
    struct client *client = NULL;
    (void)arg;
    (void)slot;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&client);
    if (client == NULL || client->fd != fd)
        return 0;
    client->wanted = what == CURL_POLL_REMOVE ? 0 : what;
    if (client->wanted == 0 || client->wanted == client->armed)
        return 0;
    client->armed = client->wanted;
    loop_watch(client, client->armed);
    return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct client *client = arg;
    curl_socket_t fd = http_easy_socket(&client->http, purpose, address);
    if (fd == CURL_SOCKET_BAD)
        return fd;
    if (client->fd >= 0 || loop_add(client, fd) != 0) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    client->fd = fd;
    return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    struct client *client = arg;
    if (client->fd == fd)
        loop_remove(client);
    return close(fd);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    (void)arg;
    loop_timer(timeout_ms);
    return 0;
}

static void act(curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(hub.multi, fd, events, &running);
}

void http_ready(struct client *client, int events)
{
    if (client->wanted != 0) {
        act(client->fd, events);
        return;
    }
    client->armed = 0; /* closed by the server, perhaps */
    loop_watch(client, 0);
}

/* ---- requests ---- */

static void request(struct client *client)
{
    client->start = rt_now();
    client->http.request = &hub.request;
    http_easy_reset(&client->http);
    int status = http_begin(&client->http);
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
        } else if (hub.active > 0) {
            hub.active--;
        }
    }
    return more;
}

void http_turn(void)
{
    /* libcurl sends new requests when their timer fires: now. */
    while (take_answers())
        act(CURL_SOCKET_TIMEOUT, 0);
}

void http_timeout(void)
{
    act(CURL_SOCKET_TIMEOUT, 0);
}

bool http_over(void)
{
    return hub.active == 0;
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
    http_timeout();
    http_turn();
    if (!http_over())
        loop_run();
}

/* ---- set-up ---- */

static int client_init(struct client *client, uint64_t requests)
{
    *client = (struct client){ .index = client - hub.clients,
                               .fd = -1,
                               .requests = requests };
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
    loop_close();
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

int http_get(struct work *work)
{
    hub.work = work;
    hub.n = (uint64_t)work_int(work, "conns");
    hub.status = reference_closed(work);
    if (hub.status == 0)
        hub.status = loop_open(hub.n);
    if (hub.status != 0)
        return hub.status;
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
