/* SPDX-License-Identifier: MIT */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

/*
 * The command line of `cobench run`.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "profile.h"

struct options {
    json_t *workloads; /* array of names; NULL: all */
    json_t *runtimes;  /* array of specifications; NULL: as the cells say */
    json_t *params;    /* object: name -> array of texts, in order given */
    json_t *arguments; /* array: what was typed, without what only says where
                          (--out, --resume) and how to show it (--format) */
    const struct profile *profile;
    const char *out;       /* NULL: results/local/<run-id> */
    enum format format;    /* of standard output */
    unsigned repetitions;  /* 0: the profile's */
    uint64_t seed;         /* where seed_given */
    int64_t budget_ns;     /* 0: none */
    double precision;      /* to be reached, 0.02 for 2 %; 0: none */
    int64_t time_limit_ns; /* per trial; 0: by its expected time */
    bool seed_given, no_warmup, resume, dry_run, strict, no_charts, help;
};

/*
 * Parses the arguments behind `run`; argv[0] is the name of the command.
 * Returns a status, of command.h: STATUS_FINE, or STATUS_USAGE after one line
 * on standard error.  The strings live as long as argv.  --cpus V is stored as
 * the parameter "cpus".
 */
int options_parse(struct options *out, int argc, char **argv);
void options_fini(struct options *options);

/* The help text of `cobench run`. */
extern const char *const options_help;

#endif
