/* SPDX-License-Identifier: MIT */
/*
 * Searches the number of operations for a target time.
 */
#include "calibrate.h"

#include <math.h>

enum {
    FIRST_COUNT = 64,
    TRIES = 10,
    LEAST_STEPS = 4
};
/* A short trial is mostly start-up and tells little about a long one. */
static const double MOST_GROWTH = 256;

/* Two digits: easier to read, and the error is below the noise. */
static double rounded(double count)
{
    if (count < 100)
        return floor(count);
    double unit = pow(10, floor(log10(count)) - 1);
    return floor(count / unit) * unit;
}

static int64_t bounded(const struct calibrate *calibrate, double count)
{
    if (count >= (double)calibrate->high)
        return calibrate->high;
    if (count <= (double)calibrate->low)
        return calibrate->low;
    int64_t whole = (int64_t)count - (int64_t)count % calibrate->step;
    return whole > calibrate->low ? whole : calibrate->low;
}

/* The least multiple of step that is not below count. */
static int64_t round_up(int64_t count, int64_t step)
{
    return count + (step - count % step) % step;
}

void calibrate_start(struct calibrate *calibrate, int64_t low, int64_t high,
                     int64_t step, int64_t target_ns)
{
    int64_t steps = step > 1 ? LEAST_STEPS * step : low;
    int64_t least = round_up(low > steps ? low : steps, step);
    *calibrate = (struct calibrate){ .low = least < high ? least : high,
                                     .high = high,
                                     .step = step,
                                     .target_ns = target_ns };
    calibrate->count = bounded(calibrate, FIRST_COUNT);
}

void calibrate_step(struct calibrate *calibrate, int64_t wall_ns)
{
    double wall = wall_ns > 0 ? (double)wall_ns : 1;
    double factor = (double)calibrate->target_ns / wall;
    int64_t next = calibrate->count;
    calibrate->tries++;
    if (factor < 1 / 1.6 || factor > 2) {
        if (factor > MOST_GROWTH)
            factor = MOST_GROWTH;
        next = bounded(calibrate, rounded((double)calibrate->count * factor));
    }
    calibrate->done = next == calibrate->count || calibrate->tries >= TRIES;
    if (!calibrate->done)
        calibrate->count = next;
}
