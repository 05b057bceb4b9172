/* SPDX-License-Identifier: MIT */

/* The calls that have descriptors, with a folder for what has a path. */

#include "fault_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault_calls.h"
#include "server.h"

enum {
    BYTES = 200, /* of a small transfer */
    MUCH = 100000
};

static char folder[] = "/tmp/rt-test-fault-XXXXXX";

int fault_calls_begin(void **state)
{
    return mkdtemp(folder) ? test_warm_up(state) : -1;
}

int fault_calls_end(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* ---- files ---- */

/* All of it, in as many calls as that takes. */
static int write_file(struct rt_file *file, const char *data, size_t bytes)
{
    ssize_t n = 1;

    for (size_t at = 0; at < bytes && n > 0; at += (size_t)n)
        n = rt_file_pwrite(file, data + at, bytes - at, (int64_t)at);
    return n < 0 ? (int)n : 0;
}

static int read_file(struct rt_file *file, char *data, size_t bytes)
{
    ssize_t n = 1;

    for (size_t at = 0; at < bytes && n > 0; at += (size_t)n)
        n = rt_file_pread(file, data + at, bytes - at, (int64_t)at);
    return n < 0 ? (int)n : 0;
}

static int use_file(struct rt_file *file)
{
    char data[BYTES] = "what is written", back[BYTES] = { 0 };
    struct stat stat;
    int rc;

    if ((rc = write_file(file, data, BYTES)) || (rc = rt_file_sync(file)) ||
        (rc = rt_file_stat(file, &stat)) || (rc = read_file(file, back, BYTES)))
        return rc;
    CHECK_INT(stat.st_size, BYTES);
    CHECK(memcmp(data, back, BYTES) == 0);
    return 0;
}

int fault_file(void)
{
    struct rt_file *file;
    char path[64];

    snprintf(path, sizeof path, "%s/file", folder);
    int rc = rt_file_open(&file, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (rc == 0) {
        rc = use_file(file);
        rt_file_close(file);
    }
    unlink(path);
    return rc;
}

/* ---- streams ---- */

/* Sends a little from one to the other. */
static int use_stream(struct rt_sock *from, struct rt_sock *to)
{
    char data[BYTES] = "what is sent", back[BYTES] = { 0 };
    ssize_t n = rt_sock_write(from, data, BYTES, test_late());

    if (n < 0)
        return (int)n;
    for (size_t at = 0; at < BYTES; at += (size_t)n) {
        n = rt_sock_read(to, back + at, BYTES - at, test_late());
        if (n <= 0)
            return n < 0 ? (int)n : -ENODATA;
    }
    CHECK(memcmp(data, back, BYTES) == 0);
    return 0;
}

static int use_two(struct rt_sock *from, struct rt_sock *to)
{
    int rc = use_stream(from, to);

    rt_sock_close(from);
    rt_sock_close(to);
    return rc;
}

int fault_pipe(void)
{
    struct rt_sock *reader, *writer;
    int rc = rt_sock_pipe(&reader, &writer);

    return rc ? rc : use_two(writer, reader);
}

int fault_pair(void)
{
    struct rt_sock *a, *b;
    int rc = rt_sock_pair(&a, &b);

    return rc ? rc : use_two(a, b);
}

static int connect_and_use(struct rt_sock *listener, const char *host)
{
    struct rt_sock *client, *server;
    int rc =
        rt_sock_connect(&client, host, rt_sock_port(listener), test_late());

    if (rc)
        return rc;
    rc = rt_sock_accept(&server, listener, test_late());
    if (rc) {
        rt_sock_close(client);
        return rc;
    }
    return use_two(client, server);
}

/* Listens at one address and connects to the other. */
static int meet(const char *at, const char *host)
{
    struct rt_sock *listener;
    int rc = rt_sock_listen(&listener, at, 0, 4);

    if (rc)
        return rc;
    rc = connect_and_use(listener, host);
    rt_sock_close(listener);
    return rc;
}

int fault_tcp(void)
{
    return meet("127.0.0.1", "127.0.0.1");
}

int fault_name(void)
{
    return meet("127.0.0.1", "localhost");
}

int fault_unix(void)
{
    char at[64];

    snprintf(at, sizeof at, "unix:%s/socket", folder);
    int rc = meet(at, at);
    unlink(at + strlen("unix:"));
    return rc;
}

/* ---- HTTP ---- */

int fault_http(void)
{
    struct rt_http_reply reply = { 0 };
    struct rt_http *http;
    char url[SERVER_URL];
    int rc = rt_http_new(&http);

    if (rc)
        return rc;
    rc = rt_http_get(http, server_url(url, "/hello"), &reply, test_late());
    if (rc == 0)
        CHECK_INT(reply.status, 200);
    rt_http_free(http);
    return rc;
}

static ssize_t give_bytes(void *arg, void *buffer, size_t bytes,
                          int64_t deadline)
{
    (void)arg;
    (void)deadline;
    memset(buffer, 'x', bytes);
    return (ssize_t)bytes;
}

int fault_http_post(void)
{
    static const char *const headers[] = { "X-One: 1", "X-Two: 2", NULL };
    struct rt_http_request request = { .headers = headers,
                                       .source = give_bytes,
                                       .body_bytes = 1000 };
    struct rt_http_reply reply = { 0 };
    struct rt_http *http;
    char url[SERVER_URL];
    int rc = rt_http_new(&http);

    if (rc)
        return rc;
    request.url = server_url(url, "/hello");
    rc = rt_http_request(http, &request, &reply, test_late());
    if (rc == 0) {
        CHECK_INT(reply.status, 200);
        CHECK_INT(server_seen->last.body_bytes, 1000);
    }
    rt_http_free(http);
    return rc;
}

/* Reads the whole body. */
static int read_body(struct rt_http *http)
{
    char buffer[1000];
    ssize_t n;
    int all = 0;

    while ((n = rt_http_read(http, buffer, sizeof buffer, test_late())) > 0)
        all += (int)n;
    if (n == 0)
        CHECK_INT(all, MUCH);
    return (int)n;
}

int fault_http_stream(void)
{
    struct rt_http_request request = { 0 };
    struct rt_http_reply reply = { 0 };
    struct rt_http *http;
    char url[SERVER_URL];
    int rc = rt_http_new(&http);

    if (rc)
        return rc;
    request.url = server_url(url, "/much/100000");
    rc = rt_http_open(http, &request, &reply, test_late());
    if (rc == 0) {
        rc = read_body(http);
        rt_http_close(http);
    }
    rt_http_free(http);
    return rc;
}

/* ---- WebSocket ---- */

static int use_ws(struct rt_ws *ws)
{
    char text[BYTES] = { 0 };
    struct rt_ws_message message;
    int rc;

    memset(text, 'x', sizeof text - 1);
    if ((rc = rt_ws_ping(ws, "hi", 2, test_late())) ||
        (rc = rt_ws_send(ws, RT_WS_TEXT, text, strlen(text), test_late())) ||
        (rc = rt_ws_recv(ws, &message, test_late())))
        return rc;
    CHECK(strcmp(message.data, text) == 0);
    CHECK_INT(rt_ws_pongs(ws), 1);
    return rt_ws_close(ws, 1000, "enough", test_late());
}

int fault_ws(void)
{
    struct rt_ws *ws;
    char url[64];

    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", server_port());
    int rc = rt_ws_connect(&ws, url, 0, test_late());
    if (rc)
        return rc;
    rc = use_ws(ws);
    rt_ws_free(ws);
    return rc;
}
