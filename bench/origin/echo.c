/* SPDX-License-Identifier: MIT */
/*
 * The echo server.  A connection's poll handle stays armed for reading, so a
 * message costs one read, one write and its share of an epoll_wait.
 * Invariant: a connection that could not write everything holds the rest and
 * is armed for writing only; all others hold no buffer.
 */
#include "serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536
};

struct peer {
    uv_poll_t poll;
    int fd;
    char *rest; /* what the peer has not taken yet */
    size_t rest_at, rest_bytes;
};

static struct {
    struct listener listener;
    char buffer[READ_BYTES];
} echo;

static void peer_freed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;

    close(peer->fd);
    free(peer->rest);
    free(peer);
}

static void peer_close(struct peer *peer)
{
    uv_close((uv_handle_t *)&peer->poll, peer_freed);
}

static void peer_readable(struct peer *peer);
static void peer_writable(struct peer *peer);

static void peer_event(uv_poll_t *poll, int status, int events)
{
    struct peer *peer = poll->data;

    if (status < 0)
        peer_close(peer);
    else if (events & UV_READABLE)
        peer_readable(peer);
    else if (events & UV_WRITABLE)
        peer_writable(peer);
}

/* Keeps what could not be sent, and reads no more until it is. */
static void peer_keep(struct peer *peer, const char *data, size_t bytes)
{
    peer->rest = malloc(bytes);
    if (!peer->rest) {
        peer_close(peer);
        return;
    }
    memcpy(peer->rest, data, bytes);
    peer->rest_at = 0;
    peer->rest_bytes = bytes;
    uv_poll_start(&peer->poll, UV_WRITABLE, peer_event);
}

static void peer_readable(struct peer *peer)
{
    ssize_t got = recv(peer->fd, echo.buffer, sizeof echo.buffer, 0);

    if (got <= 0) {
        /* All it sent has been answered: its half close ends both. */
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            peer_close(peer);
        return;
    }
    counters.messages++;
    ssize_t sent = send(peer->fd, echo.buffer, (size_t)got, MSG_NOSIGNAL);
    if (sent == got)
        return;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        peer_close(peer);
        return;
    }
    if (sent < 0)
        sent = 0;
    peer_keep(peer, echo.buffer + sent, (size_t)(got - sent));
}

static void peer_writable(struct peer *peer)
{
    ssize_t sent = send(peer->fd, peer->rest + peer->rest_at,
                        peer->rest_bytes - peer->rest_at, MSG_NOSIGNAL);

    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            peer_close(peer);
        return;
    }
    peer->rest_at += (size_t)sent;
    if (peer->rest_at < peer->rest_bytes)
        return;
    free(peer->rest);
    peer->rest = NULL;
    uv_poll_start(&peer->poll, UV_READABLE, peer_event);
}

static void peer_open(uv_loop_t *loop, int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    int on = 1;

    if (!peer || uv_poll_init(loop, &peer->poll, fd) < 0) {
        free(peer);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer->fd = fd;
    peer->poll.data = peer;
    uv_poll_start(&peer->poll, UV_READABLE, peer_event);
}

int echo_start(uv_loop_t *loop, unsigned *port)
{
    return listener_start(&echo.listener, loop, port, peer_open);
}
