/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_SOCK_H
#define RT_CORO_SOCK_H

/*
 * A stream, for those who make streams and wait for them: sock, connect.
 */

#include <errno.h>
#include <uv.h>

#include "rt.h"
#include "sched.h"

/* One direction of a stream. */
struct co_side {
    struct rt_task *waiter; /* from the park until it runs again */
    int event;              /* UV_READABLE or UV_WRITABLE */
};

struct rt_sock {
    uv_poll_t poll; /* valid when polled */
    struct co_side in;
    struct co_side out;
    struct rt_sock *next; /* all open ones */
    struct rt_sock *prev;
    int fd;
    int armed;   /* events the loop watches */
    bool polled; /* the loop knows the stream */
    bool is_pipe;
    bool wait_first; /* nothing to read is expected */
    uint8_t misses;  /* tries in vain in a row, see guess() */
    uint8_t skip;    /* tries to leave out */
};

/* Makes a stream of a non-blocking descriptor.  -ENOMEM, then fd is closed. */
int co_sock_new(struct rt_sock **out, int fd, bool is_pipe);

/* Parks until that side may have something to do; see co_park().  Suspends. */
int co_sock_wait(struct rt_sock *sock, struct co_side *side, int64_t deadline);

/* Whether a wait that ended so may be followed by one more try. */
static inline bool co_sock_worth_a_try(int error)
{
    return error == 0 || error == -ETIMEDOUT;
}

static inline bool co_sock_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

#endif
