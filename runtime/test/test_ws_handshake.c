/* SPDX-License-Identifier: MIT */

/* How a WebSocket connection comes about, and every answer that is refused. */

#include <errno.h>
#include <string.h>

#include "utf8.h"
#include "ws_accept.h"
#include "ws_peer.h"

/* ---- what it is made of ---- */

static void the_hash_is_that_of_the_rfc(void **state)
{
    char key[WS_KEY_CHARS + 1], accept[WS_ACCEPT_CHARS + 1];

    (void)state; /* RFC 6455, section 1.3 */
    ws_key(key, (const uint8_t *)"the sample nonce");
    assert_string_equal(key, "dGhlIHNhbXBsZSBub25jZQ==");
    ws_accept(accept, key);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void utf8_is_told_from_what_is_not(void **state)
{
    static const char *const good[] = {
        "",
        "plain text of some length",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "12345678\xc3\xa4 12345678",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xe2\x82(",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "12345678\xc3",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    assert_true(utf8_valid("a\0b", 3));
}

/* ---- URLs ---- */

static int connect_to_nonsense(void *arg)
{
    static const char *const urls[] = {
        "",
        "127.0.0.1",
        "/path",
        "http://127.0.0.1/",
        "ws:/127.0.0.1/",
        "ws://",
        "ws:///path",
        "ws://:80/",
        "ws://127.0.0.1:",
        "ws://127.0.0.1:/",
        "ws://127.0.0.1:0/",
        "ws://127.0.0.1:65536/",
        "ws://127.0.0.1:99999999999/",
        "ws://127.0.0.1:80x/",
        "ws://127.0.0.1:-1/",
        "ws://user@127.0.0.1/",
        "ws://[::1/",
        "ws://[]/",
        "ws://[::1]x/",
        "ws://[unix:]/",
        "ws://::1/",
        "ws://127.0.0.1/#part",
        "ws://127.0.0.1/a b",
        "ws://127.0.0.1/a\r\nHost: b",
        "ws://127.0.0.1/\xc3\xa4",
    };
    struct rt_ws *ws = NULL;

    (void)arg;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        test_check_int(rt_ws_connect(&ws, urls[i], 0, test_late()), -EINVAL,
                       urls[i], __FILE__, __LINE__);
    CHECK_INT(rt_ws_connect(&ws, "wss://127.0.0.1/", 0, test_late()), -ENOTSUP);
    CHECK(ws == NULL);
    rt_ws_free(NULL);
    return 0;
}

static void what_is_not_a_websocket_url_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_to_nonsense, NULL), 0);
}

static int connect_to_nobody(void *arg)
{
    struct ws_peer peer = { 0 };
    struct rt_ws *ws;

    (void)arg;
    CHECK_INT(rt_sock_listen(&peer.listener, "127.0.0.1", 0, 1), 0);
    const char *url = ws_peer_url(&peer, "/");
    rt_sock_close(peer.listener);
    CHECK_INT(rt_ws_connect(&ws, url, 0, test_late()), -ECONNREFUSED);
    return 0;
}

static void nobody_listening_is_refused(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, connect_to_nobody, NULL), 0);
}

/* ---- the request ---- */

static bool asks(const struct ws_peer *peer, const char *line)
{
    return test_check(strstr(peer->request, line), line, __FILE__, __LINE__);
}

static void ask_for(const char *rest, const char *first_line)
{
    struct ws_peer peer = { 0 };
    char host[64];
    struct rt_ws *ws = NULL;

    if (!ws_peer_start(&peer))
        return;
    const char *url = ws_peer_url(&peer, rest);
    strcpy(host, "Host: ");
    strncat(host, url + 5, strcspn(url + 5, "/?"));
    CHECK_INT(rt_ws_connect(&ws, url, 0, test_late()), 0);
    ws_peer_stop(&peer);
    CHECK(strncmp(peer.request, first_line, strlen(first_line)) == 0);
    asks(&peer, host);
    asks(&peer, "\r\nUpgrade: websocket\r\n");
    asks(&peer, "\r\nConnection: Upgrade\r\n");
    asks(&peer, "\r\nSec-WebSocket-Version: 13\r\n");
    asks(&peer, "\r\nSec-WebSocket-Key: ");
    rt_ws_free(ws);
}

static int ask_each(void *arg)
{
    (void)arg;
    ask_for("", "GET / HTTP/1.1\r\n");
    ask_for("/", "GET / HTTP/1.1\r\n");
    ask_for("/chat/room?name=a&b=%20", "GET /chat/room?name=a&b=%20 HTTP/1.1");
    ask_for("?q", "GET /?q HTTP/1.1\r\n");
    return 0;
}

static void the_request_is_that_of_the_rfc(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, ask_each, NULL), 0);
}

/* ---- the answer ---- */

#define STATUS  "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: %s\r\n"

struct answer {
    const char *text;
    int result;
};

static const struct answer answers[] = {
    { STATUS UPGRADE ACCEPT "\r\n", 0 },
    { "HTTP/1.1 101\r\n" UPGRADE ACCEPT "\r\n", 0 },
    { STATUS "UPGRADE:WebSocket \r\nconnection: keep-alive ,  upgrade\r\n"
             "Server: it\tis me\r\nsec-websocket-accept:\t%s\t\r\n\r\n",
      0 },
    { STATUS "Connection: keep-alive\r\nConnection: Upgrade\r\n"
             "Upgrade: websocket\r\nEmpty:\r\n" ACCEPT "\r\n",
      0 },

    { "HTTP/1.1 200 OK\r\n" UPGRADE ACCEPT "\r\n", -EPROTO },
    { "HTTP/1.1 404 Not Found\r\n\r\n", -EPROTO },
    { "HTTP/1.1 1010\r\n" UPGRADE ACCEPT "\r\n", -EPROTO },
    { "HTTP/1.0 101 Old\r\n" UPGRADE ACCEPT "\r\n", -EPROTO },
    { "hello\r\n\r\n", -EPROTO },
    { "\r\n\r\n", -EPROTO },
    { STATUS "Connection: Upgrade\r\n" ACCEPT "\r\n", -EPROTO },
    { STATUS "Upgrade: websocket\r\n" ACCEPT "\r\n", -EPROTO },
    { STATUS UPGRADE "\r\n", -EPROTO },
    { STATUS "\r\n", -EPROTO },
    { STATUS "Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", -EPROTO },
    { STATUS "Upgrade: websocket\r\nConnection: close\r\n" ACCEPT "\r\n",
      -EPROTO },
    { STATUS "Upgrade: websocket\r\nConnection: Upgrades\r\n" ACCEPT "\r\n",
      -EPROTO },
    { STATUS UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                     "\r\n",
      -EPROTO },
    { STATUS UPGRADE "Sec-WebSocket-Accept: x%s\r\n\r\n", -EPROTO },
    { STATUS UPGRADE "Sec-WebSocket-Accept: %sx\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "Sec-WebSocket-Accept: x\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT ACCEPT "\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                            "\r\n",
      -EPROTO },
    { STATUS UPGRADE ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "no colon\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT ": no name\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "A:\r\n folded\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "A : b\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "A: b\nC: d\r\n\r\n", -EPROTO },
    { STATUS UPGRADE ACCEPT "A: \x01\r\n\r\n", -EPROTO },
    { "", -ECONNRESET },
    { "HTTP/1.1 101", -ECONNRESET },
    { STATUS UPGRADE ACCEPT, -ECONNRESET },
};

static int try_answer(const char *text)
{
    struct ws_peer peer = { .answer = text };
    struct rt_ws *ws = NULL;

    if (!ws_peer_start(&peer))
        return 1;
    int rc = rt_ws_connect(&ws, ws_peer_url(&peer, "/"), 0, test_late());
    CHECK((ws == NULL) == (rc != 0));
    ws_peer_stop(&peer);
    rt_ws_free(ws);
    return rc;
}

static int try_answers(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        test_check_int(try_answer(answers[i].text), answers[i].result,
                       answers[i].text, __FILE__, __LINE__);
    return 0;
}

static void only_the_proper_answer_is_accepted(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, try_answers, NULL), 0);
}

static int be_told_too_much(void *arg)
{
    static char text[10000] = STATUS UPGRADE ACCEPT "Long: ";

    (void)arg;
    size_t n = strlen(text);
    memset(text + n, 'x', sizeof text - n - 1);
    CHECK_INT(try_answer(text), -EMSGSIZE);
    memcpy(text + 8000, "\r\n\r\n", 5);
    CHECK_INT(try_answer(text), 0);
    return 0;
}

static void an_answer_without_end_is_refused(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, be_told_too_much, NULL), 0);
}

static void end_with_a_nul(struct ws_peer *peer)
{
    ws_peer_write(peer, "X: a\0b\r\n\r\n", 10);
}

static int be_told_a_nul(void *arg)
{
    struct ws_peer peer = { .answer = STATUS UPGRADE ACCEPT,
                            .script = end_with_a_nul };
    struct rt_ws *ws = NULL;

    (void)arg;
    if (!ws_peer_start(&peer))
        return 0;
    CHECK_INT(rt_ws_connect(&ws, ws_peer_url(&peer, "/"), 0, test_late()),
              -EPROTO);
    ws_peer_stop(&peer);
    return 0;
}

static void an_answer_with_a_nul_is_refused(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, be_told_a_nul, NULL), 0);
}

static int receive_early(void *arg)
{
    struct ws_peer peer = { .answer = STATUS UPGRADE ACCEPT
                            "\r\n\x81\x05hello\x81\x03you" };
    struct rt_ws_message message = { 0 };

    (void)arg;
    if (!ws_peer_start(&peer))
        return 0;
    struct rt_ws *ws = ws_peer_connect(&peer, 0);
    ws_peer_stop(&peer);
    if (!ws)
        return 0;
    CHECK_INT(rt_ws_recv(ws, &message, test_late()), 0);
    CHECK(strcmp(message.data, "hello") == 0);
    CHECK_INT(rt_ws_recv(ws, &message, test_late()), 0);
    CHECK(strcmp(message.data, "you") == 0);
    CHECK_INT(rt_ws_recv(ws, &message, test_late()), -ECONNRESET);
    rt_ws_free(ws);
    return 0;
}

static void frames_that_come_with_the_answer_are_kept(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, receive_early, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_hash_is_that_of_the_rfc),
        TEST(utf8_is_told_from_what_is_not),
        TEST(what_is_not_a_websocket_url_is_invalid),
        TEST(nobody_listening_is_refused),
        TEST(the_request_is_that_of_the_rfc),
        TEST(only_the_proper_answer_is_accepted),
        TEST(an_answer_without_end_is_refused),
        TEST(an_answer_with_a_nul_is_refused),
        TEST(frames_that_come_with_the_answer_are_kept),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
