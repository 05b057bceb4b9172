/* SPDX-License-Identifier: MIT */
/* Measures the same thing until the time is over. */
#include "floor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"

enum {
    NINE = 9,
    ARGUMENTS = 8
};

/* The wall time in the record, in seconds; negative when there is none. */
static double wall_of(const struct proc_result *result)
{
    json_t *record =
        result->record.data
            ? json_loadb(result->record.data, result->record.bytes, 0, NULL)
            : NULL;
    const json_t *wall = json_object_get(record, "wall_ns");
    double seconds = wall ? json_number_value(wall) * 1e-9 : -1;
    json_decref(record);
    return seconds;
}

static int run_once(const char *const *argv, double *seconds)
{
    static const char *const env[] = { "COBENCH_RECORD_FD=3", NULL };
    struct proc_options options = { .argv = argv,
                                    .env = env,
                                    .limit_ns = INT64_C(10000000000) };
    struct proc_result result;
    int error = proc_run(&options, &result);
    if (error)
        return error;
    *seconds = wall_of(&result);
    if (result.end == PROC_INTERRUPTED)
        error = -EINTR;
    else if (result.end != PROC_EXITED || result.code != 0 || *seconds < 0)
        error = -EIO;
    proc_result_fini(&result);
    return error;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Each nine in turn, as a run would have had them; the median of their
 * intervals' half widths. */
static double width_of_nine(const double *walls, size_t n)
{
    double widths[FLOOR_TRIALS / NINE];
    size_t groups = 0;
    struct estimate e;
    for (size_t at = 0; at + NINE <= n; at += NINE)
        if (stats_estimate(&e, walls + at, NINE) == 0)
            widths[groups++] = (e.high - e.low) / 2 / e.median;
    qsort(widths, groups, sizeof widths[0], ascending);
    return groups > 0 ? widths[groups / 2] : 0;
}

static int evaluate(struct floor *out, double *walls, size_t n)
{
    if (n < NINE)
        return -EAGAIN;
    out->nine = width_of_nine(walls, n);
    int error = stats_estimate(&out->wall, walls, n);
    qsort(walls, n, sizeof walls[0], ascending);
    out->low = walls[n / 10];
    out->high = walls[n - 1 - n / 10];
    out->spread = (out->high - out->low) / out->wall.median;
    return error ? error : (int)n;
}

int floor_measure(struct floor *out, const char *path,
                  const char *const *arguments, int64_t budget_ns)
{
    const char *argv[ARGUMENTS + 2] = { path };
    double walls[FLOOR_TRIALS], first;
    size_t n = 0;
    for (size_t i = 0; arguments[i] && i < ARGUMENTS; i++)
        argv[i + 1] = arguments[i];
    int error = run_once(argv, &first);
    int64_t end = proc_now() + budget_ns;
    while (error == 0 && n < FLOOR_TRIALS && (n < NINE || proc_now() < end))
        error = run_once(argv, &walls[n++]);
    return error ? error : evaluate(out, walls, n);
}
