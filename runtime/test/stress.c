/* SPDX-License-Identifier: MIT */

/* How actors choose and wait. */

#include "stress.h"

#include <errno.h>

uint32_t stress_choose(struct actor *a, uint32_t n)
{
    return test_random(&a->random) % n;
}

int64_t stress_some_deadline(struct actor *a)
{
    switch (stress_choose(a, 4)) {
    case 0:
        return 0;
    case 1:
        return RT_FOREVER;
    default:
        return rt_in(stress_choose(a, SHORT_NS));
    }
}

int64_t stress_short_deadline(struct actor *a)
{
    return stress_choose(a, 4) ? rt_in(stress_choose(a, SHORT_NS)) : 0;
}

bool stress_waited(struct actor *a, int rc)
{
    CHECK(rc == 0 || rc == -ETIMEDOUT || (rc == -ECANCELED && !a->shielded));
    return rc == 0;
}
