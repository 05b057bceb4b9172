/* SPDX-License-Identifier: MIT */
/*
 * call.c: system calls that block, and the signal that ends them.
 *
 * A signal sent to a thread that is asleep in the kernel makes its call fail
 * with EINTR.  One that comes between the announcement of the call and the
 * kernel would be lost, so its handler spoils the call: what it is to wait for
 * lies where the handler can change it, and it returns at once.  For pipes
 * that is a vector, which becomes one of no bytes; for poll the descriptor,
 * which becomes one that cannot be open; for sockets, where a vector would
 * cost several percent of a message, the socket's own timeout, which only the
 * task that reads (or writes) uses and sets back afterwards.  A signal that
 * comes after the call does no harm.  So one signal is enough, and nobody has
 * to wait for the other or to repeat anything.
 *
 * The signal reaches no code but ours.  It is sent only while the call is
 * announced; a thread that finds its announcement taken waits until the
 * signal has been sent, and if the handler has not run by then it makes a
 * system call, at the end of which it does.  SIGURG, because by default it is
 * ignored, so that even one that strays from elsewhere does nothing.
 */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "os/os.h"

struct sys_call {
    struct os_call base; /* first */
    pthread_t thread;
    struct iovec iov;
    struct pollfd poll;
    int fd, option; /* the socket and SO_RCVTIMEO or SO_SNDTIMEO, or 0 */
    volatile sig_atomic_t spoiled;
};

/* The handler's way to the call of its thread.  Set before the call is
 * announced, cleared after no signal can come any more. */
static _Thread_local struct sys_call *volatile current;

static struct sigaction old_action;
static sigset_t old_mask;

static void set_timeout(const struct sys_call *call, suseconds_t us)
{
    struct timeval timeout = { .tv_usec = us }; /* 0 is none */
    setsockopt(call->fd, SOL_SOCKET, call->option, &timeout, sizeof timeout);
}

static void on_signal(int signal)
{
    (void)signal;
    struct sys_call *call = current;
    if (!call)
        return;
    int saved = errno;
    call->iov.iov_len = 0;
    call->poll.fd = INT_MAX; /* POLLNVAL */
    if (call->option)
        set_timeout(call, 1);
    call->spoiled = 1;
    errno = saved;
}

static void send_signal(struct os_call *base)
{
    pthread_kill(((struct sys_call *)base)->thread, SIGURG);
}

/* The arguments are in place. */
static bool begin(struct sys_call *call)
{
    call->base.interrupt = send_signal;
    call->thread = pthread_self();
    call->spoiled = 0;
    current = call;
    if (os_call_begin(&call->base))
        return true;
    current = NULL;
    return false;
}

static void end(struct sys_call *call)
{
    if (os_call_end(&call->base) && !call->spoiled)
        sched_yield(); /* takes the signal */
    current = NULL;
    if (call->spoiled && call->option)
        set_timeout(call, 0);
}

int os_poll(int fd, short events, int64_t deadline)
{
    struct sys_call call = { .option = 0 };
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

/* What is left of a transfer after a call that returned `got`, and failed
 * with err if that is negative: nothing (true), or to do it again. */
static bool is_over(const struct sys_call *call, ssize_t got, int err)
{
    if (got < 0)
        return err != EINTR && !(err == EAGAIN && call->spoiled);
    /* Nothing, from a call that was spoiled, may mean only that; if it was
     * the end of the stream it is so once more. */
    return got > 0 || !call->spoiled;
}

typedef ssize_t (*vector_fn)(int fd, const struct iovec *iov, int count);

static ssize_t transfer(vector_fn fn, int fd, void *buffer, size_t bytes)
{
    struct sys_call call = { .option = 0 };
    for (;;) {
        call.iov = (struct iovec){ .iov_base = buffer, .iov_len = bytes };
        if (!begin(&call))
            return os_cancel_deliver();
        ssize_t got = fn(fd, &call.iov, 1);
        int err = errno;
        end(&call);
        if (is_over(&call, got, err))
            return got < 0 ? -err : got;
    }
}

ssize_t os_read(int fd, void *buffer, size_t bytes)
{
    return transfer(readv, fd, buffer, bytes);
}

ssize_t os_write(int fd, const void *buffer, size_t bytes)
{
    /* A vector does not say that it is only read from. */
    return transfer(writev, fd, (void *)(uintptr_t)buffer, bytes);
}

ssize_t os_recv(int fd, void *buffer, size_t bytes)
{
    struct sys_call call = { .fd = fd, .option = SO_RCVTIMEO };
    for (;;) {
        if (!begin(&call))
            return os_cancel_deliver();
        ssize_t got = recv(fd, buffer, bytes, 0);
        int err = errno;
        end(&call);
        if (is_over(&call, got, err))
            return got < 0 ? -err : got;
    }
}

ssize_t os_send(int fd, const void *buffer, size_t bytes)
{
    struct sys_call call = { .fd = fd, .option = SO_SNDTIMEO };
    for (;;) {
        if (!begin(&call))
            return os_cancel_deliver();
        ssize_t sent = send(fd, buffer, bytes, MSG_NOSIGNAL);
        int err = errno;
        end(&call);
        if (is_over(&call, sent, err))
            return sent < 0 ? -err : sent;
    }
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
