/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FORMAT_H
#define BENCH_FORMAT_H

/* In what form a command prints its result on standard output.  All but the
 * table are for programs: nothing else stands there then. */

enum format {
    FORMAT_TABLE, /* for a terminal */
    FORMAT_CSV,
    FORMAT_JSON,
    FORMAT_MD,
    FORMAT_HTML,
    FORMATS
};

/* "table, csv, json, md, html" */
extern const char *const format_names;

/* 0, or -EINVAL for a name that is none of them. */
int format_find(enum format *out, const char *name);

#endif
