/* SPDX-License-Identifier: MIT */
/*
 * echo by hand: the workload of bench/workloads/echo.c as one level-triggered
 * epoll loop.  A round trip is one read, one write and a share of epoll_wait;
 * nothing is registered or changed in the timed part.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024,
    EVENTS = 256
};

struct conn {
    int fd;
    size_t got;      /* of the current answer */
    uint64_t rounds; /* its share */
    uint64_t ops, digest;
    unsigned char *in;
};

struct client {
    struct work *work;
    struct conn *conns;
    unsigned char *answers; /* bytes for each connection */
    size_t n, bytes;
    size_t active; /* connections that are not done */
    int epoll;
};

static int conn_open(struct client *client, struct conn *conn)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(
                                       (uint16_t)work_echo_port(client->work)),
                                   .sin_addr.s_addr = inet_addr(WORK_HOST) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };
    int on = 1;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn->fd < 0 ||
        connect(conn->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        epoll_ctl(client->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        return -errno;
    return 0;
}

static void message(unsigned char *out, size_t bytes, uint64_t ops)
{
    for (size_t j = 0; j < bytes; j++)
        out[j] = (unsigned char)(j + ops);
}

static int conn_write(struct client *client, struct conn *conn)
{
    unsigned char out[BYTES_MAX];
    message(out, client->bytes, conn->ops);
    ssize_t n = send(conn->fd, out, client->bytes, MSG_DONTWAIT);
    if (n == (ssize_t)client->bytes)
        return 0;
    /* One message in flight fits any send buffer. */
    return n < 0 && errno != EAGAIN ? -errno : -EMSGSIZE;
}

static int conn_read(struct client *client, struct conn *conn)
{
    unsigned char wanted[BYTES_MAX];
    size_t bytes = client->bytes;
    ssize_t n =
        recv(conn->fd, conn->in + conn->got, bytes - conn->got, MSG_DONTWAIT);
    if (n <= 0)
        return n == 0 ? -ECONNRESET : -errno;
    conn->got += (size_t)n;
    if (conn->got < bytes)
        return 0;
    message(wanted, bytes, conn->ops);
    if (memcmp(conn->in, wanted, bytes) != 0)
        return work_fail(client->work, -EBADMSG,
                         "the answer to message %llu differs",
                         (unsigned long long)conn->ops);
    unsigned char last = (unsigned char)(conn->in[bytes - 1] - conn->ops);
    conn->digest += work_hash(bytes * 256 + last);
    conn->ops++;
    conn->got = 0;
    if (conn->ops < conn->rounds)
        return conn_write(client, conn);
    client->active--;
    return 0;
}

static int play(struct client *client)
{
    struct epoll_event events[EVENTS];
    int status = 0;
    for (size_t i = 0; i < client->n && status == 0; i++) {
        if (client->conns[i].rounds == 0)
            continue;
        client->active++;
        status = conn_write(client, &client->conns[i]);
    }
    while (client->active > 0 && status == 0) {
        int n = epoll_wait(client->epoll, events, EVENTS, -1);
        for (int i = 0; i < n && status == 0; i++)
            status = conn_read(client, events[i].data.ptr);
    }
    return status;
}

static int run(struct client *client)
{
    struct work *work = client->work;
    uint64_t rounds = (uint64_t)work_int(work, "rounds");
    int status = client->epoll < 0 ? -errno : 0;
    if (work_choice(work, "schedule") != WORK_CLOSED)
        status = -ENOTSUP;
    for (size_t i = 0; i < client->n; i++) {
        struct conn *conn = &client->conns[i];
        *conn = (struct conn){ .fd = -1,
                               .rounds = work_share(rounds, client->n, i),
                               .in = client->answers + i * client->bytes };
        if (status == 0)
            status = conn_open(client, conn);
    }
    if (status == 0) {
        work_begin(work);
        status = play(client);
        work_end(work);
    }
    struct receipt receipt = { .units = client->n,
                               .peak = client->n,
                               .connections = client->n };
    for (size_t i = 0; i < client->n; i++) {
        struct conn *conn = &client->conns[i];
        receipt.ops += conn->ops;
        receipt.bytes += conn->ops * client->bytes;
        receipt.digest += conn->digest;
        if (conn->fd >= 0)
            close(conn->fd);
    }
    if (status == 0)
        work_receipt(work, &receipt);
    return status;
}

static int body(struct work *work)
{
    struct client client = { .work = work,
                             .n = (size_t)work_int(work, "conns"),
                             .bytes = (size_t)work_int(work, "bytes"),
                             .epoll = epoll_create1(EPOLL_CLOEXEC) };
    client.conns = calloc(client.n, sizeof(*client.conns));
    client.answers = calloc(client.n, client.bytes);
    int status = -ENOMEM;
    if (client.conns != NULL && client.answers != NULL)
        status = run(&client);
    free(client.answers);
    free(client.conns);
    close(client.epoll);
    return status;
}

const struct workload workload_echo = {
    .name = "echo",
    .question = "What does a TCP round trip cost the client?",
    .op = "round trip",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", "100" },
                { "bytes", "64", 1, BYTES_MAX },
                { "schedule", "closed" },
                { "rate", "0" },
                { "rounds", "10000", 1, 1e8 } },
    .fds = "conns",
    .body = body,
};
