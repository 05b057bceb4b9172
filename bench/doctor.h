/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DOCTOR_H
#define BENCH_DOCTOR_H

/*
 * What about this machine disturbs a measurement: judged from what env.h has
 * found out, so that an old run can be judged as well as this moment.
 */

#include <jansson.h>
#include <stddef.h>

enum doctor_grade {
    DOCTOR_UNKNOWN, /* the system does not say */
    DOCTOR_FINE,
    DOCTOR_NOTE,    /* part of the result, or limits what can be measured */
    DOCTOR_DISTURBS /* numbers are not to be trusted: --strict refuses */
};

struct finding {
    const char *what;   /* "CPU frequency" */
    const char *source; /* where it was looked up */
    const char *means;  /* for the numbers */
    const char *remedy; /* "" where there is none */
    enum doctor_grade grade;
    char found[96]; /* "governor powersave" */
};

enum {
    DOCTOR_MAX = 24
};

/* Judges an environment (see env.h); returns how many findings there are, at
 * most DOCTOR_MAX, in an order fit to be read. */
size_t doctor_judge(const json_t *env, struct finding findings[DOCTOR_MAX]);

/* Sets env's "warnings": a line for each that disturbs. */
void doctor_warn(json_t *env);

#endif
