/* SPDX-License-Identifier: MIT */
/* connect.c: how sockets come about.  Listeners are non-blocking, and so are
 * sockets until they are connected. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "os/sock.h"

enum {
    RETRY_NS = 1000000
};

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

/* A Unix socket whose backlog is full cannot be polled for. */
static int connect_later(int fd, const struct sockaddr *to, socklen_t bytes,
                         int64_t deadline)
{
    for (;;) {
        int64_t until = rt_in(RETRY_NS);
        if (rt_now() >= deadline)
            return -ETIMEDOUT;
        int err = rt_sleep(until < deadline ? until : deadline);
        if (err)
            return err;
        if (connect(fd, to, bytes) == 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
}

static int connect_fd(int fd, const struct sockaddr *to, socklen_t bytes,
                      int64_t deadline)
{
    if (connect(fd, to, bytes) == 0)
        return 0;
    switch (errno) {
    case EINPROGRESS:
    case EINTR:
        return connect_finish(fd, deadline);
    case EAGAIN:
        return to->sa_family == AF_UNIX ? connect_later(fd, to, bytes, deadline)
                                        : -EAGAIN;
    default:
        return -errno;
    }
}

static int connect_to(struct rt_sock **out, const struct sockaddr *to,
                      socklen_t bytes, int64_t deadline)
{
    int fd = stream_open(to->sa_family);
    if (fd < 0)
        return fd;
    int err = connect_fd(fd, to, bytes, deadline);
    if (err) {
        close(fd);
        return err;
    }
    set_nodelay(fd);
    fcntl(fd, F_SETFL, 0); /* blocking from now on */
    return os_sock_new(out, fd, false);
}

static int connect_name(struct rt_sock **out, const char *name, unsigned port,
                        int64_t deadline)
{
    struct addrinfo *all;
    int err = address_resolve(&all, name, port);
    if (err)
        return err;
    err = os_cancel_check();
    bool go_on = err == 0;
    for (struct addrinfo *at = all; at && go_on; at = at->ai_next) {
        err = connect_to(out, at->ai_addr, at->ai_addrlen, deadline);
        go_on = err && err != -ETIMEDOUT && err != -ECANCELED;
    }
    freeaddrinfo(all);
    return err;
}

int rt_sock_connect(struct rt_sock **out, const char *host, unsigned port,
                    int64_t deadline)
{
    if (os_cancel_check())
        return -ECANCELED;
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes >= 0)
        return connect_to(out, &address.any, (socklen_t)bytes, deadline);
    return address_is_name(host) ? connect_name(out, host, port, deadline)
                                 : -EINVAL;
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
    return os_sock_new(out, fd, false);
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
            return os_sock_new(out, fd, false);
        }
        if (address_accept_again(errno))
            continue;
        if (errno != EAGAIN)
            return -errno;
        int err = os_poll(listener->fd, POLLIN, deadline);
        if (err)
            return err;
    }
}
