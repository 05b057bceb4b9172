/* SPDX-License-Identifier: MIT */
#ifndef STRESS_H
#define STRESS_H

/* stress.h: the world of test_stress.c, who acts in it, and how. */

#include <stdatomic.h>

#include "test.h"

enum {
    ACTORS = 8,
    ACCOUNTS = 4,
    CHANS = 3,
    UNITS = 3,
    SHORT_NS = 80000
};

struct account {
    struct rt_mutex *mutex;
    struct rt_cond *changed;
    int64_t balance; /* guarded by mutex */
    int holders;     /* guarded by mutex */
};

struct world {
    uint64_t seed;
    unsigned steps;
    struct account accounts[ACCOUNTS];
    struct rt_chan *chans[CHANS];
    struct rt_sem *units;
    struct rt_event *event;
    atomic_int holders;
    /* Set while they run: whoever is in here may cancel the others. */
    _Atomic(struct rt_task *) actors[ACTORS];
    _Atomic int64_t sent, received, children, children_ended;
    _Atomic int64_t producers, producers_ended; /* of generators */
    const char *path;  /* of a file in which each actor has a place */
    atomic_uint slots; /* places that have an owner */
};

struct actor {
    struct world *world;
    uint64_t random;
    struct rt_sock *reader, *writer; /* a stream of its own */
    struct rt_file *file;            /* NULL until it is used */
    unsigned slot;                   /* its place there */
    uint64_t written;                /* what is in it */
    int depth;                       /* of children that may follow */
    bool first;    /* one of the world's actors, not a child */
    bool shielded; /* from cancellation */
};

/* The next of its choices: less than n. */
uint32_t stress_choose(struct actor *a, uint32_t n);

/* A try, a deadline that passes soon, or none. */
int64_t stress_some_deadline(struct actor *a);
/* The same, but never none. */
int64_t stress_short_deadline(struct actor *a);

/* Whether the wait has succeeded; CHECK()s that it had to fail if not. */
bool stress_waited(struct actor *a, int rc);

/* ---- acts outside the tasks' own world (stress_io.c) ---- */

void stress_use_file(struct actor *a);
void stress_offload(struct actor *a);
void stress_generate(struct actor *a);
void stress_use_http(struct actor *a);
void stress_use_ws(struct actor *a);

#endif
