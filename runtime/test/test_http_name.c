/* SPDX-License-Identifier: MIT */

/* Host names, by a look-up of our own in place of the C library's, which
 * takes as long as the test wants it to. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

typedef int (*look_up_fn)(const char *node, const char *service,
                          const struct addrinfo *hints,
                          struct addrinfo **result);

static sem_t begun, may_end;

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result)
{
    static look_up_fn real;

    if (node && strcmp(node, "missing.test") == 0)
        return EAI_NONAME;
    if (node && strcmp(node, "slow.test") == 0) {
        sem_post(&begun);
        while (sem_wait(&may_end) != 0)
            continue; /* a signal */
        return EAI_NONAME;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}

static int get_from_nowhere(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    char url[SERVER_URL];

    (void)arg;
    CHECK_INT(rt_http_get(http, "http://missing.test/", &reply, test_late()),
              -ENOENT);
    snprintf(url, sizeof url, "http://localhost:%u/hello", server_port());
    CHECK_INT(rt_http_get(http, url, &reply, test_late()), 0);
    CHECK(strcmp(reply.body, "hello") == 0);
    rt_http_free(http);
    return 0;
}

static void a_host_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, get_from_nowhere, NULL), 0);
}

static int get_slowly(void *arg)
{
    struct rt_http_reply reply;

    return rt_http_get(arg, "http://slow.test/", &reply, RT_FOREVER);
}

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");

    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Two names of one server are two hosts. */
static int alternate_hosts(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    char url[SERVER_URL];

    (void)arg;
    snprintf(url, sizeof url, "http://localhost:%u/hello", server_port());
    server_expect(http, "/hello", 200, "hello");
    unsigned before = descriptors();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_http_get(http, url, &reply, test_late()), 0);
        CHECK_INT(descriptors(), before);
        server_expect(http, "/hello", 200, "hello");
        CHECK_INT(descriptors(), before);
    }
    rt_http_free(http);
    return 0;
}

static void a_client_keeps_one_connection_whatever_the_host(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, alternate_hosts, NULL), 0);
}

/* A look-up that was given up closes what it has when it ends. */
static void let_look_ups_end(unsigned before)
{
    sem_post(&may_end);
    sem_post(&may_end);
    while (descriptors() > before)
        CHECK_INT(rt_yield(), 0);
}

/* No look-up ends before all requests have been given up. */
static int give_up_look_ups(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    struct rt_task *task;
    int status = 0;

    (void)arg;
    server_expect(http, "/hello", 200, "hello");
    unsigned before = descriptors();
    int rc = rt_http_get(http, "http://slow.test/", &reply, rt_in(20000000));
    CHECK_INT(rc, -ETIMEDOUT);
    CHECK_INT(rt_spawn(&task, get_slowly, http), 0);
    while (sem_trywait(&begun) != 0)
        CHECK_INT(rt_yield(), 0);
    rt_cancel(task);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, -ECANCELED);
    server_expect(http, "/hello", 200, "hello");
    let_look_ups_end(before);
    rt_http_free(http);
    return 0;
}

static void a_look_up_can_be_given_up(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, give_up_look_ups, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(a_host_that_is_not_there_is_an_error),
        SERVED(a_client_keeps_one_connection_whatever_the_host),
        SERVED(a_look_up_can_be_given_up),
    };

    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
