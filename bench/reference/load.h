/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REFERENCE_LOAD_H
#define BENCH_REFERENCE_LOAD_H

/*
 * The other side of a hand-written echo_server: the origin as the load
 * generator (origin.h), and its report against what was served.
 */

#include "reference.h"

/* Begins the description of the workload. */
#define ECHO_SERVER_DESCRIPTION                                              \
    .name = "echo_server",                                                   \
    .question = "What does a TCP message cost the server?", .op = "message", \
    .axis = "conns", .calibrated = "rounds", .flags = WORK_ORIGIN,           \
    .params = { { "conns", "100" },                                          \
                { "bytes", "64", 1, ECHO_BYTES_MAX },                        \
                { "rounds", "10000", 1, 1e8 } },                             \
    .fds = "conns"

struct load {
    struct work *work;
    uint64_t conns;
    size_t bytes;
    int control;    /* to the origin; -1: not open */
    char line[256]; /* what it said last */
    size_t length;
    bool done; /* the timed part is over: the load closes its connections once
                  the control connection is closed */
};

/* By the parameters of the work. */
void load_init(struct load *load, struct work *work);
/* Asks for connections to that port.  0, or a negative errno. */
int load_start(struct load *load, unsigned port);
/* The control connection can be read: "ready" begins the timed part, the next
 * line ends it.  0, or the error that ends the trial. */
int load_read(struct load *load);
/* No-op where it is closed. */
void load_close(struct load *load);
/* Hands in the receipt, with the bytes that were sent back over all
 * connections.  0, or -EBADMSG where the load got something else. */
int load_check(struct load *load, uint64_t served);

#endif
