/* SPDX-License-Identifier: MIT */

/* What happens when the system gives no more: memory, stacks, threads,
 * descriptors.  Linked with --wrap, so that the runtime's own calls come
 * here; those of libuv and libcurl do not.  The leak checks of test_run()
 * apply to every failed attempt, and LeakSanitizer's where it is built in. */

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "ws_accept.h"

/* ---- the n-th call of a kind fails ---- */

enum kind {
    ALLOC,
    MAP,
    THREAD,
    KINDS
};

/* Counts down to the call that fails; 0 or less: none will. */
static atomic_int countdown[KINDS];

static bool fails(enum kind kind)
{
    return atomic_fetch_sub(&countdown[kind], 1) == 1;
}

static void arm(enum kind kind, int nth)
{
    atomic_store(&countdown[kind], nth);
}

/* Whether the call that was to fail has come; nothing fails any more. */
static bool disarm(enum kind kind)
{
    return atomic_exchange(&countdown[kind], 0) <= 0;
}

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes);
void *__wrap_mmap(void *address, size_t bytes, int protection, int flags,
                  int fd, off_t offset);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg);
extern void *__real_malloc(size_t bytes);
extern void *__real_calloc(size_t n, size_t bytes);
extern void *__real_realloc(void *old, size_t bytes);
extern void *__real_aligned_alloc(size_t alignment, size_t bytes);
extern int __real_posix_memalign(void **out, size_t alignment, size_t bytes);
extern void *__real_mmap(void *address, size_t bytes, int protection, int flags,
                         int fd, off_t offset);
extern int __real_pthread_create(pthread_t *thread,
                                 const pthread_attr_t *attributes,
                                 void *(*fn)(void *), void *arg);

void *__wrap_malloc(size_t bytes)
{
    return fails(ALLOC) ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t n, size_t bytes)
{
    return fails(ALLOC) ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return fails(ALLOC) ? NULL : __real_realloc(old, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return fails(ALLOC) ? NULL : __real_aligned_alloc(alignment, bytes);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes)
{
    if (fails(ALLOC))
        return ENOMEM;
    return __real_posix_memalign(out, alignment, bytes);
}

void *__wrap_mmap(void *address, size_t bytes, int protection, int flags,
                  int fd, off_t offset)
{
    if (fails(MAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return __real_mmap(address, bytes, protection, flags, fd, offset);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg)
{
    if (fails(THREAD))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, fn, arg);
}

/* ---- constructors ---- */

/* One of everything; what is NULL was not made. */
struct things {
    struct rt_mutex *mutex;
    struct rt_sem *sem;
    struct rt_event *event;
    struct rt_chan *chan;
    struct rt_sock *reader, *writer, *listener, *client, *server;
};

static int make_objects(struct things *t)
{
    int rc;

    if ((rc = rt_mutex_new(&t->mutex)) || (rc = rt_sem_new(&t->sem, 1)) ||
        (rc = rt_event_new(&t->event)))
        return rc;
    return rt_chan_new(&t->chan, 64, 8);
}

static int make_streams(struct things *t)
{
    int rc;

    if ((rc = rt_sock_pipe(&t->reader, &t->writer)) ||
        (rc = rt_sock_listen(&t->listener, "127.0.0.1", 0, 4)) ||
        (rc = rt_sock_connect(&t->client, "127.0.0.1",
                              rt_sock_port(t->listener), test_late())))
        return rc;
    return rt_sock_accept(&t->server, t->listener, test_late());
}

static void free_things(struct things *t)
{
    rt_mutex_free(t->mutex);
    rt_sem_free(t->sem);
    rt_event_free(t->event);
    rt_chan_free(t->chan);
    rt_sock_close(t->reader);
    rt_sock_close(t->writer);
    rt_sock_close(t->client);
    rt_sock_close(t->server);
    rt_sock_close(t->listener);
}

/* What a test runs with the nth call of a kind failing. */
struct attempt {
    enum kind kind;
    int nth;
    bool hit;
    int result;
};

static int make_things(void *arg)
{
    struct attempt *a = arg;
    struct things t = { 0 };

    arm(a->kind, a->nth);
    int rc = make_objects(&t);
    if (rc == 0)
        rc = make_streams(&t);
    a->hit = disarm(a->kind);
    free_things(&t);
    a->result = rc;
    return 0;
}

static void constructors_report_what_is_missing(void **state)
{
    struct attempt a = { .kind = ALLOC, .hit = true };

    (void)state;
    for (a.nth = 1; a.hit; a.nth++) {
        assert_int_equal(test_run(0, make_things, &a), 0);
        assert_int_equal(a.result, a.hit ? -ENOMEM : 0);
    }
    assert_true(a.nth > 7);
}

/* ---- WebSocket ---- */

/* Shakes hands, says hello and reads to the end: on plain sockets, so that
 * nothing here can fail instead of what is tested. */
static void *serve_websocket(void *arg)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                 "Upgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: ";
    static const char hello[] = "\r\n\r\n\x81\x05hello";
    char text[1024] = "", accept_value[WS_ACCEPT_CHARS + 1];
    int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : recv(fd, text, sizeof text - 1, 0);
    const char *key = strstr(text, "Key: ");

    if (n > 0 && key) {
        ws_accept(accept_value, key + 5);
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
        send(fd, accept_value, WS_ACCEPT_CHARS, MSG_NOSIGNAL);
        send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL);
    }
    while (n > 0)
        n = recv(fd, text, sizeof text, 0);
    close(fd);
    return NULL;
}

static int talk_to_websocket(const char *url)
{
    struct rt_ws_message message;
    struct rt_ws *ws;
    int rc = rt_ws_connect(&ws, url, 0, test_late());

    if (rc)
        return rc;
    rc = rt_ws_recv(ws, &message, test_late());
    if (rc == 0)
        rc = rt_ws_send(ws, RT_WS_TEXT, "hello", 5, test_late());
    rt_ws_free(ws);
    return rc;
}

static int use_websocket(void *arg)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    struct attempt *a = arg;
    pthread_t server;
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_INT(bind(fd, (struct sockaddr *)&at, size), 0);
    CHECK_INT(listen(fd, 1), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/", ntohs(at.sin_port));
    if (CHECK_INT(pthread_create(&server, NULL, serve_websocket, &fd), 0)) {
        arm(a->kind, a->nth);
        a->result = talk_to_websocket(url);
        a->hit = disarm(a->kind);
        shutdown(fd, SHUT_RDWR); /* ends an accept() in vain */
        pthread_join(server, NULL);
    }
    close(fd);
    return 0;
}

static void websockets_report_missing_memory(void **state)
{
    struct attempt a = { .kind = ALLOC, .hit = true };

    (void)state;
    for (a.nth = 1; a.hit; a.nth++) {
        assert_int_equal(test_run(0, use_websocket, &a), 0);
        assert_int_equal(a.result, a.hit ? -ENOMEM : 0);
    }
    assert_true(a.nth > 4);
}

/* ---- tasks ---- */

enum {
    TASKS = 12
};

static int one(void *arg)
{
    (void)arg;
    return 1;
}

/* Tasks made before one could not be made are joined all the same. */
static int make_tasks(void *arg)
{
    struct attempt *a = arg;
    struct rt_task *tasks[TASKS];
    int statuses[TASKS], rc = 0;
    size_t n = 0;

    arm(a->kind, a->nth);
    while (n < TASKS && (rc = rt_spawn(&tasks[n], one, NULL)) == 0)
        n++;
    a->hit = disarm(a->kind);
    CHECK_INT(rt_gather(tasks, n, statuses, RT_FOREVER), 0);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(statuses[i], 1);
    a->result = rc;
    return 0;
}

/* Whether a runtime needs one more of a kind is its own affair; what it says
 * when it does not get it is not.  Returns how many attempts met a failure. */
static int spawn_while_failing(enum kind kind, int error)
{
    struct attempt a = { .kind = kind, .hit = true };

    for (a.nth = 1; a.hit; a.nth++) {
        assert_int_equal(test_run(0, make_tasks, &a), 0);
        if (!a.hit || a.result != 0)
            assert_int_equal(a.result, a.hit ? error : 0);
    }
    return a.nth - 2;
}

static void spawn_reports_missing_memory(void **state)
{
    (void)state;
    spawn_while_failing(ALLOC, -ENOMEM);
    spawn_while_failing(MAP, -ENOMEM);
}

static void spawn_reports_missing_threads(void **state)
{
    (void)state;
    if (spawn_while_failing(THREAD, -EAGAIN) == 0)
        test_skip("spawning makes no thread here");
}

static int spawn_detached(void *arg)
{
    struct attempt *a = arg;
    int rc = 0;

    arm(a->kind, a->nth);
    for (int i = 0; i < TASKS && rc == 0; i++)
        rc = rt_spawn(NULL, one, NULL);
    a->hit = disarm(a->kind);
    CHECK(rc == 0 || a->hit);
    return 0;
}

static void spawn_without_owner_leaks_nothing_when_it_fails(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        struct attempt a = { .kind = (enum kind)kind, .hit = true };

        for (a.nth = 1; a.hit; a.nth++)
            assert_int_equal(test_run(0, spawn_detached, &a), 0);
    }
}

/* Every other join has a deadline and may not be done in place. */
static int chain(void *arg)
{
    int depth = *(int *)arg, next = depth - 1, status = -1;
    struct rt_task *task;

    if (depth == 0)
        return 0;
    int rc = rt_spawn(&task, chain, &next);
    if (rc)
        return rc;
    rc = rt_join(task, &status, depth % 2 ? RT_FOREVER : test_late());
    if (!CHECK_INT(rc, 0))
        return rc;
    return status < 0 ? status : status + 1;
}

static int chain_while_failing(void *arg)
{
    struct attempt *a = arg;
    int depth = 40;

    arm(a->kind, a->nth);
    a->result = chain(&depth);
    a->hit = disarm(a->kind);
    return 0;
}

/* A bounded pool that adds workers for blocked joins must get by without the
 * one it could not add. */
static void nested_joins_survive_missing_memory_and_threads(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        struct attempt a = { .kind = (enum kind)kind, .hit = true };

        for (a.nth = 1; a.hit; a.nth++) {
            assert_int_equal(test_run(1, chain_while_failing, &a), 0);
            if (a.result != -ENOMEM && a.result != -EAGAIN)
                assert_int_equal(a.result, 40);
        }
    }
}

/* ---- rt_run() ---- */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void run_reports_what_is_missing(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        bool hit = true;

        for (int nth = 1; hit; nth++) {
            arm((enum kind)kind, nth);
            int rc = test_run(0, nothing, NULL);
            hit = disarm((enum kind)kind);
            if (rc != 0) {
                assert_true(hit);
                assert_int_equal(rc, kind == THREAD ? -EAGAIN : -ENOMEM);
            }
            assert_int_equal(test_run(0, nothing, NULL), 0);
        }
    }
}

/* ---- descriptors ---- */

static struct rlimit old_limit;

/* Leaves room for so many more descriptors, if the lowest are all taken. */
static void allow_descriptors(unsigned more)
{
    int lowest = dup(STDOUT_FILENO);
    struct rlimit limit = { .rlim_max = old_limit.rlim_max };

    close(lowest);
    limit.rlim_cur = (rlim_t)lowest + more;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_without_descriptors(void *arg)
{
    struct rt_sock *a = NULL, *b = NULL, *listener, *client, *server = NULL;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 4), 0);
    unsigned port = rt_sock_port(listener);
    CHECK_INT(rt_sock_connect(&client, "127.0.0.1", port, test_late()), 0);
    allow_descriptors(0);
    CHECK_INT(rt_sock_pipe(&a, &b), -EMFILE);
    CHECK_INT(rt_sock_listen(&a, "127.0.0.1", 0, 4), -EMFILE);
    CHECK_INT(rt_sock_connect(&a, "127.0.0.1", port, test_late()), -EMFILE);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), -EMFILE);
    allow_descriptors(1);
    CHECK_INT(rt_sock_pipe(&a, &b), -EMFILE);
    CHECK(!a && !b && !server);
    setrlimit(RLIMIT_NOFILE, &old_limit);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), 0);
    rt_sock_close(server);
    rt_sock_close(client);
    rt_sock_close(listener);
    return 0;
}

static void streams_report_missing_descriptors(void **state)
{
    (void)state;
    getrlimit(RLIMIT_NOFILE, &old_limit);
    assert_int_equal(test_run(0, open_without_descriptors, NULL), 0);
}

static void run_reports_missing_descriptors(void **state)
{
    (void)state;
    getrlimit(RLIMIT_NOFILE, &old_limit);
    int rc = -EMFILE;
    /* The leak check itself needs one, so it comes after the limit. */
    for (unsigned more = 0; more < 16; more++) {
        allow_descriptors(more);
        rc = rt_run(NULL, nothing, NULL);
        setrlimit(RLIMIT_NOFILE, &old_limit);
        if (rc != 0)
            assert_int_equal(rc, -EMFILE);
        assert_int_equal(test_run(0, nothing, NULL), 0);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(constructors_report_what_is_missing),
        TEST(websockets_report_missing_memory),
        TEST(spawn_reports_missing_memory),
        TEST(spawn_reports_missing_threads),
        TEST(spawn_without_owner_leaks_nothing_when_it_fails),
        TEST(nested_joins_survive_missing_memory_and_threads),
        TEST(run_reports_what_is_missing),
        TEST(streams_report_missing_descriptors),
        TEST(run_reports_missing_descriptors),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
