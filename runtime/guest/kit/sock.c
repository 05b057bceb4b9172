/* SPDX-License-Identifier: MIT */
/* sock.c: streams.  Descriptors do not block: each system call is tried first,
 * and the task polls when it fails with EAGAIN. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest/kit/kit.h"
#include "stream.h"

struct rt_sock {
    int fd;
};

const int stream_flags = O_NONBLOCK;

int stream_new(struct rt_sock **out, int fd, bool is_pipe)
{
    (void)is_pipe;
    struct rt_sock *sock = malloc(sizeof *sock);
    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    sock->fd = fd;
    *out = sock;
    return 0;
}

int stream_fd(const struct rt_sock *sock)
{
    return sock->fd;
}

int kit_poll(int fd, short events, int64_t deadline)
{
    struct rt_task *task = kit_self;
    for (;;) {
        if (kit_deliver())
            return -ECANCELED;
        if (rt_now() >= deadline)
            return -ETIMEDOUT;
        task->polls = true;
        int error = guest_poll(fd, events, deadline);
        task->polls = false;
        kit_self = task;
        if (error != -EINTR && error != -ETIMEDOUT)
            return error;
    }
}

int stream_wait(struct rt_sock *sock, short event, int64_t deadline)
{
    return kit_poll(sock->fd, event, deadline);
}

/* After a system call that returned n: n, or -errno, or 0 after a poll when
 * it is worth another try, which *again says. */
static ssize_t outcome(ssize_t n, int fd, short events, int64_t deadline,
                       bool *again)
{
    *again = false;
    if (n >= 0)
        return n;
    if (errno != EAGAIN && errno != EINTR)
        return -errno;
    int error = errno == EINTR ? 0 : kit_poll(fd, events, deadline);
    *again = error == 0;
    return error;
}

ssize_t rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                     int64_t deadline)
{
    if (kit_deliver())
        return -ECANCELED;
    bool again;
    ssize_t n;
    do
        n = outcome(read(sock->fd, buffer, bytes), sock->fd, POLLIN, deadline,
                    &again);
    while (again);
    return n;
}

ssize_t stream_write(struct rt_sock *sock, const void *data, size_t bytes,
                     bool first, int64_t deadline)
{
    (void)first;
    bool again;
    ssize_t n;
    do
        n = outcome(write(sock->fd, data, bytes), sock->fd, POLLOUT, deadline,
                    &again);
    while (again);
    return n;
}

void rt_sock_close(struct rt_sock *sock)
{
    if (!sock)
        return;
    close(sock->fd);
    free(sock);
}
