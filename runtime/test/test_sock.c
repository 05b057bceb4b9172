/* SPDX-License-Identifier: MIT */

/* TCP streams: both directions, both families, their ends, many at once. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

/* Reads exactly `bytes`, however they are cut. */
static bool read_all(struct rt_sock *sock, void *buffer, size_t bytes)
{
    char *p = buffer;

    for (size_t got = 0; got < bytes;) {
        ssize_t n = rt_sock_read(sock, p + got, bytes - got, test_late());

        if (!CHECK(n > 0))
            return false;
        got += (size_t)n;
    }
    return true;
}

static bool say_and_hear(struct rt_sock *from, struct rt_sock *to,
                         const char *text)
{
    char heard[64] = { 0 };
    size_t n = strlen(text);

    return CHECK_INT(rt_sock_write(from, text, n, test_late()), n) &&
           read_all(to, heard, n) && CHECK(memcmp(heard, text, n) == 0);
}

static int talk_over(const char *host)
{
    struct rt_sock *listener, *client, *server;
    int rc = rt_sock_listen(&listener, host, 0, 8);

    if (rc)
        return rc;
    unsigned port = rt_sock_port(listener);
    CHECK(port > 0 && port < 65536);
    rc = rt_sock_connect(&client, host, port, test_late());
    if (!CHECK_INT(rc, 0) ||
        !CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0))
        return rc;
    CHECK_INT(rt_sock_port(server), port);
    CHECK(rt_sock_port(client) > 0 && rt_sock_port(client) != port);
    say_and_hear(client, server, "ping");
    say_and_hear(server, client, "pong");
    rt_sock_close(client);
    rt_sock_close(server);
    rt_sock_close(listener);
    rt_sock_close(NULL);
    return 0;
}

static int talk_over_ipv4(void *arg)
{
    (void)arg;
    return talk_over("127.0.0.1");
}

static int talk_over_ipv6(void *arg)
{
    (void)arg;
    return talk_over("::1");
}

static void streams_carry_bytes_both_ways(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, talk_over_ipv4, NULL), 0);
}

static void streams_work_over_ipv6(void **state)
{
    (void)state;
    int rc = test_run(0, talk_over_ipv6, NULL);
    if (rc == -EADDRNOTAVAIL || rc == -EAFNOSUPPORT)
        test_skip("no IPv6 loopback address");
    assert_int_equal(rc, 0);
}

/* How many descriptors are connected TCP sockets, and how many of those send
 * without delay. */
static void count_nodelay(int *connected, int *undelayed)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_storage peer;
        socklen_t bytes = sizeof peer;
        int on = 0;

        if (getpeername(fd, (struct sockaddr *)&peer, &bytes) != 0)
            continue;
        bytes = sizeof on;
        if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &bytes) != 0)
            continue;
        ++*connected;
        *undelayed += on != 0;
    }
}

static int look_for_delays(void *arg)
{
    struct rt_sock *client, *server;
    int before = 0, connected = 0, undelayed = 0, ignored = 0;

    (void)arg;
    count_nodelay(&before, &ignored);
    if (!test_tcp_pair(&client, &server))
        return -1;
    count_nodelay(&connected, &undelayed);
    CHECK_INT(connected - before, 2);
    CHECK_INT(undelayed - ignored, 2);
    rt_sock_close(client);
    rt_sock_close(server);
    return 0;
}

static void streams_send_without_delay(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, look_for_delays, NULL), 0);
}

/* ---- ends of streams ---- */

static int close_one_end(void *arg)
{
    struct rt_sock *client, *server;
    char byte;

    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    CHECK_INT(rt_sock_write(client, "last", 4, test_late()), 4);
    rt_sock_close(client);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 1);
        CHECK_INT(byte, "last"[i]);
    }
    for (int i = 0; i < 3; i++)
        CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 0);
    CHECK_INT(rt_sock_read(server, &byte, 1, 0), 0);
    rt_sock_close(server);
    return 0;
}

static void the_end_of_a_stream_follows_its_last_byte(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, close_one_end, NULL), 0);
}

static int shut_one_way(void *arg)
{
    struct rt_sock *client, *server;
    char byte;

    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    say_and_hear(client, server, "request");
    CHECK_INT(rt_sock_shutdown(client), 0);
    CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 0);
    CHECK_INT(rt_sock_write(client, "x", 1, test_late()), -EPIPE);
    say_and_hear(server, client, "reply");
    CHECK_INT(rt_sock_shutdown(server), 0);
    CHECK_INT(rt_sock_read(client, &byte, 1, test_late()), 0);
    rt_sock_close(client);
    rt_sock_close(server);
    return 0;
}

static void shutdown_ends_one_direction_only(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, shut_one_way, NULL), 0);
}

/* Linux answers with a reset when what was received is thrown away. */
static int close_with_unread_data(void *arg)
{
    struct rt_sock *client, *server;
    char byte;

    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    say_and_hear(client, server, "a");
    CHECK_INT(rt_sock_write(client, "unread", 6, test_late()), 6);
    CHECK_INT(rt_sock_read(server, &byte, 1, test_late()), 1);
    rt_sock_close(server);
    CHECK_INT(rt_sock_read(client, &byte, 1, test_late()), -ECONNRESET);
    ssize_t n = rt_sock_write(client, "x", 1, test_late());
    CHECK(n == -EPIPE || n == -ECONNRESET);
    rt_sock_close(client);
    return 0;
}

static void a_reset_is_an_error_and_not_the_end(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, close_with_unread_data, NULL), 0);
}

static int write_until_broken(void *arg)
{
    struct rt_sock *client, *server;
    static char block[65536];
    ssize_t n = 1;

    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    rt_sock_close(server);
    for (int i = 0; i < 1000 && n > 0; i++)
        n = rt_sock_write(client, block, sizeof block, test_late());
    CHECK(n == -EPIPE || n == -ECONNRESET);
    rt_sock_close(client);
    return 0;
}

static void writing_to_nobody_fails_without_a_signal(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_until_broken, NULL), 0);
}

/* A client that no runtime knows of: only the system can end the wait. */
struct outsider {
    pthread_t thread;
    int port[2], leave[2]; /* pipes to the thread */
};

/* Its descriptor exists only while the run waits.  A failure shows as a wait
 * without end. */
static void echo_from_outside(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        read(fd, &byte, 1) == 1)
        CHECK_INT(write(fd, &byte, 1), 1);
    close(fd);
}

static void *be_outside(void *arg)
{
    struct outsider *o = arg;
    unsigned port;

    if (read(o->port[0], &port, sizeof port) == sizeof port)
        echo_from_outside(port);
    /* Stays until the leak check is done. */
    return read(o->leave[0], &port, 1) == 0 ? NULL : o;
}

static int wait_for_the_outside(void *arg)
{
    struct outsider *o = arg;
    struct rt_sock *listener, *sock;
    char byte = 0;

    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 4), 0);
    unsigned port = rt_sock_port(listener);
    CHECK_INT(write(o->port[1], &port, sizeof port), sizeof port);
    CHECK_INT(rt_sock_accept(&sock, listener, RT_FOREVER), 0);
    CHECK_INT(rt_sock_write(sock, "x", 1, RT_FOREVER), 1);
    CHECK_INT(rt_sock_read(sock, &byte, 1, RT_FOREVER), 1);
    CHECK_INT(byte, 'x');
    CHECK_INT(rt_sock_read(sock, &byte, 1, RT_FOREVER), 0);
    rt_sock_close(sock);
    rt_sock_close(listener);
    return 0;
}

static void waiting_for_the_outside_is_no_deadlock(void **state)
{
    struct outsider o;

    (void)state;
    assert_int_equal(pipe(o.port), 0);
    assert_int_equal(pipe(o.leave), 0);
    assert_int_equal(pthread_create(&o.thread, NULL, be_outside, &o), 0);
    assert_int_equal(test_run(0, wait_for_the_outside, &o), 0);
    close(o.leave[1]);
    assert_int_equal(pthread_join(o.thread, NULL), 0);
    close(o.leave[0]);
    close(o.port[0]);
    close(o.port[1]);
}

/* ---- many connections ---- */

struct crowd {
    unsigned n;
    struct rt_sock **clients, **servers;
};

static int echo_until_end(void *arg)
{
    struct rt_sock *sock = arg;
    char buffer[64];
    ssize_t n;

    while ((n = rt_sock_read(sock, buffer, sizeof buffer, RT_FOREVER)) > 0)
        CHECK_INT(rt_sock_write(sock, buffer, (size_t)n, RT_FOREVER), n);
    rt_sock_close(sock);
    return (int)n;
}

static void open_crowd(struct crowd *c)
{
    struct rt_sock *listener;

    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 128), 0);
    for (unsigned i = 0; i < c->n; i++) {
        CHECK_INT(rt_sock_connect(&c->clients[i], "127.0.0.1",
                                  rt_sock_port(listener), test_late()),
                  0);
        CHECK_INT(rt_sock_accept(&c->servers[i], listener, test_late()), 0);
    }
    rt_sock_close(listener);
}

static void talk_to_crowd(struct crowd *c)
{
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t heard = 0;

        for (uint32_t i = 0; i < c->n; i++) {
            uint32_t word = i * 3 + round;
            CHECK_INT(rt_sock_write(c->clients[i], &word, 4, test_late()), 4);
        }
        for (uint32_t i = c->n; i-- > 0;) {
            read_all(c->clients[i], &heard, 4);
            CHECK_INT(heard, i * 3 + round);
        }
    }
}

static int serve_crowd(void *arg)
{
    struct crowd *c = arg;
    struct rt_task **tasks = calloc(c->n, sizeof *tasks);
    int *statuses = calloc(c->n, sizeof *statuses);

    c->clients = calloc(c->n, sizeof(struct rt_sock *));
    c->servers = calloc(c->n, sizeof(struct rt_sock *));
    if (CHECK(tasks && statuses && c->clients && c->servers)) {
        open_crowd(c);
        for (unsigned i = 0; i < c->n; i++)
            CHECK_INT(rt_spawn(&tasks[i], echo_until_end, c->servers[i]), 0);
        talk_to_crowd(c);
        for (unsigned i = 0; i < c->n; i++)
            rt_sock_close(c->clients[i]);
        CHECK_INT(rt_gather(tasks, c->n, statuses, RT_FOREVER), 0);
        for (unsigned i = 0; i < c->n; i++)
            CHECK_INT(statuses[i], 0);
    }
    free(c->clients);
    free(c->servers);
    free(tasks);
    free(statuses);
    return 0;
}

static void many_connections_are_served_at_once(void **state)
{
    struct crowd crowd = { .n = test_sanitized() ? 100 : 500 };
    struct rt_options options = { 0 };
    struct rlimit old, limit;

    (void)state;
    needs_tasks(crowd.n);
    getrlimit(RLIMIT_NOFILE, &old);
    limit = old;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * crowd.n + 64)
        test_skip("only %lu descriptors allowed", (long)limit.rlim_cur);
    if (runtime_honours("workers"))
        options.workers = crowd.n;
    if (runtime_honours("stack"))
        options.stack_bytes = 128 * 1024;
    assert_int_equal(test_run_with(&options, serve_crowd, &crowd), 0);
    setrlimit(RLIMIT_NOFILE, &old);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(streams_carry_bytes_both_ways),
        TEST(streams_work_over_ipv6),
        TEST(streams_send_without_delay),
        TEST(the_end_of_a_stream_follows_its_last_byte),
        TEST(shutdown_ends_one_direction_only),
        TEST(a_reset_is_an_error_and_not_the_end),
        TEST(writing_to_nobody_fails_without_a_signal),
        TEST(waiting_for_the_outside_is_no_deadlock),
        TEST(many_connections_are_served_at_once),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
