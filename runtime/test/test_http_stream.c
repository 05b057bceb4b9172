/* SPDX-License-Identifier: MIT */

/* Bodies read piece by piece: whole, slowly, given up, broken off; and what a
 * client does not do meanwhile. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum {
    LARGE = 32 << 20,
    ENDLESS = 1 << 30
};

static int open_path(struct rt_http *http, const char *path,
                     struct rt_http_reply *reply, int64_t deadline)
{
    char url[SERVER_URL];
    struct rt_http_request request = { .url = server_url(url, path) };

    return rt_http_open(http, &request, reply, deadline);
}

static struct rt_http *open_client(const char *path)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };

    CHECK_INT(open_path(http, path, &reply, test_late()), 0);
    CHECK_INT(reply.status, 200);
    CHECK(!reply.body);
    return http;
}

/* Reads on to the end, in pieces of so many bytes: their number, or the
 * error. */
static int64_t read_all(struct rt_http *http, size_t piece)
{
    static _Thread_local unsigned char buffer[100000];
    uint64_t at = 0, wrong = 0;
    ssize_t n;

    while ((n = rt_http_read(http, buffer, piece, test_late())) > 0) {
        for (ssize_t i = 0; i < n; i++)
            wrong += buffer[i] != server_byte(at + (size_t)i);
        at += (size_t)n;
    }
    CHECK_INT(wrong, 0);
    return n < 0 ? n : (int64_t)at;
}

static int read_whole(void *arg)
{
    static const struct {
        const char *path;
        size_t piece;
        int64_t bytes;
    } cases[] = { { "/much/33554432", 100000, LARGE },
                  { "/chunked/33554432", 4096, LARGE },
                  { "/much/70000", 1, 70000 },
                  { "/much/1", 1000, 1 },
                  { "/much/0", 1000, 0 },
                  { "/none", 1000, 0 } };

    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(open_path(http, cases[i].path, &reply, test_late()), 0);
        CHECK_INT(read_all(http, cases[i].piece), cases[i].bytes);
        CHECK_INT(read_all(http, cases[i].piece), 0);
        rt_http_close(http);
    }
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_body_is_read_to_its_end_and_the_connection_kept(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, read_whole, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

/* ---- back-pressure ---- */

/* Waits until the server does not get on any more. */
static void let_it_send(void)
{
    unsigned long long seen, now = atomic_load(&server_seen->sent);

    for (int still = 0; still < 5; still = now == seen ? still + 1 : 0) {
        seen = now;
        CHECK_INT(rt_sleep(rt_in(10000000)), 0);
        now = atomic_load(&server_seen->sent);
    }
}

static int read_none(void *arg)
{
    struct rt_http *http = open_client("/much/1073741824");
    char byte;

    (void)arg;
    CHECK_INT(rt_http_read(http, &byte, 1, test_late()), 1);
    let_it_send();
    CHECK(atomic_load(&server_seen->sent) < ENDLESS);
    rt_http_close(http);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_server_waits_for_a_reader_who_does_not_read(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, read_none, NULL), 0);
}

/* ---- early ends ---- */

static int leave_early(void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++) {
        struct rt_http *http =
            open_client(i % 2 ? "/stall" : "/much/1073741824");

        if (i < 2) {
            rt_http_close(http);
            rt_http_close(http);
            server_expect(http, "/hello", 200, "hello");
        }
        rt_http_free(http);
    }
    return 0;
}

static void a_stream_can_be_left_at_any_time(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, leave_early, NULL), 0);
}

static int leave_open(void *arg)
{
    struct rt_http **http = arg;

    if (*http) {
        char byte;

        /* Connections do not outlive the run, on coroutines. */
        ssize_t n = rt_http_read(*http, &byte, 1, test_soon());
        CHECK(n == 1 || n == -ECONNRESET);
        rt_http_close(*http);
        server_expect(*http, "/hello", 200, "hello");
        rt_http_free(*http);
    } else {
        *http = open_client("/stall");
    }
    return 0;
}

static void a_stream_may_be_open_at_the_end_of_the_run(void **state)
{
    struct rt_http *http = NULL;

    (void)state;
    /* Not test_run(): the client may hold a descriptor meanwhile. */
    assert_int_equal(rt_run(NULL, leave_open, &http), 0);
    assert_int_equal(rt_run(NULL, leave_open, &http), 0);
}

static int wait_in_vain(void *arg)
{
    struct rt_http *http = open_client("/stall");
    char buffer[16];

    (void)arg;
    CHECK_INT(rt_http_read(http, buffer, 3, 0), 3); /* it is there already */
    CHECK_INT(rt_http_read(http, buffer, 16, test_late()), 2);
    for (int i = 0; i < 3; i++) {
        int64_t deadline = test_soon();
        CHECK_INT(rt_http_read(http, buffer, 16, deadline), -ETIMEDOUT);
        CHECK(rt_now() >= deadline);
    }
    CHECK_INT(rt_http_read(http, buffer, 16, 0), -ETIMEDOUT);
    rt_http_close(http);
    struct rt_http_reply reply;
    CHECK_INT(open_path(http, "/never", &reply, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_http_read(http, buffer, 16, test_late()), -EINVAL);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_deadline_leaves_a_stream_open(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, wait_in_vain, NULL), 0);
}

static int read_broken(void *arg)
{
    static const char *const paths[] = { "/half", "/halfchunk", "/reset",
                                         "/badchunks" };
    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char buffer[16];
        ssize_t n;
        int rc = open_path(http, paths[i], &reply, test_late());

        /* What was reset may not even have its head. */
        if (rc == 0) {
            do
                n = rt_http_read(http, buffer, 3, test_late());
            while (n > 0);
            CHECK_INT(n, -ECONNRESET);
            CHECK_INT(rt_http_read(http, buffer, 3, test_late()), -ECONNRESET);
            rt_http_close(http);
        } else {
            CHECK_INT(rc, -ECONNRESET);
        }
        server_expect(http, "/hello", 200, "hello");
    }
    CHECK_INT(open_path(http, "/garbage", &reply, test_late()), -EPROTO);
    CHECK_INT(open_path(http, "/halfhead", &reply, test_late()), -ECONNRESET);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_body_that_breaks_off_is_read_up_to_there(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, read_broken, NULL), 0);
}

/* ---- one thing at a time, limits, redirects ---- */

static int use_while_open(void *arg)
{
    struct rt_http *http = open_client("/stall");
    struct rt_http_reply reply;
    char url[SERVER_URL], byte;

    (void)arg;
    CHECK_INT(rt_http_get(http, server_url(url, "/hello"), &reply, test_late()),
              -EBUSY);
    CHECK_INT(open_path(http, "/hello", &reply, test_late()), -EBUSY);
    CHECK_INT(rt_http_read(http, &byte, 1, test_late()), 1);
    CHECK_INT(byte, 's');
    rt_http_close(http);
    CHECK_INT(rt_http_read(http, &byte, 1, test_late()), -EINVAL);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_client_is_busy_while_its_stream_is_open(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_while_open, NULL), 0);
}

static int limit_bodies(void *arg)
{
    struct rt_http *http = server_client();
    char url[SERVER_URL];
    struct rt_http_request request = { .body_max = 100000 };
    struct rt_http_reply reply;

    (void)arg;
    request.url = server_url(url, "/chunked/100001");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    CHECK_INT(read_all(http, 7000), -EMSGSIZE);
    rt_http_close(http);
    request.url = server_url(url, "/much/100001");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), -EMSGSIZE);
    CHECK_INT(rt_http_request(http, &request, &reply, test_late()), -EMSGSIZE);
    request.url = server_url(url, "/chunked/100000");
    CHECK_INT(rt_http_request(http, &request, &reply, test_late()), 0);
    CHECK_INT(reply.body_bytes, 100000);
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    CHECK_INT(read_all(http, 100000), 100000);
    rt_http_close(http);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_body_longer_than_wanted_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, limit_bodies, NULL), 0);
}

static int open_redirected(void *arg)
{
    struct rt_http *http = server_client();
    char url[SERVER_URL];
    struct rt_http_request request = { .redirects = 2 };
    struct rt_http_reply reply = { 0 };

    (void)arg;
    request.url = server_url(url, "/to/302/to/307/much/1000000");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.redirects, 2);
    CHECK_INT(read_all(http, 5000), 1000000);
    rt_http_close(http);
    request.redirects = 1;
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), -ELOOP);
    request.url = server_url(url, "/interim");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    CHECK_INT(reply.status, 200);
    CHECK(strcmp(rt_http_header(http, "X-Which", 0), "late") == 0);
    CHECK(!rt_http_header(http, "X-Which", 1));
    rt_http_close(http);
    rt_http_free(http);
    return 0;
}

static void the_last_head_opens_a_stream(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, open_redirected, NULL), 0);
}

/* ---- both ways at once ---- */

static ssize_t give_much(void *arg, void *buffer, size_t bytes,
                         int64_t deadline)
{
    uint64_t *given = arg;
    size_t n = LARGE - *given < bytes ? (size_t)(LARGE - *given) : bytes;

    (void)deadline;
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buffer)[i] = server_byte(*given + i);
    *given += n;
    return (ssize_t)n;
}

static int send_and_read(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    uint64_t given = 0;
    char url[SERVER_URL];
    struct rt_http_request request = { .url = server_url(url, "/early"),
                                       .source = give_much,
                                       .source_arg = &given };

    (void)arg;
    request.url = server_url(url, "/much/33554432");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    CHECK_INT(server_seen->last.body_bytes, LARGE);
    CHECK_INT(server_seen->last.body_wrong, 0);
    CHECK_INT(read_all(http, 65536), LARGE);
    rt_http_close(http);
    rt_http_free(http);
    return 0;
}

static void a_large_body_goes_up_and_another_comes_down(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, send_and_read, NULL), 0);
}

static int read_large(void *arg)
{
    struct rt_http *http = open_client("/chunked/33554432");

    (void)arg;
    CHECK_INT(read_all(http, 10000), LARGE);
    rt_http_close(http);
    rt_http_free(http);
    return 0;
}

static int read_together(void *arg)
{
    struct rt_task *tasks[8];

    (void)arg;
    for (size_t i = 0; i < 8; i++)
        CHECK_INT(rt_spawn(&tasks[i], read_large, NULL), 0);
    CHECK_INT(rt_gather(tasks, 8, NULL, RT_FOREVER), 0);
    return 0;
}

static void many_streams_are_read_at_once(void **state)
{
    (void)state;
    assert_int_equal(test_run(8, read_together, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(a_body_is_read_to_its_end_and_the_connection_kept),
        SERVED(a_server_waits_for_a_reader_who_does_not_read),
        SERVED(a_stream_can_be_left_at_any_time),
        SERVED(a_stream_may_be_open_at_the_end_of_the_run),
        SERVED(a_deadline_leaves_a_stream_open),
        SERVED(a_body_that_breaks_off_is_read_up_to_there),
        SERVED(a_client_is_busy_while_its_stream_is_open),
        SERVED(a_body_longer_than_wanted_is_refused),
        SERVED(the_last_head_opens_a_stream),
        SERVED(a_large_body_goes_up_and_another_comes_down),
        SERVED(many_streams_are_read_at_once),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
