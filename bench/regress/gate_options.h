/* SPDX-License-Identifier: MIT */
#ifndef GATE_OPTIONS_H
#define GATE_OPTIONS_H

/*
 * The command line of `cobench regress`.
 */

#include <stdbool.h>
#include <stdint.h>

struct gate_options {
    const char *base;                /* a revision; NULL: none */
    const char *base_bin, *head_bin; /* folders of programs; NULL: none */
    const char *metrics;             /* comma list of globs; NULL: all */
    const char *replay;              /* a regress.json; NULL: none */
    const char *out;
    int64_t budget_ns;
    uint64_t seed; /* where seed_given */
    bool seed_given, force, record, list, help;
};

/* The strings live as long as argv.  A status, of command.h: STATUS_FINE, or
 * STATUS_USAGE after one line on standard error. */
int gate_options_parse(struct gate_options *out, int argc, char **argv);

extern const char *const gate_options_help;

#endif
