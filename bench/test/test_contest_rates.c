/* SPDX-License-Identifier: MIT */
/*
 * How often what a sentence states is wrong: made-up machines, all seeds
 * fixed.  The rates observed are printed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "contest.h"
#include "noise.h"

enum {
    ROUNDS = 9,
    POINTS = 20
};

/* Cells in memory: two for each of n points, coro and thread. */
struct field {
    struct cell cells[2 * POINTS];
    const struct cell *list[2 * POINTS];
    struct sample samples[2 * POINTS][ROUNDS];
    char names[POINTS][32];
};

static void set_samples(struct field *f, size_t cell, const double *values)
{
    for (unsigned r = 0; r < ROUNDS; r++) {
        struct sample *sample = &f->samples[cell][r];
        *sample = (struct sample){ .round = r + 1 };
        sample->receipt.units = sample->receipt.ops = 1;
        sample->values[METRIC_WALL] = values[r];
    }
}

static void make_field(struct field *f, const double *factors,
                       struct chance *chance)
{
    for (size_t i = 0; i < POINTS; i++) {
        double base[ROUNDS], head[ROUNDS];
        noise_pairs(base, head, ROUNDS, NOISE_LOGNORMAL, factors[i], chance);
        snprintf(f->names[i], sizeof f->names[i], "cpu/n:%zu", i);
        for (size_t k = 0; k < 2; k++) {
            size_t at = 2 * i + k;
            f->cells[at] = (struct cell){ .name = f->names[i],
                                          .workload = "cpu",
                                          .point = f->names[i],
                                          .group = "cpu",
                                          .cpus = "1",
                                          .runtime = k ? "thread" : "coro",
                                          .origin_share = NAN,
                                          .samples = f->samples[at],
                                          .n = ROUNDS };
            f->list[at] = &f->cells[at];
            set_samples(f, at, k ? head : base);
        }
    }
}

/* The share of what a sentence states that is wrong; 0 where it is silent. */
static double wrong_share(const struct contest *c, const double *factors)
{
    double stated = 0, wrong = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct point *p = &c->points[i];
        if (p->outcome == OUTCOME_UNCLEAR)
            continue;
        stated++;
        wrong += factors[i] < p->ratio.low || factors[i] > p->ratio.high;
    }
    return stated > 0 ? wrong / stated : 0;
}

static double mean_wrong(const double *factors, int runs, double *stated)
{
    static struct field field;
    struct chance chance;
    double sum = 0;
    chance_init(&chance, 1);
    *stated = 0;
    for (int run = 0; run < runs; run++) {
        struct contest c;
        make_field(&field, factors, &chance);
        assert_int_equal(contest_make(&c, SIDE_COROUTINES, SIDE_THREADS,
                                      MEASURE_TIME, "1", field.list,
                                      2 * POINTS),
                         0);
        assert_int_equal(c.n, POINTS);
        sum += wrong_share(&c, factors) / runs;
        *stated += (double)(POINTS - contest_count(&c, OUTCOME_UNCLEAR)) / runs;
        contest_fini(&c);
    }
    return sum;
}

static void at_most_one_statement_in_twenty_is_wrong(void **state)
{
    double factors[POINTS], stated;
    (void)state;
    for (int real = 0; real <= POINTS; real += 5) {
        for (int i = 0; i < POINTS; i++)
            factors[i] = i < real ? 2 : 1;
        /* Its standard deviation over 1000 runs is 0.007 at the most. */
        double wrong = mean_wrong(factors, 1000, &stated);
        print_message("%d of %d points differ: %.1f stated, %.3f wrong\n", real,
                      POINTS, stated, wrong);
        assert_true(wrong <= 0.05 + 3 * 0.007);
        /* What is there is found, where not almost all is noise. */
        if (real >= 10)
            assert_true(stated > 0.6 * real);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_statement_in_twenty_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
