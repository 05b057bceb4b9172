/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_NOISE_H
#define BENCH_TEST_NOISE_H

/*
 * Made-up measurements of pairs on a machine that misbehaves in one of six
 * ways, for the statistics to prove themselves on.  Every sample has 5 %
 * lognormal noise besides.
 */

#include <stddef.h>

#include "chance.h"

enum noise {
    NOISE_LOGNORMAL, /* 20 % more of it */
    NOISE_BIMODAL,   /* one sample in four takes three times as long */
    NOISE_SPIKES,    /* one in twelve takes up to ten times as long */
    NOISE_DRIFT,     /* AR(1) over all samples, coefficient 0.95, 20 % */
    NOISE_STEP,      /* everything takes 1.6 times as long from somewhere on */
    NOISE_RAMP,      /* everything takes ever longer, twice at the end */
    NOISES
};
const char *noise_name(enum noise noise);

/* Fills n pairs in the order of balanced random blocks; head takes `factor`
 * times as long. */
void noise_pairs(double *base, double *head, size_t n, enum noise noise,
                 double factor, struct chance *chance);

#endif
