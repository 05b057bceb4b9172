/* SPDX-License-Identifier: MIT */
/* verdict.csv: coroutines against threads, point by point, for its chart. */

#include <string.h>

#include "kinds.h"

static const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_UNCLEAR] = "unclear",
        [OUTCOME_SAME] = "same",
        [OUTCOME_A] = "coroutines",
        [OUTCOME_B] = "threads",
    };
    return names[outcome];
}

static void print_points(FILE *file, const struct kind *kind,
                         const struct contest *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct point *p = &c->points[i];
        if (p->ratio.n == 0)
            continue;
        fprintf(file, "%s,%s,%s,%s,%s,%.10g,", kind->heading, side_name(c->a),
                contest_measure(c), c->cpus, p->b->name, p->ratio.median);
        if (p->ratio.interval)
            fprintf(file, "%.10g,%.10g,", p->ratio.low, p->ratio.high);
        else
            fputs("-,-,", file);
        fprintf(file, "%s\n", outcome_name(p->outcome));
    }
}

int results_verdict(FILE *file, const struct analysis *a)
{
    int error = 0;
    fputs("kind,way,measure,cpus,cell,ratio,low,high,winner\n", file);
    for (size_t k = 0; k < KINDS && !error; k++) {
        struct contest contests[KIND_CONTESTS];
        size_t held;
        bool planned;
        error = kind_contests(contests, &held, &planned, &kinds[k], a);
        for (size_t i = 0; i < held && !error; i++)
            if (contests[i].b == SIDE_THREADS)
                print_points(file, &kinds[k], &contests[i]);
        kind_end(contests, held);
    }
    return error;
}
