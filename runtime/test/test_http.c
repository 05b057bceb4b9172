/* SPDX-License-Identifier: MIT */

/* HTTP requests as such: GET, connections, errors, deadlines. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

enum {
    CROWD = SERVER_CROWD
};

static unsigned accepts(void)
{
    return atomic_load(&server_seen->accepts);
}

/* ---- tasks ---- */

static int get(struct rt_http *http, const char *path,
               struct rt_http_reply *reply, int64_t deadline)
{
    char url[SERVER_URL];

    return rt_http_get(http, server_url(url, path), reply, deadline);
}

/* The error of a GET, after which the client must be usable. */
static int error_of(struct rt_http *http, const char *path)
{
    struct rt_http_reply reply = { .status = -1 };
    int error = get(http, path, &reply, test_late());

    CHECK_INT(reply.status, -1);
    server_expect(http, "/hello", 200, "hello");
    return error;
}

static int get_pages(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    server_expect(http, "/hello", 200, "hello");
    server_expect(http, "/missing", 404, "gone");
    server_expect(http, "/none", 204, "");
    server_expect(http, "/chunks", 200, "abcde");
    server_expect(http, "/interim", 200, "hello");
    rt_http_free(http);
    rt_http_free(NULL);
    return 0;
}

static void get_returns_status_and_body(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_pages, NULL), 0);
    assert_int_equal(accepts(), 1);
}

static int get_often(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    for (int i = 0; i < 50; i++)
        server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_client_keeps_its_connection(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_often, NULL), 0);
    assert_int_equal(accepts(), 1);
    assert_int_equal(atomic_load(&server_seen->requests), 50);
}

static int hold_ten_clients(void *arg)
{
    struct rt_http *clients[10], *first = server_client();
    unsigned *held = arg, before;

    server_expect(first, "/hello", 200, "hello");
    before = test_descriptors();
    for (int i = 0; i < 10; i++) {
        clients[i] = server_client();
        server_expect(clients[i], "/hello", 200, "hello");
    }
    *held = test_descriptors() - before;
    for (int i = 0; i < 10; i++)
        rt_http_free(clients[i]);
    rt_http_free(first);
    return 0;
}

static void a_client_holds_the_descriptors_that_info_tells(void **state)
{
    struct rt_info info;
    unsigned held = 0;

    (void)state;
    assert_int_equal(test_run(0, hold_ten_clients, &held), 0);
    rt_info(&info);
    assert_in_range(held, 10, 10 * (1 + info.http_fds));
}

static int get_and_be_closed(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    for (int i = 0; i < 3; i++)
        server_expect(http, "/bye", 200, "bye");
    for (int i = 0; i < 3; i++)
        server_expect(http, "/unannounced", 200, "hello");
    server_expect(http, "/unending", 200, "until I hang up");
    rt_http_free(http);
    return 0;
}

static void a_connection_that_was_closed_is_opened_again(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_and_be_closed, NULL), 0);
    assert_int_equal(accepts(), 3 + 3 + 1);
}

static int use_two_clients(void *arg)
{
    struct rt_http *a = server_client(), *b = server_client();
    struct rt_http_reply first, second;

    (void)arg;
    CHECK_INT(get(a, "/hello", &first, RT_FOREVER), 0);
    CHECK_INT(get(b, "/missing", &second, RT_FOREVER), 0);
    /* A reply stays as it is until its own client is used again. */
    CHECK(strcmp(first.body, "hello") == 0);
    CHECK(strcmp(second.body, "gone") == 0);
    server_expect(a, "/hello", 200, "hello");
    rt_http_free(a);
    /* The connection of one is not taken over by the other. */
    server_expect(b, "/hello", 200, "hello");
    rt_http_free(b);
    return 0;
}

static void clients_do_not_share_connections(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_two_clients, NULL), 0);
    assert_int_equal(accepts(), 2);
}

static int fail_often(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    CHECK_INT(error_of(http, "/half"), -ECONNRESET);
    CHECK_INT(error_of(http, "/reset"), -ECONNRESET);
    CHECK_INT(error_of(http, "/halfchunk"), -ECONNRESET);
    CHECK_INT(error_of(http, "/halfhead"), -ECONNRESET);
    CHECK_INT(error_of(http, "/nothing"), -ECONNRESET);
    CHECK_INT(error_of(http, "/garbage"), -EPROTO);
    CHECK_INT(error_of(http, "/badchunks"), -ECONNRESET);
    CHECK_INT(error_of(http, "/huge"), -EMSGSIZE);
    rt_http_free(http);
    return 0;
}

static void broken_replies_are_errors_and_do_not_last(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, fail_often, NULL), 0);
}

static int be_flooded(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    CHECK_INT(error_of(http, "/chunked/67108865"), -EMSGSIZE);
    rt_http_free(http);
    return 0;
}

static void a_body_that_never_ends_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, be_flooded, NULL), 0);
}

static int get_from_nobody(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", *(unsigned *)arg);
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), -ECONNREFUSED);
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), -ECONNREFUSED);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void nobody_listening_is_refused(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    /* Bound and not listening: nobody else can have the port. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    getsockname(fd, (struct sockaddr *)&at, &size);
    unsigned port = ntohs(at.sin_port);
    assert_int_equal(test_run(0, get_from_nobody, &port), 0);
    close(fd);
}

static int get_nonsense(void *arg)
{
    static const char *const urls[] = {
        "",        "hello",        "127.0.0.1",    "/hello",
        "http://", "http:///",     "http://a b/",  "http://127.0.0.1:99999/",
        "ftp://a", "file:///etc/", "gopher://a:1", "http:/127.0.0.1/",
    };
    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        CHECK_INT(rt_http_get(http, urls[i], &reply, test_late()), -EINVAL);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void what_is_not_an_http_url_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_nonsense, NULL), 0);
}

static int get_in_vain(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    CHECK_INT(get(http, "/hello", &reply, 0), -ETIMEDOUT);
    CHECK_INT(get(http, "/hello", &reply, rt_now() - 1), -ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        int64_t deadline = test_soon();
        CHECK_INT(get(http, "/never", &reply, deadline), -ETIMEDOUT);
        CHECK(rt_now() >= deadline);
    }
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_deadline_ends_the_request_and_its_connection(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_in_vain, NULL), 0);
    /* Those in vain reached the server or not; the last one did. */
    assert_in_range(accepts(), 1, 4);
}

/* Fills a listener's backlog: who connects next waits for an answer. */
static int fill(struct rt_sock *clients[], int room, unsigned port)
{
    int n = 0;

    while (n < room && rt_sock_connect(&clients[n], "127.0.0.1", port,
                                       rt_in(100000000)) == 0)
        n++;
    CHECK(n < room);
    return n;
}

static int get_from_the_deaf(void *arg)
{
    struct rt_sock *listener, *clients[16];
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    char url[SERVER_URL];

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    unsigned port = rt_sock_port(listener);
    int n = fill(clients, 16, port);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    for (int i = 0; i < 3; i++)
        CHECK_INT(rt_http_get(http, url, &reply, test_soon()), -ETIMEDOUT);
    server_expect(http, "/hello", 200, "hello");
    while (n > 0)
        rt_sock_close(clients[--n]);
    rt_sock_close(listener);
    rt_http_free(http);
    return 0;
}

static void connecting_can_be_given_up(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_from_the_deaf, NULL), 0);
}

static int fetch_crowd(void *arg)
{
    struct rt_http *http = server_client();
    bool ok = true;

    (void)arg;
    for (int i = 0; i < 3 && ok; i++)
        ok = server_expect(http, "/crowd", 200, "hello");
    rt_http_free(http);
    return ok ? 0 : -EIO;
}

static int start_crowd(void *arg)
{
    static struct rt_task *tasks[CROWD];
    static int statuses[CROWD];

    (void)arg;
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(rt_spawn(&tasks[i], fetch_crowd, NULL), 0);
    CHECK_INT(rt_gather(tasks, CROWD, statuses, RT_FOREVER), 0);
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(statuses[i], 0);
    return 0;
}

/* The server answers only when all of them have asked. */
static void many_clients_wait_at_once(void **state)
{
    (void)state;
    needs_tasks(CROWD);
    assert_int_equal(test_run(CROWD, start_crowd, NULL), 0);
    assert_int_equal(accepts(), CROWD);
    assert_int_equal(atomic_load(&server_seen->requests), 3 * CROWD);
}

static int wait_in_vain(void *arg)
{
    struct rt_http_reply reply;

    return get(arg, "/never", &reply, test_soon());
}

static int use_a_busy_client(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    struct rt_task *task;
    int status = 0;

    (void)arg;
    CHECK_INT(rt_spawn(&task, wait_in_vain, http), 0);
    /* Busy as long as the other waits; it may not have begun, or be over. */
    int seen = get(http, "/never", &reply, test_soon());
    CHECK(seen == -EBUSY || seen == -ETIMEDOUT);
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    CHECK(status == -EBUSY || status == -ETIMEDOUT);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_busy_client_refuses_a_second_request(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, use_a_busy_client, NULL), 0);
}

static int waste_clients(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++) {
        struct rt_http *http = server_client();
        if (i % 2)
            server_expect(http, "/hello", 200, "hello");
        rt_http_free(http);
    }
    return 0;
}

static void freeing_a_client_closes_its_connection(void **state)
{
    (void)state;
    /* test_run() counts descriptors. */
    assert_int_equal(test_run(0, waste_clients, NULL), 0);
    assert_int_equal(test_run(0, waste_clients, NULL), 0);
    assert_int_equal(accepts(), 20);
}

/* ---- header fields ---- */

static bool has(struct rt_http *http, const char *name, size_t index,
                const char *value)
{
    const char *found = rt_http_header(http, name, index);
    bool same = value ? found && strcmp(found, value) == 0 : !found;

    return test_check(same, name, __FILE__, __LINE__);
}

static int look_up(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    has(http, "X-One", 0, NULL);
    server_expect(http, "/cookies", 200, "");
    has(http, "X-One", 0, "1");
    has(http, "x-ONE", 0, "1");
    has(http, "X-One", 1, NULL);
    has(http, "X", 0, NULL);
    has(http, "X-Empty", 0, "");
    has(http, "Set-Cookie", 0, "a=1");
    has(http, "Set-Cookie", 1, "b=2");
    has(http, "Set-Cookie", 2, NULL);
    server_expect(http, "/interim", 200, "hello");
    has(http, "X-One", 0, NULL);
    has(http, "X-Which", 0, "late");
    has(http, "X-Which", 1, NULL);
    server_expect(http, "/trailer", 200, "ab");
    server_expect(http, "/field/50000", 200, "");
    CHECK_INT(strlen(rt_http_header(http, "X-Long-0", 0)), 50000);
    rt_http_free(http);
    return 0;
}

static void header_fields_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, look_up, NULL), 0);
    assert_int_equal(accepts(), 1);
}

static int get_long_heads(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    CHECK_INT(error_of(http, "/field/1000000"), -EMSGSIZE);
    CHECK_INT(error_of(http, "/fields/1000"), -EMSGSIZE);
    rt_http_free(http);
    return 0;
}

static void a_head_that_is_too_long_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_long_heads, NULL), 0);
}

static int get_past_a_proxy(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void proxies_of_the_environment_are_ignored(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(test_run(0, get_past_a_proxy, NULL), 0);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(get_returns_status_and_body),
        SERVED(a_client_keeps_its_connection),
        SERVED(a_client_holds_the_descriptors_that_info_tells),
        SERVED(a_connection_that_was_closed_is_opened_again),
        SERVED(clients_do_not_share_connections),
        SERVED(broken_replies_are_errors_and_do_not_last),
        SERVED(a_body_that_never_ends_is_refused),
        SERVED(nobody_listening_is_refused),
        SERVED(what_is_not_an_http_url_is_invalid),
        SERVED(a_deadline_ends_the_request_and_its_connection),
        SERVED(connecting_can_be_given_up),
        SERVED(many_clients_wait_at_once),
        SERVED(a_busy_client_refuses_a_second_request),
        SERVED(freeing_a_client_closes_its_connection),
        SERVED(header_fields_are_found_by_name),
        SERVED(a_head_that_is_too_long_is_refused),
        SERVED(proxies_of_the_environment_are_ignored),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
