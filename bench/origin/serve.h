/* SPDX-License-Identifier: MIT */
#ifndef ORIGIN_SERVE_H
#define ORIGIN_SERVE_H

/*
 * The parts of the origin: an HTTP server, two echo servers, a control port
 * on one libuv loop.  Everything belongs to the loop's thread.  Nothing is
 * taken down: the process ends, and the kernel with it closes all.
 */

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    ORIGIN_BACKLOG = 4096
};

/* What the control port's `stats` tells. */
struct counters {
    uint64_t connections, requests, messages;
};
extern struct counters counters;

/* CPU time of the process in nanoseconds. */
uint64_t cpu_now(void);

/* A non-blocking socket that listens on a free port of 127.0.0.1, which it
 * stores in *port; or a negative errno. */
int listen_local(unsigned *port);

/* The next connection, non-blocking, or a negative errno: -EAGAIN when there
 * is none.  -EMFILE: one has been refused for want of a descriptor. */
int accept_peer(int listener);

/* A listening socket whose connections are counted and given away. */
struct listener {
    uv_poll_t poll;
    int fd;
    void (*open)(uv_loop_t *loop, int fd);
};

/* 0 and the port, or a negative errno. */
int listener_start(struct listener *listener, uv_loop_t *loop, unsigned *port,
                   void (*open)(uv_loop_t *loop, int fd));

/*
 * Each starts one server: 0 and the port it listens on, or a negative errno.
 */
int http_start(uv_loop_t *loop, unsigned max_connections, unsigned *port);
int echo_start(uv_loop_t *loop, unsigned *port);
int ws_start(uv_loop_t *loop, unsigned *port);
int control_start(uv_loop_t *loop, unsigned *port);

/* Makes the loop's timers punctual; to be started first, so that it sees what
 * others do before the loop blocks.  0 or a negative errno. */
int alarm_start(uv_loop_t *loop);

/* ---- the load generator ---- */

struct load;

struct load_options {
    const char *host; /* numeric */
    unsigned port;
    unsigned connections;
    uint64_t rounds;
    size_t bytes;
    void *owner;
    void (*ready)(void *owner); /* all are connected; load_go() goes on */
    /* Ended: text is the line to answer.  The load is gone. */
    void (*done)(void *owner, const char *text);
};

enum {
    LOAD_MAX_CONNECTIONS = 16384,
    LOAD_MAX_BYTES = 1 << 20
};

/* Starts one; neither callback is called from within. */
int load_start(struct load **out, uv_loop_t *loop,
               const struct load_options *options);
/* Once, after ready(). */
void load_go(struct load *load);
/* Gives it up, without calling back. */
void load_stop(struct load *load);

#endif
