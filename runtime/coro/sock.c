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
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core.h"

/* One direction of a stream. */
struct side {
    struct rt_task *waiter; /* from the park until it runs again */
    int event;              /* UV_READABLE or UV_WRITABLE */
};

struct rt_sock {
    uv_poll_t poll; /* valid when polled */
    struct side in;
    struct side out;
    LIST_ENTRY(rt_sock) link; /* all open ones */
    int fd;
    int armed;   /* events the loop watches */
    bool polled; /* the loop knows the stream */
    bool is_pipe;
    bool wait_first; /* nothing to read is expected */
    uint8_t misses;  /* tries in vain in a row, see guess() */
    uint8_t skip;    /* tries to leave out */
};

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
    struct rt_sock *sock = calloc(1, sizeof(*sock));
    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    if (!hooked)
        co_at_end(&hook);
    hooked = true;
    sock->fd = fd;
    sock->is_pipe = is_pipe;
    sock->in.event = UV_READABLE;
    sock->out.event = UV_WRITABLE;
    LIST_INSERT_HEAD(&all, sock, link);
    *out = sock;
    return 0;
}

int stream_fd(const struct rt_sock *sock)
{
    return sock->fd;
}

/* An event ends the wait of the side it is for, or is left over. */
static int deliver(struct side *side, int events)
{
    if (!(events & side->event))
        return 0;
    if (!side->waiter)
        return side->event;
    /* Does nothing when it is only waiting for its turn to run. */
    co_wake(side->waiter, 0);
    return 0;
}

static int watch(struct rt_sock *sock, int events);

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct rt_sock *sock = poll->data;
    if (status < 0) {
        /* libuv has stopped the handle; the next call finds the error. */
        sock->armed = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    int left = deliver(&sock->in, events) | deliver(&sock->out, events);
    if (sock->armed & left)
        watch(sock, sock->armed & ~left);
    co_after_event();
}

static int watch(struct rt_sock *sock, int events)
{
    int error = events ? uv_poll_start(&sock->poll, events, on_event)
                       : uv_poll_stop(&sock->poll);
    sock->armed = error ? 0 : events;
    return error;
}

static int arm(struct rt_sock *sock, int event)
{
    if (!sock->polled) {
        int error = uv_poll_init(co_loop(), &sock->poll, sock->fd);
        if (error)
            return error;
        sock->poll.data = sock;
        sock->polled = true;
    }
    /* A direction nobody waits for would only have to be disarmed again. */
    int keep = sock->out.waiter ? UV_READABLE | UV_WRITABLE : UV_READABLE;
    return watch(sock, (sock->armed & keep) | event);
}

/* Parks until that side may have something to do; see co_park(). */
static int side_wait(struct rt_sock *sock, struct side *side, int64_t deadline)
{
    if (deadline <= 0)
        return -ETIMEDOUT;
    int error = sock->armed & side->event ? 0 : arm(sock, side->event);
    if (error)
        return error;
    side->waiter = co_self();
    error = co_park(side == &sock->in ? CO_READ : CO_WRITE, deadline);
    side->waiter = NULL;
    return error;
}

/* A call has done its work without waiting. */
static void went_through(void)
{
    if (++streak % STREAK == 0)
        co_pass();
}

int stream_wait(struct rt_sock *sock, short event, int64_t deadline)
{
    struct side *side = event == POLLIN ? &sock->in : &sock->out;
    return side->waiter ? -EBUSY : side_wait(sock, side, deadline);
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
    if (sock->in.waiter)
        return -EBUSY;
    ssize_t n =
        sock->wait_first ? -EAGAIN : try_read_first(sock, buffer, bytes);
    while (n == -EAGAIN && waited == 0) {
        waited = side_wait(sock, &sock->in, deadline);
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
    if (sock->out.waiter)
        return -EBUSY;
    ssize_t n = first ? try_write(sock, data, bytes) : -EAGAIN;
    while (n == -EAGAIN) {
        int error = side_wait(sock, &sock->out, deadline);
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
    free(handle->data);
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
