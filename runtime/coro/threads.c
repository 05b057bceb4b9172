/* SPDX-License-Identifier: MIT */
/*
 * Owns the answer to whether libuv can have its threads.  It starts them all
 * for the first job there is, and ends the process if the system refuses one.
 * So as many are started here before, at the same time, and let go again.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core.h"

enum {
    /* libuv's, see uv_queue_work()'s manual: UV_THREADPOOL_SIZE. */
    DEFAULT_THREADS = 4,
    MOST_THREADS = 1024,
    STACK_BYTES = 8 << 20,
    /* Those let go may still count when libuv's are started. */
    TWICE = 2
};

/* libuv has them, or surely can.  A child process begins anew, as libuv
 * does. */
static bool possible;

static unsigned wanted(void)
{
    const char *text = getenv("UV_THREADPOOL_SIZE");
    int n = text ? atoi(text) : DEFAULT_THREADS;
    return n <= 0 ? TWICE
                  : (unsigned)(n < MOST_THREADS ? n : MOST_THREADS) * TWICE;
}

/* Stays until the gate opens. */
static void *stay(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

static int try_threads(const pthread_attr_t *attr, unsigned n)
{
    static pthread_t threads[TWICE * MOST_THREADS];
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    unsigned started = 0;
    int error = 0;
    pthread_mutex_lock(&gate);
    for (; started < n && error == 0; started += error == 0)
        error = -pthread_create(&threads[started], attr, stay, &gate);
    pthread_mutex_unlock(&gate);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    return error;
}

static void begin_anew(void)
{
    possible = false;
}

int co_threads_check(void)
{
    static bool registered;
    pthread_attr_t attr;
    if (possible)
        return 0;
    if (!registered && pthread_atfork(NULL, NULL, begin_anew))
        return -ENOMEM;
    registered = true;
    int error = -pthread_attr_init(&attr);
    if (error)
        return error;
    error = -pthread_attr_setstacksize(&attr, STACK_BYTES);
    if (!error)
        error = try_threads(&attr, wanted());
    pthread_attr_destroy(&attr);
    possible = !error;
    return error;
}
