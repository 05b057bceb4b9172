/* SPDX-License-Identifier: MIT */
#ifndef GATE_ACCEPT_H
#define GATE_ACCEPT_H

/*
 * Slowdowns that a commit says are wanted, by a trailer of its message:
 *
 *   Perf-Accept: <metric glob> +NN% <reason>
 *
 * as in "Perf-Accept: echo/<any> +12% checks every read now".  The glob is
 * that of fnmatch(3), where a star matches slashes and blanks too.  As JSON:
 * {"glob": "echo/...", "percent": 12, "reason": "checks every read now"}.
 */

#include <jansson.h>
#include <stddef.h>

/* One trailer's value; NULL when it is not of that form. */
json_t *gate_accept_parse(const char *line);

/* Adds every line of text to the array `accepts`; *bad (64 bytes and more)
 * becomes the first that is none, or "". */
void gate_accept_read(json_t *accepts, const char *text, char *bad,
                      size_t bad_size);

/* The most generous one whose glob matches the name, or NULL. */
const json_t *gate_accept_find(const json_t *accepts, const char *name);

#endif
