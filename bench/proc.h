/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

/*
 * One process, from start to end, in a group of its own: its time is limited,
 * what it says is collected up to a cap, and nothing of its group outlives it
 * or us.  The caller sleeps in ppoll() meanwhile.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

struct proc_options {
    const char *const *argv; /* argv[0] is the path; ended by NULL */
    const char *const *env;  /* "NAME=VALUE", set above our own environment;
                                NULL: none */
    int64_t limit_ns;        /* 0: no limit */
    int64_t tick_ns;         /* call tick() that often; 0: never */
    void (*tick)(void *arg);
    void *tick_arg;
    size_t out_keep; /* of standard output; 0: 4 KiB */
    bool insist;     /* not ended by an interrupt: it cleans up after one */
    bool relay;      /* an interrupt is passed on to it: it ends by itself */
    int out_fd;      /* it goes there instead of being kept; 0: it is kept */
};

enum proc_end {
    PROC_EXITED,      /* code: the exit status */
    PROC_SIGNALED,    /* code: the signal */
    PROC_TIMEOUT,     /* killed: it took longer than limit_ns */
    PROC_FLOODED,     /* killed: it wrote without end */
    PROC_INTERRUPTED, /* killed: we were told to stop */
};

struct proc_text {
    char *data; /* NUL-terminated; may hold NULs besides */
    size_t bytes;
    uint64_t seen; /* more than `bytes` where some was thrown away */
};

struct proc_result {
    enum proc_end end;
    int code;
    int64_t ns; /* from just before the start until its end was seen */
    struct proc_text record; /* descriptor COBENCH_RECORD_FD */
    struct proc_text out, err;
    /* Of the process and of those it waited for: CPU time, and in ru_maxrss
     * the peak of the largest one.  That of a process is carried over exec:
     * it is at least what we, and a shell that became the program, took. */
    struct rusage usage;
};

/* Runs it and waits for its end.  On failure (-ENOENT, -EAGAIN, -EMFILE: it
 * could not be started) there is no result to free. */
int proc_run(const struct proc_options *options, struct proc_result *result);
void proc_result_fini(struct proc_result *result);

/* The monotonic clock, ns. */
int64_t proc_now(void);

#endif
