/* SPDX-License-Identifier: MIT */
#ifndef RT_GUEST_LACK_H
#define RT_GUEST_LACK_H

/*
 * lack.h: what an adapter does not implement.  lack.c stands in for every
 * optional function of rt.h that the adapter leaves out.
 */

/* Remembers what was asked for and returns -ENOTSUP. */
int lack(const char *what);

/* The first thing asked for that was not there, or NULL; forgets it.  So the
 * conformance suite knows a test the runtime cannot take from one it fails. */
const char *lack_seen(void);

#endif
