/* SPDX-License-Identifier: MIT */

/* The server of the WebSocket example: as much of RFC 6455 as a client needs
 * that sends whole messages of less than 126 bytes. */

#include "ws_server.h"

#include <stdio.h>
#include <string.h>

#include "ws_accept.h"

enum {
    TEXT = 0x81,
    CLOSE = 0x88,
    PING = 0x89,
    PONG = 0x8a,
    SHORT = 126
};

struct frame {
    unsigned char first, bytes;
    char data[SHORT];
};

/* All or nothing: false when the client is gone. */
static bool read_all(struct rt_sock *sock, void *to, size_t bytes)
{
    ssize_t n = 0;

    for (size_t at = 0; at < bytes; at += (size_t)n) {
        n = rt_sock_read(sock, (char *)to + at, bytes - at, RT_FOREVER);
        if (n <= 0)
            return false;
    }
    return true;
}

static bool write_all(struct rt_sock *sock, const void *data, size_t bytes)
{
    return rt_sock_write(sock, data, bytes, RT_FOREVER) == (ssize_t)bytes;
}

/* Section 5.2: two bytes, the key, and the data masked with it. */
static bool get(struct rt_sock *sock, struct frame *frame)
{
    unsigned char head[6];

    if (!read_all(sock, head, sizeof head))
        return false;
    frame->first = head[0];
    frame->bytes = head[1] & 0x7f;
    if (frame->bytes >= SHORT || !read_all(sock, frame->data, frame->bytes))
        return false;
    for (size_t i = 0; i < frame->bytes; i++)
        frame->data[i] = (char)(frame->data[i] ^ head[2 + i % 4]);
    return true;
}

static bool put(struct rt_sock *sock, unsigned first, const char *data,
                size_t bytes)
{
    unsigned char frame[2 + SHORT] = { (unsigned char)first,
                                       (unsigned char)bytes };

    memcpy(frame + 2, data, bytes);
    return write_all(sock, frame, 2 + bytes);
}

/* Reads the request up to its empty line and writes the answer to it. */
static bool shake_hands(struct rt_sock *sock, bool welcome)
{
    char request[1024], accept[WS_ACCEPT_CHARS + 1], answer[256];
    size_t n = 0;

    do {
        if (n + 1 == sizeof request || !read_all(sock, request + n, 1))
            return false;
        request[++n] = '\0';
    } while (!strstr(request, "\r\n\r\n"));
    const char *key = strstr(request, "Sec-WebSocket-Key: ");
    if (!key || !welcome) {
        static const char no[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
        write_all(sock, no, sizeof no - 1);
        return false;
    }
    ws_accept(accept, key + strlen("Sec-WebSocket-Key: "));
    int bytes = snprintf(answer, sizeof answer,
                         "HTTP/1.1 101 Switching Protocols\r\n"
                         "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
    return write_all(sock, answer, (size_t)bytes);
}

static void serve(struct rt_sock *sock, enum ws_mood mood)
{
    int left = mood == WS_LEAVES ? 2 : -1;
    char greeting[32];
    struct frame frame;

    if (!shake_hands(sock, mood != WS_REFUSES))
        return;
    int bytes = snprintf(greeting, sizeof greeting, "patience %d",
                         mood == WS_SLEEPS ? 20 : 30000);
    bool ok = put(sock, TEXT, greeting, (size_t)bytes);
    while (ok && left != 0 && get(sock, &frame)) {
        if (mood == WS_SLEEPS)
            continue;
        if (frame.first == TEXT && left > 0)
            left--;
        unsigned answer = frame.first == PING ? PONG : frame.first;
        ok = put(sock, answer, frame.data, frame.bytes) && answer != CLOSE;
    }
}

int ws_server(void *arg)
{
    struct ws_server *server = arg;
    struct rt_sock *sock;
    char rest;

    for (int i = 0; i < server->connections; i++) {
        int rc = rt_sock_accept(&sock, server->listener, RT_FOREVER);
        if (rc)
            return rc;
        serve(sock, server->moods[i]);
        rt_sock_shutdown(sock);
        while (read_all(sock, &rest, 1))
            ;
        rt_sock_close(sock);
    }
    return 0;
}
