/* SPDX-License-Identifier: MIT */
/*
 * sock.c: streams on kernel threads.  Descriptors of streams are blocking:
 * without a deadline a read or a write is one system call, as it is in any
 * threaded program (call.c).  Sockets are written to without blocking first,
 * which needs no preparation for a cancellation and hardly ever fails.  With a
 * deadline, sockets are tried with MSG_DONTWAIT and os_poll() waits on
 * EAGAIN; pipes have no such flag, so os_poll() comes first and what it
 * promised does not block.
 */

#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

const int stream_flags = 0;

int stream_new(struct rt_sock **out, int fd, bool is_pipe)
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

int stream_fd(const struct rt_sock *sock)
{
    return sock->fd;
}

int stream_wait(struct rt_sock *sock, short event, int64_t deadline)
{
    return os_poll(sock->fd, event, deadline);
}

/* Whether the call that transfers waits as well. */
static bool blocks(int64_t deadline)
{
    return deadline == RT_FOREVER && !OS_SAN_THREAD;
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
    ssize_t got = blocks(deadline) ? read_blocking(sock, buffer, bytes)
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

ssize_t stream_write(struct rt_sock *sock, const void *data, size_t bytes,
                     bool first, int64_t deadline)
{
    for (;; first = false) {
        ssize_t sent = blocks(deadline)
                           ? write_blocking(sock, data, bytes, first)
                           : write_until(sock, data, bytes, deadline);
        if (sent != 0 && sent != -EINTR)
            return sent;
    }
}

void rt_sock_close(struct rt_sock *sock)
{
    if (!sock)
        return;
    close(sock->fd);
    free(sock);
}
