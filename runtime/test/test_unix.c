/* SPDX-License-Identifier: MIT */

/* Unix sockets, pairs of them, and hosts given by name. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum {
    MUCH = 1 << 20
};

static char folder[] = "/tmp/rt-test-unix-XXXXXX";
static char host[64]; /* "unix:" and a path in it */
#define PATH (host + 5)

static int make_folder(void **state)
{
    if (!mkdtemp(folder))
        return -1;
    snprintf(host, sizeof host, "unix:%s/socket", folder);
    return test_warm_up(state);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_socket(void **state)
{
    unlink(PATH);
    return test_end(state);
}

#define UNIX_TEST(function)                                        \
    cmocka_unit_test_prestate_setup_teardown(function, test_begin, \
                                             remove_socket, (void *)#function)

static void check_passes(struct rt_sock *from, struct rt_sock *to)
{
    char text[8] = "";

    CHECK_INT(rt_sock_write(from, "hello", 5, test_late()), 5);
    CHECK_INT(rt_sock_read(to, text, sizeof text, test_late()), 5);
    CHECK(strcmp(text, "hello") == 0);
}

static int connect_by_path(void *arg)
{
    struct rt_sock *listener, *client, *server;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, host, 7, 4), 0);
    CHECK_INT(access(PATH, F_OK), 0);
    CHECK_INT(rt_sock_port(listener), 0);
    CHECK_INT(rt_sock_accept(&server, listener, 0), -ETIMEDOUT);
    CHECK_INT(rt_sock_connect(&client, host, 0, test_late()), 0);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0);
    check_passes(client, server);
    check_passes(server, client);
    CHECK_INT(rt_sock_shutdown(client), 0);
    char byte;
    CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 0);
    rt_sock_close(client);
    CHECK_INT(rt_sock_write(server, "x", 1, test_late()), -EPIPE);
    rt_sock_close(server);
    rt_sock_close(listener);
    CHECK_INT(access(PATH, F_OK), 0);
    return 0;
}

static void a_path_is_a_host(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_by_path, NULL), 0);
}

static int fail_to_connect(void *arg)
{
    struct rt_sock *sock = NULL, *listener;
    char too_long[200] = "unix:/";

    (void)arg;
    CHECK_INT(rt_sock_connect(&sock, host, 0, test_late()), -ENOENT);
    CHECK_INT(rt_sock_listen(&listener, host, 0, 4), 0);
    CHECK_INT(rt_sock_listen(&sock, host, 0, 4), -EADDRINUSE);
    rt_sock_close(listener);
    CHECK_INT(rt_sock_connect(&sock, host, 0, test_late()), -ECONNREFUSED);
    CHECK_INT(rt_sock_listen(&sock, host, 0, 4), -EADDRINUSE);
    memset(too_long + 6, 'x', sizeof too_long - 7);
    CHECK_INT(rt_sock_connect(&sock, too_long, 0, test_late()), -EINVAL);
    CHECK_INT(rt_sock_listen(&sock, too_long, 0, 4), -EINVAL);
    CHECK_INT(rt_sock_connect(&sock, "unix:", 0, test_late()), -EINVAL);
    CHECK(sock == NULL);
    return 0;
}

static void a_path_nobody_listens_at_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, fail_to_connect, NULL), 0);
}

static int use_pair(void *arg)
{
    struct rt_sock *a, *b;
    char byte;

    (void)arg;
    CHECK_INT(rt_sock_pair(&a, &b), 0);
    CHECK_INT(rt_sock_port(a), 0);
    check_passes(a, b);
    check_passes(b, a);
    CHECK_INT(rt_sock_read(a, &byte, 1, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_sock_shutdown(a), 0);
    CHECK_INT(rt_sock_read(b, &byte, 1, test_late()), 0);
    check_passes(b, a);
    rt_sock_close(b);
    CHECK_INT(rt_sock_read(a, &byte, 1, test_late()), 0);
    rt_sock_close(a);
    return 0;
}

static void a_pair_is_connected_both_ways(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_pair, NULL), 0);
}

static int write_much(void *arg)
{
    unsigned char *much = calloc(1, MUCH);

    if (CHECK(much != NULL))
        CHECK_INT(rt_sock_write(arg, much, MUCH, test_late()), MUCH);
    free(much);
    return rt_sock_shutdown(arg);
}

static int read_much(void *arg)
{
    static unsigned char buffer[10000];
    struct rt_sock *a, *b;
    struct rt_task *task;
    ssize_t n, sum = 0;

    (void)arg;
    CHECK_INT(rt_sock_pair(&a, &b), 0);
    CHECK_INT(rt_spawn(&task, write_much, a), 0);
    while ((n = rt_sock_read(b, buffer, sizeof buffer, test_late())) > 0)
        sum += n;
    CHECK_INT(n, 0);
    CHECK_INT(sum, MUCH);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_sock_close(a);
    rt_sock_close(b);
    return 0;
}

static void much_goes_through_a_pair(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, read_much, NULL), 0);
}

static int connect_by_name(void *arg)
{
    struct rt_sock *listener, *client, *server;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 4), 0);
    unsigned port = rt_sock_port(listener);
    CHECK_INT(rt_sock_connect(&client, "localhost", 99999, test_late()),
              -EINVAL);
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_sock_connect(&client, "localhost", port, test_late()),
              -ECANCELED);
    CHECK_INT(rt_sock_accept(&server, listener, 0), -ETIMEDOUT);
    CHECK_INT(rt_sock_connect(&client, "localhost", port, test_late()), 0);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0);
    check_passes(client, server);
    rt_sock_close(client);
    rt_sock_close(server);
    rt_sock_close(listener);
    CHECK_INT(rt_sock_connect(&client, "localhost", port, test_late()),
              -ECONNREFUSED);
    return 0;
}

/* Whether it stands for IPv6 first or for IPv4 alone. */
static void a_name_is_a_host(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_by_name, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        UNIX_TEST(a_path_is_a_host),
        UNIX_TEST(a_path_nobody_listens_at_is_refused),
        UNIX_TEST(a_pair_is_connected_both_ways),
        UNIX_TEST(much_goes_through_a_pair),
        UNIX_TEST(a_name_is_a_host),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
