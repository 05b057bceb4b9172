/* SPDX-License-Identifier: MIT */
#ifndef FAULT_CALLS_H
#define FAULT_CALLS_H

/* fault_calls.h: every constructor and operation of rt.h, to be called while
 * something fails. */

#include "test.h"

enum {
    FAULT_INSTEAD = 3
};

/*
 * Makes what it needs, uses it, frees it, whatever happens in between: 0 when
 * all went well, else the first error.  From a task, with a server (server.h).
 */
struct fault_call {
    const char *name;
    int (*call)(void);
    unsigned tasks; /* that must be able to block, besides the caller */
    bool http;      /* needs rt_http_* */
    int instead[FAULT_INSTEAD]; /* errors that a library makes of some */
};

extern const struct fault_call fault_calls[];
extern const size_t fault_calls_count;

/* Whether this runtime can make it. */
bool fault_call_possible(const struct fault_call *call);

/* Group set-up: the folder for files and Unix sockets; and its end. */
int fault_calls_begin(void **state);
int fault_calls_end(void **state);

#endif
