/* SPDX-License-Identifier: MIT */
/*
 * HTTP for coroutines: one libcurl multi handle on the loop, made when the
 * first client needs it and gone with the run.
 *
 * libcurl runs in the loop only, never on a task's small stack: a task leaves
 * the next step of its transfer as an order with its client, and the orders
 * are carried out before the loop blocks.
 *
 * Each client has a connection cache of its own (a CURLSH that shares nothing
 * else), so that it finds its one connection without searching those of
 * others.
 *
 * Invariant: a client is in the list of orders if and only if it has one.
 */
#include "http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "sched.h"
#include "wire.h"

enum {
    WOKEN_AT_ONCE = 32 /* see wire_event() */
};

struct co_http {
    struct rt_http base;    /* first; its libcurl objects are made for the first
                            order */
    struct rt_task *waiter; /* NULL when nobody waits */
    http_step_fn order;     /* the latest, or NULL */
    struct wire_list wires;
    TAILQ_ENTRY(co_http) in_orders;
    CURLSH *cache;
    LIST_ENTRY(co_http) link; /* all clients that hold libcurl objects */
};

static struct {
    CURLM *multi;
    uv_timer_t timer;
    uv_prepare_t prepare;
    TAILQ_HEAD(, co_http) orders;
    LIST_HEAD(, co_http) clients;
    unsigned woken; /* tasks, since they last had a turn */
    bool is_open;
    struct co_hook at_end;
} hub;

/* ---- what libcurl asks of us ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct co_http *http = arg;
    curl_socket_t fd = http_easy_socket(&http->base, purpose, address);

    if (fd == CURL_SOCKET_BAD)
        return fd;
    struct wire *wire = wire_new(&http->wires, fd);
    if (!wire) {
        http->base.error = -ENOMEM;
        close(fd);
        return CURL_SOCKET_BAD;
    }
    wire->ours = true;
    return fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    struct co_http *http = arg;
    struct wire *wire = wire_find(&http->wires, fd);

    /* The handle goes first: it takes the descriptor out of epoll. */
    if (wire)
        wire_free(wire);
    return close(fd);
}

/*
 * Whether a socket that libcurl has done with may be closed without a call of
 * close_socket(): libcurl's own are, and with 7.88 those whose connect(2) is
 * under way, for which it waits to write.  One that has only been written to
 * looks the same: it gets another wire with its next use.
 */
static bool closed_untold(const struct wire *wire)
{
    return !wire->ours || wire->wanted == UV_WRITABLE;
}

static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
                        void *slot)
{
    struct co_http *http = NULL;

    (void)arg;
    (void)slot;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&http);
    if (!http)
        return 0; /* a handle of libcurl's own, to close connections: it has
                     a time limit */
    struct wire *wire = wire_find(&http->wires, fd);
    if (what == CURL_POLL_REMOVE) {
        if (wire && closed_untold(wire))
            wire_free(wire);
        else if (wire)
            wire_want(wire, 0);
        return 0;
    }
    if (!wire)
        wire = wire_new(&http->wires, fd);
    if (!wire)
        return -1;
    wire_want(wire, (what & CURL_POLL_IN ? UV_READABLE : 0) |
                        (what & CURL_POLL_OUT ? UV_WRITABLE : 0));
    return 0;
}

static void drive(curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(hub.multi, fd, events, &running);
    http_collect(hub.multi);
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

/* ---- libcurl's objects ---- */

static int make_multi(void)
{
    hub.multi = curl_multi_init();
    if (!hub.multi)
        return -ENOMEM;
    curl_multi_setopt(hub.multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(hub.multi, CURLMOPT_TIMERFUNCTION, set_timer);
    /* Of each cache, that is of each client. */
    curl_multi_setopt(hub.multi, CURLMOPT_MAXCONNECTS, 1L);
    return 0;
}

static int make_cache(struct co_http *http)
{
    http->cache = curl_share_init();
    /* Without one its connection would go to the hub's and outlive it. */
    return http->cache && !curl_share_setopt(http->cache, CURLSHOPT_SHARE,
                                             CURL_LOCK_DATA_CONNECT)
               ? 0
               : -ENOMEM;
}

/* Closes the connection; the client can be used again. */
static void free_objects(struct co_http *http)
{
    if (http->base.running)
        http_finish(&http->base, CURLE_RECV_ERROR); /* a stream left open */
    http_easy_fini(&http->base);
    curl_share_cleanup(http->cache);
    http->cache = NULL;
    LIST_REMOVE(http, link);
}

static int make_objects(struct co_http *http)
{
    int error = http_easy_init(&http->base);
    if (error)
        return error;
    LIST_INSERT_HEAD(&hub.clients, http, link);
    if (!hub.multi)
        error = make_multi();
    if (!error)
        error = make_cache(http);
    if (error) {
        free_objects(http);
        return error;
    }
    CURL *curl = http->base.curl;
    curl_easy_setopt(curl, CURLOPT_SHARE, http->cache);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, http);
    http->base.multi = hub.multi;
    return 0;
}

/* The last order. */
static void free_client(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;

    free_objects(http);
    free(http);
}

/* ---- orders ---- */

static void carry_out(struct co_http *http)
{
    http_step_fn step = http->order;
    int error = http->base.curl ? 0 : make_objects(http);

    TAILQ_REMOVE(&hub.orders, http, in_orders);
    http->order = NULL;
    if (error)
        http_end(&http->base, error);
    else
        step(&http->base);
}

static void carry_out_all(void)
{
    if (TAILQ_EMPTY(&hub.orders))
        return;
    while (!TAILQ_EMPTY(&hub.orders))
        carry_out(TAILQ_FIRST(&hub.orders));
    /* libcurl goes on with what was started when its timer fires: now. */
    if (hub.multi)
        drive(CURL_SOCKET_TIMEOUT, 0);
}

/*
 * Does not leave all tasks and their next requests for after the last event:
 * with a thousand clients each one's memory would come into the cache twice
 * for one request, which takes a quarter more time.
 */
void wire_event(struct wire *wire, int events)
{
    drive(wire->fd, (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                        (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
    if (hub.woken < WOKEN_AT_ONCE)
        return;
    hub.woken = 0;
    co_run_ready();
    carry_out_all();
}

static void before_blocking(uv_prepare_t *prepare)
{
    uv_prepare_stop(prepare);
    hub.woken = 0;
    carry_out_all();
}

static void hub_close(void)
{
    carry_out_all();
    /* Clients may outlive the run, their connections cannot. */
    while (!LIST_EMPTY(&hub.clients))
        free_objects(LIST_FIRST(&hub.clients));
    curl_multi_cleanup(hub.multi);
    hub.multi = NULL;
    hub.is_open = false;
    uv_close((uv_handle_t *)&hub.timer, NULL);
    uv_close((uv_handle_t *)&hub.prepare, NULL);
}

static void hub_open(void)
{
    uv_timer_init(co_loop(), &hub.timer);
    uv_prepare_init(co_loop(), &hub.prepare);
    TAILQ_INIT(&hub.orders);
    hub.is_open = true;
    hub.at_end.fn = hub_close;
    co_at_end(&hub.at_end);
}

void http_order(struct rt_http *base, http_step_fn step)
{
    struct co_http *http = (struct co_http *)base;

    if (!hub.is_open)
        hub_open();
    if (!http->order)
        TAILQ_INSERT_TAIL(&hub.orders, http, in_orders);
    http->order = step;
    uv_prepare_start(&hub.prepare, before_blocking);
}

/* ---- waiting ---- */

void http_changed(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;
    if (http->waiter && co_wake(http->waiter, 0))
        hub.woken++;
}

int http_wait(struct rt_http *base, int64_t deadline)
{
    struct co_http *http = (struct co_http *)base;
    http->waiter = co_self();
    int error = co_park(CO_HTTP, deadline);
    http->waiter = NULL;
    return error;
}

void http_settle(struct rt_http *base)
{
    co_shield();
    while (((struct co_http *)base)->order)
        http_wait(base, RT_FOREVER);
    co_unshield();
}

/* ---- clients ---- */

int rt_http_new(struct rt_http **out)
{
    struct co_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    atomic_flag_clear(&http->base.busy);
    *out = &http->base;
    return 0;
}

void rt_http_free(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;

    if (!http)
        return;
    assert(!http->waiter);
    if (base->curl)
        http_order(base, free_client);
    else
        free(http);
}
