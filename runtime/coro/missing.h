/* SPDX-License-Identifier: MIT */
#ifndef RT_CORO_MISSING_H
#define RT_CORO_MISSING_H

/*
 * Pages that are taken away while others may touch them, and put back as they
 * do: userfaultfd(2).
 */

#include <stdbool.h>
#include <stddef.h>

enum {
    CO_MISSING_BATCH = 64 /* pages that can be on the bench at a time */
};

/* From now on a thread calls wanted(page) for each missing page that somebody
 * waits for; he looks again when that returns.  It may only put pages, and
 * take no lock that is held by whoever might wait for one.  -ENOTSUP: the
 * system does not let us; -ENOMEM, -EMFILE, -EAGAIN. */
int co_missing_open(void (*wanted)(char *page));
/* Nothing may be missing. */
void co_missing_close(void);
/* In a child of fork(2), instead: it has no such thread, and its pages are not
 * watched.  To be called before anything else. */
void co_missing_forked(void);

/* Puts these pages under watch.  Those in use stay; those never used are
 * missing from now on.  False when it cannot be done. */
bool co_missing_watch(char *low, size_t bytes);

/* Takes a watched page away, as a whole and at once; returns where it lies
 * now: the spot on the bench, which is free.  NULL: it cannot be done now,
 * the kernel may have lent it out. */
const char *co_missing_take(char *page, size_t spot);
/* Drops what lies on the first n spots. */
void co_missing_drop(size_t n);

/* Puts a missing page there, at once: a copy of this one, or, with NULL, of
 * zeros. */
void co_missing_put(char *page, const char *from);

#endif
