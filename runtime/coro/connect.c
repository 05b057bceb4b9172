/* SPDX-License-Identifier: MIT */
/*
 * Owns how sockets come about: connecting, listening, accepting.  A name is
 * looked up by offloaded work, for the look-up blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "core.h"
#include "sock.h"

enum {
    RETRY_NS = 1000000 /* between two tries at a full backlog */
};

/* Fails for a Unix socket, which knows no delay. */
static void set_nodelay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

/* Waits until a connection attempt has succeeded or failed. */
static int connected(struct rt_sock *sock, int64_t deadline)
{
    int error = co_sock_wait(sock, &sock->out, deadline);
    if (!co_sock_worth_a_try(error))
        return error;
    struct sockaddr_storage peer;
    socklen_t bytes = sizeof(peer);
    if (error && getpeername(sock->fd, (struct sockaddr *)&peer, &bytes))
        return error;
    int failure = 0;
    bytes = sizeof(failure);
    getsockopt(sock->fd, SOL_SOCKET, SO_ERROR, &failure, &bytes);
    return -failure;
}

/* A Unix socket whose peer's backlog is full cannot be waited for. */
static int connect_later(int fd, const struct sockaddr *to, socklen_t bytes,
                         int64_t deadline)
{
    int error = -EAGAIN;
    while (error == -EAGAIN || error == -EINTR) {
        int64_t until = rt_in(RETRY_NS);
        if (rt_now() >= deadline)
            return -ETIMEDOUT;
        error = rt_sleep(until < deadline ? until : deadline);
        if (!error && connect(fd, to, bytes))
            error = -errno;
    }
    return error;
}

static int connect_sock(struct rt_sock *sock, const struct sockaddr *to,
                        socklen_t bytes, int64_t deadline)
{
    set_nodelay(sock->fd);
    if (!connect(sock->fd, to, bytes))
        return 0;
    if (errno == EINPROGRESS || errno == EINTR)
        return connected(sock, deadline);
    if (errno == EAGAIN && to->sa_family == AF_UNIX)
        return connect_later(sock->fd, to, bytes, deadline);
    return -errno;
}

static int connect_to(struct rt_sock **out, const struct sockaddr *to,
                      socklen_t bytes, int64_t deadline)
{
    int fd = open_socket(to->sa_family);
    if (fd < 0)
        return fd;
    struct rt_sock *sock;
    int error = co_sock_new(&sock, fd, false);
    if (error)
        return error;
    error = connect_sock(sock, to, bytes, deadline);
    if (error) {
        rt_sock_close(sock);
        return error;
    }
    *out = sock;
    return 0;
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
    int status;
    int error = rt_offload(look_up, &lookup, &status);
    if (error || status)
        return error ? error : status;
    error = co_check();
    bool go_on = !error;
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
    if (co_check())
        return -ECANCELED;
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes >= 0)
        return connect_to(out, &address.any, (socklen_t)bytes, deadline);
    return address_is_name(host) ? connect_name(out, host, port, deadline)
                                 : -EINVAL;
}

static int start_listen(int fd, const union address *address, int bytes,
                        int backlog)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, &address->any, (socklen_t)bytes) || listen(fd, backlog))
        return -errno;
    return 0;
}

int rt_sock_listen(struct rt_sock **out, const char *host, unsigned port,
                   int backlog)
{
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes < 0)
        return bytes;
    int fd = open_socket(address.any.sa_family);
    if (fd < 0)
        return fd;
    int error = start_listen(fd, &address, bytes, backlog);
    if (error) {
        close(fd);
        return error;
    }
    return co_sock_new(out, fd, false);
}

/* A new connection's descriptor, or -EAGAIN when there is none. */
static int try_accept(int listener)
{
    int fd;
    do
        fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && address_accept_again(errno));
    return fd < 0 ? -errno : fd;
}

int rt_sock_accept(struct rt_sock **out, struct rt_sock *listener,
                   int64_t deadline)
{
    if (co_check())
        return -ECANCELED;
    if (listener->in.waiter)
        return -EBUSY;
    int waited = 0;
    int fd = try_accept(listener->fd);
    while (fd < 0 && co_sock_would_block(-fd)) {
        if (waited)
            return waited;
        waited = co_sock_wait(listener, &listener->in, deadline);
        if (!co_sock_worth_a_try(waited))
            return waited;
        fd = try_accept(listener->fd);
    }
    if (fd < 0)
        return fd;
    set_nodelay(fd);
    return co_sock_new(out, fd, false);
}
