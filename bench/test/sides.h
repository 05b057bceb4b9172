/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_SIDES_H
#define BENCH_TEST_SIDES_H

/*
 * Two sides for `cobench regress` to compare, base/ and head/ in a folder of
 * the test's own: made-up trial programs whose speed and manners a file says.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "program.h"

/* The only metric they have. */
#define METRIC "switch_pair/via:yield/cpus:1/runtime:coro ns_per_op"

/* A test that has both sides, of the same speed. */
#define SIDES(f) \
    cmocka_unit_test_setup_teardown(f, sides_set_up, sides_tear_down)
int sides_set_up(void **state);
int sides_tear_down(void **state);

extern char sides_folder[64];

/* Writes a file there.  base/manners and head/manners set ns, a time per
 * operation, and may do worse. */
void sides_put(const char *name, const char *text);

/* Compares both by that metric; `before` stands before the command, `more`
 * behind it; sides_need_cpu(). */
void sides_compare(struct program *run, const char *before, const char *more);

/* Skips the test where the run of cobench regress had too little of the CPU for
 * a verdict. */
void sides_need_cpu(const struct program *run);

/* Fails, with what the program said, where its exit status is another. */
#define assert_ended(run, status) sides_assert(run, status, __FILE__, __LINE__)
void sides_assert(const struct program *run, int status, const char *file,
                  int line);

/* Skips the test where there is no git. */
void sides_need_git(void);

#endif
