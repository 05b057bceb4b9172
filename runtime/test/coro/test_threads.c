/* SPDX-License-Identifier: MIT */
/*
 * A system that gives libuv no threads is an error of the call that needs
 * them, not the end of the program.  The tests go on where the one before has
 * left the process, and the run before the first makes no use of threads.
 */
#include "../test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* Threads that can still be started; those of libuv do not count. */
static atomic_int allowed;
static atomic_int started;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg);
extern int __real_pthread_create(pthread_t *thread,
                                 const pthread_attr_t *attributes,
                                 void *(*fn)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *), void *arg)
{
    if (atomic_fetch_sub(&allowed, 1) <= 0)
        return EAGAIN;
    atomic_fetch_add(&started, 1);
    return __real_pthread_create(thread, attributes, fn, arg);
}

static int seven(void *arg)
{
    (void)arg;
    return 7;
}

static int offload_seven(void *arg)
{
    int status = 0;
    (void)arg;
    int error = rt_offload(seven, NULL, &status);
    return error ? error : status;
}

static int open_file(void *arg)
{
    struct rt_file *file;
    (void)arg;
    int error = rt_file_open(&file, "/dev/null", 0, 0);
    if (error == 0)
        rt_file_close(file);
    return error;
}

/* libuv's four, and room for as many that are on their way out. */
static void work_that_gets_no_threads_fails(void **state)
{
    (void)state;
    for (int n = 0; n < 8; n++) {
        atomic_store(&allowed, n);
        assert_int_equal(test_run(0, offload_seven, NULL), -EAGAIN);
        atomic_store(&allowed, n);
        assert_int_equal(test_run(0, open_file, NULL), -EAGAIN);
    }
}

static void work_is_done_once_there_are_threads(void **state)
{
    (void)state;
    atomic_store(&allowed, 8);
    assert_int_equal(rt_run(NULL, offload_seven, NULL), 7);
    assert_int_equal(rt_run(NULL, open_file, NULL), 0);
}

static void who_has_threads_starts_no_more(void **state)
{
    (void)state;
    atomic_store(&allowed, 8);
    atomic_store(&started, 0);
    assert_int_equal(test_run(0, offload_seven, NULL), 7);
    assert_int_equal(atomic_load(&started), 0);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void *no_work(void *arg)
{
    return arg;
}

/* What libuv opens once per process, and a sanitizer with its first thread. */
static int warm_up(void **state)
{
    pthread_t thread;
    (void)state;
    if (__real_pthread_create(&thread, NULL, no_work, NULL))
        return -1;
    pthread_join(thread, NULL);
    return rt_run(NULL, nothing, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(work_that_gets_no_threads_fails),
        TEST(work_is_done_once_there_are_threads),
        TEST(who_has_threads_starts_no_more),
    };
    return cmocka_run_group_tests(tests, warm_up, NULL);
}
