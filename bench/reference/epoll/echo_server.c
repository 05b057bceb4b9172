/* SPDX-License-Identifier: MIT */
/*
 * echo_server by hand: the workload of bench/workloads/echo_server.c as one
 * level-triggered epoll loop.  A message is one read, one write and a share of
 * epoll_wait; nothing is registered or changed in the timed part.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../load.h"

enum {
    EVENTS = 256
};

struct server {
    struct load load;
    int epoll, listener;
    size_t open;     /* connections accepted, later still open */
    uint64_t served; /* bytes sent back */
};

static int watch(struct server *server, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0
                                                                    : -errno;
}

static int server_open(struct server *server)
{
    struct sockaddr_in address = reference_address(0);
    socklen_t size = sizeof(address);
    if (server->epoll < 0 || server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 4096) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        return -errno;
    int status = load_start(&server->load, ntohs(address.sin_port));
    if (status == 0)
        status = watch(server, server->listener);
    return status == 0 ? watch(server, server->load.control) : status;
}

static int on_listener(struct server *server)
{
    int on = 1;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    server->open++;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return watch(server, fd);
}

static int on_conn(struct server *server, int fd)
{
    unsigned char buffer[ECHO_BYTES_MAX];
    ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n == 0) {
        server->open--;
        close(fd);
        return 0;
    }
    if (n < 0)
        return -errno;
    /* One message in flight fits any send buffer. */
    ssize_t sent = send(fd, buffer, (size_t)n, MSG_DONTWAIT);
    if (sent != n)
        return sent < 0 && errno != EAGAIN ? -errno : -EMSGSIZE;
    server->served += (uint64_t)n;
    return 0;
}

static int serve(struct server *server)
{
    struct epoll_event events[EVENTS];
    int status = 0;
    while (status == 0 && (!server->load.done || server->open > 0)) {
        int n = epoll_wait(server->epoll, events, EVENTS, -1);
        for (int i = 0; i < n && status == 0; i++) {
            int fd = events[i].data.fd;
            if (fd == server->listener)
                status = on_listener(server);
            else if (fd == server->load.control)
                status = load_read(&server->load);
            else
                status = on_conn(server, fd);
        }
        if (server->load.done)
            load_close(&server->load);
    }
    return status;
}

static int body(struct work *work)
{
    struct server server = {
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    };
    load_init(&server.load, work);
    int status = server_open(&server);
    if (status == 0)
        status = serve(&server);
    load_close(&server.load);
    close(server.listener);
    close(server.epoll);
    return status == 0 ? load_check(&server.load, server.served) : status;
}

const struct workload workload_echo_server = { ECHO_SERVER_DESCRIPTION,
                                               .body = body };
