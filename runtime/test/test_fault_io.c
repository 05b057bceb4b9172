/* SPDX-License-Identifier: MIT */

/* Every call of rt.h while system calls are interrupted and move only a few
 * bytes at a time, which must not show; errors of single system calls, which
 * must; and peers that break off. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault_calls.h"
#include "faults.h"
#include "server.h"

/* ---- weather ---- */

struct trip {
    const struct fault_call *call;
    int weather, result;
    unsigned first, touched;
};

static int go_out(void *arg)
{
    struct trip *trip = arg;

    fault_weather(trip->weather, trip->first);
    trip->result = trip->call->call();
    trip->touched = fault_touched();
    fault_weather(FAULT_CALM, 0);
    return 0;
}

/* Returns how many system calls were touched by it. */
static unsigned call_in(int weather, const struct fault_call *call)
{
    struct trip trip = { .call = call, .weather = weather };
    unsigned touched = 0;

    for (; trip.first < FAULT_PERIOD; trip.first++) {
        assert_int_equal(test_run(call->tasks, go_out, &trip), 0);
        if (trip.result != 0)
            fail_msg("%s: %d", call->name, trip.result);
        touched += trip.touched;
    }
    return touched;
}

static unsigned all_calls_in(int weather)
{
    unsigned touched = 0;

    for (size_t i = 0; i < fault_calls_count; i++)
        if (fault_call_possible(&fault_calls[i]))
            touched += call_in(weather, &fault_calls[i]);
    return touched;
}

static void interrupted_calls_go_on(void **state)
{
    (void)state;
    assert_true(all_calls_in(FAULT_INTERRUPTS) > 30);
}

static void short_transfers_are_completed(void **state)
{
    (void)state;
    assert_true(all_calls_in(FAULT_DRIPS) > 200);
}

static void both_at_a_time_do_no_harm(void **state)
{
    (void)state;
    assert_true(all_calls_in(FAULT_INTERRUPTS | FAULT_DRIPS) > 200);
}

/* ---- errors of single system calls ---- */

struct refusal {
    const char *call;
    enum fault_syscall which;
    int error;
    bool hidden; /* the call copes with it */
};

static const struct refusal refusals[] = {
    { "file", FAULT_OPEN, EACCES, false },
    { "file", FAULT_OPEN, ENFILE, false },
    { "file", FAULT_PWRITE, ENOSPC, false },
    { "file", FAULT_PREAD, EIO, false },
    { "file", FAULT_SYNC, EIO, false },
    { "file", FAULT_STAT, EOVERFLOW, false },
    { "TCP", FAULT_SOCKET, EMFILE, false },
    { "TCP", FAULT_SOCKET, ENOBUFS, false },
    { "TCP", FAULT_CONNECT, ENETUNREACH, false },
    { "TCP", FAULT_CONNECT, EADDRNOTAVAIL, false },
    { "TCP", FAULT_CONNECT, EAGAIN, false }, /* no port is left */
    { "TCP", FAULT_ACCEPT, ENFILE, false },
    { "TCP", FAULT_ACCEPT, ENOMEM, false },
    { "TCP", FAULT_ACCEPT, ECONNABORTED, true },
    { "TCP", FAULT_ACCEPT, EPROTO, true },
    { "TCP", FAULT_ACCEPT, EHOSTUNREACH, true },
    { "TCP", FAULT_ACCEPT, EAGAIN, true },
    { "TCP", FAULT_READ, ECONNRESET, false },
    { "TCP", FAULT_READ, ETIMEDOUT, false },
    { "TCP", FAULT_READ, EAGAIN, true },
    { "TCP", FAULT_WRITE, EPIPE, false },
    { "TCP", FAULT_WRITE, ENOBUFS, false },
    { "TCP", FAULT_WRITE, EAGAIN, true },
    { "Unix socket", FAULT_CONNECT, ECONNREFUSED, false },
    { "Unix socket", FAULT_CONNECT, EAGAIN, true }, /* its backlog is full */
    { "name", FAULT_CONNECT, ENETUNREACH, false },
    { "pipe", FAULT_READ, EIO, false },
    { "pipe", FAULT_WRITE, EPIPE, false },
    { "WebSocket", FAULT_CONNECT, ENETUNREACH, false },
    { "WebSocket", FAULT_READ, ECONNRESET, false },
    { "WebSocket", FAULT_WRITE, ECONNRESET, false },
    { "HTTP", FAULT_SOCKET, EMFILE, false },
};

static const struct fault_call *call_named(const char *name)
{
    for (size_t i = 0; i < fault_calls_count; i++)
        if (strcmp(fault_calls[i].name, name) == 0)
            return &fault_calls[i];
    fail_msg("no call %s", name);
    return NULL;
}

struct refused {
    const struct fault_call *call;
    const struct refusal *refusal;
    bool came;
    int result, afterwards;
};

static int call_refused(void *arg)
{
    struct refused *r = arg;

    fault_once(r->refusal->which, r->refusal->error);
    r->result = r->call->call();
    r->came = fault_came(r->refusal->which);
    r->afterwards = r->call->call();
    return 0;
}

static void errors_of_the_system_are_passed_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        struct refused r = { .call = call_named(refusal->call),
                             .refusal = refusal };
        int expected = refusal->hidden ? 0 : -refusal->error;

        if (!fault_call_possible(r.call))
            continue;
        assert_int_equal(test_run(0, call_refused, &r), 0);
        if (!r.came || r.result != expected || r.afterwards != 0)
            fail_msg("%s, refusal %zu: %s, %d, then %d", r.call->name, i,
                     r.came ? "came" : "did not come", r.result, r.afterwards);
    }
}

/* ---- peers that break off ---- */

static int connect_to_server(struct rt_sock **sock)
{
    return rt_sock_connect(sock, "127.0.0.1", server_port(), test_late());
}

/* Makes the server send some, then reset the connection. */
static int be_reset(void *arg)
{
    static const char ask[] = "GET /reset HTTP/1.1\r\n\r\n";
    struct rt_sock *sock;
    char data[100];
    ssize_t n;

    (void)arg;
    if (!CHECK_INT(connect_to_server(&sock), 0))
        return 0;
    CHECK_INT(rt_sock_write(sock, ask, sizeof ask - 1, test_late()),
              sizeof ask - 1);
    while ((n = rt_sock_read(sock, data, sizeof data, test_late())) > 0)
        continue;
    CHECK_INT(n, -ECONNRESET);
    CHECK_INT(rt_sock_write(sock, ask, 1, test_late()), -EPIPE);
    rt_sock_close(sock);
    return 0;
}

static void a_reset_ends_a_stream(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, be_reset, NULL), 0);
}

static int be_reset_ws(void *arg)
{
    struct rt_ws_message message;
    struct rt_ws *ws;
    char url[64];
    int rc;

    (void)arg;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", server_port());
    if (!CHECK_INT(rt_ws_connect(&ws, url, 0, test_late()), 0))
        return 0;
    CHECK_INT(rt_ws_send(ws, RT_WS_TEXT, "reset", 5, test_late()), 0);
    CHECK_INT(rt_ws_recv(ws, &message, test_late()), -ECONNRESET);
    CHECK_INT(rt_ws_recv(ws, &message, test_late()), -ECONNRESET);
    rc = rt_ws_send(ws, RT_WS_TEXT, "more", 4, test_late());
    CHECK(rc == -EPIPE || rc == -ECONNRESET);
    CHECK_INT(rt_ws_close(ws, 1000, NULL, test_late()), -EPIPE);
    CHECK_INT(rt_ws_closed(ws, NULL), 0);
    rt_ws_free(ws);
    CHECK_INT(call_named("WebSocket")->call(), 0);
    return 0;
}

static void a_reset_ends_a_websocket(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, be_reset_ws, NULL), 0);
}

static int be_reset_http(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    char url[SERVER_URL];

    (void)arg;
    if (!http)
        return 0;
    server_url(url, "/reset");
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), -ECONNRESET);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_reset_ends_a_request_and_no_more(void **state)
{
    (void)state;
    if (!runtime_has_http())
        test_skip("the runtime has no HTTP");
    assert_int_equal(test_run(0, be_reset_http, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(interrupted_calls_go_on),
        SERVED(short_transfers_are_completed),
        SERVED(both_at_a_time_do_no_harm),
        SERVED(errors_of_the_system_are_passed_on),
        SERVED(a_reset_ends_a_stream),
        SERVED(a_reset_ends_a_websocket),
        SERVED(a_reset_ends_a_request_and_no_more),
    };

    return cmocka_run_group_tests(tests, fault_calls_begin, fault_calls_end);
}
