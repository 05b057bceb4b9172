/* SPDX-License-Identifier: MIT */
/*
 * Makes the loop's timers fire at their millisecond.  libuv cuts its clock to
 * milliseconds and then waits whole ones from where it stands, so a timer is
 * late by up to one more; a timerfd set to the same moment ends the wait in
 * time.
 */
#include "serve.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct {
    uv_poll_t poll;
    uv_prepare_t prepare;
    int fd;
    uint64_t set_ms; /* what the timerfd is set to, 0 when it has fired */
} alarm_clock;

static void before_blocking(uv_prepare_t *prepare)
{
    int wait_ms = uv_backend_timeout(prepare->loop);
    uint64_t due_ms = uv_now(prepare->loop) + (uint64_t)wait_ms;

    if (wait_ms <= 0 || due_ms == alarm_clock.set_ms)
        return;
    alarm_clock.set_ms = due_ms;
    /* Both clocks are CLOCK_MONOTONIC. */
    struct itimerspec at = { .it_value = { .tv_sec = (time_t)(due_ms / 1000),
                                           .tv_nsec = (long)(due_ms % 1000) *
                                                      1000000 } };
    timerfd_settime(alarm_clock.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void fired(uv_poll_t *poll, int status, int events)
{
    uint64_t times;

    (void)poll;
    (void)status;
    (void)events;
    /* Nothing to do: the timers run next. */
    if (read(alarm_clock.fd, &times, sizeof times) > 0)
        alarm_clock.set_ms = 0;
}

int alarm_start(uv_loop_t *loop)
{
    alarm_clock.fd =
        timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm_clock.fd < 0)
        return -errno;
    uv_prepare_init(loop, &alarm_clock.prepare);
    uv_prepare_start(&alarm_clock.prepare, before_blocking);
    int error = uv_poll_init(loop, &alarm_clock.poll, alarm_clock.fd);
    if (error)
        return error;
    return uv_poll_start(&alarm_clock.poll, UV_READABLE, fired);
}
