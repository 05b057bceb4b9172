/* SPDX-License-Identifier: MIT */
/*
 * Random signs on paired differences.  The sizes of the differences are sorted
 * once; then the order of all signed ones is known for every pattern of signs,
 * negatives from the largest size down and positives from the smallest up.  A
 * pattern is a word of bits: what is trimmed is cleared in it, and what is
 * left is summed up eight bits at a time from prepared tables.
 */

#include "signflip.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "chance.h"

enum {
    WORD = 64,
    PART = 8,
    PART_SUMS = 1 << PART,
    BISECTIONS = 14
};
#define TRIM 0.25
/* Sums in another order differ by rounding; closer than this part of the
 * largest difference is equal. */
#define SLACK   1e-12
#define OUTSIDE 0.01

struct flipper {
    const double *d;
    size_t n, words, parts;
    size_t trim; /* values left out at each end */
    struct item *items;
    /* For each eight items the sums of the sizes of every choice of them. */
    double (*sums)[PART_SUMS];
    uint64_t *signs;   /* bit i: items[i] is negative */
    uint64_t *pattern; /* bit i: and its sign is turned */
    double t, sum;     /* of the differences as they are */
    double slack;
};

struct item {
    double size; /* |d - shift|, descending */
    size_t index;
    bool negative;
};

/* ---- the statistic ---- */

/* Bit i: item i is on that side with the signs of the pattern. */
static uint64_t side_bits(const struct flipper *f, size_t word, bool negative)
{
    uint64_t bits = f->signs[word] ^ f->pattern[word];
    if (negative)
        return bits;
    size_t behind = (word + 1) * WORD;
    return ~bits & (behind > f->n ? UINT64_MAX >> (behind - f->n) : UINT64_MAX);
}

static double sum_bits(const struct flipper *f, size_t word, uint64_t bits)
{
    double sum = 0;
    double(*sums)[PART_SUMS] = f->sums + word * (WORD / PART);
    for (; bits; bits >>= PART, sums++)
        sum += (*sums)[bits % PART_SUMS];
    return sum;
}

/* The sizes of one side without the `large` largest and `small` smallest. */
static double side_sum(const struct flipper *f, bool negative, size_t large,
                       size_t small)
{
    double sum = 0;
    for (size_t word = 0; word < f->words; word++) {
        uint64_t bits = side_bits(f, word, negative);
        for (; bits && large; large--)
            bits &= bits - 1; /* clears the lowest */
        sum += sum_bits(f, word, bits);
    }
    for (size_t i = f->n; small > 0;) {
        i--;
        if (side_bits(f, i / WORD, negative) >> (i % WORD) & 1) {
            sum -= f->items[i].size;
            small--;
        }
    }
    return sum;
}

static size_t count_negatives(const struct flipper *f)
{
    size_t count = 0;
    for (size_t word = 0; word < f->words; word++)
        count += (size_t)__builtin_popcountll(side_bits(f, word, true));
    return count;
}

/* What one side lacks to the `trim` values that go, the other one loses from
 * its smallest: they are next in order. */
static double trimmed_mean(const struct flipper *f)
{
    size_t down = count_negatives(f), up = f->n - down;
    size_t down_lacks = down < f->trim ? f->trim - down : 0;
    size_t up_lacks = up < f->trim ? f->trim - up : 0;
    double sum = side_sum(f, false, f->trim, down_lacks) -
                 side_sum(f, true, f->trim, up_lacks);
    return sum / (double)(f->n - 2 * f->trim);
}

static double plain_sum(const struct flipper *f)
{
    return side_sum(f, false, 0, 0) - side_sum(f, true, 0, 0);
}

/* Positive when the pattern is further up than the differences as they are. */
static int compare_pattern(const struct flipper *f)
{
    double apart = trimmed_mean(f) - f->t;
    if (fabs(apart) <= f->slack) {
        apart = plain_sum(f) - f->sum;
        if (fabs(apart) <= f->slack * (double)f->n)
            return 0;
    }
    return apart > 0 ? 1 : -1;
}

/* ---- the differences ---- */

/* Equal sizes stand in the order of the rounds, whatever their signs. */
static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static void prepare_sums(struct flipper *f)
{
    for (size_t part = 0; part < f->parts; part++) {
        double *sums = f->sums[part];
        for (size_t bits = 1; bits < PART_SUMS; bits++) {
            size_t i = part * PART + (size_t)__builtin_ctzll(bits);
            double size = i < f->n ? f->items[i].size : 0;
            sums[bits] = sums[bits & (bits - 1)] + size;
        }
    }
}

static void flipper_shift(struct flipper *f, double shift)
{
    for (size_t i = 0; i < f->n; i++) {
        double value = f->d[i] - shift;
        f->items[i] = (struct item){ fabs(value), i, value < 0 };
    }
    qsort(f->items, f->n, sizeof *f->items, compare_items);
    for (size_t i = 0; i < f->words; i++)
        f->signs[i] = f->pattern[i] = 0;
    for (size_t i = 0; i < f->n; i++) {
        uint64_t negative = f->items[i].negative;
        f->signs[i / WORD] |= negative << (i % WORD);
    }
    prepare_sums(f);
    f->slack = SLACK * f->items[0].size;
    f->t = trimmed_mean(f);
    f->sum = plain_sum(f);
}

static void flipper_fini(struct flipper *f)
{
    free(f->items);
    free(f->sums);
    free(f->signs);
    free(f->pattern);
}

static int flipper_init(struct flipper *f, const double *d, size_t n)
{
    if (n == 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(d[i]))
            return -EINVAL;
    size_t words = (n + WORD - 1) / WORD, parts = (n + PART - 1) / PART;
    *f = (struct flipper){
        .d = d,
        .n = n,
        .words = words,
        .parts = parts,
        .trim = (size_t)(TRIM * (double)n),
        .items = calloc(n, sizeof *f->items),
        .sums = calloc(parts, sizeof *f->sums),
        .signs = calloc(words, sizeof *f->signs),
        .pattern = calloc(words, sizeof *f->pattern),
    };
    if (f->items && f->sums && f->signs && f->pattern)
        return 0;
    flipper_fini(f);
    return -ENOMEM;
}

/* ---- patterns ---- */

/* All of them in turn, or drawn ones, after the one without a turned sign,
 * which counts once in either case. */
struct patterns {
    struct flipper *f;
    struct chance chance;
    bool all;
    uint64_t i, total; /* total includes the first */
};

static void patterns_init(struct patterns *p, struct flipper *f,
                          const struct signflip_plan *plan)
{
    uint64_t total = (uint64_t)plan->flips + 1;
    bool all = f->n < WORD && UINT64_C(1) << f->n <= total;
    *p = (struct patterns){
        .f = f,
        .all = all,
        .i = 1,
        .total = all ? UINT64_C(1) << f->n : total,
    };
    chance_init(&p->chance, plan->seed);
}

/* Turns the signs of the next pattern; the bits behind the last one stay 0,
 * for they are counted too. */
static bool patterns_next(struct patterns *p)
{
    struct flipper *f = p->f;
    if (p->i == p->total)
        return false;
    if (p->all)
        f->pattern[0] = p->i;
    else
        for (size_t i = 0; i < f->words; i++)
            f->pattern[i] = chance_next(&p->chance);
    if (!p->all && f->n % WORD)
        f->pattern[f->words - 1] >>= WORD - f->n % WORD;
    p->i++;
    return true;
}

/* How many of `total` patterns may reach T while p <= alpha, T itself among
 * them. */
static uint64_t most_for(double alpha, uint64_t total)
{
    /* 0.01 * 10000 shall be 100 whatever the rounding. */
    return (uint64_t)floor(alpha * (double)total * (1 + 1e-9));
}

/* ---- the test ---- */

/* One side of the test while the patterns go by. */
struct side {
    uint64_t reached; /* patterns as far out, the first one included */
    double p;         /* 0 until it is known */
};

/* Once more patterns reached T than p <= stop allows, p is larger. */
static void side_add(struct side *side, bool reached, uint64_t most,
                     const struct patterns *p)
{
    if (side->p > 0)
        return;
    side->reached += reached;
    if (side->reached <= most)
        return;
    double others = (double)(side->reached - 1);
    side->p = fmax(others / (double)(p->i - 1),
                   (double)side->reached / (double)p->total);
}

int signflip_test(struct signflip *out, const double *d, size_t n,
                  const struct signflip_plan *plan)
{
    struct flipper f;
    int error = flipper_init(&f, d, n);
    if (error)
        return error;
    flipper_shift(&f, 0);
    struct patterns p;
    patterns_init(&p, &f, plan);
    uint64_t most =
        p.all || plan->stop <= 0 ? p.total : most_for(plan->stop, p.total);
    struct side above = { .reached = 1 }, below = { .reached = 1 };
    while (!(above.p > 0 && below.p > 0) && patterns_next(&p)) {
        int order = compare_pattern(&f);
        side_add(&above, order >= 0, most, &p);
        side_add(&below, order <= 0, most, &p);
    }
    double total = (double)p.total;
    *out = (struct signflip){
        .t = f.t,
        .above = above.p > 0 ? above.p : (double)above.reached / total,
        .below = below.p > 0 ? below.p : (double)below.reached / total,
        .flips = (unsigned)p.i,
    };
    flipper_fini(&f);
    return 0;
}

/* ---- turned round ---- */

/* Whether d - shift is significantly on the side of `sign`. */
static bool rejects(struct flipper *f, double shift, int sign, double alpha,
                    const struct signflip_plan *plan)
{
    struct patterns p;
    flipper_shift(f, shift);
    patterns_init(&p, f, plan);
    uint64_t reached = 1, most = most_for(alpha, p.total);
    while (reached <= most && patterns_next(&p))
        reached += compare_pattern(f) * sign >= 0;
    return reached <= most;
}

/*
 * Between the centre and just outside of all differences, where p is as small
 * as it gets: it only grows towards the centre.
 */
static double bound(struct flipper *f, double furthest, double centre,
                    double alpha, const struct signflip_plan *plan)
{
    int sign = furthest < centre ? 1 : -1;
    double outer = furthest + OUTSIDE * (furthest - centre);
    if (fabs(furthest - centre) <= SLACK * fabs(furthest))
        return centre;
    if (!rejects(f, outer, sign, alpha, plan))
        return -sign * (double)INFINITY;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = outer + (centre - outer) / 2;
        if (rejects(f, middle, sign, alpha, plan))
            outer = middle;
        else
            centre = middle;
    }
    return outer + (centre - outer) / 2;
}

int signflip_bounds(double *low, double *high, const double *d, size_t n,
                    double alpha, const struct signflip_plan *plan)
{
    struct flipper f;
    int error = flipper_init(&f, d, n);
    if (error)
        return error;
    double least = d[0], most = d[0];
    for (size_t i = 1; i < n; i++) {
        least = fmin(least, d[i]);
        most = fmax(most, d[i]);
    }
    flipper_shift(&f, 0);
    double centre = f.t;
    struct patterns p;
    patterns_init(&p, &f, plan);
    bool reachable = most_for(alpha, p.total) > 0;
    *low = reachable ? bound(&f, least, centre, alpha, plan) : -INFINITY;
    *high = reachable ? bound(&f, most, centre, alpha, plan) : INFINITY;
    flipper_fini(&f);
    return 0;
}
