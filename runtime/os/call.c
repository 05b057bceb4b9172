/* SPDX-License-Identifier: MIT */
/*
 * call.c: system calls that block, and the signal that ends them.
 *
 * A signal sent to a thread that is asleep in the kernel makes its call fail
 * with EINTR.  One that comes between the announcement of the call and the
 * kernel would be lost, so its handler spoils the call's arguments, which for
 * that reason lie in memory and not in registers: a vector of no bytes, or a
 * descriptor that cannot be open, and the call returns at once.  One that
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
#include <sys/uio.h>
#include <time.h>

#include "os/os.h"

struct sys_call {
    struct os_call base; /* first */
    pthread_t thread;
    struct iovec iov;
    struct pollfd poll;
    volatile sig_atomic_t spoiled;
};

/* The handler's way to the call of its thread.  Set before the call is
 * announced, cleared after no signal can come any more. */
static _Thread_local struct sys_call *volatile current;

static struct sigaction old_action;
static sigset_t old_mask;

static void on_signal(int signal)
{
    (void)signal;
    struct sys_call *call = current;
    if (!call)
        return;
    call->iov.iov_len = 0;
    call->poll.fd = INT_MAX; /* POLLNVAL */
    call->spoiled = 1;
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
}

int os_poll(int fd, short events, int64_t deadline)
{
    struct sys_call call;
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

typedef ssize_t (*transfer_fn)(int fd, const struct iovec *iov, int count);

static ssize_t transfer(transfer_fn fn, int fd, void *buffer, size_t bytes)
{
    struct sys_call call;
    for (;;) {
        call.iov = (struct iovec){ .iov_base = buffer, .iov_len = bytes };
        if (!begin(&call))
            return os_cancel_deliver();
        ssize_t got = fn(fd, &call.iov, 1);
        int err = errno;
        end(&call);
        if (got < 0 && err != EINTR)
            return -err;
        /* Nothing, from a call that was spoiled, may mean only that; if it
         * was the end of the stream it is so once more. */
        if (got > 0 || (got == 0 && !call.spoiled))
            return got;
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
