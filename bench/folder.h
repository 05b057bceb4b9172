/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FOLDER_H
#define BENCH_FOLDER_H

/*
 * The folders of runs: results/local/<run-id>/ and the link `latest`.
 */

#include <stddef.h>

/* The link to the latest run. */
extern const char folder_latest[];

/* Makes the folder and those above it; -EACCES, -ENOTDIR, ... */
int folder_make(const char *path);

/* Whether folder_make() would do, without making anything. */
int folder_check(const char *path);

/* Makes a new one under results/local, named by the time.  Writes its path. */
int folder_new(char *path, size_t size);

/* Points results/local/latest to it, in one step. */
int folder_link(const char *path);

#endif
