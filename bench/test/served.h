/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_SERVED_H
#define BENCH_TEST_SERVED_H

/* served.h: for tests of the origin program: one of its own for each test, and
 * connections to it.  What fails fails the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "origin.h"

/* A test that has `served`. */
#define SERVED(f) \
    cmocka_unit_test_setup_teardown(f, served_set_up, served_tear_down)
int served_set_up(void **state);
int served_tear_down(void **state);

extern struct origin served;

/* The program's path. */
const char *served_program(void);

struct origin_stats served_stats(void);

/* A blocking connection to one of its ports. */
int served_dial(unsigned port);
void served_send(int fd, const void *data, size_t bytes);
void served_receive(int fd, void *data, size_t bytes);

#endif
