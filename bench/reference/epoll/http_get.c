/* SPDX-License-Identifier: MIT */
/*
 * http_get by hand, as one level-triggered epoll loop.  It takes a few events
 * at a time, and answers and sends the next requests after them: each client's
 * memory is then still in the cache, and libcurl goes through its timers once
 * for all of them.
 */

#include "../http_get.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 32
};

static int epoll;
static int64_t due = RT_FOREVER; /* the timer */

int loop_open(size_t n)
{
    (void)n;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -errno : 0;
}

void loop_close(void)
{
    close(epoll);
}

static int milliseconds_left(void)
{
    int64_t left = due == RT_FOREVER ? -1 : due - rt_now();
    if (due == RT_FOREVER || left <= 0)
        return due == RT_FOREVER ? -1 : 0;
    return left > INT64_C(1000000) * INT_MAX ? INT_MAX
                                             : (int)((left + 999999) / 1000000);
}

static void fire_if_due(void)
{
    if (due == RT_FOREVER || due > rt_now())
        return;
    due = RT_FOREVER;
    http_timeout();
}

void loop_run(void)
{
    struct epoll_event events[EVENTS];
    while (!http_over()) {
        int n = epoll_wait(epoll, events, EVENTS, milliseconds_left());
        for (int i = 0; i < n; i++) {
            unsigned is = events[i].events;
            http_ready(events[i].data.ptr,
                       (is & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0) |
                           (is & EPOLLIN ? CURL_CSELECT_IN : 0) |
                           (is & EPOLLOUT ? CURL_CSELECT_OUT : 0));
        }
        fire_if_due();
        http_turn();
    }
}

static int control(int operation, struct client *client, curl_socket_t fd,
                   int wanted)
{
    struct epoll_event event = {
        .events = (wanted & CURL_POLL_IN ? EPOLLIN : 0U) |
                  (wanted & CURL_POLL_OUT ? EPOLLOUT : 0U),
        .data.ptr = client,
    };
    return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

int loop_add(struct client *client, curl_socket_t fd)
{
    return control(EPOLL_CTL_ADD, client, fd, 0);
}

void loop_watch(struct client *client, int wanted)
{
    control(EPOLL_CTL_MOD, client, client->fd, wanted);
}

/* Closing the only descriptor of a socket takes it out. */
void loop_remove(struct client *client)
{
    (void)client;
}

void loop_timer(long timeout_ms)
{
    due = timeout_ms < 0 ? RT_FOREVER : rt_in(timeout_ms * INT64_C(1000000));
}

const struct workload workload_http_get = { HTTP_GET_DESCRIPTION,
                                            .body = http_get };
