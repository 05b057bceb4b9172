/* SPDX-License-Identifier: MIT */
/* http_get by hand, on a libuv loop. */

#include "../http_get.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

static uv_loop_t loop;
static uv_timer_t timer;
static uv_poll_t *polls; /* one per client */

static void turn(void)
{
    http_turn();
    if (http_over())
        uv_stop(&loop);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    http_ready(poll->data, (status < 0 ? CURL_CSELECT_ERR : 0) |
                               (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                               (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
    turn();
}

static void on_timer(uv_timer_t *fired)
{
    (void)fired;
    http_timeout();
    turn();
}

int loop_open(size_t n)
{
    polls = calloc(n, sizeof(*polls));
    if (polls == NULL)
        return -ENOMEM;
    int status = uv_loop_init(&loop);
    if (status == 0)
        uv_timer_init(&loop, &timer);
    else
        free(polls);
    return status;
}

void loop_close(void)
{
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(polls);
}

void loop_run(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
}

int loop_add(struct client *client, curl_socket_t fd)
{
    polls[client->index].data = client;
    return uv_poll_init(&loop, &polls[client->index], fd);
}

void loop_watch(struct client *client, int wanted)
{
    uv_poll_t *poll = &polls[client->index];
    if (wanted == 0)
        uv_poll_stop(poll);
    else
        uv_poll_start(poll,
                      (wanted & CURL_POLL_IN ? UV_READABLE : 0) |
                          (wanted & CURL_POLL_OUT ? UV_WRITABLE : 0),
                      on_poll);
}

/* The handle goes first: it takes the descriptor out of epoll. */
void loop_remove(struct client *client)
{
    uv_close((uv_handle_t *)&polls[client->index], NULL);
}

void loop_timer(long timeout_ms)
{
    if (timeout_ms < 0)
        uv_timer_stop(&timer);
    else
        uv_timer_start(&timer, on_timer, (uint64_t)timeout_ms, 0);
}

const struct workload workload_http_get = { HTTP_GET_DESCRIPTION,
                                            .body = http_get };
