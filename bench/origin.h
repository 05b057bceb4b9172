/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ORIGIN_H
#define BENCH_ORIGIN_H

/*
 * The origin: the target server of network workloads, a process of its own,
 * never built on rt.h; and how to start and ask it.
 *
 * `origin [--cpu N] [--parent PID]` binds four free ports of 127.0.0.1,
 * prints one line on standard output
 *
 *   origin ready http=PORT echo=PORT ws=PORT control=PORT
 *
 * and serves until standard input ends, SIGTERM, or, with --parent, until
 * that process is no longer its parent.  SIGINT is left to the parent.
 *
 *   http     GET /delay/SECONDS (a decimal up to 3600; answers then with a
 *            few bytes), GET /bytes/N (up to 64 MiB; byte j of the body is
 *            'a' + j % 26), and /bytes/N?delay_ms=D; 404, 405 and 400
 *            otherwise.  An answer is never early, and late by up to a
 *            millisecond.
 *   echo     sends back what it reads
 *   ws       a WebSocket (RFC 6455) that sends back each message, up to
 *            16 MiB, whatever its path
 *   control  one request per line, one line back:
 *     stats            -> cpu_ns=N connections=N requests=N messages=N
 *                         (connections: accepted on http, echo and ws so
 *                         far; requests: http requests, whatever their answer;
 *                         messages: echo reads and ws messages answered)
 *     load HOST PORT CONNS ROUNDS BYTES [hold]
 *                      -> ok rounds=N bytes=N digest=HEX wall_ns=N cpu_ns=N
 *                         or error MESSAGE.  See below.
 *     quit             -> ends the origin
 *     anything else    -> error MESSAGE
 *
 * The load generator opens CONNS connections to an echo server, at most 512
 * pending at a time: each plays one round trip that is not counted, to know
 * that it has been accepted.  With `hold` it then answers `ready` and waits
 * for the line `go`.  Then it plays ROUNDS round trips in all, closed loop,
 * one message in flight per connection, the next one going to whichever
 * connection is free.  wall_ns and cpu_ns (the origin's own) are of that part
 * alone.  It runs in the origin's own loop, one load at a time; closing the
 * control connection ends it.
 *
 * Byte j of the message of round trip k of a connection (the one that is not
 * counted has k = 0) is (j + k) mod 256, and so must be the answer's.  Each
 * adds work_hash(BYTES * 256 + d) to the digest (see workload.h), where d is
 * the answer's last byte minus k, mod 256: the same for each round trip.
 *
 * COBENCH_ORIGIN="http=P echo=P ws=P control=P" tells a trial of a running one.
 */

#include <stdint.h>
#include <sys/types.h>

struct origin {
    pid_t pid;    /* 0 when it is somebody else's */
    int stdin_fd; /* closing it ends the origin; -1 when not ours */
    int control_fd;
    unsigned http_port, echo_port, ws_port, control_port;
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
