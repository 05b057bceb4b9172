/* SPDX-License-Identifier: MIT */
#ifndef FAULTS_H
#define FAULTS_H

/*
 * faults.h: makes the system refuse what the runtime asks of it.  The tests
 * are linked with --wrap, so that calls from the runtime's own objects come
 * here first; those that libuv makes do not, and of libcurl's only its
 * allocations, see faults_take_curl().  Any thread may call anything here.
 */

#include <stdbool.h>

/* ---- the n-th call of a kind fails ---- */

enum fault_kind {
    FAULT_ALLOC,  /* of memory: NULL */
    FAULT_MAP,    /* mmap(2): ENOMEM */
    FAULT_THREAD, /* pthread_create(3): EAGAIN */
    FAULT_KINDS
};

/* The nth call from now on fails, 1 is the next. */
void fault_arm(enum fault_kind kind, int nth);
/* Whether it has; nothing fails any more. */
bool fault_disarm(enum fault_kind kind);

/* Has libcurl make its objects and strings through the wrapped calls.  Before
 * anybody else uses libcurl. */
bool faults_take_curl(void);

/* ---- one call fails with an error ---- */

enum fault_syscall {
    FAULT_READ, /* recv(2) too */
    FAULT_WRITE,
    FAULT_PREAD,
    FAULT_PWRITE,
    FAULT_OPEN,
    FAULT_SYNC,
    FAULT_STAT,
    FAULT_SOCKET,
    FAULT_CONNECT,
    FAULT_ACCEPT,
    FAULT_SYSCALLS
};

/* The next one of them fails with this errno. */
void fault_once(enum fault_syscall call, int error);
/* Whether it has; it will not any more. */
bool fault_came(enum fault_syscall call);

/* ---- weather ---- */

enum {
    FAULT_CALM = 0,
    FAULT_INTERRUPTS = 1, /* one call in FAULT_PERIOD that may wait gets
                             EINTR; a connect(2) has begun all the same */
    FAULT_PERIOD = 3,
    FAULT_DRIPS = 2, /* transfers move 3 bytes at most */
    FAULT_DRIP_BYTES = 3
};
/* The first call to be interrupted is the one with number `first`, from 0. */
void fault_weather(int weather, unsigned first);
/* How many calls it has touched since it was set. */
unsigned fault_touched(void);

#endif
