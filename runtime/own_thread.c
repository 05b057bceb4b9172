/* SPDX-License-Identifier: MIT */
/* own_thread.c: starts threads that the program's signals pass by. */
#include "own_thread.h"

#include <signal.h>

int own_thread_start(pthread_t *out, size_t stack_bytes, void *(*fn)(void *arg),
                     void *arg)
{
    pthread_attr_t attr;
    sigset_t all, before;
    int error = pthread_attr_init(&attr);
    if (error)
        return -error;
    if (stack_bytes > 0)
        pthread_attr_setstacksize(&attr, stack_bytes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(out, &attr, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return -error;
}
