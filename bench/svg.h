/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include <stdio.h>

/*
 * Prints a picture so that it can stand in a page of HTML beside others: its
 * identifiers, and what refers to them, get `prefix` in front; it scales with
 * the page; and it has a role, its own title and the description for readers
 * who do not see it.  What a chart does not need is left out: other elements
 * and attributes than those that draw (scripts, links and whatever else could
 * reach out of the picture among them), empty groups, and the typeface, which
 * is the page's.
 *
 * svg: the whole file, ended by a zero.  0, or -EBADMSG: no such picture, or
 * not a whole one; then nothing has been printed.  -ENOMEM.
 */
int svg_print(FILE *file, const char *svg, const char *prefix,
              const char *description);

#endif
