/* SPDX-License-Identifier: MIT */
/*
 * HTTP for coroutines: one libcurl multi handle on the loop, made when the
 * first client needs it and gone with the run.
 *
 * libcurl runs in the loop only, never on a task's small stack: a task leaves
 * an order with its client and parks, and the orders are carried out before
 * the loop blocks.
 *
 * Each client has a connection cache of its own (a CURLSH that shares nothing
 * else), so that it finds its one connection without searching those of
 * others.
 *
 * Invariant: a client is in the list of orders if and only if its order is
 * not NOTHING, and in libcurl's hands if and only if it is `running`.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core.h"
#include "http_easy.h"
#include "sched.h"
#include "wire.h"

enum order {
    NOTHING,
    START, /* add the request to libcurl */
    STOP,  /* take it back */
    FREE   /* the client is not needed any more */
};

struct rt_http {
    struct http_easy easy; /* made by the first order */
    CURLSH *cache;
    struct wire *wires;
    struct rt_task *waiter; /* NULL: no request is under way */
    const char *url;        /* the waiter's */
    struct rt_http_reply reply;
    int result;
    enum order order;
    bool running, done;
    struct rt_http *next_order, **order_link;
    struct rt_http *next, **link; /* all clients that hold libcurl objects */
};

static struct {
    CURLM *multi;
    uv_timer_t timer;
    uv_prepare_t prepare;
    struct rt_http *orders, **last_order;
    struct rt_http *clients;
    struct wire *inner; /* those not ours */
    struct co_hook at_end;
} hub;

static void drive(curl_socket_t fd, int events);

/* ---- what libcurl asks of us ---- */

static void wire_event(struct wire *wire, int events)
{
    drive(wire->fd, (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                        (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct rt_http *http = arg;
    curl_socket_t fd = http_easy_socket(&http->easy, purpose, address);

    if (fd == CURL_SOCKET_BAD)
        return fd;
    struct wire *wire = wire_new(&http->wires, fd, wire_event);
    if (!wire) {
        http->easy.error = -ENOMEM;
        close(fd);
        return CURL_SOCKET_BAD;
    }
    wire->ours = true;
    return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    struct rt_http *http = arg;
    struct wire *wire = wire_find(http->wires, fd);

    /* The handle goes first: it takes the descriptor out of epoll. */
    if (wire)
        wire_free(wire);
    return close(fd);
}

static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
                        void *slot)
{
    struct rt_http *http = NULL;
    struct wire *wire;

    (void)arg;
    (void)slot;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&http);
    wire = http ? wire_find(http->wires, fd) : NULL;
    if (!wire)
        wire = wire_find(hub.inner, fd);
    if (!wire && what != CURL_POLL_REMOVE)
        wire = wire_new(&hub.inner, fd, wire_event);
    if (!wire)
        return what == CURL_POLL_REMOVE ? 0 : -1;
    if (what != CURL_POLL_REMOVE)
        wire_want(wire, (what & CURL_POLL_IN ? UV_READABLE : 0) |
                            (what & CURL_POLL_OUT ? UV_WRITABLE : 0));
    else if (wire->ours)
        wire_want(wire, 0);
    else
        wire_free(wire); /* libcurl closes it itself, without telling */
    return 0;
}

static void timer_fired(uv_timer_t *timer)
{
    (void)timer;
    drive(CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    (void)arg;
    if (timeout_ms < 0)
        uv_timer_stop(&hub.timer);
    else
        uv_timer_start(&hub.timer, timer_fired, (uint64_t)timeout_ms, 0);
    return 0;
}

/* ---- transfers ---- */

static void order_cancel(struct rt_http *http)
{
    if (http->order == NOTHING)
        return;
    http->order = NOTHING;
    *http->order_link = http->next_order;
    if (http->next_order)
        http->next_order->order_link = http->order_link;
    else
        hub.last_order = http->order_link;
}

/* The request has ended: whoever waits for it takes it from here. */
static void finish(struct rt_http *http, int result)
{
    order_cancel(http);
    http->result = result;
    http->done = true;
    co_wake(http->waiter, 0);
}

static void finish_all(void)
{
    CURLMsg *message;
    int queued;

    while ((message = curl_multi_info_read(hub.multi, &queued))) {
        struct rt_http *http = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&http);
        int result = http_easy_end(&http->easy, code, &http->reply);
        curl_multi_remove_handle(hub.multi, http->easy.curl);
        http->running = false;
        finish(http, result);
    }
}

static void drive(curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(hub.multi, fd, events, &running);
    finish_all();
}

/* ---- orders ---- */

static int make_objects(struct rt_http *http)
{
    int error = http_easy_init(&http->easy);
    if (error)
        return error;
    http->cache = curl_share_init();
    if (!http->cache) {
        http_easy_fini(&http->easy);
        return -ENOMEM;
    }
    curl_share_setopt(http->cache, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    CURL *curl = http->easy.curl;
    curl_easy_setopt(curl, CURLOPT_SHARE, http->cache);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, http);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, http);
    http->next = hub.clients;
    http->link = &hub.clients;
    if (hub.clients)
        hub.clients->link = &http->next;
    hub.clients = http;
    return 0;
}

/* Closes the connection; the client can be used again. */
static void free_objects(struct rt_http *http)
{
    if (!http->easy.curl)
        return;
    http_easy_fini(&http->easy);
    curl_share_cleanup(http->cache);
    http->cache = NULL;
    *http->link = http->next;
    if (http->next)
        http->next->link = http->link;
}

static int start_transfer(struct rt_http *http)
{
    int error = http->easy.curl ? 0 : make_objects(http);
    if (!error)
        error = http_easy_begin(&http->easy, http->url);
    if (error)
        return error;
    if (curl_multi_add_handle(hub.multi, http->easy.curl) != CURLM_OK)
        return -ENOMEM;
    http->running = true;
    return 0;
}

static void carry_out(struct rt_http *http, enum order order)
{
    switch (order) {
    case START: {
        int error = start_transfer(http);
        if (error)
            finish(http, error);
        break;
    }
    case STOP: /* closes the connection, for it is in mid-transfer */
        curl_multi_remove_handle(hub.multi, http->easy.curl);
        http->running = false;
        co_wake(http->waiter, 0);
        break;
    case FREE:
        free_objects(http);
        free(http);
        break;
    case NOTHING:
        break;
    }
}

static void carry_out_all(void)
{
    bool started = false;

    while (hub.orders) {
        struct rt_http *http = hub.orders;
        enum order order = http->order;
        order_cancel(http);
        started |= order == START;
        carry_out(http, order);
    }
    /* libcurl sends new requests when their timer fires: now. */
    if (started)
        drive(CURL_SOCKET_TIMEOUT, 0);
}

static void before_blocking(uv_prepare_t *prepare)
{
    uv_prepare_stop(prepare);
    carry_out_all();
}

static void order_put(struct rt_http *http, enum order order)
{
    http->order = order;
    http->next_order = NULL;
    http->order_link = hub.last_order;
    *hub.last_order = http;
    hub.last_order = &http->next_order;
    uv_prepare_start(&hub.prepare, before_blocking);
}

/* ---- the hub ---- */

static void hub_close(void)
{
    carry_out_all();
    /* Clients may outlive the run, their connections cannot. */
    while (hub.clients)
        free_objects(hub.clients);
    curl_multi_cleanup(hub.multi);
    hub.multi = NULL;
    uv_close((uv_handle_t *)&hub.timer, NULL);
    uv_close((uv_handle_t *)&hub.prepare, NULL);
}

static int hub_open(void)
{
    if (hub.multi)
        return 0;
    hub.multi = curl_multi_init();
    if (!hub.multi)
        return -ENOMEM;
    curl_multi_setopt(hub.multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(hub.multi, CURLMOPT_TIMERFUNCTION, set_timer);
    uv_timer_init(co_loop(), &hub.timer);
    uv_prepare_init(co_loop(), &hub.prepare);
    hub.orders = NULL;
    hub.last_order = &hub.orders;
    hub.at_end.fn = hub_close;
    co_at_end(&hub.at_end);
    return 0;
}

/* ---- rt.h ---- */

int rt_http_new(struct rt_http **out)
{
    struct rt_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    *out = http;
    return 0;
}

void rt_http_free(struct rt_http *http)
{
    if (!http)
        return;
    assert(!http->waiter);
    if (http->easy.curl)
        order_put(http, FREE);
    else
        free(http);
}

/* The wait has ended before the request: takes the request back, unless it
 * ends in the meantime. */
static int give_up(struct rt_http *http, int error)
{
    if (http->order == START) {
        order_cancel(http);
        return error;
    }
    if (http->running) {
        order_put(http, STOP);
        co_shield();
        co_park(CO_HTTP, RT_FOREVER);
        co_unshield();
    }
    return http->done && error != -ECANCELED ? http->result : error;
}

int rt_http_get(struct rt_http *http, const char *url,
                struct rt_http_reply *reply, int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    int error = http_easy_check(url);
    if (error)
        return error;
    if (http->waiter)
        return -EBUSY;
    if (deadline != RT_FOREVER && rt_now() >= deadline)
        return -ETIMEDOUT;
    error = hub_open();
    if (error)
        return error;
    http->waiter = co_self();
    http->url = url;
    http->done = false;
    order_put(http, START);
    error = co_park(CO_HTTP, deadline);
    error = error ? give_up(http, error) : http->result;
    http->waiter = NULL;
    if (!error)
        *reply = http->reply;
    return error;
}
