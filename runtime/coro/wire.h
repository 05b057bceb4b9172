/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_WIRE_H
#define RT_CORO_WIRE_H

/*
 * A socket that libcurl watches, and its poll handle on the loop.  The handle
 * stays armed for reading while the connection is idle, so that the next
 * request costs no epoll_ctl(2); an event that finds nobody interested
 * disarms it.  All calls belong to the loop.
 */

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

/* Aligned, so that an event touches two cache lines of it and not three: the
 * second of `poll` and the one that `poll` ends in. */
struct wire {
    _Alignas(64) uv_poll_t poll; /* first */
    int fd;
    unsigned char wanted, armed; /* UV_READABLE, UV_WRITABLE */
    bool ours;                   /* made as we opened the socket; else it is one
                                    of libcurl's, or was let go and came back */
    LIST_ENTRY(wire) link;       /* private */
};

LIST_HEAD(wire_list, wire);

/* In the given list; NULL when there is no memory or fd cannot be polled. */
struct wire *wire_new(struct wire_list *list, int fd);
/* Takes the descriptor out of epoll at once, so that it can be closed next. */
void wire_free(struct wire *wire);

struct wire *wire_find(const struct wire_list *list, int fd);

/* Waits for these events from now on. */
void wire_want(struct wire *wire, int events);

/* Supplied by http.c: what was wanted can be done, or would fail. */
void wire_event(struct wire *wire, int events);

#endif
