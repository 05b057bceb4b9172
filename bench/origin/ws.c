/* SPDX-License-Identifier: MIT */
/*
 * The WebSocket echo server: a handshake, then wslay in the role of the
 * server, which answers pings and Closes by itself.  What one read has brought
 * is answered by one write.  Invariant: a connection that could not write
 * everything holds the rest and is armed for writing only; it takes no more
 * until then, so that it holds one message and one read's answers at most.
 */
#include "serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "ws_accept.h"

enum {
    IN_BYTES = 65536,
    OUT_BYTES = 65536,
    HEAD_MAX = 2048,
    MESSAGE_MAX = 16 << 20
};

struct client {
    uv_poll_t poll;
    int fd;
    wslay_event_context_ptr ws; /* NULL until it has shaken hands */
    size_t head_bytes;
    char *rest; /* what the peer has not taken yet */
    size_t rest_at, rest_bytes;
    char head[HEAD_MAX + 1]; /* the request, a string */
};

static struct {
    struct listener listener;
    /* What has been read and what is to be sent, of whoever is served. */
    char in[IN_BYTES], out[OUT_BYTES];
    size_t in_at, in_bytes, out_bytes;
} server;

static void client_freed(uv_handle_t *handle)
{
    struct client *client = handle->data;

    close(client->fd);
    if (client->ws)
        wslay_event_context_free(client->ws);
    free(client->rest);
    free(client);
}

static void client_close(struct client *client)
{
    uv_close((uv_handle_t *)&client->poll, client_freed);
}

/* ---- wslay's callbacks ---- */

static ssize_t give(wslay_event_context_ptr ws, uint8_t *to, size_t bytes,
                    int flags, void *arg)
{
    size_t n = server.in_bytes - server.in_at;

    (void)flags;
    (void)arg;
    if (n == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > bytes)
        n = bytes;
    memcpy(to, server.in + server.in_at, n);
    server.in_at += n;
    return (ssize_t)n;
}

static ssize_t take(wslay_event_context_ptr ws, const uint8_t *data,
                    size_t bytes, int flags, void *arg)
{
    size_t n = sizeof server.out - server.out_bytes;

    (void)flags;
    (void)arg;
    if (n == 0) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > bytes)
        n = bytes;
    memcpy(server.out + server.out_bytes, data, n);
    server.out_bytes += n;
    return (ssize_t)n;
}

static void echo_message(wslay_event_context_ptr ws,
                         const struct wslay_event_on_msg_recv_arg *got,
                         void *arg)
{
    struct wslay_event_msg message = { .opcode = got->opcode,
                                       .msg = got->msg,
                                       .msg_length = got->msg_length };

    (void)arg;
    if (wslay_is_ctrl_frame(got->opcode))
        return;
    counters.messages++;
    if (wslay_event_queue_msg(ws, &message))
        wslay_event_shutdown_read(ws); /* no memory: the connection ends */
}

/* ---- sending ---- */

static void client_event(uv_poll_t *poll, int status, int events);

/* Sends as much as goes and keeps the rest, reading no more until it has gone.
 * False when not everything went. */
static bool send_or_keep(struct client *client, const char *data, size_t bytes)
{
    ssize_t sent = send(client->fd, data, bytes, MSG_NOSIGNAL);

    if (sent == (ssize_t)bytes)
        return true;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        client_close(client);
        return false;
    }
    if (sent < 0)
        sent = 0;
    client->rest_at = 0;
    client->rest_bytes = bytes - (size_t)sent;
    client->rest = malloc(client->rest_bytes);
    if (!client->rest) {
        client_close(client);
        return false;
    }
    memcpy(client->rest, data + sent, client->rest_bytes);
    uv_poll_start(&client->poll, UV_WRITABLE, client_event);
    return false;
}

/* Sends what wslay has queued.  The connection ends once both have closed. */
static void answer(struct client *client)
{
    while (wslay_event_want_write(client->ws)) {
        server.out_bytes = 0;
        if (wslay_event_send(client->ws) || server.out_bytes == 0) {
            client_close(client);
            return;
        }
        if (!send_or_keep(client, server.out, server.out_bytes))
            return;
    }
    if (!wslay_event_want_read(client->ws))
        client_close(client);
}

static void client_writable(struct client *client)
{
    ssize_t sent = send(client->fd, client->rest + client->rest_at,
                        client->rest_bytes - client->rest_at, MSG_NOSIGNAL);

    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client_close(client);
        return;
    }
    client->rest_at += (size_t)sent;
    if (client->rest_at < client->rest_bytes)
        return;
    free(client->rest);
    client->rest = NULL;
    uv_poll_start(&client->poll, UV_READABLE, client_event);
    answer(client);
}

/* ---- the handshake ---- */

/* The value of a field of the request, to the end of its line; or NULL. */
static const char *field(const char *head, const char *name)
{
    size_t n = strlen(name);

    while ((head = strstr(head, "\r\n"))) {
        head += 2;
        if (strncasecmp(head, name, n) == 0 && head[n] == ':')
            return head + n + 1 + strspn(head + n + 1, " \t");
    }
    return NULL;
}

/* What to answer to the request; false when that ends the connection. */
static bool write_answer(const char *head, char *text, size_t size)
{
    const char *key = field(head, "Sec-WebSocket-Key");
    const char *upgrade = field(head, "Upgrade");
    char accept[WS_ACCEPT_CHARS + 1];

    if (strncmp(head, "GET ", 4) != 0 || !upgrade ||
        strncasecmp(upgrade, "websocket", 9) != 0 || !key ||
        strcspn(key, " \t\r\n") != WS_KEY_CHARS) {
        snprintf(text, size,
                 "HTTP/1.1 400 Bad Request\r\n"
                 "Content-Length: 0\r\nConnection: close\r\n\r\n");
        return false;
    }
    ws_accept(accept, key);
    snprintf(text, size,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    return true;
}

/* The whole request is there. */
static bool shake_hands(struct client *client)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = give,
        .send_callback = take,
        .on_msg_recv_callback = echo_message
    };
    char text[256];
    bool good = write_answer(client->head, text, sizeof text);
    size_t bytes = strlen(text);

    /* There is room for the first bytes of a connection. */
    if (send(client->fd, text, bytes, MSG_NOSIGNAL) != (ssize_t)bytes || !good)
        return false;
    if (wslay_event_context_server_init(&client->ws, &callbacks, client)) {
        client->ws = NULL;
        return false;
    }
    wslay_event_config_set_max_recv_msg_length(client->ws, MESSAGE_MAX);
    return true;
}

/* Takes what belongs to the request, leaving the rest in server.in.  False
 * when the connection is to be closed. */
static bool read_head(struct client *client)
{
    size_t before = client->head_bytes, n = HEAD_MAX - before;

    if (n > server.in_bytes)
        n = server.in_bytes;
    memcpy(client->head + before, server.in, n);
    client->head_bytes += n;
    client->head[client->head_bytes] = '\0';
    char *end = strstr(client->head, "\r\n\r\n");
    if (!end)
        return client->head_bytes < HEAD_MAX;
    end[2] = '\0';
    server.in_at = (size_t)(end - client->head) + 4 - before;
    return shake_hands(client);
}

/* ---- connections ---- */

static void client_readable(struct client *client)
{
    ssize_t got = recv(client->fd, server.in, sizeof server.in, 0);

    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            client_close(client);
        return;
    }
    server.in_at = 0;
    server.in_bytes = (size_t)got;
    if (!client->ws && !read_head(client)) {
        client_close(client);
        return;
    }
    if (!client->ws)
        return;
    if (wslay_event_recv(client->ws))
        client_close(client);
    else
        answer(client);
}

static void client_event(uv_poll_t *poll, int status, int events)
{
    struct client *client = poll->data;

    if (status < 0)
        client_close(client);
    else if (events & UV_READABLE)
        client_readable(client);
    else if (events & UV_WRITABLE)
        client_writable(client);
}

static void client_open(uv_loop_t *loop, int fd)
{
    struct client *client = malloc(sizeof *client);
    int on = 1;

    if (client)
        memset(client, 0, offsetof(struct client, head));
    if (!client || uv_poll_init(loop, &client->poll, fd) < 0) {
        free(client);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client->fd = fd;
    client->poll.data = client;
    uv_poll_start(&client->poll, UV_READABLE, client_event);
}

int ws_start(uv_loop_t *loop, unsigned *port)
{
    return listener_start(&server.listener, loop, port, client_open);
}
