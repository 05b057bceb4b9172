/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

/*
 * What the hand-written counterparts of workloads have in common: sockets to
 * the origin, and the game that an echo client plays.  They take the
 * parameters and owe the receipt of the workload of the same name, and play
 * closed loops only.
 */

#include <netinet/in.h>

#include "workload.h"

/* What rt_run() was given. */
extern struct rt_options reference_options;

/* A port of WORK_HOST. */
struct sockaddr_in reference_address(unsigned port);
/* A socket connected to it, TCP_NODELAY and close-on-exec set; blocks.  The
 * descriptor, or a negative errno. */
int reference_connect(unsigned port);

/* 0 where the parameters ask for a closed loop with the origin, else -ENOTSUP,
 * and the reason is in the record. */
int reference_closed(struct work *work);

/* ---- echo: see bench/workloads/echo.c ---- */

enum {
    ECHO_BYTES_MAX = 1024
};

/* Begins the description of the workload. */
#define ECHO_DESCRIPTION                                                       \
    .name = "echo", .question = "What does a TCP round trip cost the client?", \
    .op = "round trip", .axis = "conns", .calibrated = "rounds",               \
    .flags = WORK_ORIGIN, .fds = "conns",                                      \
    .params = { { "conns", "100" },                                            \
                { "connect", "" },                                             \
                { "bytes", "64", 1, ECHO_BYTES_MAX },                          \
                { "schedule", "closed" },                                      \
                { "rate", "0" },                                               \
                { "rounds", "10000", 1, 1e8 } }

struct echo {
    struct work *work;
    uint64_t conns, rounds;
    size_t bytes;
    uint64_t active; /* connections that have not played their share */
};

/* One connection's part of the game. */
struct echo_conn {
    struct echo *echo;
    uint64_t rounds; /* its share */
    uint64_t ops, digest;
    size_t got; /* of the current answer */
    int64_t start;
};

/* By the parameters of the work.  -ENOTSUP for an open loop. */
int echo_init(struct echo *echo, struct work *work);
/* A socket connected to the origin, which has echoed a byte over it, see
 * work_conn_open(); blocks.  The descriptor, or a negative errno. */
int echo_dial(const struct echo *echo);
/* The index-th connection of the game; counts it as active if it has a
 * share. */
void echo_join(struct echo *echo, struct echo_conn *conn, uint64_t index);
/* Writes the next message, echo->bytes long, to `out`; the clock of its
 * latency starts. */
void echo_message(struct echo_conn *conn, unsigned char *out);
/* Takes what was read.  1: that was all of an answer, and the next message is
 * to be sent; 0: wait; -EBADMSG: it differs; -ECONNRESET: nothing was read. */
int echo_take(struct echo_conn *conn, const unsigned char *in, size_t bytes);
/* Adds what a connection has done. */
void echo_add(struct receipt *receipt, const struct echo_conn *conn);

#endif
