/* SPDX-License-Identifier: MIT */
/*
 * echo_server: the runtime is the server, one task per connection, and the
 * origin the load generator (origin.h).  One operation is one message sent
 * back.  The connections are accepted and have played one round trip before
 * the timed part, which ends when the origin has had all its answers.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

enum {
    BYTES_MAX = 1024
};

static struct gauge gauge;

struct server {
    struct rt_sock *listener, *control;
    size_t n;     /* connections */
    size_t bytes; /* of a message */
    struct conn {
        struct rt_sock *sock;
        struct rt_task *task;
        uint64_t bytes; /* sent back */
    } * conns;
};

/* Serves one connection to its end. */
static int conn_run(void *arg)
{
    struct conn *conn = arg;
    unsigned char buffer[BYTES_MAX];
    ssize_t n;
    gauge_enter(&gauge);
    while ((n = rt_sock_read(conn->sock, buffer, sizeof(buffer), RT_FOREVER)) >
           0) {
        ssize_t sent = rt_sock_write(conn->sock, buffer, (size_t)n, RT_FOREVER);
        if (sent < 0) {
            n = sent;
            break;
        }
        conn->bytes += (uint64_t)n;
    }
    gauge_leave(&gauge);
    return (int)n;
}

/* Reads the origin's next line, without its newline. */
static int control_line(struct server *server, char *line, size_t size)
{
    size_t length = 0;
    while (length + 1 < size) {
        ssize_t n = rt_sock_read(server->control, line + length, 1, RT_FOREVER);
        if (n <= 0)
            return n == 0 ? -ECONNRESET : (int)n;
        if (line[length] == '\n') {
            line[length] = '\0';
            return 0;
        }
        length++;
    }
    return -EMSGSIZE;
}

static int control_write(struct server *server, const char *line)
{
    ssize_t n = rt_sock_write(server->control, line, strlen(line), RT_FOREVER);
    return n < 0 ? (int)n : 0;
}

static int server_open(struct server *server, struct work *work)
{
    int status = rt_sock_listen(&server->listener, WORK_HOST, 0, 4096);
    if (status == 0)
        status = rt_sock_connect(&server->control, WORK_HOST,
                                 work_control_port(work), RT_FOREVER);
    char line[128];
    if (status != 0)
        return status;
    snprintf(line, sizeof(line), "load " WORK_HOST " %u %zu %llu %zu hold\n",
             rt_sock_port(server->listener), server->n,
             (unsigned long long)work_int(work, "rounds"), server->bytes);
    return control_write(server, line);
}

/* Accepts all connections, each with a task of its own. */
static int server_accept(struct server *server)
{
    for (size_t i = 0; i < server->n; i++) {
        struct conn *conn = &server->conns[i];
        int status =
            rt_sock_accept(&conn->sock, server->listener, rt_in(20000000000));
        if (status == 0)
            status = rt_spawn(&conn->task, conn_run, conn);
        if (status != 0)
            return status;
    }
    return 0;
}

/* The timed part; the origin's line is the answer it gave at the end. */
static int server_play(struct server *server, struct work *work, char *line,
                       size_t size)
{
    int status = control_line(server, line, size);
    if (status != 0 || strcmp(line, "ready") != 0)
        return status != 0 ? status : work_fail(work, -EPROTO, "%s", line);
    work_begin(work);
    status = control_write(server, "go\n");
    if (status == 0)
        status = control_line(server, line, size);
    work_end(work);
    return status;
}

/* The load closes its connections, which ends the tasks.  A task that could
 * not be joined would be using what is freed here, so wait for all. */
static int server_close(struct server *server, struct receipt *receipt)
{
    int first = 0;
    if (server->control != NULL)
        rt_sock_close(server->control);
    for (size_t i = 0; i < server->n; i++) {
        struct conn *conn = &server->conns[i];
        int status = 0;
        if (conn->task != NULL)
            rt_join(conn->task, &status, RT_FOREVER);
        if (conn->sock != NULL)
            rt_sock_close(conn->sock);
        receipt->bytes += conn->bytes;
        receipt->units += conn->task != NULL;
        if (first == 0)
            first = status;
    }
    if (server->listener != NULL)
        rt_sock_close(server->listener);
    receipt->peak = atomic_load(&gauge.peak);
    return first;
}

/* Compares what the origin says it got with what the tasks sent. */
static int check(struct work *work, struct server *server, const char *line,
                 struct receipt *receipt)
{
    unsigned long long rounds, bytes, digest;
    if (sscanf(line, "ok rounds=%llu bytes=%llu digest=%llx", &rounds, &bytes,
               &digest) != 3)
        return work_fail(work, -EPROTO, "the load generator says: %s", line);
    /* Each connection's first message is not counted. */
    receipt->bytes -= server->n * server->bytes;
    receipt->ops = receipt->bytes / server->bytes;
    receipt->digest = digest;
    if (receipt->ops != rounds || receipt->bytes != bytes ||
        rounds != (uint64_t)work_int(work, "rounds"))
        return work_fail(work, -EBADMSG, "%llu messages served, %llu asked for",
                         (unsigned long long)receipt->ops, rounds);
    work_receipt(work, receipt);
    return 0;
}

static int body(struct work *work)
{
    struct server server = { .n = (size_t)work_int(work, "conns"),
                             .bytes = (size_t)work_int(work, "bytes") };
    struct receipt receipt = { 0 };
    char line[256] = "";
    server.conns = calloc(server.n, sizeof(*server.conns));
    if (server.conns == NULL)
        return -ENOMEM;
    int status = server_open(&server, work);
    if (status == 0)
        status = server_accept(&server);
    if (status == 0)
        status = server_play(&server, work, line, sizeof(line));
    int closed = server_close(&server, &receipt);
    free(server.conns);
    if (status != 0 || closed != 0)
        return status != 0 ? status : closed;
    return check(work, &server, line, &receipt);
}

const struct workload workload_echo_server = {
    .name = "echo_server",
    .question = "What does a TCP message cost the server?",
    .op = "message",
    .axis = "conns",
    .calibrated = "rounds",
    .flags = WORK_ORIGIN,
    .params = { { "conns", "100" },
                { "bytes", "64", 1, BYTES_MAX },
                { "rounds", "10000", 1, 1e8 } },
    .cells = { { "coro,thread,epoll", "conns=100", "conns=100",
                 "conns=100,1000,10000", "conns=1,10,100,1000,10000" },
               { "uv", NULL, "conns=100", "conns=100,1000,10000" } },
    .live = "conns",
    .fds = "conns",
    .body = body,
};
