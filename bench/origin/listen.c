/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets.  One descriptor is held in reserve, to refuse a
 * connection with when there is no other left: left in the queue, it would
 * keep the loop spinning and its owner waiting.
 */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPTS_PER_TURN = 512
};

static int spare = -1;

static int bind_and_listen(int fd, unsigned *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;

    if (bind(fd, (struct sockaddr *)&at, size) < 0 ||
        listen(fd, ORIGIN_BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) < 0)
        return -errno;
    *port = ntohs(at.sin_port);
    return 0;
}

int listen_local(unsigned *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    int error = bind_and_listen(fd, port);
    if (error) {
        close(fd);
        return error;
    }
    if (spare < 0)
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd;
}

int accept_peer(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno != EMFILE && errno != ENFILE)
        return -errno;
    close(spare);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -EAGAIN : -EMFILE;
}

static void accept_all(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept_peer(listener->fd);
        if (fd == -EAGAIN)
            return;
        if (fd < 0)
            continue;
        counters.connections++;
        listener->open(poll->loop, fd);
    }
}

int listener_start(struct listener *listener, uv_loop_t *loop, unsigned *port,
                   void (*open)(uv_loop_t *loop, int fd))
{
    listener->open = open;
    listener->fd = listen_local(port);
    if (listener->fd < 0)
        return listener->fd;
    int error = uv_poll_init(loop, &listener->poll, listener->fd);
    if (error)
        return error;
    listener->poll.data = listener;
    return uv_poll_start(&listener->poll, UV_READABLE, accept_all);
}
