/* SPDX-License-Identifier: MIT */
/*
 * sock.c: streams on kernel threads.  Descriptors of streams are blocking:
 * without a deadline a read or a write is one system call, as it is in any
 * threaded program (call.c).  Sockets are written to without blocking first,
 * which needs no preparation for a cancellation and hardly ever fails.  With a
 * deadline, sockets are tried with MSG_DONTWAIT and os_poll() waits on EAGAIN; pipes have no such flag, so os_poll() comes first
 * and what it promised does not block.  Listeners are non-blocking.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"

struct rt_sock {
    int fd;
    bool is_pipe;
    bool drained; /* the reader's: the last read left nothing behind */
};

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* Returns the length used, or -EINVAL. */
static int address_parse(union address *out, const char *host, unsigned port)
{
    if (port > UINT16_MAX)
        return -EINVAL;
    *out = (union address){ 0 };
    if (inet_pton(AF_INET, host, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons((uint16_t)port);
        return sizeof out->in;
    }
    if (inet_pton(AF_INET6, host, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons((uint16_t)port);
        return sizeof out->in6;
    }
    return -EINVAL;
}

/* Takes the descriptor over, also on failure. */
static int sock_new(struct rt_sock **out, int fd, bool is_pipe)
{
    struct rt_sock *sock = malloc(sizeof *sock);
    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    *sock = (struct rt_sock){ .fd = fd, .is_pipe = is_pipe };
    *out = sock;
    return 0;
}

static int stream_open(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static void set_nodelay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Waits for a connect(2) under way and returns its outcome. */
static int connect_finish(int fd, int64_t deadline)
{
    int err = os_poll(fd, POLLOUT, deadline);
    if (err)
        return err;
    int result;
    socklen_t bytes = sizeof result;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &bytes) != 0)
        return -errno;
    return -result;
}

int rt_sock_connect(struct rt_sock **out, const char *host, unsigned port,
                    int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes < 0)
        return bytes;
    int fd = stream_open(address.any.sa_family);
    if (fd < 0)
        return fd;
    int err = 0;
    if (connect(fd, &address.any, (socklen_t)bytes) != 0)
        err = errno == EINPROGRESS || errno == EINTR
                  ? connect_finish(fd, deadline)
                  : -errno;
    if (err) {
        close(fd);
        return err;
    }
    set_nodelay(fd);
    fcntl(fd, F_SETFL, 0); /* blocking from now on */
    return sock_new(out, fd, false);
}

int rt_sock_listen(struct rt_sock **out, const char *host, unsigned port,
                   int backlog)
{
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes < 0)
        return bytes;
    int fd = stream_open(address.any.sa_family);
    if (fd < 0)
        return fd;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, &address.any, (socklen_t)bytes) != 0 ||
        listen(fd, backlog) != 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return sock_new(out, fd, false);
}

/* What became of a connection before we took it is not the listener's error
 * (accept(2), "Error handling"). */
static bool accept_again(int err)
{
    switch (err) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

int rt_sock_accept(struct rt_sock **out, struct rt_sock *listener,
                   int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            set_nodelay(fd);
            return sock_new(out, fd, false);
        }
        if (accept_again(errno))
            continue;
        if (errno != EAGAIN)
            return -errno;
        int err = os_poll(listener->fd, POLLIN, deadline);
        if (err)
            return err;
    }
}

int rt_sock_pipe(struct rt_sock **reader, struct rt_sock **writer)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -errno;
    struct rt_sock *read_end, *write_end;
    int err = sock_new(&read_end, fds[0], true);
    if (err) {
        close(fds[1]);
        return err;
    }
    err = sock_new(&write_end, fds[1], true);
    if (err) {
        rt_sock_close(read_end);
        return err;
    }
    *reader = read_end;
    *writer = write_end;
    return 0;
}

unsigned rt_sock_port(const struct rt_sock *sock)
{
    union address address = { 0 };
    socklen_t bytes = sizeof address;
    if (getsockname(sock->fd, &address.any, &bytes) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port
                                                   : address.in.sin_port);
}

/* One attempt that does not block; -EAGAIN. */
static ssize_t try_read(struct rt_sock *sock, void *buffer, size_t bytes)
{
    ssize_t got = sock->is_pipe ? read(sock->fd, buffer, bytes)
                                : recv(sock->fd, buffer, bytes, MSG_DONTWAIT);
    return got < 0 ? -errno : got;
}

static ssize_t read_until(struct rt_sock *sock, void *buffer, size_t bytes,
                          int64_t deadline)
{
    for (;;) {
        if (sock->is_pipe || sock->drained) {
            int err = os_poll(sock->fd, POLLIN, deadline);
            if (err)
                return err;
        }
        ssize_t got = try_read(sock, buffer, bytes);
        if (got != -EAGAIN && got != -EINTR)
            return got;
        sock->drained = got == -EAGAIN;
    }
}

static ssize_t read_blocking(struct rt_sock *sock, void *buffer, size_t bytes)
{
    return sock->is_pipe ? os_read(sock->fd, buffer, bytes)
                         : os_recv(sock->fd, buffer, bytes);
}

ssize_t rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                     int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    ssize_t got = deadline == RT_FOREVER
                      ? read_blocking(sock, buffer, bytes)
                      : read_until(sock, buffer, bytes, deadline);
    /* A short read has emptied the stream: with a deadline the next one waits
     * first and saves the call that would fail. */
    sock->drained = got > 0 && (size_t)got < bytes;
    return got;
}

/* One attempt that does not block; -EAGAIN. */
static ssize_t try_write(struct rt_sock *sock, const char *data, size_t bytes)
{
    ssize_t sent =
        sock->is_pipe
            /* So much does not block when a pipe is writable (pipe(7)). */
            ? write(sock->fd, data, bytes < PIPE_BUF ? bytes : PIPE_BUF)
            : send(sock->fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

static ssize_t write_until(struct rt_sock *sock, const char *data, size_t bytes,
                           int64_t deadline)
{
    if (sock->is_pipe) {
        int err = os_poll(sock->fd, POLLOUT, deadline);
        if (err)
            return err;
    }
    ssize_t sent = try_write(sock, data, bytes);
    return sent == -EAGAIN ? os_poll(sock->fd, POLLOUT, deadline) : sent;
}

/* Whatever is left after the first attempt waits in one call. */
static ssize_t write_blocking(struct rt_sock *sock, const char *data,
                              size_t bytes, bool first)
{
    if (sock->is_pipe)
        return os_write(sock->fd, data, bytes);
    if (!first)
        return os_send(sock->fd, data, bytes);
    ssize_t sent = try_write(sock, data, bytes);
    return sent == -EAGAIN ? 0 : sent;
}

ssize_t rt_sock_write(struct rt_sock *sock, const void *buffer, size_t bytes,
                      int64_t deadline)
{
    const char *data = buffer;
    size_t done = 0;
    if (os_cancel_check())
        return -ECANCELED;
    for (bool first = true; done < bytes; first = false) {
        ssize_t sent =
            deadline == RT_FOREVER
                ? write_blocking(sock, data + done, bytes - done, first)
                : write_until(sock, data + done, bytes - done, deadline);
        if (sent < 0 && sent != -EINTR)
            return sent;
        done += sent > 0 ? (size_t)sent : 0;
    }
    return (ssize_t)done;
}

int rt_sock_shutdown(struct rt_sock *sock)
{
    return shutdown(sock->fd, SHUT_WR) == 0 ? 0 : -errno;
}

void rt_sock_close(struct rt_sock *sock)
{
    if (!sock)
        return;
    close(sock->fd);
    free(sock);
}
