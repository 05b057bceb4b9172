/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LATE_CURL_H
#define BENCH_LATE_CURL_H

/*
 * libcurl brings thirty libraries with it, and loading them is most of what a
 * short trial takes.  So trial programs are not linked with it: they have its
 * functions from here, which pass each call on once it has been loaded.
 */

/* Loads it; for workloads with WORK_HTTP, before anything is measured.  NULL,
 * or why it cannot be. */
const char *late_curl_load(void);

#endif
