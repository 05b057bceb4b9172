/* SPDX-License-Identifier: MIT */

/* Redirects: followed when asked to, so often and no oftener, with the method
 * and the fields that RFC 9110 wants, and nowhere but to HTTP. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

static int ask(struct rt_http *http, const char *path,
               struct rt_http_request request, struct rt_http_reply *reply)
{
    char url[SERVER_URL];

    request.url = server_url(url, path);
    return rt_http_request(http, &request, reply, test_late());
}

static int stay(void *arg)
{
    struct rt_http *http = server_client();
    char url[SERVER_URL];
    struct rt_http_reply reply = { 0 };

    (void)arg;
    CHECK_INT(ask(http, "/to/302/hello", (struct rt_http_request){ 0 }, &reply),
              0);
    CHECK_INT(reply.status, 302);
    CHECK_INT(reply.redirects, 0);
    CHECK(strcmp(reply.body, "hop!") == 0);
    CHECK(strcmp(reply.url, server_url(url, "/to/302/hello")) == 0);
    const char *to = rt_http_header(http, "location", 0);
    CHECK(to && strcmp(to, "/hello") == 0);
    CHECK_INT(atomic_load(&server_seen->requests), 1);
    rt_http_free(http);
    return 0;
}

static void a_redirect_is_a_reply_unless_it_is_to_be_followed(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, stay, NULL), 0);
}

static int follow(void *arg)
{
    struct rt_http *http = server_client();
    char url[SERVER_URL];
    struct rt_http_reply reply = { 0 };

    (void)arg;
    CHECK_INT(ask(http, "/to/301/to/302/to/307/hello",
                  (struct rt_http_request){ .redirects = 3 }, &reply),
              0);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.redirects, 3);
    CHECK(strcmp(reply.body, "hello") == 0);
    CHECK(strcmp(reply.url, server_url(url, "/hello")) == 0);
    /* Header fields are those of the last reply. */
    CHECK(!rt_http_header(http, "X-Hop", 0));
    CHECK_INT(atomic_load(&server_seen->requests), 4);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void redirects_are_followed_on_the_same_connection(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

static int follow_too_many(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { .status = -1 };

    (void)arg;
    CHECK_INT(ask(http, "/to/301/to/302/to/307/hello",
                  (struct rt_http_request){ .redirects = 2 }, &reply),
              -ELOOP);
    CHECK_INT(reply.status, -1);
    CHECK_INT(atomic_load(&server_seen->requests), 3);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void too_many_redirects_are_an_error(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_too_many, NULL), 0);
}

static int follow_elsewhere(void *arg)
{
    static const char *const paths[] = { "/to/302ftp://127.0.0.1/",
                                         "/to/302file:///etc/passwd",
                                         "/to/302gopher://127.0.0.1:1/" };
    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        CHECK_INT(ask(http, paths[i],
                      (struct rt_http_request){ .redirects = 5 }, &reply),
                  -EPROTO);
        server_expect(http, "/hello", 200, "hello");
    }
    rt_http_free(http);
    return 0;
}

static void a_redirect_to_another_protocol_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_elsewhere, NULL), 0);
}

/* ---- methods ---- */

/* What a method with a body becomes behind a status. */
static const struct change {
    int status;
    const char *method, *then;
    bool body; /* is sent again */
} changes[] = {
    { 301, "POST", "GET", false },   { 302, "POST", "GET", false },
    { 303, "POST", "GET", false },   { 307, "POST", "POST", true },
    { 308, "POST", "POST", true },   { 301, "PUT", "PUT", true },
    { 302, "PATCH", "PATCH", true }, { 303, "PUT", "GET", false },
    { 307, "PUT", "PUT", true },     { 303, "DELETE", "GET", false },
    { 301, "GET", "GET", true },     { 303, "GET", "GET", false },
};

static void follow_change(struct rt_http *http, const struct change *change)
{
    static const char *const fields[] = { "X-Kept: yes", "Content-Type: a/b",
                                          NULL };
    char path[32], line[64];
    struct rt_http_reply reply = { 0 };
    struct rt_http_request request = { .method = change->method,
                                       .headers = fields,
                                       .body = "body",
                                       .body_bytes = 4,
                                       .redirects = 1 };

    snprintf(path, sizeof path, "/to/%d/hello", change->status);
    CHECK_INT(ask(http, path, request, &reply), 0);
    CHECK(strcmp(reply.body, "hello") == 0);
    snprintf(line, sizeof line, "%s /hello", change->then);
    CHECK(server_saw(line));
    CHECK_INT(server_seen->last.body_bytes, change->body ? 4 : 0);
    CHECK(server_saw("Content-") == change->body);
    CHECK(server_saw("X-Kept: yes\r\n"));
}

static int follow_changes(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        follow_change(http, &changes[i]);
    rt_http_free(http);
    return 0;
}

static void a_redirect_changes_the_method_as_it_should(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_changes, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

static int follow_without_body(void *arg)
{
    static const char *const methods[] = { "HEAD", "DELETE", "OPTIONS" };
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };
    char line[64];

    (void)arg;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct rt_http_request request = { .method = methods[i],
                                           .redirects = 2 };

        CHECK_INT(ask(http, "/to/301/to/308/hello", request, &reply), 0);
        snprintf(line, sizeof line, "%s /hello", methods[i]);
        CHECK(server_saw(line));
        CHECK_INT(ask(http, "/to/303/to/301/hello", request, &reply), 0);
        CHECK(server_saw(i == 0 ? "HEAD /hello" : "GET /hello"));
    }
    rt_http_free(http);
    return 0;
}

static void a_method_without_a_body_changes_for_303_only(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_without_body, NULL), 0);
}

/* ---- bodies that are gone, secrets ---- */

static ssize_t give_once(void *arg, void *buffer, size_t bytes,
                         int64_t deadline)
{
    int *given = arg;

    (void)bytes;
    (void)deadline;
    memcpy(buffer, "body", 4);
    return (*given)++ ? 0 : 4;
}

static int follow_with_source(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };
    int given = 0;
    struct rt_http_request request = { .source = give_once,
                                       .source_arg = &given,
                                       .redirects = 1 };

    (void)arg;
    CHECK_INT(ask(http, "/to/307/hello", request, &reply), -ESPIPE);
    given = 0;
    CHECK_INT(ask(http, "/to/303/hello", request, &reply), 0);
    CHECK(server_saw("GET /hello"));
    CHECK_INT(server_seen->last.body_bytes, 0);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_source_cannot_be_asked_again(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_with_source, NULL), 0);
}

static int follow_with_secret(void *arg)
{
    static const char *const fields[] = { "Authorization: secret",
                                          "Cookie: secret", "X-Open: yes",
                                          NULL };
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };
    char path[SERVER_URL];
    struct rt_http_request request = { .headers = fields, .redirects = 1 };

    (void)arg;
    CHECK_INT(ask(http, "/to/302/hello", request, &reply), 0);
    CHECK(server_saw("Authorization: secret"));
    snprintf(path, sizeof path, "/to/302http://localhost:%u/hello",
             server_port());
    CHECK_INT(ask(http, path, request, &reply), 0);
    CHECK(server_saw("Host: localhost"));
    CHECK(server_saw("X-Open: yes"));
    CHECK(!server_saw("Authorization"));
    CHECK(!server_saw("Cookie"));
    rt_http_free(http);
    return 0;
}

static void another_host_gets_no_credentials(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, follow_with_secret, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(a_redirect_is_a_reply_unless_it_is_to_be_followed),
        SERVED(redirects_are_followed_on_the_same_connection),
        SERVED(too_many_redirects_are_an_error),
        SERVED(a_redirect_to_another_protocol_is_refused),
        SERVED(a_redirect_changes_the_method_as_it_should),
        SERVED(a_method_without_a_body_changes_for_303_only),
        SERVED(a_source_cannot_be_asked_again),
        SERVED(another_host_gets_no_credentials),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
