/* SPDX-License-Identifier: MIT */
/*
 * Sockets watched for libcurl.  Invariant: `armed` is what the poll handle
 * waits for, and holds all that is `wanted`.
 */
#include "wire.h"

#include <stddef.h>
#include <stdlib.h>

#include "sched.h"

_Static_assert(offsetof(struct wire, poll) == 0, "see poll_event()");

static void poll_event(uv_poll_t *poll, int status, int events);

static void arm(struct wire *wire, int events)
{
    if (events == wire->armed)
        return;
    wire->armed = (unsigned char)events;
    if (events)
        uv_poll_start(&wire->poll, events, poll_event);
    else
        uv_poll_stop(&wire->poll);
}

static void poll_event(uv_poll_t *poll, int status, int events)
{
    struct wire *wire = (struct wire *)poll;

    if (!wire->wanted) {
        /* An idle connection that ends: libcurl looks before it uses it. */
        arm(wire, 0);
        return;
    }
    if (status < 0) {
        /* An error of the socket, for which libuv has stopped the handle.
         * The system call libcurl waits to make will tell which. */
        wire->armed = 0;
        arm(wire, wire->wanted);
        events = wire->wanted;
    }
    wire_event(wire, events);
}

struct wire *wire_new(struct wire_list *list, int fd)
{
    struct wire *wire = aligned_alloc(_Alignof(struct wire), sizeof *wire);

    if (!wire)
        return NULL;
    *wire = (struct wire){ .fd = fd };
    if (uv_poll_init(co_loop(), &wire->poll, fd) < 0) {
        free(wire);
        return NULL;
    }
    LIST_INSERT_HEAD(list, wire, link);
    return wire;
}

static void wire_closed(uv_handle_t *handle)
{
    free(handle); /* the wire begins with it */
}

void wire_free(struct wire *wire)
{
    LIST_REMOVE(wire, link);
    uv_close((uv_handle_t *)&wire->poll, wire_closed);
}

struct wire *wire_find(const struct wire_list *list, int fd)
{
    struct wire *wire;
    LIST_FOREACH(wire, list, link) {
        if (wire->fd == fd)
            break;
    }
    return wire;
}

void wire_want(struct wire *wire, int events)
{
    wire->wanted = (unsigned char)events;
    if (events || wire->armed != UV_READABLE)
        arm(wire, events);
}
