/* SPDX-License-Identifier: MIT */
/* sock.c: streams.  Descriptors do not block: each system call is tried first,
 * and the task polls when it fails with EAGAIN. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "guest/kit/kit.h"

struct rt_sock {
    int fd;
};

enum {
    OPEN = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    RETRY_NS = 1000000
};

static int sock_new(struct rt_sock **out, int fd)
{
    int on = 1;
    struct rt_sock *sock = malloc(sizeof *sock);
    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    sock->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = sock;
    return 0;
}

static int sock_new_two(struct rt_sock **a, struct rt_sock **b, int fds[2])
{
    struct rt_sock *first, *second;
    int error = sock_new(&first, fds[0]);
    if (error) {
        close(fds[1]);
        return error;
    }
    error = sock_new(&second, fds[1]);
    if (error) {
        rt_sock_close(first);
        return error;
    }
    *a = first;
    *b = second;
    return 0;
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

/* Without looking for a cancellation first. */
static ssize_t write_some(int fd, const void *data, size_t bytes,
                          int64_t deadline)
{
    bool again;
    ssize_t n;
    do
        n = outcome(write(fd, data, bytes), fd, POLLOUT, deadline, &again);
    while (again);
    return n;
}

ssize_t rt_sock_write_some(struct rt_sock *sock, const void *buffer,
                           size_t bytes, int64_t deadline)
{
    return kit_deliver() ? -ECANCELED
                         : write_some(sock->fd, buffer, bytes, deadline);
}

ssize_t rt_sock_write(struct rt_sock *sock, const void *buffer, size_t bytes,
                      int64_t deadline)
{
    if (kit_deliver())
        return -ECANCELED;
    const char *data = buffer;
    size_t done = 0;
    ssize_t n = 0;
    while (done < bytes && n >= 0) {
        n = write_some(sock->fd, data + done, bytes - done, deadline);
        done += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? n : (ssize_t)done;
}

/* ---- how they come about ---- */

/* Waits for a connection attempt under way. */
static int connected(int fd, int64_t deadline)
{
    int failure = 0;
    socklen_t bytes = sizeof failure;
    int error = kit_poll(fd, POLLOUT, deadline);
    if (error == 0)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &bytes);
    return error ? error : -failure;
}

static int connect_fd(int fd, const struct sockaddr *to, socklen_t bytes,
                      int64_t deadline)
{
    while (connect(fd, to, bytes)) {
        if (errno == EINPROGRESS || errno == EINTR)
            return connected(fd, deadline);
        if (errno != EAGAIN || to->sa_family != AF_UNIX)
            return -errno;
        /* A full backlog of a Unix socket cannot be polled for. */
        int64_t until = rt_in(RETRY_NS);
        if (rt_now() >= deadline)
            return -ETIMEDOUT;
        int error = rt_sleep(until < deadline ? until : deadline);
        if (error)
            return error;
    }
    return 0;
}

static int connect_to(struct rt_sock **out, const struct sockaddr *to,
                      socklen_t bytes, int64_t deadline)
{
    int fd = socket(to->sa_family, OPEN, 0);
    if (fd < 0)
        return -errno;
    int error = connect_fd(fd, to, bytes, deadline);
    if (error) {
        close(fd);
        return error;
    }
    return sock_new(out, fd);
}

struct lookup {
    const char *name;
    unsigned port;
    struct addrinfo *all;
};

static int look_up(void *arg)
{
    struct lookup *lookup = arg;
    return address_resolve(&lookup->all, lookup->name, lookup->port);
}

static int connect_name(struct rt_sock **out, const char *name, unsigned port,
                        int64_t deadline)
{
    struct lookup lookup = { .name = name, .port = port };
    int status = 0;
    int error = rt_offload(look_up, &lookup, &status);
    if (error || status)
        return error ? error : status;
    error = kit_deliver();
    bool go_on = error == 0;
    for (struct addrinfo *at = lookup.all; at && go_on; at = at->ai_next) {
        error = connect_to(out, at->ai_addr, at->ai_addrlen, deadline);
        go_on = error && error != -ETIMEDOUT && error != -ECANCELED;
    }
    freeaddrinfo(lookup.all);
    return error;
}

int rt_sock_connect(struct rt_sock **out, const char *host, unsigned port,
                    int64_t deadline)
{
    union address to;
    if (kit_deliver())
        return -ECANCELED;
    int bytes = address_parse(&to, host, port);
    if (bytes >= 0)
        return connect_to(out, &to.any, (socklen_t)bytes, deadline);
    return address_is_name(host) ? connect_name(out, host, port, deadline)
                                 : -EINVAL;
}

int rt_sock_listen(struct rt_sock **out, const char *host, unsigned port,
                   int backlog)
{
    union address at;
    int on = 1;
    int bytes = address_parse(&at, host, port);
    if (bytes < 0)
        return bytes;
    int fd = socket(at.any.sa_family, OPEN, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(fd, &at.any, (socklen_t)bytes) || listen(fd, backlog)) {
        int error = -errno;
        close(fd);
        return error;
    }
    return sock_new(out, fd);
}

int rt_sock_accept(struct rt_sock **out, struct rt_sock *listener,
                   int64_t deadline)
{
    int fd;
    bool again;
    if (kit_deliver())
        return -ECANCELED;
    do {
        fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && address_accept_again(errno))
            errno = EINTR; /* somebody else may have come */
        fd = (int)outcome(fd, listener->fd, POLLIN, deadline, &again);
    } while (again);
    return fd < 0 ? fd : sock_new(out, fd);
}

int rt_sock_pipe(struct rt_sock **reader, struct rt_sock **writer)
{
    int fds[2];
    return pipe2(fds, O_NONBLOCK | O_CLOEXEC)
               ? -errno
               : sock_new_two(reader, writer, fds);
}

int rt_sock_pair(struct rt_sock **a, struct rt_sock **b)
{
    int fds[2];
    return socketpair(AF_UNIX, OPEN, 0, fds) ? -errno : sock_new_two(a, b, fds);
}

unsigned rt_sock_port(const struct rt_sock *sock)
{
    return address_port(sock->fd);
}

int rt_sock_shutdown(struct rt_sock *sock)
{
    return shutdown(sock->fd, SHUT_WR) ? -errno : 0;
}

void rt_sock_close(struct rt_sock *sock)
{
    if (!sock)
        return;
    close(sock->fd);
    free(sock);
}
