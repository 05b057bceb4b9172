/* SPDX-License-Identifier: MIT */
#ifndef RT_OWN_THREAD_H
#define RT_OWN_THREAD_H

/* own_thread.h: threads a runtime needs besides its tasks'. */

#include <pthread.h>
#include <stddef.h>

/* Starts one, to be joined.  It takes no signals: their handlers expect the
 * program's own threads.  stack_bytes 0: the system's default.  -EAGAIN,
 * -ENOMEM. */
int own_thread_start(pthread_t *out, size_t stack_bytes, void *(*fn)(void *arg),
                     void *arg);

#endif
