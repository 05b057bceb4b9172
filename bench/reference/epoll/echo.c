/* SPDX-License-Identifier: MIT */
/*
 * echo by hand, as one level-triggered epoll loop.  A round trip is one read,
 * one write and a share of epoll_wait; nothing is registered or changed in the
 * timed part.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../reference.h"

enum {
    EVENTS = 256
};

struct conn {
    int fd;
    struct echo_conn game;
};

static int conn_open(struct conn *conn, int epoll)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };
    conn->fd = echo_dial(conn->game.echo);
    if (conn->fd < 0)
        return conn->fd;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, conn->fd, &event) == 0 ? 0 : -errno;
}

static int conn_write(struct conn *conn)
{
    unsigned char out[ECHO_BYTES_MAX];
    size_t bytes = conn->game.echo->bytes;
    echo_message(&conn->game, out);
    ssize_t n = send(conn->fd, out, bytes, MSG_DONTWAIT);
    if (n == (ssize_t)bytes)
        return 0;
    /* One message in flight fits any send buffer. */
    return n < 0 && errno != EAGAIN ? -errno : -EMSGSIZE;
}

static int conn_read(struct conn *conn)
{
    unsigned char in[ECHO_BYTES_MAX];
    ssize_t n = recv(conn->fd, in, sizeof(in), MSG_DONTWAIT);
    if (n < 0)
        return -errno;
    int status = echo_take(&conn->game, in, (size_t)n);
    return status == 1 ? conn_write(conn) : status;
}

static int play(struct echo *echo, struct conn *conns, int epoll)
{
    struct epoll_event events[EVENTS];
    int status = 0;
    for (uint64_t i = 0; i < echo->conns && status == 0; i++)
        if (conns[i].game.rounds > 0)
            status = conn_write(&conns[i]);
    while (echo->active > 0 && status == 0) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n && status == 0; i++)
            status = conn_read(events[i].data.ptr);
    }
    return status;
}

static int run(struct echo *echo, struct conn *conns, int epoll)
{
    struct receipt receipt = { 0 };
    int status = epoll < 0 ? -errno : 0;
    for (uint64_t i = 0; i < echo->conns; i++) {
        conns[i].fd = -1;
        echo_join(echo, &conns[i].game, i);
        if (status == 0)
            status = conn_open(&conns[i], epoll);
    }
    if (status == 0) {
        work_begin(echo->work);
        status = play(echo, conns, epoll);
        work_end(echo->work);
    }
    for (uint64_t i = 0; i < echo->conns; i++) {
        echo_add(&receipt, &conns[i].game);
        if (conns[i].fd >= 0)
            close(conns[i].fd);
    }
    if (status == 0)
        work_receipt(echo->work, &receipt);
    return status;
}

static int body(struct work *work)
{
    struct echo echo;
    int status = echo_init(&echo, work);
    if (status != 0)
        return status;
    struct conn *conns = calloc(echo.conns, sizeof(*conns));
    if (conns == NULL)
        return -ENOMEM;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    status = run(&echo, conns, epoll);
    close(epoll);
    free(conns);
    return status;
}

const struct workload workload_echo = { ECHO_DESCRIPTION, .body = body };
