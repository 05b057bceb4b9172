/* SPDX-License-Identifier: MIT */
/*
 * echo_server by hand: the workload of bench/workloads/echo_server.c as one
 * level-triggered epoll loop.  A message is one read, one write and a share of
 * epoll_wait; nothing is registered or changed in the timed part.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../reference.h"

enum {
    EVENTS = 256
};

struct server {
    struct work *work;
    int epoll, listener, control;
    size_t n, bytes;
    size_t open;     /* connections accepted, later still open */
    uint64_t served; /* bytes sent back */
    char line[256];  /* what the origin said last */
    size_t length;
    bool done;
};

static int watch(struct server *server, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0
                                                                    : -errno;
}

static int control_write(struct server *server, const char *line)
{
    size_t length = strlen(line);
    ssize_t n = send(server->control, line, length, MSG_NOSIGNAL);
    return n == (ssize_t)length ? 0 : -EPIPE;
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
    server->control = reference_connect(work_control_port(server->work));
    if (server->control < 0)
        return server->control;
    char line[128];
    snprintf(line, sizeof(line), "load " WORK_HOST " %u %zu %llu %zu hold\n",
             (unsigned)ntohs(address.sin_port), server->n,
             (unsigned long long)work_int(server->work, "rounds"),
             server->bytes);
    int status = control_write(server, line);
    if (status == 0)
        status = watch(server, server->listener);
    return status == 0 ? watch(server, server->control) : status;
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

/* "ready" starts the timed part, the next line ends it. */
static int on_control(struct server *server)
{
    ssize_t n = recv(server->control, server->line + server->length,
                     sizeof(server->line) - 1 - server->length, 0);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : -errno;
    server->length += (size_t)n;
    server->line[server->length] = '\0';
    if (server->line[server->length - 1] != '\n')
        return 0;
    server->length = 0;
    if (strcmp(server->line, "ready\n") == 0) {
        work_begin(server->work);
        return control_write(server, "go\n");
    }
    server->done = true;
    if (strncmp(server->line, "ok ", 3) != 0)
        return work_fail(server->work, -EPROTO, "the load generator says: %s",
                         server->line);
    work_end(server->work);
    return 0;
}

static int serve(struct server *server)
{
    struct epoll_event events[EVENTS];
    int status = 0;
    /* When it is done the load closes its connections. */
    while (status == 0 && (!server->done || server->open > 0)) {
        int n = epoll_wait(server->epoll, events, EVENTS, -1);
        for (int i = 0; i < n && status == 0; i++) {
            int fd = events[i].data.fd;
            if (fd == server->listener)
                status = on_listener(server);
            else if (fd == server->control)
                status = on_control(server);
            else
                status = on_conn(server, fd);
        }
        if (server->done && server->control >= 0) {
            close(server->control);
            server->control = -1;
        }
    }
    return status;
}

static int check(struct server *server)
{
    unsigned long long rounds, bytes, digest;
    if (sscanf(server->line, "ok rounds=%llu bytes=%llu digest=%llx", &rounds,
               &bytes, &digest) != 3)
        return work_fail(server->work, -EPROTO, "the load generator says: %s",
                         server->line);
    /* Each connection's first message is not counted. */
    struct receipt receipt = { .units = server->n,
                               .peak = server->n,
                               .bytes =
                                   server->served - server->n * server->bytes,
                               .digest = digest };
    receipt.ops = receipt.bytes / server->bytes;
    if (receipt.ops != rounds || receipt.bytes != bytes)
        return work_fail(server->work, -EBADMSG,
                         "%llu messages served, %llu asked for",
                         (unsigned long long)receipt.ops, rounds);
    work_receipt(server->work, &receipt);
    return 0;
}

static int body(struct work *work)
{
    struct server server = { .work = work,
                             .epoll = epoll_create1(EPOLL_CLOEXEC),
                             .listener =
                                 socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                             .control = -1,
                             .n = (size_t)work_int(work, "conns"),
                             .bytes = (size_t)work_int(work, "bytes") };
    int status = server_open(&server);
    if (status == 0)
        status = serve(&server);
    close(server.control);
    close(server.listener);
    close(server.epoll);
    return status == 0 ? check(&server) : status;
}

const struct workload workload_echo_server = {
    .name = "echo_server",
    .question = "What does a TCP message cost the server?",
    .op = "message",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", "100" },
                { "bytes", "64", 1, ECHO_BYTES_MAX },
                { "rounds", "10000", 1, 1e8 } },
    .fds = "conns",
    .body = body,
};
