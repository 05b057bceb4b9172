/* SPDX-License-Identifier: MIT */
#ifndef GATE_SESSION_H
#define GATE_SESSION_H

/*
 * One run of `cobench regress` and the steps that are the same with a base and
 * without one.  Whatever fails leaves a line on standard error.
 */

#include <limits.h>
#include <stdbool.h>

#include "catalog.h"
#include "gate.h"
#include "gate_build.h"
#include "gate_options.h"
#include "gate_plan.h"
#include "gate_rounds.h"

enum {
    SESSION_MESSAGE = PATH_MAX + 1024
};

struct session {
    struct gate_options options;
    struct gate gate;
    struct gate_plan plan;
    struct gate_build build;
    struct catalog base, head;
    char folder[PATH_MAX]; /* of this program */
    char message[SESSION_MESSAGE];
    const char *out; /* folder of the reports */
};

/* Prints the message; returns the status. */
int session_complain(struct session *session, int status);
/* Likewise, unless an interrupt or the lack of memory is why a step failed
 * with `err`; those have a status of their own. */
int session_status(struct session *session, int err, int status);
/* The status where the programs of head cannot be used, by whose they are. */
int session_head_status(const struct session *session);

/* What the programs in a folder offer; a message on failure. */
int session_catalog(struct session *session, struct catalog *catalog,
                    const char *folder);
/* What to plan for; `inject` as COBENCH_INJECT, or NULL. */
struct gate_wishes session_wishes(const struct session *session,
                                  const char *inject);
/* Whether nothing that is planned or left out matches the metrics asked for;
 * and what to say then. */
bool session_is_empty(const struct session *session);
int session_refuse_empty(struct session *session);

/* Measures the plan; 0 or a negative errno. */
int session_measure(struct session *session, struct gate_effort *effort);
/* Judges, and writes the reports; returns the exit status. */
int session_conclude(struct session *session);

/* Compares ratios of two runtimes with what is recorded, or records them;
 * returns the exit status. */
int session_ratios(struct session *session, const char *inject);

#endif
