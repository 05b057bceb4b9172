/* SPDX-License-Identifier: MIT */

/* Scenes for the waiting calls: what each needs, who satisfies it, and how to
 * see afterwards that it was satisfied exactly once. */

#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEM = 42,
    MUCH = 32 << 20 /* more than any socket buffers */
};

/* ---- tasks ---- */

static int wait_for_event(void *arg)
{
    struct scene *s = arg;

    rt_sem_release(s->sem);
    return rt_event_wait(s->event, test_late());
}

/* Tasks for others to wait for, started, on workers of their own. */
static bool open_inner(struct scene *s, int n)
{
    bool ok = CHECK_INT(rt_event_new(&s->event), 0) &&
              CHECK_INT(rt_sem_new(&s->sem, 0), 0);

    for (int i = 0; ok && i < n; i++)
        ok = CHECK_INT(rt_spawn(&s->inner[i], wait_for_event, s), 0) &&
             CHECK_INT(rt_sem_acquire(s->sem, test_late()), 0);
    return ok;
}

static void set_event(struct scene *s)
{
    rt_event_set(s->event);
}

static void close_inner(struct scene *s)
{
    rt_event_set(s->event);
    for (int i = 0; i < 2; i++) {
        int status = -1;

        if (!s->inner[i])
            continue;
        CHECK_INT(rt_join(s->inner[i], &status, test_late()), 0);
        CHECK_INT(status, 0);
    }
    rt_event_free(s->event);
    rt_sem_free(s->sem);
}

static bool open_join(struct scene *s)
{
    return open_inner(s, 1);
}

static int wait_join(struct scene *s, int64_t deadline)
{
    int status = 77, rc = rt_join(s->inner[0], &status, deadline);

    CHECK_INT(status, rc ? 77 : 0);
    if (rc == 0)
        s->inner[0] = NULL;
    return rc;
}

static bool open_gather(struct scene *s)
{
    return open_inner(s, 2);
}

static int wait_gather(struct scene *s, int64_t deadline)
{
    int statuses[2] = { 77, 77 };
    int rc = rt_gather(s->inner, 2, statuses, deadline);

    CHECK_INT(statuses[0], rc ? 77 : 0);
    CHECK_INT(statuses[1], rc ? 77 : 0);
    if (rc == 0)
        s->inner[0] = s->inner[1] = NULL;
    return rc;
}

static int wait_wait(struct scene *s, int64_t deadline)
{
    bool done[2] = { false };
    int rc = rt_wait(s->inner, 2, RT_WAIT_ALL, done, deadline);

    if (rc >= 0) {
        CHECK_INT(rc, 2);
        CHECK(done[0] && done[1]);
        return 0;
    }
    return rc;
}

static bool open_nothing(struct scene *s)
{
    (void)s;
    return true;
}

static void close_nothing(struct scene *s)
{
    (void)s;
}

static int wait_sleep(struct scene *s, int64_t deadline)
{
    (void)s;
    return rt_sleep(deadline == RT_FOREVER ? test_late() : deadline);
}

static int wait_yield(struct scene *s, int64_t deadline)
{
    int rc = rt_yield();

    (void)s;
    while (rc == 0 && rt_now() < deadline)
        rc = rt_yield();
    return rc;
}

/* ---- synchronisation ---- */

static bool open_mutex(struct scene *s)
{
    return CHECK_INT(rt_mutex_new(&s->mutex), 0) &&
           CHECK_INT(rt_mutex_lock(s->mutex, RT_FOREVER), 0);
}

static int wait_mutex(struct scene *s, int64_t deadline)
{
    int rc = rt_mutex_lock(s->mutex, deadline);

    if (rc == 0) {
        CHECK_INT(++s->in_mutex, 1);
        s->in_mutex--;
        rt_mutex_unlock(s->mutex);
    }
    return rc;
}

static void unlock_mutex(struct scene *s)
{
    rt_mutex_unlock(s->mutex);
}

static void close_mutex(struct scene *s)
{
    CHECK_INT(rt_mutex_lock(s->mutex, 0), 0);
    rt_mutex_unlock(s->mutex);
    rt_mutex_free(s->mutex);
}

static bool open_cond(struct scene *s)
{
    return CHECK_INT(rt_mutex_new(&s->mutex), 0) &&
           CHECK_INT(rt_cond_new(&s->cond), 0);
}

static int wait_cond(struct scene *s, int64_t deadline)
{
    int rc = rt_mutex_lock(s->mutex, test_late());

    if (rc)
        return rc;
    CHECK_INT(++s->in_mutex, 1);
    while (rc == 0 && s->flags == 0) {
        s->in_mutex--;
        rc = rt_cond_wait(s->cond, s->mutex, deadline);
        CHECK_INT(++s->in_mutex, 1); /* held again, whatever it returned */
    }
    s->flags -= rc == 0;
    s->in_mutex--;
    rt_mutex_unlock(s->mutex);
    return rc;
}

static void signal_cond(struct scene *s)
{
    CHECK_INT(rt_mutex_lock(s->mutex, test_late()), 0);
    s->flags++;
    rt_cond_signal(s->cond);
    rt_mutex_unlock(s->mutex);
}

static void close_cond(struct scene *s)
{
    rt_cond_free(s->cond);
    close_mutex(s);
}

static bool open_sem(struct scene *s)
{
    return CHECK_INT(rt_sem_new(&s->sem, 0), 0);
}

static int wait_sem(struct scene *s, int64_t deadline)
{
    return rt_sem_acquire(s->sem, deadline);
}

static void release_sem(struct scene *s)
{
    rt_sem_release(s->sem);
}

static void close_sem(struct scene *s)
{
    CHECK_INT(rt_sem_acquire(s->sem, 0), -ETIMEDOUT);
    rt_sem_free(s->sem);
}

static bool open_event(struct scene *s)
{
    return CHECK_INT(rt_event_new(&s->event), 0);
}

static int wait_event(struct scene *s, int64_t deadline)
{
    return rt_event_wait(s->event, deadline);
}

static void close_event(struct scene *s)
{
    rt_event_free(s->event);
}

static bool open_recv(struct scene *s)
{
    return CHECK_INT(rt_chan_new(&s->chan, sizeof(int), 1), 0);
}

static int wait_recv(struct scene *s, int64_t deadline)
{
    int item = 0, rc = rt_chan_recv(s->chan, &item, deadline);

    CHECK_INT(item, rc ? 0 : ITEM);
    return rc;
}

static void send_item(struct scene *s)
{
    int item = ITEM;

    CHECK_INT(rt_chan_send(s->chan, &item, test_late()), 0);
}

static void close_recv(struct scene *s)
{
    int item;

    CHECK_INT(rt_chan_recv(s->chan, &item, 0), -ETIMEDOUT);
    rt_chan_free(s->chan);
}

static bool open_send(struct scene *s)
{
    int first = 1;

    return open_recv(s) && CHECK_INT(rt_chan_send(s->chan, &first, 0), 0);
}

static int wait_send(struct scene *s, int64_t deadline)
{
    int item = ITEM;

    return rt_chan_send(s->chan, &item, deadline);
}

static void receive_first(struct scene *s)
{
    int item = 0;

    CHECK_INT(rt_chan_recv(s->chan, &item, 0), 0);
    CHECK_INT(item, 1);
}

/* One item was sent, once. */
static void close_send(struct scene *s)
{
    CHECK_INT(wait_recv(s, 0), 0);
    close_recv(s);
}

static int produce(struct rt_gen *gen, void *arg)
{
    struct scene *s = arg;
    int item = ITEM, rc = rt_sem_acquire(s->sem, RT_FOREVER);

    return rc ? rc : rt_gen_yield(gen, &item);
}

static bool open_gen(struct scene *s)
{
    return open_sem(s) &&
           CHECK_INT(rt_gen_new(&s->gen, sizeof(int), produce, s), 0);
}

static int wait_gen(struct scene *s, int64_t deadline)
{
    int item = 0, rc = rt_gen_next(s->gen, &item, deadline ? deadline : 1);

    if (rc == 0)
        CHECK_INT(item, ITEM);
    return rc;
}

static void close_gen(struct scene *s)
{
    rt_gen_free(s->gen);
    rt_sem_free(s->sem);
}

/* ---- streams ---- */

static bool open_pipe(struct scene *s)
{
    return CHECK_INT(rt_sock_pipe(&s->a, &s->b), 0);
}

static int wait_read(struct scene *s, int64_t deadline)
{
    char byte = 0;
    ssize_t n = rt_sock_read(s->a, &byte, 1, deadline);

    CHECK_INT(byte, n == 1 ? 'x' : 0);
    return n == 1 ? 0 : n == 0 ? -EPIPE : (int)n;
}

static void write_byte(struct scene *s)
{
    CHECK_INT(rt_sock_write(s->b, "x", 1, test_late()), 1);
}

static void close_read(struct scene *s)
{
    char byte;

    CHECK_INT(rt_sock_read(s->a, &byte, 1, 0), -ETIMEDOUT);
    rt_sock_close(s->a);
    rt_sock_close(s->b);
}

static bool open_tcp(struct scene *s)
{
    return test_tcp_pair(&s->a, &s->b);
}

static bool open_write(struct scene *s)
{
    s->much = calloc(1, MUCH);
    return CHECK(s->much != NULL) && test_tcp_pair(&s->a, &s->b);
}

static int wait_write(struct scene *s, int64_t deadline)
{
    ssize_t n = rt_sock_write(s->a, s->much, MUCH, deadline);

    return n < 0 ? (int)n : 0;
}

static void close_write(struct scene *s)
{
    rt_sock_close(s->a);
    rt_sock_close(s->b);
    free(s->much);
}

/* Filled; for a byte more there is no room. */
static bool open_write_some(struct scene *s)
{
    ssize_t n;

    s->much = calloc(1, MUCH);
    if (!CHECK(s->much != NULL) || !CHECK_INT(rt_sock_pair(&s->a, &s->b), 0))
        return false;
    do
        n = rt_sock_write_some(s->a, s->much, MUCH, 0);
    while (n > 0);
    return CHECK_INT(n, -ETIMEDOUT);
}

static int wait_write_some(struct scene *s, int64_t deadline)
{
    ssize_t n = rt_sock_write_some(s->a, "x", 1, deadline);

    return n < 0 ? (int)n : n == 1 ? 0 : -EIO;
}

static void read_much(struct scene *s)
{
    while (rt_sock_read(s->b, s->much, MUCH, 0) > 0)
        continue;
}

static bool open_accept(struct scene *s)
{
    return CHECK_INT(rt_sock_listen(&s->a, "127.0.0.1", 0, 8), 0);
}

static int wait_accept(struct scene *s, int64_t deadline)
{
    int rc = rt_sock_accept(&s->b, s->a, deadline);

    if (rc == 0)
        rt_sock_close(s->b);
    return rc;
}

static void connect_once(struct scene *s)
{
    CHECK_INT(rt_sock_connect(&s->extra[0], "127.0.0.1", rt_sock_port(s->a),
                              test_late()),
              0);
}

static void close_accept(struct scene *s)
{
    struct rt_sock *sock;

    CHECK_INT(rt_sock_accept(&sock, s->a, 0), -ETIMEDOUT);
    rt_sock_close(s->a);
    rt_sock_close(s->extra[0]);
}

/* The kernel drops what asks for a connection while the queue is full. */
static bool open_connect(struct scene *s)
{
    int rc = CHECK_INT(rt_sock_listen(&s->a, "127.0.0.1", 0, 1), 0) ? 0 : -1;

    for (int i = 0; rc == 0 && i < WAIT_QUEUE; i++)
        rc = rt_sock_connect(&s->extra[i], "127.0.0.1", rt_sock_port(s->a),
                             rt_in(20000000));
    return CHECK_INT(rc, -ETIMEDOUT);
}

static int wait_connect(struct scene *s, int64_t deadline)
{
    int rc = rt_sock_connect(&s->b, "127.0.0.1", rt_sock_port(s->a), deadline);

    if (rc == 0)
        rt_sock_close(s->b);
    return rc;
}

static void close_connect(struct scene *s)
{
    for (int i = 0; i < WAIT_QUEUE; i++)
        rt_sock_close(s->extra[i]);
    rt_sock_close(s->a);
}

/* Whoever connects is not answered. */
static bool open_http(struct scene *s)
{
    return open_accept(s) && CHECK_INT(rt_http_new(&s->http), 0);
}

static int wait_http(struct scene *s, int64_t deadline)
{
    struct rt_http_reply reply;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", rt_sock_port(s->a));
    return rt_http_get(s->http, url, &reply, deadline);
}

static void close_http(struct scene *s)
{
    rt_http_free(s->http);
    rt_sock_close(s->a);
}

static int open_stream(struct scene *s, const struct rt_http_request *request,
                       int64_t deadline)
{
    struct rt_http_request full = *request;
    struct rt_http_reply reply;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", rt_sock_port(s->a));
    full.url = url;
    return rt_http_open(s->http, &full, &reply, deadline);
}

static int wait_http_open(struct scene *s, int64_t deadline)
{
    return open_stream(s, &(struct rt_http_request){ 0 }, deadline);
}

static ssize_t give_zeros(void *arg, void *buffer, size_t bytes,
                          int64_t deadline)
{
    (void)arg;
    (void)deadline;
    memset(buffer, 0, bytes);
    return (ssize_t)bytes;
}

/* Nobody takes what is sent. */
static int wait_http_send(struct scene *s, int64_t deadline)
{
    const struct rt_http_request request = { .source = give_zeros };

    return open_stream(s, &request, deadline);
}

/* A server that begins to answer and leaves the rest to write_byte(). */
static int begin_reply(void *arg)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    struct scene *s = arg;
    int rc = rt_sock_accept(&s->b, s->a, test_late());

    if (rc)
        return rc;
    ssize_t n = rt_sock_write(s->b, head, sizeof head - 1, test_late());
    return n < 0 ? (int)n : 0;
}

static bool open_http_read(struct scene *s)
{
    int status = -1;

    if (!open_http(s) || !CHECK_INT(rt_spawn(&s->inner[0], begin_reply, s), 0))
        return false;
    CHECK_INT(wait_http_open(s, test_late()), 0);
    CHECK_INT(rt_join(s->inner[0], &status, test_late()), 0);
    return CHECK_INT(status, 0);
}

static int wait_http_read(struct scene *s, int64_t deadline)
{
    char byte = 0;
    ssize_t n = rt_http_read(s->http, &byte, 1, deadline);

    CHECK_INT(byte, n == 1 ? 'x' : 0);
    return n == 1 ? 0 : n == 0 ? -EPIPE : (int)n;
}

static void close_http_read(struct scene *s)
{
    CHECK_INT(wait_http_read(s, 0), -ETIMEDOUT);
    rt_sock_close(s->b);
    close_http(s);
}

/* ---- WebSocket ---- */

static int wait_ws_connect(struct scene *s, int64_t deadline)
{
    char url[64];
    int rc;

    snprintf(url, sizeof url, "ws://127.0.0.1:%u/", rt_sock_port(s->a));
    rc = rt_ws_connect(&s->ws, url, 0, deadline);
    if (rc == 0)
        rt_ws_free(s->ws);
    return rc;
}

static void close_ws_connect(struct scene *s)
{
    rt_sock_close(s->a);
}

/* The peer's task has shaken hands and ended: main plays its part. */
static bool open_ws(struct scene *s)
{
    s->ws_peer.stays = true;
    if (!ws_peer_start(&s->ws_peer))
        return false;
    s->ws = ws_peer_connect(&s->ws_peer, 0);
    return CHECK_INT(ws_status_of(s->ws_peer.task), 0) && s->ws;
}

static int wait_ws_recv(struct scene *s, int64_t deadline)
{
    struct rt_ws_message message = { .data = "" };
    int rc = rt_ws_recv(s->ws, &message, deadline);

    CHECK_INT(message.data[0], rc ? 0 : 'x');
    return rc;
}

static void write_ws_message(struct scene *s)
{
    CHECK(ws_peer_put_text(&s->ws_peer, "x"));
}

static void close_ws(struct scene *s)
{
    rt_ws_free(s->ws);
    ws_peer_fini(&s->ws_peer);
    free(s->much);
}

static void close_ws_recv(struct scene *s)
{
    CHECK_INT(ws_receive_error(s->ws, 0), -ETIMEDOUT);
    close_ws(s);
}

static bool open_ws_send(struct scene *s)
{
    s->much = calloc(1, MUCH);
    return CHECK(s->much != NULL) && open_ws(s);
}

static int wait_ws_send(struct scene *s, int64_t deadline)
{
    return rt_ws_send(s->ws, RT_WS_BINARY, s->much, MUCH, deadline);
}

static int wait_ws_close(struct scene *s, int64_t deadline)
{
    return rt_ws_close(s->ws, 1000, NULL, deadline);
}

static void write_ws_close(struct scene *s)
{
    CHECK(ws_peer_put(&s->ws_peer, 0x88, "\x03\xe8", 2));
}

/* One Close was sent, once. */
static void close_ws_close(struct scene *s)
{
    ws_peer_expect_close(&s->ws_peer, 1000);
    rt_ws_free(s->ws);
    s->ws = NULL;
    ws_peer_expect_end(&s->ws_peer);
    close_ws(s);
}

const struct wait_op wait_ops[] = {
    { "sleep", open_nothing, wait_sleep, NULL, close_nothing, 0, false },
    { "yield", open_nothing, wait_yield, NULL, close_nothing, 0, false },
    { "join", open_join, wait_join, set_event, close_inner, 1, false },
    { "gather", open_gather, wait_gather, set_event, close_inner, 2, false },
    { "wait", open_gather, wait_wait, set_event, close_inner, 2, false },
    { "mutex", open_mutex, wait_mutex, unlock_mutex, close_mutex, 0, false },
    { "cond", open_cond, wait_cond, signal_cond, close_cond, 0, false },
    { "sem", open_sem, wait_sem, release_sem, close_sem, 0, false },
    { "event", open_event, wait_event, set_event, close_event, 0, false },
    { "recv", open_recv, wait_recv, send_item, close_recv, 0, false },
    { "send", open_send, wait_send, receive_first, close_send, 0, false },
    { "gen", open_gen, wait_gen, release_sem, close_gen, 1, false },
    { "pipe", open_pipe, wait_read, write_byte, close_read, 0, false },
    { "read", open_tcp, wait_read, write_byte, close_read, 0, false },
    { "write", open_write, wait_write, NULL, close_write, 0, true },
    { "write some", open_write_some, wait_write_some, read_much, close_write, 0,
      false },
    { "accept", open_accept, wait_accept, connect_once, close_accept, 0,
      false },
    { "connect", open_connect, wait_connect, NULL, close_connect, 0, false },
    { "http", open_http, wait_http, NULL, close_http, 0, false },
    { "http open", open_http, wait_http_open, NULL, close_http, 0, false },
    { "http send", open_http, wait_http_send, NULL, close_http, 0, false },
    { "http read", open_http_read, wait_http_read, write_byte, close_http_read,
      1, false },
    { "ws connect", open_accept, wait_ws_connect, NULL, close_ws_connect, 0,
      false },
    { "ws recv", open_ws, wait_ws_recv, write_ws_message, close_ws_recv, 1,
      false },
    { "ws send", open_ws_send, wait_ws_send, NULL, close_ws, 1, true },
    { "ws close", open_ws, wait_ws_close, write_ws_close, close_ws_close, 1,
      false },
};

const size_t wait_ops_count = sizeof wait_ops / sizeof *wait_ops;

const struct wait_op *wait_op(const char *name)
{
    for (size_t i = 0; i < wait_ops_count; i++) {
        if (strcmp(wait_ops[i].name, name) == 0)
            return &wait_ops[i];
    }
    abort();
}

/* Whether the runtime has the call, and so many tasks can be blocked besides
 * main. */
static bool can_have(const struct wait_op *op)
{
    struct rt_info info;

    rt_info(&info);
    return (op->tasks == 0 || info.concurrency != 1 || info.workers > 0) &&
           (strncmp(op->name, "http", 4) != 0 || runtime_has_http());
}

bool open_scene(struct scene *s, const struct wait_op *op)
{
    *s = (struct scene){ .op = op };
    return can_have(op) && CHECK_OP(op, op->open(s), true);
}

int wait_in_vain(const struct wait_op *op)
{
    return op->wait == wait_sleep || op->wait == wait_yield ? 0 : -ETIMEDOUT;
}
