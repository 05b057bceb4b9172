/* SPDX-License-Identifier: MIT */

/* Names looked up by the C library while nothing can be opened. */

#include "test.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FEW = 128 /* descriptors: above what the runtime has open */
};

static struct rlimit old_limit;

/* Leaves none; returns how many that took. */
static int use_up(int *fds)
{
    struct rlimit limit;
    int n = 0;

    getrlimit(RLIMIT_NOFILE, &old_limit);
    limit = old_limit;
    limit.rlim_cur = FEW;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (n < FEW && (fds[n] = dup(STDOUT_FILENO)) >= 0)
        n++;
    return n;
}

static void give_back(const int *fds, int n)
{
    while (n > 0)
        close(fds[--n]);
    setrlimit(RLIMIT_NOFILE, &old_limit);
}

/* Before the C library has looked anything up, when it says that there is no
 * such name, and afterwards, when it says something else. */
static int connect_without_descriptors(void *arg)
{
    struct rt_sock *listener, *sock;
    int fds[FEW], n;

    (void)arg;
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 8), 0);
    unsigned port = rt_sock_port(listener);
    for (int i = 0; i < 2; i++) {
        n = use_up(fds);
        CHECK(n > 0);
        CHECK_INT(rt_sock_connect(&sock, "localhost", port, test_late()),
                  -EMFILE);
        give_back(fds, n);
        if (CHECK_INT(rt_sock_connect(&sock, "localhost", port, test_late()),
                      0))
            rt_sock_close(sock);
    }
    rt_sock_close(listener);
    return 0;
}

static void a_look_up_without_descriptors_says_so(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_without_descriptors, NULL), 0);
}

/* libcurl knows localhost by itself. */
static int get_without_descriptors(void *arg)
{
    struct rt_http *http;
    struct rt_http_reply reply;
    int fds[FEW];

    (void)arg;
    CHECK_INT(rt_http_new(&http), 0);
    int n = use_up(fds);
    CHECK_INT(rt_http_get(http, "http://none.invalid/", &reply, test_late()),
              -EMFILE);
    give_back(fds, n);
    CHECK_INT(rt_http_get(http, "http://localhost:1/", &reply, test_late()),
              -ECONNREFUSED);
    rt_http_free(http);
    return 0;
}

static void neither_does_that_for_a_request_hide_it(void **state)
{
    (void)state;
    if (!runtime_has_http())
        test_skip("the runtime has no HTTP");
    assert_int_equal(test_run(0, get_without_descriptors, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_look_up_without_descriptors_says_so),
        TEST(neither_does_that_for_a_request_hide_it),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
