/* SPDX-License-Identifier: MIT */
#ifndef TEST_H
#define TEST_H

/*
 * test.h: what every conformance test needs.
 *
 * A test calls test_run(), which runs a main task on a runtime of its own.
 * Tasks never assert: from a coroutine an assertion would jump out of a
 * running scheduler, from a thread it would end the program.  They CHECK(),
 * which notes the first failure, or write into a struct; test_run() fails the
 * test with what was noted once the runtime has been torn down.
 *
 *     static int body(void *arg) { CHECK_INT(rt_yield(), 0); return 7; }
 *
 *     static void run_returns_the_main_status(void **state)
 *     {
 *         (void)state;
 *         assert_int_equal(test_run(0, body, NULL), 7);
 *     }
 *
 *     int main(void)
 *     {
 *         static const struct CMUnitTest tests[] = {
 *             TEST(run_returns_the_main_status),
 *         };
 *         return cmocka_run_group_tests(tests, test_warm_up, NULL);
 *     }
 *
 * What is tested is rt.h; a test asks what the runtime can do, and its name
 * only where rt.h itself promises something of one runtime by name.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rt.h"

/* A test with a time limit: one that hangs ends the program with its name. */
#define TEST(function)                                                       \
    cmocka_unit_test_prestate_setup_teardown(function, test_begin, test_end, \
                                             (void *)#function)
int test_begin(void **state);
int test_end(void **state);

/* Group set-up: a run of one task, so that rt_info() is valid and what a
 * library or a sanitizer starts once per process is there before descriptors
 * and threads are counted. */
int test_warm_up(void **state);

/*
 * Runs fn(arg) as the main task and returns what rt_run() returned.  `tasks`
 * is how many others must be able to block at the same time: a bounded pool
 * gets that many workers.  0 asks for the default.  Fails the test when a
 * CHECK() failed, or when a descriptor or a thread was left behind.
 */
int test_run(unsigned tasks, rt_task_fn fn, void *arg);
int test_run_with(const struct rt_options *options, rt_task_fn fn, void *arg);

/* Skips the test, saying why on a line of its own. */
void test_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Skips the test unless that many tasks besides the main one can be blocked
 * at the same time. */
void needs_tasks(unsigned tasks);

/* Whether the runtime has this name, honours this option of rt_options. */
bool runtime_is(const char *name);
bool runtime_honours(const char *option);

/* Whether it has rt_http_*; known after test_warm_up(). */
bool runtime_has_http(void);
/* For main(), where all tests are about HTTP: true when there is none to test,
 * which is then said. */
bool test_http_missing(void);

/* Whether this build runs under AddressSanitizer or ThreadSanitizer. */
bool test_sanitized(void);

/* For tasks; true when the check holds.  Integers are widened to int64_t. */
#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                           \
    test_check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, \
                   __LINE__)
bool test_check(bool holds, const char *what, const char *file, int line);
bool test_check_int(int64_t actual, int64_t expected, const char *what,
                    const char *file, int line);

/* For tasks: both ends of a TCP connection over loopback, false when a CHECK()
 * failed. */
bool test_tcp_pair(struct rt_sock **client, struct rt_sock **server);

/* The next number of a small generator; each task has a state of its own. */
uint32_t test_random(uint64_t *state);

/* Descriptors this process has open: for differences. */
unsigned test_descriptors(void);

/* A deadline nothing but a hang reaches, and one that passes soon. */
int64_t test_late(void);
int64_t test_soon(void);

#endif
