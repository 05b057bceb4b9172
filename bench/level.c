/* SPDX-License-Identifier: MIT */
#include "level.h"

#define MISS 0.05

int level_step_up(size_t m, level_judge_fn judge, void *arg)
{
    for (size_t r = m; r > 0; r--) {
        size_t decided = 0;
        int error = judge(arg, 1 - MISS * (double)r / (double)m, &decided);
        if (error || decided >= r)
            return error;
    }
    return 0;
}
