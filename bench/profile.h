/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

/*
 * The profiles of a run: how much it measures, and for how long.  Which cells
 * they are is each workload's own to say (struct cells in workload.h).
 */

#include <stddef.h>
#include <stdint.h>

struct profile {
    const char *name;
    unsigned repetitions; /* rounds, unless others are asked for */
    int64_t target_ns;    /* about what a calibrated trial takes */
    int64_t patience_ns;  /* no trial is killed before */
};

enum {
    PROFILES = 4
};
extern const struct profile profiles[PROFILES];

/* NULL where there is none of that name. */
const struct profile *profile_find(const char *name);

#endif
