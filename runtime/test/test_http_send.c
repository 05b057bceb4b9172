/* SPDX-License-Identifier: MIT */

/* What a request can have: methods, header fields, bodies from memory and
 * from a source, as the server sees them; and what it must not have. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum {
    LARGE = 8 << 20 /* more than sockets and pieces hold */
};

static int ask(struct rt_http *http, const char *path,
               struct rt_http_request request, struct rt_http_reply *reply)
{
    char url[SERVER_URL];

    request.url = server_url(url, path);
    return rt_http_request(http, &request, reply, test_late());
}

/* Asks for /hello, which is said to everybody but a HEAD. */
static bool say(struct rt_http *http, struct rt_http_request request)
{
    struct rt_http_reply reply = { 0 };
    bool head = request.method && strcmp(request.method, "HEAD") == 0;

    return CHECK_INT(ask(http, "/hello", request, &reply), 0) &&
           CHECK_INT(reply.status, 200) &&
           CHECK(strcmp(reply.body, head ? "" : "hello") == 0);
}

/* ---- methods ---- */

static int use_methods(void *arg)
{
    static const char *const methods[] = { "GET",   "HEAD",    "POST",
                                           "PUT",   "DELETE",  "PATCH",
                                           "PURGE", "OPTIONS", "get" };
    struct rt_http *http = server_client();
    char line[64];

    (void)arg;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        say(http, (struct rt_http_request){ .method = methods[i] });
        snprintf(line, sizeof line, "%s /hello HTTP/1.1\r\n", methods[i]);
        CHECK(server_saw(line));
        CHECK_INT(server_seen->last.body_bytes, 0);
        /* What one was is not left to the next. */
        server_expect(http, "/missing", 404, "gone");
        CHECK(server_saw("GET /missing HTTP/1.1\r\n"));
        CHECK(!server_saw("Content-Length"));
    }
    rt_http_free(http);
    return 0;
}

static void each_method_is_sent_as_it_is_named(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_methods, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

static int head_of_much(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };

    (void)arg;
    CHECK_INT(ask(http, "/huge", (struct rt_http_request){ .method = "HEAD" },
                  &reply),
              0);
    CHECK_INT(reply.body_bytes, 0);
    const char *length = rt_http_header(http, "content-length", 0);
    CHECK(length && strcmp(length, "67108865") == 0);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void head_tells_of_a_body_that_would_be_too_long(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, head_of_much, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

/* ---- header fields ---- */

static int send_fields(void *arg)
{
    static const char *const fields[] = { "X-One: 1", "Authorization: me",
                                          "X-Tab:\tand spaces ",
                                          "Accept:", NULL };
    struct rt_http *http = server_client();

    (void)arg;
    say(http, (struct rt_http_request){ .headers = fields });
    CHECK(server_saw("X-One: 1\r\n"));
    CHECK(server_saw("Authorization: me\r\n"));
    CHECK(server_saw("X-Tab:\tand spaces "));
    CHECK(server_saw("Host: 127.0.0.1:"));
    CHECK(!server_saw("Accept"));
    server_expect(http, "/hello", 200, "hello");
    CHECK(!server_saw("X-One"));
    CHECK(server_saw("Accept: */*\r\n"));
    rt_http_free(http);
    return 0;
}

static void header_fields_are_sent_once(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, send_fields, NULL), 0);
}

static ssize_t give_nothing(void *arg, void *buffer, size_t bytes,
                            int64_t deadline)
{
    (void)arg;
    (void)buffer;
    (void)bytes;
    (void)deadline;
    return 0;
}

static int send_nonsense(void *arg)
{
    static const char *const fields[] = { "",
                                          "no colon",
                                          ": no name",
                                          "Na me: x",
                                          "X-One: 1\r\nX: 2",
                                          "X-One: 1\n",
                                          "X\n-One: 1",
                                          "Content-Length: 1",
                                          "content-length: 0",
                                          "Expect: 100-continue",
                                          "Transfer-Encoding: chunked" };
    struct rt_http *http = server_client();
    struct rt_http_reply reply;

    (void)arg;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *const list[] = { "X-Good: 1", fields[i], NULL };

        CHECK_INT(ask(http, "/hello",
                      (struct rt_http_request){ .headers = list }, &reply),
                  -EINVAL);
    }
    const struct rt_http_request wrong[] = {
        { .method = "" },
        { .method = "GET /" },
        { .method = "GET\r\n" },
        { .method = "HEAD", .body = "", .body_bytes = 0 },
        { .method = "HEAD", .source = give_nothing },
        { .body = "x", .body_bytes = 1, .source = give_nothing },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_INT(ask(http, "/hello", wrong[i], &reply), -EINVAL);
    CHECK_INT(atomic_load(&server_seen->requests), 0);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void what_would_break_a_request_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, send_nonsense, NULL), 0);
}

/* ---- bodies from memory ---- */

static int send_bodies(void *arg)
{
    static const char *const json[] = { "Content-Type: text/json", NULL };
    struct rt_http *http = server_client();

    (void)arg;
    say(http, (struct rt_http_request){ .body = "a\0b", .body_bytes = 3 });
    CHECK(server_saw("POST /hello HTTP/1.1\r\n"));
    CHECK(server_saw("Content-Length: 3\r\n"));
    CHECK(!server_saw("Content-Type"));
    CHECK(memcmp(server_seen->last.body, "a\0b", 4) == 0);
    say(http,
        (struct rt_http_request){
            .method = "PUT", .headers = json, .body = "[]", .body_bytes = 2 });
    CHECK(server_saw("PUT /hello HTTP/1.1\r\n"));
    CHECK(server_saw("Content-Type: text/json\r\n"));
    CHECK_INT(server_seen->last.body_bytes, 2);
    say(http, (struct rt_http_request){
                  .method = "GET", .body = "why not", .body_bytes = 7 });
    CHECK(server_saw("GET /hello HTTP/1.1\r\n"));
    CHECK_INT(server_seen->last.body_bytes, 7);
    say(http, (struct rt_http_request){ .body = "", .body_bytes = 0 });
    CHECK(server_saw("POST /hello HTTP/1.1\r\n"));
    CHECK(server_saw("Content-Length: 0\r\n"));
    say(http, (struct rt_http_request){ .method = "POST" });
    CHECK(server_saw("Content-Length: 0\r\n"));
    rt_http_free(http);
    return 0;
}

static void a_body_is_sent_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, send_bodies, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

static int send_much(void *arg)
{
    struct rt_http *http = server_client();
    unsigned char *body = malloc(LARGE);

    (void)arg;
    for (size_t i = 0; CHECK(body != NULL) && i < LARGE; i++)
        body[i] = server_byte(i);
    say(http, (struct rt_http_request){ .body = body, .body_bytes = LARGE });
    CHECK_INT(server_seen->last.body_bytes, LARGE);
    CHECK_INT(server_seen->last.body_wrong, 0);
    CHECK(!server_saw("Expect"));
    free(body);
    rt_http_free(http);
    return 0;
}

static void a_large_body_is_not_announced(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, send_much, NULL), 0);
}

static int be_refused(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply = { 0 };
    char *body = calloc(1, LARGE);

    (void)arg;
    int rc = ask(http, "/early",
                 (struct rt_http_request){ .body = body, .body_bytes = LARGE },
                 &reply);
    CHECK_INT(rc, 0);
    CHECK_INT(reply.status, 403);
    server_expect(http, "/hello", 200, "hello");
    free(body);
    rt_http_free(http);
    return 0;
}

static void a_reply_may_come_before_the_body_is_sent(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, be_refused, NULL), 0);
}

/* ---- bodies from a source ---- */

/* Gives `bytes` server_byte(), a little at a time, then `end`. */
struct well {
    uint64_t given, bytes;
    size_t piece;
    ssize_t end;
    bool slow; /* waits before each piece */
};

static ssize_t draw(void *arg, void *buffer, size_t bytes, int64_t deadline)
{
    struct well *well = arg;
    uint64_t left = well->bytes - well->given;
    size_t n = bytes < well->piece ? bytes : well->piece;

    CHECK(deadline > rt_now());
    if (well->slow && rt_sleep(rt_in(100000)) < 0)
        return -ECANCELED;
    if (left == 0)
        return well->end;
    if (n > left)
        n = (size_t)left;
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)buffer)[i] = server_byte(well->given + i);
    well->given += n;
    return (ssize_t)n;
}

static bool pour(struct rt_http *http, struct well well, const char *method,
                 size_t announced)
{
    return say(http, (struct rt_http_request){ .method = method,
                                               .source = draw,
                                               .source_arg = &well,
                                               .body_bytes = announced }) &&
           CHECK_INT(server_seen->last.body_bytes, well.bytes) &&
           CHECK_INT(server_seen->last.body_wrong, 0);
}

static int pour_all(void *arg)
{
    struct rt_http *http = server_client();

    (void)arg;
    pour(http, (struct well){ .bytes = LARGE, .piece = SIZE_MAX }, NULL, LARGE);
    CHECK(server_saw("POST "));
    CHECK(server_saw("Content-Length: 8388608\r\n"));
    pour(http, (struct well){ .bytes = LARGE, .piece = 50001 }, "PUT", 0);
    CHECK(server_saw("PUT "));
    CHECK(server_saw("Transfer-Encoding: chunked\r\n"));
    pour(http, (struct well){ .bytes = 0, .piece = 1 }, NULL, 0);
    pour(http, (struct well){ .bytes = 40, .piece = 1, .slow = true }, NULL, 0);
    pour(http, (struct well){ .bytes = 40, .piece = 7, .slow = true }, "PATCH",
         40);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_source_gives_a_body_piece_by_piece(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, pour_all, NULL), 0);
    assert_int_equal(atomic_load(&server_seen->accepts), 1);
}

static int pour_in_vain(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_http_reply reply;
    struct well wells[] = {
        { .bytes = 100, .piece = 30, .end = -EDOM },
        { .bytes = LARGE, .piece = SIZE_MAX, .end = -ECANCELED },
        { .bytes = 0, .piece = 1, .end = -ETIMEDOUT },
    };

    (void)arg;
    for (size_t i = 0; i < sizeof wells / sizeof *wells; i++) {
        struct rt_http_request request = { .source = draw,
                                           .source_arg = &wells[i] };
        CHECK_INT(ask(http, "/hello", request, &reply), wells[i].end);
        server_expect(http, "/hello", 200, "hello");
    }
    struct well dry = { .bytes = 99, .piece = 30 };
    CHECK_INT(ask(http, "/hello",
                  (struct rt_http_request){
                      .source = draw, .source_arg = &dry, .body_bytes = 100 },
                  &reply),
              -ENODATA);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void an_error_of_the_source_ends_the_request(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, pour_in_vain, NULL), 0);
}

static int pour_slowly(void *arg)
{
    struct rt_http *http = arg;
    struct rt_http_reply reply;
    struct well well = { .bytes = LARGE, .piece = 1, .slow = true };

    return ask(http, "/hello",
               (struct rt_http_request){ .source = draw, .source_arg = &well },
               &reply);
}

static int cancel_a_source(void *arg)
{
    struct rt_http *http = server_client();
    struct rt_task *task;
    int status = 0;

    (void)arg;
    CHECK_INT(rt_spawn(&task, pour_slowly, http), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    rt_cancel(task);
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    CHECK_INT(status, -ECANCELED);
    server_expect(http, "/hello", 200, "hello");
    rt_http_free(http);
    return 0;
}

static void a_source_is_cancelled_with_its_request(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, cancel_a_source, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(each_method_is_sent_as_it_is_named),
        SERVED(head_tells_of_a_body_that_would_be_too_long),
        SERVED(header_fields_are_sent_once),
        SERVED(what_would_break_a_request_is_invalid),
        SERVED(a_body_is_sent_as_it_is),
        SERVED(a_large_body_is_not_announced),
        SERVED(a_reply_may_come_before_the_body_is_sent),
        SERVED(a_source_gives_a_body_piece_by_piece),
        SERVED(an_error_of_the_source_ends_the_request),
        SERVED(a_source_is_cancelled_with_its_request),
    };

    if (test_http_missing())
        return 0;
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
