/* SPDX-License-Identifier: MIT */
/*
 * echo by hand, as callbacks of libuv streams: what is read is answered from
 * the callback, by uv_try_write().
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "../reference.h"

struct conn {
    uv_tcp_t tcp;
    bool open;
    struct echo_conn game;
};

static struct {
    uv_loop_t loop;
    int status;
    /* Longer than an answer: a buffer that is full is read from again. */
    char in[2 * ECHO_BYTES_MAX];
} client;

static void stop(int status)
{
    if (client.status == 0)
        client.status = status;
    uv_stop(&client.loop);
}

static void conn_write(struct conn *conn)
{
    unsigned char out[ECHO_BYTES_MAX];
    uv_buf_t buffer =
        uv_buf_init((char *)out, (unsigned)conn->game.echo->bytes);
    echo_message(&conn->game, out);
    int n = uv_try_write((uv_stream_t *)&conn->tcp, &buffer, 1);
    /* One message in flight fits any send buffer. */
    if (n != (int)buffer.len)
        stop(n < 0 ? n : -EMSGSIZE);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(client.in, sizeof(client.in));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct conn *conn = stream->data;
    if (n == 0)
        return; /* nothing there after all */
    int status = n == UV_EOF ? -ECONNRESET
                 : n < 0     ? (int)n
                         : echo_take(&conn->game, (unsigned char *)buffer->base,
                                     (size_t)n);
    if (status == 1)
        conn_write(conn);
    else if (status < 0 || conn->game.echo->active == 0)
        stop(status);
}

static int conn_open(struct conn *conn)
{
    int fd = echo_dial(conn->game.echo);
    if (fd < 0)
        return fd;
    uv_tcp_init(&client.loop, &conn->tcp);
    conn->open = true;
    conn->tcp.data = conn;
    int status = uv_tcp_open(&conn->tcp, fd);
    if (status != 0) {
        close(fd);
        return status;
    }
    return uv_read_start((uv_stream_t *)&conn->tcp, give_buffer, on_read);
}

static void play(struct echo *echo, struct conn *conns)
{
    work_begin(echo->work);
    for (uint64_t i = 0; i < echo->conns; i++)
        if (conns[i].game.rounds > 0)
            conn_write(&conns[i]);
    if (client.status == 0)
        uv_run(&client.loop, UV_RUN_DEFAULT);
    work_end(echo->work);
}

static void run(struct echo *echo, struct conn *conns)
{
    struct receipt receipt = { 0 };
    for (uint64_t i = 0; i < echo->conns; i++) {
        echo_join(echo, &conns[i].game, i);
        if (client.status == 0)
            client.status = conn_open(&conns[i]);
    }
    if (client.status == 0)
        play(echo, conns);
    for (uint64_t i = 0; i < echo->conns; i++) {
        echo_add(&receipt, &conns[i].game);
        if (conns[i].open)
            uv_close((uv_handle_t *)&conns[i].tcp, NULL);
    }
    uv_run(&client.loop, UV_RUN_DEFAULT);
    if (client.status == 0)
        work_receipt(echo->work, &receipt);
}

static int body(struct work *work)
{
    struct echo echo;
    int status = echo_init(&echo, work);
    if (status != 0)
        return status;
    struct conn *conns = calloc(echo.conns, sizeof(*conns));
    status = conns == NULL ? -ENOMEM : uv_loop_init(&client.loop);
    if (status == 0) {
        run(&echo, conns);
        uv_loop_close(&client.loop);
        status = client.status;
    }
    free(conns);
    return status;
}

const struct workload workload_echo = { ECHO_DESCRIPTION, .body = body };
