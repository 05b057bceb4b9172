/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <math.h>
#include <stdbool.h>

#include "order.h"

struct machine {
    enum noise noise;
    struct chance *chance;
    double level; /* of the drift, a logarithm */
    double step;  /* when it comes, as a part of all samples */
};

const char *noise_name(enum noise noise)
{
    static const char *const names[NOISES] = {
        [NOISE_LOGNORMAL] = "lognormal", [NOISE_BIMODAL] = "bimodal",
        [NOISE_SPIKES] = "spikes",       [NOISE_DRIFT] = "AR(1) drift",
        [NOISE_STEP] = "step",           [NOISE_RAMP] = "ramp",
    };
    return names[noise];
}

/* In [0, 1). */
static double uniform(struct chance *chance)
{
    return (double)(chance_next(chance) >> 11) / 9007199254740992.0;
}

/* Mean 0, variance 1 (Irwin and Hall's sum of twelve): cheap, and its tails do
 * not matter beside the spikes. */
static double bell(struct chance *chance)
{
    double sum = -6;
    for (int i = 0; i < 6; i++) {
        uint64_t two = chance_next(chance);
        sum += (double)(two >> 32) / 4294967296.0;
        sum += (double)(two & 0xffffffffu) / 4294967296.0;
    }
    return sum;
}

/* The logarithm of what the machine does to a sample; at: when, in [0, 1). */
static double trouble(struct machine *m, double at)
{
    switch (m->noise) {
    case NOISE_LOGNORMAL:
        return 0.2 * bell(m->chance);
    case NOISE_BIMODAL:
        return uniform(m->chance) < 0.25 ? log(3) : 0;
    case NOISE_SPIKES:
        return uniform(m->chance) < 1.0 / 12 ? log(10) * uniform(m->chance) : 0;
    case NOISE_DRIFT:
        m->level = 0.95 * m->level + 0.2 * sqrt(1 - 0.9025) * bell(m->chance);
        return m->level;
    case NOISE_STEP:
        return at < m->step ? 0 : log(1.6);
    default:
        return log1p(at);
    }
}

static double sample(struct machine *m, double at)
{
    return 1e6 * exp(0.05 * bell(m->chance) + trouble(m, at));
}

void noise_pairs(double *base, double *head, size_t n, enum noise noise,
                 double factor, struct chance *chance)
{
    uint64_t seed = chance_next(chance);
    struct machine m = { .noise = noise, .chance = chance };
    m.step = uniform(chance);
    m.level = 0.2 * bell(chance);
    for (unsigned i = 0; i < n; i++) {
        bool swapped = order_swapped(seed, i, 0);
        double first = sample(&m, i / (double)n);
        double second = sample(&m, (i + 0.5) / (double)n);
        base[i] = swapped ? second : first;
        head[i] = factor * (swapped ? first : second);
    }
}
