/* SPDX-License-Identifier: MIT */

/* HTTP GET against a small server in a process of its own (a thread's
 * descriptors would count as ours), whose replies are scripted by the path. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum {
    CROWD = 200,
    PEERS_MAX = 2 * CROWD,
    REQUEST_MAX = 1024,
    BODY_MAX = 64 << 20 /* of rt_http_get() */
};

/* ---- the server ---- */

struct peer {
    char request[REQUEST_MAX];
    size_t bytes;
    bool held; /* answered together with the others */
};

/* What the server tells us; in shared memory. */
struct seen {
    atomic_uint accepts, requests;
};

static struct {
    pid_t pid;
    unsigned port;
    struct seen *seen;
} server;

/* The server's: slot 0 of polls is the listener. */
static struct pollfd polls[PEERS_MAX + 1];
static struct peer peers[PEERS_MAX + 1];
static nfds_t used = 1;

static void put(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the client has had enough */
        text += n;
        left -= (size_t)n;
    }
}

/* More than a client takes, without telling how much it will be. */
static void flood(int fd)
{
    static char chunk[65536 + 1];

    memset(chunk, 'x', sizeof chunk - 1);
    put(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int64_t sent = 0; sent <= BODY_MAX; sent += 65536) {
        put(fd, "10000\r\n");
        put(fd, chunk);
        put(fd, "\r\n");
    }
}

static void reset(int fd)
{
    struct linger hard = { .l_onoff = 1 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/* Replies that are a text, after which the connection is closed or not. */
static const struct script {
    const char *path, *text;
    bool close;
} scripts[] = {
    { "/hello", hello, false },
    { "/bye",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye",
      true },
    { "/unannounced", hello, true },
    { "/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
      false },
    { "/none", "HTTP/1.1 204 No Content\r\n\r\n", false },
    { "/chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
      false },
    { "/half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true },
    { "/nothing", "", true },
    { "/garbage", "what do you want?\r\n\r\n", true },
    { "/badchunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhuh?\r\n", true },
    { "/huge", "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\nx", false },
    { "/never", "", false },
};

/* Answers one request; false when the connection is to be closed. */
static bool answer(int fd, const char *path)
{
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (strcmp(path, scripts[i].path) == 0) {
            put(fd, scripts[i].text);
            return !scripts[i].close;
        }
    if (strcmp(path, "/flood") == 0) {
        flood(fd);
    } else if (strcmp(path, "/reset") == 0) {
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        reset(fd);
    }
    return false;
}

/* Once a whole crowd is waiting, each gets its answer. */
static void answer_crowd(struct peer *peer)
{
    unsigned held = 0;

    peer->held = true;
    for (nfds_t i = 1; i < used; i++)
        held += peers[i].held;
    if (held < CROWD)
        return;
    for (nfds_t i = 1; i < used; i++) {
        if (peers[i].held)
            put(polls[i].fd, hello);
        peers[i].held = false;
    }
}

/* Reads on; false when the connection is to be closed. */
static bool serve(struct peer *peer, int fd)
{
    char path[REQUEST_MAX];
    ssize_t n = recv(fd, peer->request + peer->bytes,
                     sizeof peer->request - 1 - peer->bytes, 0);

    if (n <= 0)
        return false;
    peer->bytes += (size_t)n;
    peer->request[peer->bytes] = '\0';
    if (!strstr(peer->request, "\r\n\r\n"))
        return true;
    peer->bytes = 0;
    atomic_fetch_add(&server.seen->requests, 1);
    if (sscanf(peer->request, "GET %1000s HTTP/1.1\r\n", path) != 1)
        return false;
    if (strcmp(path, "/crowd") == 0) {
        answer_crowd(peer);
        return true;
    }
    return answer(fd, path);
}

static void accept_one(void)
{
    int fd = accept(polls[0].fd, NULL, NULL);

    if (fd < 0)
        return;
    if (used > PEERS_MAX)
        _exit(1);
    atomic_fetch_add(&server.seen->accepts, 1);
    polls[used] = (struct pollfd){ .fd = fd, .events = POLLIN };
    peers[used++] = (struct peer){ 0 };
}

static void drop(nfds_t i)
{
    close(polls[i].fd);
    used--;
    polls[i] = polls[used];
    peers[i] = peers[used];
}

static void serve_forever(int listener)
{
    polls[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
    for (;;) {
        poll(polls, used, -1);
        for (nfds_t i = used - 1; i > 0; i--)
            if (polls[i].revents && !serve(&peers[i], polls[i].fd))
                drop(i);
        if (polls[0].revents)
            accept_one();
    }
}

/* ---- starting and stopping it ---- */

static int listen_somewhere(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 ||
        listen(fd, 2 * CROWD) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) < 0)
        return -1;
    server.port = ntohs(at.sin_port);
    return fd;
}

static int set_up(void **state)
{
    test_begin(state);
    server.seen = mmap(NULL, sizeof *server.seen, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = listen_somewhere();
    if (server.seen == MAP_FAILED || listener < 0)
        return -1;
    server.pid = fork();
    if (server.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(0);
        serve_forever(listener);
    }
    close(listener);
    return server.pid < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    munmap(server.seen, sizeof *server.seen);
    return test_end(state);
}

static unsigned accepts(void)
{
    return atomic_load(&server.seen->accepts);
}

/* ---- tasks ---- */

static int get(struct rt_http *http, const char *path,
               struct rt_http_reply *reply, int64_t deadline)
{
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server.port, path);
    return rt_http_get(http, url, reply, deadline);
}

/* GETs the path and checks what comes back. */
static bool expect(struct rt_http *http, const char *path, int status,
                   const char *body)
{
    struct rt_http_reply reply = { 0 };

    return CHECK_INT(get(http, path, &reply, test_late()), 0) &&
           CHECK_INT(reply.status, status) &&
           CHECK_INT(reply.body_bytes, strlen(body)) &&
           CHECK(memcmp(reply.body, body, strlen(body) + 1) == 0);
}

/* The error of a GET, after which the client must be usable. */
static int error_of(struct rt_http *http, const char *path)
{
    struct rt_http_reply reply = { .status = -1 };
    int error = get(http, path, &reply, test_late());

    CHECK_INT(reply.status, -1);
    expect(http, "/hello", 200, "hello");
    return error;
}

static struct rt_http *new_client(void)
{
    struct rt_http *http = NULL;

    CHECK_INT(rt_http_new(&http), 0);
    return http;
}

static int get_pages(void *arg)
{
    struct rt_http *http = new_client();

    (void)arg;
    expect(http, "/hello", 200, "hello");
    expect(http, "/missing", 404, "gone");
    expect(http, "/none", 204, "");
    expect(http, "/chunks", 200, "abcde");
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
    struct rt_http *http = new_client();

    (void)arg;
    for (int i = 0; i < 50; i++)
        expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_client_keeps_its_connection(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_often, NULL), 0);
    assert_int_equal(accepts(), 1);
    assert_int_equal(atomic_load(&server.seen->requests), 50);
}

static int get_and_be_closed(void *arg)
{
    struct rt_http *http = new_client();

    (void)arg;
    for (int i = 0; i < 3; i++)
        expect(http, "/bye", 200, "bye");
    for (int i = 0; i < 3; i++)
        expect(http, "/unannounced", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_connection_that_was_closed_is_opened_again(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_and_be_closed, NULL), 0);
    assert_int_equal(accepts(), 3 + 3);
}

static int use_two_clients(void *arg)
{
    struct rt_http *a = new_client(), *b = new_client();
    struct rt_http_reply first, second;

    (void)arg;
    CHECK_INT(get(a, "/hello", &first, RT_FOREVER), 0);
    CHECK_INT(get(b, "/missing", &second, RT_FOREVER), 0);
    /* A reply stays as it is until its own client is used again. */
    CHECK(strcmp(first.body, "hello") == 0);
    CHECK(strcmp(second.body, "gone") == 0);
    expect(a, "/hello", 200, "hello");
    rt_http_free(a);
    /* The connection of one is not taken over by the other. */
    expect(b, "/hello", 200, "hello");
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
    struct rt_http *http = new_client();

    (void)arg;
    CHECK_INT(error_of(http, "/half"), -ECONNRESET);
    CHECK_INT(error_of(http, "/reset"), -ECONNRESET);
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
    struct rt_http *http = new_client();

    (void)arg;
    CHECK_INT(error_of(http, "/flood"), -EMSGSIZE);
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
    struct rt_http *http = new_client();
    struct rt_http_reply reply;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", *(unsigned *)arg);
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), -ECONNREFUSED);
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), -ECONNREFUSED);
    expect(http, "/hello", 200, "hello");
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
    struct rt_http *http = new_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        CHECK_INT(rt_http_get(http, urls[i], &reply, test_late()), -EINVAL);
    expect(http, "/hello", 200, "hello");
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
    struct rt_http *http = new_client();
    struct rt_http_reply reply;

    (void)arg;
    CHECK_INT(get(http, "/hello", &reply, 0), -ETIMEDOUT);
    CHECK_INT(get(http, "/hello", &reply, rt_now() - 1), -ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        int64_t deadline = test_soon();
        CHECK_INT(get(http, "/never", &reply, deadline), -ETIMEDOUT);
        CHECK(rt_now() >= deadline);
    }
    expect(http, "/hello", 200, "hello");
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

static int fetch_crowd(void *arg)
{
    struct rt_http *http = new_client();
    bool ok = true;

    (void)arg;
    for (int i = 0; i < 3 && ok; i++)
        ok = expect(http, "/crowd", 200, "hello");
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
    assert_int_equal(atomic_load(&server.seen->requests), 3 * CROWD);
}

static int wait_in_vain(void *arg)
{
    struct rt_http_reply reply;

    return get(arg, "/never", &reply, test_soon());
}

static int use_a_busy_client(void *arg)
{
    struct rt_http *http = new_client();
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
    expect(http, "/hello", 200, "hello");
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
        struct rt_http *http = new_client();
        if (i % 2)
            expect(http, "/hello", 200, "hello");
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

static int get_past_a_proxy(void *arg)
{
    struct rt_http *http = new_client();

    (void)arg;
    expect(http, "/hello", 200, "hello");
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

#define SERVED(function)                                                  \
    cmocka_unit_test_prestate_setup_teardown(function, set_up, tear_down, \
                                             (void *)#function)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(get_returns_status_and_body),
        SERVED(a_client_keeps_its_connection),
        SERVED(a_connection_that_was_closed_is_opened_again),
        SERVED(clients_do_not_share_connections),
        SERVED(broken_replies_are_errors_and_do_not_last),
        SERVED(a_body_that_never_ends_is_refused),
        SERVED(nobody_listening_is_refused),
        SERVED(what_is_not_an_http_url_is_invalid),
        SERVED(a_deadline_ends_the_request_and_its_connection),
        SERVED(many_clients_wait_at_once),
        SERVED(a_busy_client_refuses_a_second_request),
        SERVED(freeing_a_client_closes_its_connection),
        SERVED(proxies_of_the_environment_are_ignored),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
