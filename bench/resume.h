/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RESUME_H
#define BENCH_RESUME_H

/*
 * Going on with an earlier run: cobench run --resume.
 */

#include "session.h"

/* Decides whether there is something to go on with.  Sets `resumes` and takes
 * the earlier run's options, or says why a fresh run is started; *done: there
 * is nothing to do at all.  A status. */
int resume_find(struct session *session, bool *done);

/* The cells must be those of the first line: other programs would make
 * another run of it.  A status. */
int resume_check(const struct session *session);

/* Adds what came of the earlier parts of a run: a failure stays one. */
void resume_count(const struct session *session, struct run_summary *summary);

#endif
