/* SPDX-License-Identifier: MIT */
/*
 * What the trial program needs of rt.h, without a runtime: no tasks, no
 * scheduler, the main function does it all.  And what references share.
 */

#include "reference.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct rt_options reference_options;

/* ---- rt.h ---- */

int64_t rt_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t rt_in(int64_t duration_ns)
{
    int64_t now = rt_now();
    return duration_ns > RT_FOREVER - now ? RT_FOREVER : now + duration_ns;
}

int rt_run(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    if (options != NULL)
        reference_options = *options;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int status = fn(arg);
    signal(SIGPIPE, before);
    return status;
}

void rt_dump_soon(void)
{
    /* There are no tasks. */
}

/* ---- sockets ---- */

struct sockaddr_in reference_address(unsigned port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = inet_addr(WORK_HOST) };
}

int reference_connect(unsigned port)
{
    struct sockaddr_in address = reference_address(port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

int reference_closed(struct work *work)
{
    bool closed = work_choice(work, "schedule") == WORK_CLOSED;
    bool bundled = *given.url == '\0' && *given.connect == '\0';
    if (!closed || work_int(work, "rate") != 0)
        return work_fail(work, -ENOTSUP, "hand-written loops are closed ones");
    return bundled ? 0
                   : work_fail(work, -ENOTSUP,
                               "hand-written loops know the bundled server "
                               "only");
}

/* ---- echo ---- */

int echo_init(struct echo *echo, struct work *work)
{
    *echo = (struct echo){ .work = work,
                           .conns = (uint64_t)work_int(work, "conns"),
                           .rounds = (uint64_t)work_int(work, "rounds"),
                           .bytes = (size_t)work_int(work, "bytes") };
    return reference_closed(work);
}

int echo_dial(const struct echo *echo)
{
    char byte = 0;
    int fd = reference_connect(work_echo_port(echo->work));
    if (fd < 0)
        return fd;
    ssize_t n = send(fd, &byte, 1, 0);
    if (n == 1)
        n = recv(fd, &byte, 1, 0);
    if (n == 1)
        return fd;
    int error = n < 0 ? -errno : -ECONNRESET;
    close(fd);
    return error;
}

void echo_join(struct echo *echo, struct echo_conn *conn, uint64_t index)
{
    *conn = (struct echo_conn){
        .echo = echo, .rounds = work_share(echo->rounds, echo->conns, index)
    };
    echo->active += conn->rounds > 0;
}

void echo_message(struct echo_conn *conn, unsigned char *out)
{
    conn->start = rt_now();
    for (size_t j = 0; j < conn->echo->bytes; j++)
        out[j] = (unsigned char)(j + conn->ops);
}

int echo_take(struct echo_conn *conn, const unsigned char *in, size_t bytes)
{
    struct echo *echo = conn->echo;
    unsigned wrong = conn->got + bytes > echo->bytes;
    if (bytes == 0)
        return -ECONNRESET;
    for (size_t i = 0; i < bytes; i++)
        wrong |= in[i] ^ (unsigned char)(conn->got + i + conn->ops);
    if (wrong)
        return work_fail(echo->work, -EBADMSG, "an answer differs");
    conn->got += bytes;
    if (conn->got < echo->bytes)
        return 0;
    unsigned char last = (unsigned char)(in[bytes - 1] - conn->ops);
    conn->digest += work_hash(echo->bytes * 256 + last);
    work_latency(echo->work, WORK_LATENCY, rt_now() - conn->start);
    conn->ops++;
    conn->got = 0;
    if (conn->ops < conn->rounds)
        return 1;
    echo->active--;
    return 0;
}

void echo_add(struct receipt *receipt, const struct echo_conn *conn)
{
    receipt->units++;
    receipt->peak++;
    receipt->connections++;
    receipt->ops += conn->ops;
    receipt->bytes += conn->ops * conn->echo->bytes;
    receipt->digest += conn->digest;
}
