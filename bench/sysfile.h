/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SYSFILE_H
#define BENCH_SYSFILE_H

/*
 * What the kernel tells in files of a few lines.  Both write into line and
 * return a place in it, or NULL when there is nothing of the kind.
 */

#include <stddef.h>

/* The first line of a file without its end; the path is a format. */
char *sysfile_line(char *line, size_t size, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/* The text behind "key" and a colon in a file of such lines. */
char *sysfile_field(char *line, size_t size, const char *path, const char *key);

#endif
