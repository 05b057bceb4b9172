/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_FAKES_H
#define BENCH_TEST_FAKES_H

/*
 * The `cobench` command from outside, in a folder of its own, against made-up
 * trial programs that crash, hang, flood and lie: one workload for each way to
 * behave (fakes.c).  What fails fails the test.
 */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cmocka.h>

#include "trials.h"

struct fakes {
    char program[PATH_MAX]; /* cobench */
    char origin[PATH_MAX];
    char dir[64]; /* the working folder; bin/ in it holds the fakes */
    char *output; /* of the last command, both streams */
};

/* A test that has a `struct fakes`; fakes_find sets up their group. */
#define FAKES(f) \
    cmocka_unit_test_setup_teardown(f, fakes_set_up, fakes_tear_down)
int fakes_set_up(void **state);
int fakes_tear_down(void **state);
int fakes_find(void **state);

void fakes_put(const char *dir, const char *name, const char *text,
               mode_t mode);

/* Runs `cobench` with blank-separated arguments and keeps what it printed; the
 * status as a shell has it. */
int fakes_run(struct fakes *fakes, const char *arguments);

struct fakes_child {
    pid_t pid;
    int fd; /* what it prints */
};

/* The same in two steps; a limit of 0 is none. */
struct fakes_child fakes_start(const struct fakes *fakes, const char *arguments,
                               int resource, rlim_t value);
int fakes_finish(struct fakes *fakes, struct fakes_child child);

/* The trials.jsonl of a run, for trials_fini(). */
struct trials fakes_read(const char *dir);

/* A text of a line; "" when there is none. */
const char *fakes_text(const json_t *line, const char *key);

/* Lines of that workload, phase and outcome; NULL: any. */
int fakes_count(const struct trials *trials, const char *workload,
                const char *phase, const char *outcome);

int fakes_lines(const char *text);
bool fakes_exist(const char *path);

/* Everything that was started has ended: what is left are orphans that were
 * killed and that nobody has taken away yet.  One that lives on would keep us
 * here until the time limit of the test. */
bool fakes_ended(void);

#endif
