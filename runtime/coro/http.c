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
#include "http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core.h"
#include "sched.h"
#include "wire.h"

enum {
    WOKEN_AT_ONCE = 32 /* see wire_event() */
};

enum order {
    NOTHING,
    START,  /* add the request to libcurl */
    RESUME, /* let it go on after a pause */
    STOP,   /* take it back */
    FREE    /* the client is not needed any more */
};

struct co_http {
    struct rt_http base; /* first; its libcurl objects are made by the first
                            order */
    CURLSH *cache;
    struct wire_list wires;
    struct rt_task *waiter; /* NULL when nobody waits */
    enum order order;
    bool running;
    TAILQ_ENTRY(co_http) in_orders;
    LIST_ENTRY(co_http) link; /* all clients that hold libcurl objects */
};

static struct {
    CURLM *multi;
    uv_timer_t timer;
    uv_prepare_t prepare;
    TAILQ_HEAD(, co_http) orders;
    LIST_HEAD(, co_http) clients;
    unsigned woken;         /* tasks, since they last had a turn */
    struct wire_list inner; /* those not ours */
    struct co_hook at_end;
} hub;

static void drive(curl_socket_t fd, int events);
static void wire_event(struct wire *wire, int events);

/* ---- what libcurl asks of us ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct co_http *http = arg;
    curl_socket_t fd = http_easy_socket(&http->base, purpose, address);

    if (fd == CURL_SOCKET_BAD)
        return fd;
    struct wire *wire = wire_new(&http->wires, fd, wire_event);
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

static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
                        void *slot)
{
    struct co_http *http = NULL;
    struct wire *wire;

    (void)arg;
    (void)slot;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&http);
    wire = http ? wire_find(&http->wires, fd) : NULL;
    if (!wire)
        wire = wire_find(&hub.inner, fd);
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

static void order_cancel(struct co_http *http)
{
    if (http->order == NOTHING)
        return;
    http->order = NOTHING;
    TAILQ_REMOVE(&hub.orders, http, in_orders);
}

static void wake(struct co_http *http)
{
    if (http->waiter && co_wake(http->waiter, 0))
        hub.woken++;
}

void http_changed(struct rt_http *base)
{
    wake((struct co_http *)base);
}

static void take_back(struct co_http *http)
{
    if (http->running)
        curl_multi_remove_handle(hub.multi, http->base.curl);
    http->running = false;
}

/* The transfer has ended: what was asked for it is void. */
static void end(struct co_http *http, CURLcode code)
{
    order_cancel(http);
    take_back(http);
    http_easy_end(&http->base, code);
}

static void end_all(void)
{
    CURLMsg *message;
    int queued;

    while ((message = curl_multi_info_read(hub.multi, &queued))) {
        struct co_http *http = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&http);
        end(http, code);
    }
}

static void drive(curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(hub.multi, fd, events, &running);
    end_all();
}

/* ---- orders ---- */

static int make_objects(struct co_http *http)
{
    int error = http_easy_init(&http->base);
    if (error)
        return error;
    http->cache = curl_share_init();
    /* Without one its connection would go to the hub's and outlive it. */
    if (!http->cache || curl_share_setopt(http->cache, CURLSHOPT_SHARE,
                                          CURL_LOCK_DATA_CONNECT)) {
        curl_share_cleanup(http->cache);
        http->cache = NULL;
        http_easy_fini(&http->base);
        return -ENOMEM;
    }
    CURL *curl = http->base.curl;
    curl_easy_setopt(curl, CURLOPT_SHARE, http->cache);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, http);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, http);
    LIST_INSERT_HEAD(&hub.clients, http, link);
    return 0;
}

/* Closes the connection; the client can be used again. */
static void free_objects(struct co_http *http)
{
    if (!http->base.curl)
        return;
    if (http->running)
        end(http, CURLE_RECV_ERROR); /* a stream that was left open */
    http_easy_fini(&http->base);
    curl_share_cleanup(http->cache);
    http->cache = NULL;
    LIST_REMOVE(http, link);
}

static int start_transfer(struct co_http *http)
{
    int error = http->base.curl ? 0 : make_objects(http);
    if (!error)
        error = http_begin(&http->base);
    if (error)
        return error;
    if (curl_multi_add_handle(hub.multi, http->base.curl) != CURLM_OK)
        return -ENOMEM;
    http->running = true;
    return 0;
}

static void start(struct co_http *http)
{
    int error = start_transfer(http);
    if (error)
        http_end(&http->base, error);
}

static void resume(struct co_http *http)
{
    CURLcode code = http_easy_unpause(&http->base);
    if (code)
        end(http, code);
}

static void carry_out(struct co_http *http, enum order order)
{
    switch (order) {
    case START:
        start(http);
        break;
    case RESUME:
        resume(http);
        break;
    case STOP: /* closes the connection, for it is in mid-transfer */
        take_back(http);
        wake(http);
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
    struct co_http *http;
    bool started = false;

    while ((http = TAILQ_FIRST(&hub.orders))) {
        enum order order = http->order;
        order_cancel(http);
        started |= order == START || order == RESUME;
        carry_out(http, order);
    }
    /* libcurl goes on with these when their timer fires: now. */
    if (started)
        drive(CURL_SOCKET_TIMEOUT, 0);
}

/*
 * Does not leave all tasks and their next requests for after the last event:
 * with a thousand clients each one's memory would come into the cache twice
 * for one request, which takes a quarter more time.
 */
static void wire_event(struct wire *wire, int events)
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

static void order_put(struct co_http *http, enum order order)
{
    order_cancel(http);
    http->order = order;
    TAILQ_INSERT_TAIL(&hub.orders, http, in_orders);
    uv_prepare_start(&hub.prepare, before_blocking);
}

/* ---- the hub ---- */

static void hub_close(void)
{
    carry_out_all();
    /* Clients may outlive the run, their connections cannot. */
    while (!LIST_EMPTY(&hub.clients))
        free_objects(LIST_FIRST(&hub.clients));
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
    /* Of each cache, that is of each client. */
    curl_multi_setopt(hub.multi, CURLMOPT_MAXCONNECTS, 1L);
    uv_timer_init(co_loop(), &hub.timer);
    uv_prepare_init(co_loop(), &hub.prepare);
    TAILQ_INIT(&hub.orders);
    hub.at_end.fn = hub_close;
    co_at_end(&hub.at_end);
    return 0;
}

/* ---- rt.h and http.h ---- */

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
    if (base->curl) {
        order_put(http, FREE);
    } else {
        http_easy_fini(base);
        free(http);
    }
}

static int wait_for(struct co_http *http, int64_t deadline)
{
    http->waiter = co_self();
    int error = co_park(CO_HTTP, deadline);
    http->waiter = NULL;
    return error;
}

int http_start(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;
    int error = hub_open();
    if (error)
        return error;
    order_put(http, START);
    return 0;
}

int http_wait(struct rt_http *base, int64_t deadline)
{
    return wait_for((struct co_http *)base, deadline);
}

void http_resume(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;
    if (http->running)
        order_put(http, RESUME);
}

void http_stop(struct rt_http *base)
{
    struct co_http *http = (struct co_http *)base;
    order_cancel(http);
    if (!http->running)
        return;
    order_put(http, STOP);
    co_shield();
    while (http->running) /* something may change before it is done */
        wait_for(http, RT_FOREVER);
    co_unshield();
}
