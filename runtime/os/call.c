/* SPDX-License-Identifier: MIT */
/*
 * call.c: system calls that block, and the signal that ends them.
 *
 * A signal sent to a thread that is asleep in the kernel makes its call fail
 * with EINTR.  One that comes between the announcement of the call and the
 * kernel would be lost, so its handler spoils the call, which then returns at
 * once.  poll(2) finds its descriptor replaced by one that cannot be open.  A
 * socket gets a timeout for its direction, and an end of a pipe becomes
 * non-blocking: both concern only the task that makes the call, which sets
 * them back afterwards.  (readv(2) and writev(2), whose lengths a handler can
 * change, would cost every message about 60 ns.)  A signal that comes after
 * the call does no harm.  So one signal is enough, and nobody has
 * to wait for the other or to repeat anything.
 *
 * The signal reaches no code but ours.  It is sent only while the call is
 * announced; a thread that finds its announcement taken waits until the
 * signal has been sent, and if the handler has not run by then it makes a
 * system call, at the end of which it does.  SIGURG, because by default it is
 * ignored, so that even one that strays from elsewhere does nothing.
 *
 * The main thread gets it for a dump as well (dump.c), at any time.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "os/seat.h"

enum kind {
    POLL,
    READ,
    WRITE,
    RECV,
    SEND
};

struct sys_call {
    struct os_call base; /* first */
    pthread_t thread;
    struct pollfd poll;
    int fd;
    enum kind kind;
    volatile sig_atomic_t spoiled;
};

/* The handler's way to the call of its thread.  Set before the call is
 * announced, cleared after no signal can come any more. */
static _Thread_local struct sys_call *volatile current;

static struct sigaction old_action;
static sigset_t old_mask;

static void set_timeout(int fd, int direction, suseconds_t us)
{
    struct timeval timeout = { .tv_usec = us }; /* 0 is none */
    setsockopt(fd, SOL_SOCKET, direction, &timeout, sizeof timeout);
}

/* Spoils the descriptor, or sets it back. */
static void set_waiting(const struct sys_call *call, bool waits)
{
    switch (call->kind) {
    case POLL:
        break;
    case READ:
    case WRITE:
        fcntl(call->fd, F_SETFL, waits ? 0 : O_NONBLOCK);
        break;
    case RECV:
        set_timeout(call->fd, SO_RCVTIMEO, waits ? 0 : 1);
        break;
    case SEND:
        set_timeout(call->fd, SO_SNDTIMEO, waits ? 0 : 1);
        break;
    }
}

static void on_signal(int signal)
{
    (void)signal;
    struct sys_call *call = current;
    if (os_dump_asked() && os_self)
        atomic_fetch_or(&os_self->word, OS_NUDGED);
    if (!call)
        return;
    int saved = errno;
    call->poll.fd = INT_MAX; /* POLLNVAL */
    set_waiting(call, false);
    call->spoiled = 1;
    errno = saved;
}

static void send_signal(struct os_call *base)
{
    pthread_kill(((struct sys_call *)base)->thread, SIGURG);
}

/* No signal comes any more: nothing stays spoiled. */
static void leave(const struct sys_call *call)
{
    current = NULL;
    if (call->spoiled)
        set_waiting(call, true);
}

static const char *reason_of(const struct sys_call *call)
{
    bool reads = call->kind == POLL ? call->poll.events & POLLIN
                                    : call->kind == READ || call->kind == RECV;
    return reads ? "read" : "write";
}

/* The arguments are in place. */
static bool begin(struct sys_call *call)
{
    os_wait_begin(reason_of(call));
    call->base.interrupt = send_signal;
    call->thread = pthread_self();
    call->spoiled = 0;
    current = call;
    if (os_call_begin(&call->base))
        return true;
    sched_yield(); /* takes the signal, if one was sent all the same */
    leave(call);
    os_wait_end();
    return false;
}

static void end(struct sys_call *call)
{
    if (os_call_end(&call->base) && !call->spoiled)
        sched_yield(); /* takes the signal */
    leave(call);
    os_wait_end();
}

/* Before a call is announced, when no signal comes: ThreadSanitizer, at least
 * that of gcc 12, makes room for a thread's signals at the first call that it
 * knows to block, and loses one that comes meanwhile. */
static void make_room(void)
{
    if (OS_SAN_THREAD)
        poll(NULL, 0, 0);
}

int os_poll(int fd, short events, int64_t deadline)
{
    struct sys_call call = { .kind = POLL };
    make_room();
    for (;;) {
        struct timespec left = { 0 };
        int64_t ns = 0;
        if (deadline != RT_FOREVER && deadline > 0)
            ns = deadline - rt_now();
        if (ns > 0)
            left = (struct timespec){ .tv_sec = ns / 1000000000,
                                      .tv_nsec = ns % 1000000000 };
        call.poll = (struct pollfd){ .fd = fd, .events = events };
        if (!begin(&call))
            return os_cancel_deliver();
        int got =
            ppoll(&call.poll, 1, deadline == RT_FOREVER ? NULL : &left, NULL);
        int err = errno;
        end(&call);
        if (got == 0)
            return -ETIMEDOUT;
        if (got > 0 && !call.spoiled)
            return 0;
        if (got < 0 && err != EINTR)
            return -err;
    }
}

static ssize_t transfer_once(const struct sys_call *call, void *buffer,
                             size_t bytes)
{
    switch (call->kind) {
    case READ:
        return read(call->fd, buffer, bytes);
    case WRITE:
        return write(call->fd, buffer, bytes);
    case RECV:
        return recv(call->fd, buffer, bytes, 0);
    default:
        return send(call->fd, buffer, bytes, MSG_NOSIGNAL);
    }
}

static ssize_t transfer(enum kind kind, int fd, void *buffer, size_t bytes)
{
    struct sys_call call = { .fd = fd, .kind = kind };
    for (;;) {
        if (!begin(&call))
            return os_cancel_deliver();
        ssize_t done = transfer_once(&call, buffer, bytes);
        int err = errno;
        end(&call);
        if (done >= 0)
            return done;
        if (err != EINTR && !(err == EAGAIN && call.spoiled))
            return -err;
    }
}

ssize_t os_read(int fd, void *buffer, size_t bytes)
{
    return transfer(READ, fd, buffer, bytes);
}

/* What is only read from loses its const on the way. */
ssize_t os_write(int fd, const void *buffer, size_t bytes)
{
    return transfer(WRITE, fd, (void *)(uintptr_t)buffer, bytes);
}

ssize_t os_recv(int fd, void *buffer, size_t bytes)
{
    return transfer(RECV, fd, buffer, bytes);
}

ssize_t os_send(int fd, const void *buffer, size_t bytes)
{
    return transfer(SEND, fd, (void *)(uintptr_t)buffer, bytes);
}

void os_calls_start(void)
{
    struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART */
    sigaction(SIGURG, &action, &old_action);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGURG);
    pthread_sigmask(SIG_UNBLOCK, &mask, &old_mask);
}

void os_calls_stop(void)
{
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    sigaction(SIGURG, &old_action, NULL);
}
