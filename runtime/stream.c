/* SPDX-License-Identifier: MIT */
/*
 * stream.c: what is the same for streams everywhere: how they come about, by
 * connecting, listening, accepting, and in pairs, and what writing means.  A
 * name is looked up by offloaded work, for the look-up blocks.
 */

#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "check.h"

enum {
    RETRY_NS = 1000000 /* between two tries at a full backlog */
};

_Static_assert(SOCK_NONBLOCK == O_NONBLOCK, "the same in stream_flags");

/* Fails for a Unix socket, which knows no delay. */
static void set_nodelay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

/* ---- connecting ---- */

/* Waits until a connection attempt has succeeded or failed. */
static int connected(struct rt_sock *sock, int64_t deadline)
{
    int error = stream_wait(sock, POLLOUT, deadline);
    if (error && error != -ETIMEDOUT)
        return error;
    union address peer;
    socklen_t bytes = sizeof peer;
    if (error && getpeername(stream_fd(sock), &peer.any, &bytes))
        return error;
    int failure = 0;
    bytes = sizeof failure;
    getsockopt(stream_fd(sock), SOL_SOCKET, SO_ERROR, &failure, &bytes);
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
    int fd = stream_fd(sock);
    if (!connect(fd, to, bytes))
        return 0;
    if (errno == EINPROGRESS || errno == EINTR)
        return connected(sock, deadline);
    if (errno == EAGAIN && to->sa_family == AF_UNIX)
        return connect_later(fd, to, bytes, deadline);
    return -errno;
}

static int connect_to(struct rt_sock **out, const struct sockaddr *to,
                      socklen_t bytes, int64_t deadline)
{
    int fd = open_socket(to->sa_family);
    if (fd < 0)
        return fd;
    struct rt_sock *sock;
    int error = stream_new(&sock, fd, false);
    if (error)
        return error;
    set_nodelay(fd);
    error = connect_sock(sock, to, bytes, deadline);
    if (error) {
        rt_sock_close(sock);
        return error;
    }
    if (!stream_flags)
        fcntl(fd, F_SETFL, 0);
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
    int status = 0;
    int error = rt_offload(look_up, &lookup, &status);
    if (error || status)
        return error ? error : status;
    error = rt_check_cancelled();
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
    if (rt_check_cancelled())
        return -ECANCELED;
    union address address;
    int bytes = address_parse(&address, host, port);
    if (bytes >= 0)
        return connect_to(out, &address.any, (socklen_t)bytes, deadline);
    return address_is_name(host) ? connect_name(out, host, port, deadline)
                                 : -EINVAL;
}

/* ---- listening and accepting ---- */

static int start_listen(int fd, const union address *address, int bytes,
                        int backlog)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
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
    return stream_new(out, fd, false);
}

/* A new connection's descriptor, or -EAGAIN when there is none. */
static int try_accept(int listener)
{
    int fd;
    do
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | stream_flags);
    while (fd < 0 && address_accept_again(errno));
    return fd < 0 ? -errno : fd;
}

int rt_sock_accept(struct rt_sock **out, struct rt_sock *listener,
                   int64_t deadline)
{
    if (rt_check_cancelled())
        return -ECANCELED;
    int waited = 0;
    int fd = try_accept(stream_fd(listener));
    while (fd == -EAGAIN) {
        if (waited)
            return waited;
        waited = stream_wait(listener, POLLIN, deadline);
        if (waited && waited != -ETIMEDOUT)
            return waited;
        fd = try_accept(stream_fd(listener));
    }
    if (fd < 0)
        return fd;
    set_nodelay(fd);
    return stream_new(out, fd, false);
}

/* ---- in pairs ---- */

/* Makes streams of both; on failure both are closed. */
static int new_two(struct rt_sock **out, struct rt_sock **other,
                   const int fds[2], bool is_pipe)
{
    struct rt_sock *first, *second;
    int error = stream_new(&first, fds[0], is_pipe);
    if (error) {
        close(fds[1]);
        return error;
    }
    error = stream_new(&second, fds[1], is_pipe);
    if (error) {
        rt_sock_close(first);
        return error;
    }
    *out = first;
    *other = second;
    return 0;
}

int rt_sock_pipe(struct rt_sock **reader, struct rt_sock **writer)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | stream_flags))
        return -errno;
    return new_two(reader, writer, fds, true);
}

int rt_sock_pair(struct rt_sock **a, struct rt_sock **b)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | stream_flags, 0, fds))
        return -errno;
    return new_two(a, b, fds, false);
}

/* ---- writing ---- */

ssize_t rt_sock_write(struct rt_sock *sock, const void *buffer, size_t bytes,
                      int64_t deadline)
{
    const char *data = buffer;
    size_t done = 0;
    if (rt_check_cancelled())
        return -ECANCELED;
    while (done < bytes) {
        ssize_t n =
            stream_write(sock, data + done, bytes - done, done == 0, deadline);
        if (n < 0)
            return n;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

ssize_t rt_sock_write_some(struct rt_sock *sock, const void *buffer,
                           size_t bytes, int64_t deadline)
{
    if (rt_check_cancelled())
        return -ECANCELED;
    return bytes > 0 ? stream_write(sock, buffer, bytes, true, deadline) : 0;
}

/* ---- what is asked of their descriptors ---- */

unsigned rt_sock_port(const struct rt_sock *sock)
{
    return address_port(stream_fd(sock));
}

int rt_sock_shutdown(struct rt_sock *sock)
{
    return shutdown(stream_fd(sock), SHUT_WR) ? -errno : 0;
}
