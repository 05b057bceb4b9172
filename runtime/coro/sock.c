/* SPDX-License-Identifier: MIT */
/*
 * Owns streams: sockets and pipes, once they are there (see stream.h).
 *
 * A call tries the system call first and parks only on EAGAIN.  What the loop
 * has been asked to watch stays armed after a wait, so that a task that reads
 * and answers in a steady rhythm costs a read, a write and its share of an
 * epoll_wait per message.  libuv's polls are level-triggered: an event that
 * finds no waiter is disarmed, or the loop would spin.  Nothing is lost by
 * that, for the next wait arms it again and the kernel still knows.
 *
 * Trying first is left out where it would likely be in vain: after a short
 * read the stream was empty, and a peer that answers each message fills the
 * buffer exactly and then has nothing more to read either (see guess()).
 * Going straight to the wait is always right, it only costs a turn of the
 * loop when the data was there.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core.h"

/*
 * Aligned, so that a message needs two cache lines of it and not four: the
 * second of `poll` and the one that `poll` ends in.
 */
struct rt_sock {
    _Alignas(64) uv_poll_t poll; /* first; valid when polled */
    struct rt_task *reader;      /* from the park until it runs again */
    struct rt_task *writer;
    int fd;
    uint8_t armed; /* events the loop watches */
    bool polled;   /* the loop knows the stream */
    bool is_pipe;
    bool wait_first;          /* nothing to read is expected */
    uint8_t misses;           /* tries in vain in a row, see guess() */
    uint8_t skip;             /* tries to leave out */
    LIST_ENTRY(rt_sock) link; /* all open ones */
};
_Static_assert(offsetof(struct rt_sock, poll) == 0, "see on_event()");

const int stream_flags = O_NONBLOCK;

enum {
    MAX_MISSES = 5,
    /* Calls that need not wait, after which the others get their turn: else
     * two fast peers could keep everybody else out. */
    STREAK = 64
};

/* Loop thread only. */
static LIST_HEAD(, rt_sock) all;
static bool hooked; /* close_all() will be called at the end of this run */
static unsigned streak;

/* What tasks that never ran to their end have left open. */
static void close_all(void)
{
    while (!LIST_EMPTY(&all))
        rt_sock_close(LIST_FIRST(&all));
    hooked = false;
}

int stream_new(struct rt_sock **out, int fd, bool is_pipe)
{
    static struct co_hook hook = { .fn = close_all };
    struct rt_sock *sock =
        aligned_alloc(_Alignof(struct rt_sock), sizeof(*sock));
    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    *sock = (struct rt_sock){ .fd = fd, .is_pipe = is_pipe };
    if (!hooked)
        co_at_end(&hook);
    hooked = true;
    LIST_INSERT_HEAD(&all, sock, link);
    *out = sock;
    return 0;
}

int stream_fd(const struct rt_sock *sock)
{
    return sock->fd;
}

static struct rt_task **waiter_for(struct rt_sock *sock, int event)
{
    return event == UV_READABLE ? &sock->reader : &sock->writer;
}

/* An event ends the wait for it, or is left over. */
static int deliver(struct rt_sock *sock, int event)
{
    struct rt_task *waiter = *waiter_for(sock, event);
    if (!waiter)
        return event;
    /* Does nothing when it is only waiting for its turn to run. */
    co_wake(waiter, 0);
    return 0;
}

static int watch(struct rt_sock *sock, int events);

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct rt_sock *sock = (struct rt_sock *)poll;
    int left = 0;
    if (status < 0) {
        /* libuv has stopped the handle; the next call finds the error. */
        sock->armed = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    if (events & UV_READABLE)
        left |= deliver(sock, UV_READABLE);
    if (events & UV_WRITABLE)
        left |= deliver(sock, UV_WRITABLE);
    if (sock->armed & left)
        watch(sock, sock->armed & ~left);
    co_after_event();
}

static int watch(struct rt_sock *sock, int events)
{
    int error = events ? uv_poll_start(&sock->poll, events, on_event)
                       : uv_poll_stop(&sock->poll);
    sock->armed = error ? 0 : (uint8_t)events;
    return error;
}

static int arm(struct rt_sock *sock, int event)
{
    if (!sock->polled) {
        int error = uv_poll_init(co_loop(), &sock->poll, sock->fd);
        if (error)
            return error;
        sock->polled = true;
    }
    /* A direction nobody waits for would only have to be disarmed again. */
    int keep = sock->writer ? UV_READABLE | UV_WRITABLE : UV_READABLE;
    return watch(sock, (sock->armed & keep) | event);
}

/* Parks until there may be something to do; see co_park(). */
static int wait_for(struct rt_sock *sock, int event, int64_t deadline)
{
    if (deadline <= 0)
        return -ETIMEDOUT;
    int error = sock->armed & event ? 0 : arm(sock, event);
    if (error)
        return error;
    *waiter_for(sock, event) = co_self();
    error = co_park(event == UV_READABLE ? CO_READ : CO_WRITE, deadline);
    *waiter_for(sock, event) = NULL;
    return error;
}

/* A call has done its work without waiting. */
static void went_through(void)
{
    if (++streak % STREAK == 0)
        co_pass();
}

int stream_wait(struct rt_sock *sock, short poll_event, int64_t deadline)
{
    int event = poll_event == POLLIN ? UV_READABLE : UV_WRITABLE;
    return *waiter_for(sock, event) ? -EBUSY : wait_for(sock, event, deadline);
}

/* Whether a wait that ended so may be followed by one more try. */
static bool worth_a_try(int error)
{
    return error == 0 || error == -ETIMEDOUT;
}

/* recv(2) and send(2) cost the kernel some 3 % of a message less than read(2)
 * and write(2), which go through the file layer. */
static ssize_t try_read(struct rt_sock *sock, void *buffer, size_t bytes)
{
    ssize_t n;
    do
        n = sock->is_pipe ? read(sock->fd, buffer, bytes)
                          : recv(sock->fd, buffer, bytes, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/*
 * Whether the next read should wait first, after this one has filled its
 * buffer.  Each try in vain doubles the number of tries left out, up to 31;
 * one that finds something goes back to trying always.
 */
static bool guess(struct rt_sock *sock)
{
    if (sock->skip == 0)
        return false;
    sock->skip--;
    return true;
}

static void missed(struct rt_sock *sock)
{
    if (sock->misses < MAX_MISSES)
        sock->misses++;
    sock->skip = (uint8_t)((1 << sock->misses) - 1);
}

/* A try before any wait. */
static ssize_t try_read_first(struct rt_sock *sock, void *buffer, size_t bytes)
{
    ssize_t n = try_read(sock, buffer, bytes);
    if (n >= 0) {
        sock->misses = 0;
        went_through();
    } else if (n == -EAGAIN) {
        missed(sock);
    }
    return n;
}

ssize_t rt_sock_read(struct rt_sock *sock, void *buffer, size_t bytes,
                     int64_t deadline)
{
    int waited = 0;
    if (co_check())
        return -ECANCELED;
    if (sock->reader)
        return -EBUSY;
    ssize_t n =
        sock->wait_first ? -EAGAIN : try_read_first(sock, buffer, bytes);
    while (n == -EAGAIN && waited == 0) {
        waited = wait_for(sock, UV_READABLE, deadline);
        n = worth_a_try(waited) ? try_read(sock, buffer, bytes) : waited;
    }
    if (n == -EAGAIN)
        n = waited;
    sock->wait_first = n > 0 && ((size_t)n < bytes || guess(sock));
    return n;
}

static ssize_t try_write(struct rt_sock *sock, const void *buffer, size_t bytes)
{
    ssize_t n;
    do
        n = sock->is_pipe ? write(sock->fd, buffer, bytes)
                          : send(sock->fd, buffer, bytes, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ssize_t stream_write(struct rt_sock *sock, const void *data, size_t bytes,
                     bool first, int64_t deadline)
{
    if (sock->writer)
        return -EBUSY;
    ssize_t n = first ? try_write(sock, data, bytes) : -EAGAIN;
    while (n == -EAGAIN) {
        int error = wait_for(sock, UV_WRITABLE, deadline);
        if (error)
            return error;
        n = try_write(sock, data, bytes);
    }
    if (n >= 0)
        went_through();
    return n;
}

static void free_closed(uv_handle_t *handle)
{
    free(handle); /* the stream begins with it */
}

void rt_sock_close(struct rt_sock *sock)
{
    if (!sock)
        return;
    LIST_REMOVE(sock, link);
    if (sock->polled)
        uv_close((uv_handle_t *)&sock->poll, free_closed);
    close(sock->fd);
    if (!sock->polled)
        free(sock);
}
