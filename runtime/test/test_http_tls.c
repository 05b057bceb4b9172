/* SPDX-License-Identifier: MIT */

/* HTTP over TLS: the server is who it says, or it is not talked to. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tls.h"

/* One request to the server that runs. */
struct visit {
    const char *ca_file;
    int result;
};

static int ask(struct rt_http *http, const char *path, const char *ca_file,
               struct rt_http_reply *reply, int64_t deadline)
{
    char url[SERVER_URL];
    struct rt_http_request request = { .url = server_url(url, path),
                                       .ca_file = ca_file };

    return rt_http_request(http, &request, reply, deadline);
}

static int pay_visit(void *arg)
{
    struct visit *visit = arg;
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };

    visit->result = ask(http, "/hello", visit->ca_file, &reply, test_late());
    if (visit->result == 0)
        CHECK(strcmp(reply.body, "hello") == 0);
    rt_http_free(http);
    return 0;
}

static int result_of(enum tls_flaw flaw, const char *ca_file)
{
    struct visit visit = { .ca_file = ca_file };

    assert_true(tls_server_start(flaw));
    int rc = test_run(0, pay_visit, &visit);
    unsigned requests = atomic_load(&server_seen->requests);
    server_stop();
    assert_int_equal(rc, 0);
    assert_int_equal(requests, visit.result == 0);
    return visit.result;
}

static void a_certificate_by_the_authority_is_believed(void **state)
{
    (void)state;
    assert_int_equal(result_of(TLS_GOOD, tls_ca), 0);
}

static void an_unknown_authority_is_refused(void **state)
{
    (void)state;
    assert_int_equal(result_of(TLS_GOOD, tls_other_ca), -EKEYREJECTED);
    assert_int_equal(result_of(TLS_GOOD, NULL), -EKEYREJECTED);
}

static void a_certificate_of_another_host_is_refused(void **state)
{
    (void)state;
    assert_int_equal(result_of(TLS_HOST, tls_ca), -EKEYREJECTED);
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    assert_int_equal(result_of(TLS_EXPIRED, tls_ca), -EKEYREJECTED);
}

static void an_authority_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(result_of(TLS_GOOD, tls_no_ca), -ENOKEY);
    assert_int_equal(result_of(TLS_GOOD, "/nowhere/ca.pem"), -ENOKEY);
}

/* ---- one client, several requests ---- */

static int ask_often(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };

    (void)arg;
    for (int i = 0; i < 10; i++) {
        CHECK_INT(ask(http, "/hello", tls_ca, &reply, test_late()), 0);
        CHECK(strcmp(reply.body, "hello") == 0);
    }
    rt_http_free(http);
    return 0;
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    assert_true(tls_server_start(TLS_GOOD));
    int rc = test_run(0, ask_often, NULL);
    unsigned accepts = atomic_load(&server_seen->accepts);
    server_stop();
    assert_int_equal(rc, 0);
    assert_int_equal(accepts, 1);
}

static int believe_in_turns(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };

    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(ask(http, "/hello", tls_ca, &reply, test_late()), 0);
        CHECK_INT(ask(http, "/hello", NULL, &reply, test_late()),
                  -EKEYREJECTED);
        CHECK_INT(ask(http, "/hello", tls_other_ca, &reply, test_late()),
                  -EKEYREJECTED);
    }
    rt_http_free(http);
    return 0;
}

/* Not even by way of a connection that was believed before. */
static void each_request_believes_its_own_authority(void **state)
{
    (void)state;
    assert_true(tls_server_start(TLS_GOOD));
    int rc = test_run(0, believe_in_turns, NULL);
    server_stop();
    assert_int_equal(rc, 0);
}

static int move_much(void *arg)
{
    enum {
        BYTES = 4 << 20
    };
    static unsigned char buffer[30000];
    struct rt_http *http = server_client();
    char url[SERVER_URL];
    struct rt_http_request request = { .ca_file = tls_ca };
    struct rt_http_reply reply = { 0 };
    uint64_t at = 0, wrong = 0;
    ssize_t n;

    (void)arg;
    request.url = server_url(url, "/chunked/4194304");
    CHECK_INT(rt_http_open(http, &request, &reply, test_late()), 0);
    while ((n = rt_http_read(http, buffer, sizeof buffer, test_late())) > 0)
        for (ssize_t i = 0; i < n; i++)
            wrong += buffer[i] != server_byte(at++);
    CHECK_INT(n, 0);
    CHECK_INT(at, BYTES);
    CHECK_INT(wrong, 0);
    rt_http_close(http);
    rt_http_free(http);
    return 0;
}

static void a_body_is_streamed(void **state)
{
    (void)state;
    assert_true(tls_server_start(TLS_GOOD));
    int rc = test_run(0, move_much, NULL);
    server_stop();
    assert_int_equal(rc, 0);
}

/* ---- handshakes that do not come to an end ---- */

struct handshake {
    struct rt_http *http;
    char url[SERVER_URL];
};

static int shake_hands(void *arg)
{
    struct handshake *h = arg;
    struct rt_http_reply reply;

    return rt_http_get(h->http, h->url, &reply, RT_FOREVER);
}

static int give_up_handshakes(void *arg)
{
    struct handshake h = { .http = server_client() };
    struct rt_sock *silent = NULL, *hello = NULL;
    struct rt_http_reply reply;
    struct rt_task *task;
    int status = 0;
    char byte;

    (void)arg;
    CHECK_INT(rt_sock_listen(&silent, "127.0.0.1", 0, 8), 0);
    snprintf(h.url, sizeof h.url, "https://127.0.0.1:%u/",
             rt_sock_port(silent));
    CHECK_INT(rt_http_get(h.http, h.url, &reply, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_sock_accept(&hello, silent, test_late()), 0);
    rt_sock_close(hello);
    CHECK_INT(rt_spawn(&task, shake_hands, &h), 0);
    CHECK_INT(rt_sock_accept(&hello, silent, test_late()), 0);
    /* It has begun: its first record is a handshake (RFC 8446, 5.1). */
    CHECK_INT(rt_sock_read(hello, &byte, 1, test_late()), 1);
    CHECK_INT(byte, 22);
    rt_cancel(task);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    rt_sock_close(hello);
    rt_sock_close(silent);
    CHECK_INT(ask(h.http, "/hello", tls_ca, &reply, test_late()), 0);
    rt_http_free(h.http);
    return 0;
}

static void a_handshake_can_be_given_up(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_true(tls_server_start(TLS_GOOD));
    int rc = test_run(1, give_up_handshakes, NULL);
    server_stop();
    assert_int_equal(rc, 0);
}

static int speak_tls_to_a_plain_server(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    struct rt_sock *plain = NULL, *peer = NULL;
    struct rt_task *task;
    struct handshake h = { .http = http };
    int status = 0;

    (void)arg;
    CHECK_INT(rt_sock_listen(&plain, "127.0.0.1", 0, 8), 0);
    snprintf(h.url, sizeof h.url, "https://127.0.0.1:%u/", rt_sock_port(plain));
    CHECK_INT(rt_spawn(&task, shake_hands, &h), 0);
    CHECK_INT(rt_sock_accept(&peer, plain, test_late()), 0);
    CHECK_INT(rt_sock_write(peer, "HTTP/1.1 400 No\r\n\r\n", 19, test_late()),
              19);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -EPROTO);
    rt_sock_close(peer);
    rt_sock_close(plain);
    CHECK_INT(ask(http, "/hello", tls_ca, &reply, test_late()), 0);
    rt_http_free(http);
    return 0;
}

static void a_server_without_tls_is_an_error(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_true(tls_server_start(TLS_GOOD));
    int rc = test_run(1, speak_tls_to_a_plain_server, NULL);
    server_stop();
    assert_int_equal(rc, 0);
}

static int set_up(void **state)
{
    return tls_init() ? test_warm_up(state) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tls_fini();
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_certificate_by_the_authority_is_believed),
        TEST(an_unknown_authority_is_refused),
        TEST(a_certificate_of_another_host_is_refused),
        TEST(an_expired_certificate_is_refused),
        TEST(an_authority_that_cannot_be_read_is_an_error),
        TEST(a_connection_is_used_again),
        TEST(each_request_believes_its_own_authority),
        TEST(a_body_is_streamed),
        TEST(a_handshake_can_be_given_up),
        TEST(a_server_without_tls_is_an_error),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
