/* SPDX-License-Identifier: MIT */
/* The table of profiles. */

#include "profile.h"

#include <string.h>

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

const struct profile profiles[PROFILES] = {
    { "quick", 3, 50 * MS, 30 * SECOND },
    { "default", 9, 300 * MS, 60 * SECOND },
    { "full", 9, 300 * MS, 600 * SECOND },
    /* Six rounds are the fewest that make an interval. */
    { "scale", 6, 300 * MS, 300 * SECOND },
};

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < PROFILES; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}
