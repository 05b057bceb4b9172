/* SPDX-License-Identifier: MIT */
#ifndef RT_STREAM_H
#define RT_STREAM_H

/*
 * stream.h: how streams come about is the same in every runtime (stream.c);
 * what they are, and how they are waited for, is the runtime's.  Here is what
 * it supplies for that.
 */

#include "rt.h"

/* O_NONBLOCK or 0: how descriptors of streams are to be.  Those of listeners
 * and of sockets about to be connected never block. */
extern const int stream_flags;

/* Makes a stream of a descriptor, which it takes over, also on failure:
 * -ENOMEM. */
int stream_new(struct rt_sock **out, int fd, bool is_pipe);

int stream_fd(const struct rt_sock *sock);

/* Waits until poll(2) would report `event`, POLLIN or POLLOUT, or an error:
 * 0, -ETIMEDOUT, -ECANCELED or what prevents it.  Suspends.  0 may come early;
 * with -ETIMEDOUT the event may have come as well. */
int stream_wait(struct rt_sock *sock, short event, int64_t deadline);

/* Writes what there is room for, at least one byte: how much, or an error.  Not
 * the first part of something: the one before has just filled the stream up.
 * Suspends.  Need not look for a cancellation before it waits. */
ssize_t stream_write(struct rt_sock *sock, const void *data, size_t bytes,
                     bool first, int64_t deadline);

#endif
