/* SPDX-License-Identifier: MIT */
/*
 * echo_server by hand, as callbacks of libuv streams: what is read is sent
 * back from the callback, by uv_try_write().
 */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <uv.h>

#include "../load.h"

static struct {
    struct load load;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_poll_t control;
    uv_tcp_t *conns;
    size_t accepted, open;
    uint64_t served; /* bytes sent back */
    int status;
    /* Longer than a message: a buffer that is full is read from again. */
    char in[2 * ECHO_BYTES_MAX];
} server;

static void stop(int status)
{
    if (server.status == 0)
        server.status = status;
    uv_stop(&server.loop);
}

/* The load closes its connections and says that it is done; which of them we
 * see first depends on who runs when. */
static void stop_if_over(void)
{
    if (server.load.done && server.open == 0)
        uv_stop(&server.loop);
}

static void on_conn_closed(uv_handle_t *handle)
{
    (void)handle;
    server.open--;
    stop_if_over();
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(server.in, sizeof(server.in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    if (n == 0)
        return; /* nothing there after all */
    if (n == UV_EOF) {
        uv_close((uv_handle_t *)stream, on_conn_closed);
        return;
    }
    if (n < 0) {
        stop((int)n);
        return;
    }
    uv_buf_t out = uv_buf_init(buffer->base, (unsigned)n);
    int sent = uv_try_write(stream, &out, 1);
    /* One message in flight fits any send buffer. */
    if (sent != (int)n)
        stop(sent < 0 ? sent : -EMSGSIZE);
    else
        server.served += (uint64_t)n;
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0 && server.accepted == server.load.conns)
        status = -EMFILE;
    if (status != 0) {
        stop(status);
        return;
    }
    uv_tcp_t *conn = &server.conns[server.accepted++];
    uv_tcp_init(&server.loop, conn);
    server.open++;
    status = uv_accept(listener, (uv_stream_t *)conn);
    if (status == 0)
        status = uv_tcp_nodelay(conn, 1);
    if (status == 0)
        status = uv_read_start((uv_stream_t *)conn, give_buffer, on_read);
    if (status != 0)
        stop(status);
}

static void on_control(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status == 0)
        status = load_read(&server.load);
    if (status != 0) {
        stop(status);
    } else if (server.load.done) {
        uv_poll_stop(poll);
        load_close(&server.load);
        stop_if_over();
    }
}

static int server_open(void)
{
    struct sockaddr_in address = reference_address(0);
    int size = sizeof(address);
    int status = uv_tcp_bind(&server.listener, (struct sockaddr *)&address, 0);
    if (status == 0)
        status =
            uv_listen((uv_stream_t *)&server.listener, 4096, on_connection);
    if (status == 0)
        status = uv_tcp_getsockname(&server.listener,
                                    (struct sockaddr *)&address, &size);
    if (status == 0)
        status = load_start(&server.load, ntohs(address.sin_port));
    if (status == 0)
        status =
            uv_poll_init(&server.loop, &server.control, server.load.control);
    return status == 0 ? uv_poll_start(&server.control, UV_READABLE, on_control)
                       : status;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* All that was opened, whatever came of it. */
static void server_close(void)
{
    uv_walk(&server.loop, close_handle, NULL);
    while (uv_run(&server.loop, UV_RUN_DEFAULT) != 0)
        ; /* on_conn_closed() may stop it */
    load_close(&server.load);
    uv_loop_close(&server.loop);
}

static int body(struct work *work)
{
    load_init(&server.load, work);
    server.conns = calloc(server.load.conns, sizeof(*server.conns));
    if (server.conns == NULL)
        return -ENOMEM;
    server.status = uv_loop_init(&server.loop);
    if (server.status == 0) {
        server.status = uv_tcp_init(&server.loop, &server.listener);
        if (server.status == 0)
            server.status = server_open();
        if (server.status == 0)
            uv_run(&server.loop, UV_RUN_DEFAULT);
        server_close();
    }
    free(server.conns);
    return server.status == 0 ? load_check(&server.load, server.served)
                              : server.status;
}

const struct workload workload_echo_server = { ECHO_SERVER_DESCRIPTION,
                                               .body = body };
