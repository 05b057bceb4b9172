/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ORIGIN_H
#define BENCH_ORIGIN_H

/*
 * The origin: the target server of network workloads, a process of its own,
 * never built on rt.h; and how to start and ask it.
 *
 * `origin [--cpu N] [--parent-fd N]` binds three free ports of 127.0.0.1,
 * prints one line on standard output
 *
 *   origin ready http=PORT echo=PORT control=PORT
 *
 * and serves until its parent dies, standard input ends, or SIGTERM:
 *
 *   http     GET /delay/SECONDS (a decimal; answers then with a few bytes),
 *            GET /bytes/N, and /bytes/N?delay_ms=D; 404 and 400 otherwise
 *   echo     sends back what it reads
 *   control  one request per line, one line back:
 *     stats            -> cpu_ns=N connections=N requests=N messages=N
 *                         (connections: accepted on http and echo so far;
 *                         messages: echo reads answered)
 *     load HOST PORT CONNS ROUNDS BYTES
 *                      -> ok rounds=N bytes=N digest=HEX wall_ns=N
 *                         or error MESSAGE.  Opens CONNS connections to an
 *                         echo server, in waves, then plays ROUNDS round
 *                         trips in all, closed loop, checking each answer.
 *                         Runs in the origin's own loop.
 *     quit             -> ends the origin
 *
 * COBENCH_ORIGIN="http=P echo=P control=P" tells a trial of a running one.
 */

#include <stdint.h>
#include <sys/types.h>

struct origin {
    pid_t pid;    /* 0 when it is somebody else's */
    int stdin_fd; /* closing it ends the origin; -1 when not ours */
    int control_fd;
    unsigned http_port, echo_port, control_port;
};

struct origin_stats {
    uint64_t cpu_ns, connections, requests, messages;
};

/* Starts the program at `path`, pinned to `cpu` (-1: not), and waits at most
 * ten seconds for its ready line.  -ENOENT, -ETIMEDOUT, -EPROTO, ... */
int origin_start(struct origin *origin, const char *path, int cpu);
/* Connects to the one COBENCH_ORIGIN describes; -ENOENT when unset. */
int origin_attach(struct origin *origin);
/* The text for COBENCH_ORIGIN; returns text. */
char *origin_describe(const struct origin *origin, char *text, size_t size);
/* Blocking, at most five seconds.  -ECONNRESET when it has died. */
int origin_stats(struct origin *origin, struct origin_stats *out);
/* Ends it if it is ours, and reaps it. */
void origin_stop(struct origin *origin);

#endif
