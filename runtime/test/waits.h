/* SPDX-License-Identifier: MIT */
#ifndef WAITS_H
#define WAITS_H

/*
 * waits.h: the waiting calls of rt.h, each with a scene in which it waits, so
 * that a test can do the same with each of them.  Those that complete what has
 * begun before they look for a cancellation have tests of their own
 * (test_offload, test_file, test_look_up), and so have those that end others
 * first (rt_timeout(), rt_gather_or_cancel()) and a generator's producer.
 */

#include "ws_peer.h"

enum {
    WAIT_QUEUE = 8 /* connections that more than fill a backlog of 1 */
};

/* A waiting call and all it needs.  `wait` is made by a task that cannot go
 * on; `satisfy`, by main, is what it waits for: once, for one task. */
struct scene {
    const struct wait_op *op;
    struct rt_mutex *mutex;
    struct rt_cond *cond;
    struct rt_sem *sem;
    struct rt_event *event;
    struct rt_chan *chan;
    struct rt_sock *a, *b, *extra[WAIT_QUEUE];
    struct rt_http *http;
    struct ws_peer ws_peer; /* its socket is ours once it has ended */
    struct rt_ws *ws;
    struct rt_gen *gen;
    struct rt_task *inner[2];
    unsigned char *much;
    int flags;    /* guarded by mutex */
    int in_mutex; /* guarded by mutex */
};

struct wait_op {
    const char *name;
    bool (*open)(struct scene *s);
    int (*wait)(struct scene *s, int64_t deadline);
    void (*satisfy)(struct scene *s); /* NULL: nothing does */
    void (*close)(struct scene *s);
    unsigned tasks; /* besides main and the one that waits */
    bool partial;   /* cannot be tried again after a cancellation */
};

extern const struct wait_op wait_ops[];
extern const size_t wait_ops_count;

/* The one of that name. */
const struct wait_op *wait_op(const char *name);

/* False when the runtime cannot have the tasks it needs, or a CHECK() failed:
 * there is nothing to close then. */
bool open_scene(struct scene *s, const struct wait_op *op);

/* Says of which call the check was. */
#define CHECK_OP(op, actual, expected)                                 \
    test_check_int((int64_t)(actual), (int64_t)(expected), (op)->name, \
                   __FILE__, __LINE__)

/* What the call does when nothing satisfies it and a deadline comes. */
int wait_in_vain(const struct wait_op *op);

#endif
