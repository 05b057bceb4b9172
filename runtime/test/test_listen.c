/* SPDX-License-Identifier: MIT */

/* How TCP connections come about: addresses, ports, connect, accept. */

#include <errno.h>

#include "test.h"

static int try_hosts(void *arg)
{
    static const char *const hosts[] = { "",          "256.0.0.1", "1.2.3",
                                         "1.2.3.4.5", "::g",       "[::1]",
                                         "127.0.0.1 " };
    struct rt_sock *sock = NULL;

    (void)arg;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        CHECK_INT(rt_sock_connect(&sock, hosts[i], 80, test_late()), -EINVAL);
        CHECK_INT(rt_sock_listen(&sock, hosts[i], 0, 1), -EINVAL);
    }
    CHECK_INT(rt_sock_listen(&sock, "localhost", 0, 1), -EINVAL);
    CHECK(sock == NULL);
    return 0;
}

static void a_host_is_a_numeric_address(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, try_hosts, NULL), 0);
}

/* Nobody else can get the port of a listener just closed by chance: the system
 * hands out ports of its own at random. */
static int connect_to_nobody(void *arg)
{
    struct rt_sock *listener, *sock = NULL;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    unsigned port = rt_sock_port(listener);
    rt_sock_close(listener);
    CHECK_INT(rt_sock_connect(&sock, "127.0.0.1", port, test_late()),
              -ECONNREFUSED);
    CHECK(sock == NULL);
    return 0;
}

static void connecting_to_nobody_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_to_nobody, NULL), 0);
}

static int listen_twice(void *arg)
{
    struct rt_sock *first, *second = NULL;

    (void)arg;
    CHECK_INT(rt_sock_listen(&first, "127.0.0.1", 0, 1), 0);
    unsigned port = rt_sock_port(first);
    CHECK_INT(rt_sock_listen(&second, "127.0.0.1", port, 1), -EADDRINUSE);
    CHECK(second == NULL);
    rt_sock_close(first);
    CHECK_INT(rt_sock_listen(&second, "127.0.0.1", port, 1), 0);
    CHECK_INT(rt_sock_port(second), port);
    rt_sock_close(second);
    return 0;
}

static void a_port_has_one_listener_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, listen_twice, NULL), 0);
}

static int listen_where_others_are(void *arg)
{
    struct rt_sock *listener = NULL;

    (void)arg;
    /* TEST-NET-1 of RFC 5737: no address of this machine. */
    CHECK_INT(rt_sock_listen(&listener, "192.0.2.1", 0, 1), -EADDRNOTAVAIL);
    CHECK(listener == NULL);
    return 0;
}

static void listening_needs_an_address_of_ours(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, listen_where_others_are, NULL), 0);
}

/* Whoever closes first keeps the port in TIME_WAIT. */
static int listen_after_a_connection(void *arg)
{
    struct rt_sock *listener, *client, *server;
    char byte;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    unsigned port = rt_sock_port(listener);
    CHECK_INT(rt_sock_connect(&client, "127.0.0.1", port, test_late()), 0);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0);
    rt_sock_close(server);
    CHECK_INT(rt_sock_read(client, &byte, 1, test_late()), 0);
    rt_sock_close(client);
    rt_sock_close(listener);
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", port, 1), 0);
    rt_sock_close(listener);
    return 0;
}

static void a_port_can_be_used_again_at_once(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, listen_after_a_connection, NULL), 0);
}

static int accept_until_soon(void *arg)
{
    struct rt_sock *listener, *client, *server = NULL;
    int64_t soon;
    char byte;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    CHECK_INT(rt_sock_accept(&server, listener, 0), -ETIMEDOUT);
    soon = test_soon();
    CHECK_INT(rt_sock_accept(&server, listener, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    CHECK(server == NULL);
    CHECK_INT(rt_sock_connect(&client, "127.0.0.1", rt_sock_port(listener),
                              test_late()),
              0);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0);
    CHECK_INT(rt_sock_write(client, "x", 1, test_late()), 1);
    CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 1);
    rt_sock_close(client);
    rt_sock_close(server);
    rt_sock_close(listener);
    return 0;
}

static void accept_times_out_and_goes_on(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, accept_until_soon, NULL), 0);
}

/* Nobody accepts: once the backlog is full the system answers no more. */
static int connect_past_the_backlog(void *arg)
{
    struct rt_sock *listener, *clients[16];
    int n = 0, rc = 0;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    while (n < 16 && (rc = rt_sock_connect(&clients[n], "127.0.0.1",
                                           rt_sock_port(listener),
                                           rt_in(100000000))) == 0)
        n++;
    CHECK_INT(rc, -ETIMEDOUT);
    while (n > 0)
        rt_sock_close(clients[--n]);
    rt_sock_close(listener);
    return 0;
}

static void connect_times_out(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_past_the_backlog, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_host_is_a_numeric_address),
        TEST(connecting_to_nobody_is_refused),
        TEST(a_port_has_one_listener_at_a_time),
        TEST(listening_needs_an_address_of_ours),
        TEST(a_port_can_be_used_again_at_once),
        TEST(accept_times_out_and_goes_on),
        TEST(connect_times_out),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
