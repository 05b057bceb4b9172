/* SPDX-License-Identifier: MIT */
/*
 * The origin's WebSocket echo, byte by byte: the handshake with the key and
 * the answer of RFC 6455, section 1.3, and frames written out by hand.
 */
#include "served.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LARGE = 8 << 20, /* with its answer more than socket buffers hold */
    MESSAGES = 4
};

static const char request[] = "GET /any HTTP/1.1\r\n"
                              "Host: origin\r\n"
                              "upgrade: WebSocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "\r\n";

static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    "\r\n";

/* A mask of zeros leaves the payload as it is. */
#define MASKED "\0\0\0\0"

#define SEND(fd, text) served_send((fd), (text), sizeof(text) - 1)

static void expect(int fd, const char *bytes, size_t n)
{
    char back[256];

    assert_true(n <= sizeof back);
    served_receive(fd, back, n);
    assert_memory_equal(back, bytes, n);
}
#define EXPECT(fd, text) expect((fd), (text), sizeof(text) - 1)

static void expect_end(int fd)
{
    char byte;

    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
}

static int shake_hands(void)
{
    int fd = served_dial(served.ws_port);

    SEND(fd, request);
    EXPECT(fd, answer);
    return fd;
}

static void messages_come_back_and_are_counted(void **state)
{
    int fd = shake_hands();

    (void)state;
    SEND(fd, "\x81\x85" MASKED "hello");
    EXPECT(fd, "\x81\x05hello");
    SEND(fd, "\x82\x82\x01\x02\x03\x04\x01\x03");
    EXPECT(fd, "\x82\x02\x00\x01");
    SEND(fd, "\x81\x80" MASKED);
    EXPECT(fd, "\x81\x00");
    SEND(fd, "\x01\x82" MASKED "ab\x89\x81" MASKED "?\x80\x81" MASKED "c");
    EXPECT(fd, "\x8a\x01?\x81\x03"
               "abc");
    assert_int_equal(served_stats().messages, 4);
    assert_int_equal(served_stats().connections, 1);
    SEND(fd, "\x88\x85" MASKED "\x03\xe8"
             "bye");
    EXPECT(fd, "\x88\x05\x03\xe8"
               "bye");
    expect_end(fd);
}

static void frames_may_come_with_the_request_and_in_pieces(void **state)
{
    static const char rest[] = "\x81\x85" MASKED "hello";
    int fd = served_dial(served.ws_port);

    (void)state;
    for (size_t i = 0; i < sizeof request - 2; i++)
        served_send(fd, request + i, 1);
    SEND(fd, "\n\x81\x83" MASKED "you");
    EXPECT(fd, answer);
    EXPECT(fd, "\x81\x03you");
    for (size_t i = 0; i < sizeof rest - 1; i++)
        served_send(fd, rest + i, 1);
    EXPECT(fd, "\x81\x05hello");
    close(fd);
}

static void bad_frames_are_refused(void **state)
{
    int fd = shake_hands();

    (void)state;
    SEND(fd, "\x81\x01x"); /* not masked */
    EXPECT(fd, "\x88\x02\x03\xea");
    expect_end(fd);
    fd = shake_hands();
    SEND(fd, "\x81\x81" MASKED "\xff"); /* not UTF-8 */
    EXPECT(fd, "\x88\x02\x03\xef");
    expect_end(fd);
    fd = shake_hands();
    SEND(fd, "\x82\xff\0\0\0\0\x01\0\0\x01" MASKED "x"); /* above 16 MiB */
    EXPECT(fd, "\x88\x02\x03\xf1");
    expect_end(fd);
}

static void other_requests_are_refused(void **state)
{
    static char endless[100000];
    int fd = served_dial(served.ws_port);

    (void)state;
    SEND(fd, "GET / HTTP/1.1\r\nHost: origin\r\n\r\n");
    EXPECT(fd, "HTTP/1.1 400 Bad Request\r\n");
    close(fd);
    fd = served_dial(served.ws_port);
    memset(endless, 'x', sizeof endless);
    send(fd, endless, sizeof endless, MSG_NOSIGNAL);
    expect_end(fd);
    close(shake_hands());
}

/* Sends large messages, and reads only what there is when nothing more goes. */
static void a_client_that_hardly_reads_loses_nothing(void **state)
{
    static char out[14 + LARGE] = "\x82\xff\0\0\0\0\0\x80\0\0" MASKED;
    static char in[10 + LARGE] = "\x82\x7f\0\0\0\0\0\x80\0\0", part[65536];
    size_t sent = 0, got = 0;
    int fd = shake_hands();

    (void)state;
    for (size_t i = 0; i < LARGE; i++)
        out[14 + i] = in[10 + i] = (char)(i * 31 >> 8);
    while (got < MESSAGES * sizeof in) {
        short more = sent < MESSAGES * sizeof out ? POLLOUT : 0;
        struct pollfd p = { .fd = fd, .events = POLLIN | more };
        assert_int_equal(poll(&p, 1, -1), 1);
        if (p.revents & POLLOUT) {
            size_t at = sent % sizeof out;
            ssize_t n = send(fd, out + at, sizeof out - at, MSG_DONTWAIT);
            assert_true(n > 0);
            sent += (size_t)n;
            continue;
        }
        size_t at = got % sizeof in, left = sizeof in - at;
        ssize_t n = recv(fd, part, left < sizeof part ? left : sizeof part, 0);
        assert_true(n > 0);
        assert_memory_equal(part, in + at, n);
        got += (size_t)n;
    }
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(messages_come_back_and_are_counted),
        SERVED(frames_may_come_with_the_request_and_in_pieces),
        SERVED(bad_frames_are_refused),
        SERVED(other_requests_are_refused),
        SERVED(a_client_that_hardly_reads_loses_nothing),
    };

    return cmocka_run_group_tests_name("origin ws", tests, NULL, NULL);
}
