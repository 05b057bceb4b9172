/* SPDX-License-Identifier: MIT */
/*
 * The decision about one metric, then about all of them together.  A decision
 * is made in three passes: what each metric says alone, Holm's correction
 * within each role, and the verdict from both.
 */

#include "decide.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "detect.h"
#include "exact.h"
#include "signflip.h"
#include "stats.h"

enum {
    FLIPS = 9999
};
enum way {
    WORSE,
    BETTER,
    WAYS
};
#define SCREEN_LEVEL  0.10
#define CONFIRM_LEVEL 0.01

const char *decide_verdict_name(enum decide_verdict verdict)
{
    static const char *const names[DECIDE_VERDICTS] = {
        [DECIDE_SAME] = "same",           [DECIDE_REGRESSED] = "REGRESSED",
        [DECIDE_IMPROVED] = "improved",   [DECIDE_UNSTABLE] = "unstable",
        [DECIDE_UNDECIDED] = "undecided", [DECIDE_UNMEASURED] = "unmeasured",
        [DECIDE_BROKEN] = "broken",       [DECIDE_ACCEPTED] = "accepted",
    };
    return names[verdict];
}

/* ---- samples ---- */

static bool usable(const struct decide_metric *metric, double value)
{
    return isfinite(value) && (metric->exact ? value >= 0 : value > 0);
}

static bool any_broken(const struct decide_metric *metric)
{
    for (int stage = 0; stage < DECIDE_STAGES; stage++) {
        const struct decide_pairs *pairs = &metric->stages[stage];
        for (size_t i = 0; i < pairs->n; i++)
            if (!usable(metric, pairs->base[i]) ||
                !usable(metric, pairs->head[i]))
                return true;
    }
    return false;
}

/* Its sign alone changes when the two change places. */
static double log_ratio(double base, double head)
{
    return head >= base ? log(head / base) : -log(base / head);
}

/* The caller frees *out. */
static int differences(double **out, const struct decide_metric *metric,
                       const struct decide_pairs *pairs)
{
    double *d = calloc(pairs->n, sizeof *d);
    if (!d)
        return -ENOMEM;
    for (size_t i = 0; i < pairs->n; i++) {
        double up = log_ratio(pairs->base[i], pairs->head[i]);
        d[i] = metric->higher_is_better ? -up : up;
    }
    *out = d;
    return 0;
}

static int medians(struct estimate *base, struct estimate *head,
                   const struct decide_pairs *pairs)
{
    int error = stats_estimate(base, pairs->base, pairs->n);
    return error ? error : stats_estimate(head, pairs->head, pairs->n);
}

/* ---- the test ---- */

/* FNV-1a, so that a metric's flips do not depend on its neighbours. */
static uint64_t name_seed(const char *name, enum decide_stage stage)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash + (uint64_t)stage;
}

static struct signflip_plan plan_for(const struct decide_metric *metric,
                                     enum decide_stage stage,
                                     const struct decide_rule *rule)
{
    return (struct signflip_plan){
        .flips = rule->flips ? rule->flips : FLIPS,
        .stop = stage == DECIDE_SCREEN ? SCREEN_LEVEL : CONFIRM_LEVEL,
        .seed = name_seed(metric->name, stage),
    };
}

static int test_stage(struct signflip *out, const struct decide_metric *metric,
                      enum decide_stage stage, const struct decide_rule *rule)
{
    struct signflip_plan plan = plan_for(metric, stage, rule);
    double *d;
    int error = differences(&d, metric, &metric->stages[stage]);
    if (error)
        return error;
    error = signflip_test(out, d, metric->stages[stage].n, &plan);
    free(d);
    return error;
}

/* A metric goes on in the direction it seems to have gone; that it then turns
 * out to have gone the other way is chance. */
static void pass_screen(bool goes_on[WAYS], const struct signflip *test)
{
    goes_on[WORSE] = test->above <= SCREEN_LEVEL;
    goes_on[BETTER] = test->below <= SCREEN_LEVEL;
}

int decide_screen(bool *goes_on, const struct decide_metric *metric,
                  const struct decide_rule *rule)
{
    *goes_on = false;
    if (metric->exact || any_broken(metric) ||
        metric->stages[DECIDE_SCREEN].n < DECIDE_ROUNDS_MIN)
        return 0;
    struct signflip test;
    int error = test_stage(&test, metric, DECIDE_SCREEN, rule);
    if (error)
        return error;
    bool ways[WAYS];
    pass_screen(ways, &test);
    *goes_on = ways[WORSE] || ways[BETTER];
    return 0;
}

/* ---- one metric alone ---- */

/* What is known of a metric between the passes. */
struct finding {
    enum decide_stage stage; /* whose figures count */
    bool goes_on[WAYS];      /* belongs to that family of Holm's */
    bool settled;            /* its verdict is final */
    double t;
};

static void settle(struct finding *f, struct decision *d,
                   enum decide_verdict verdict)
{
    f->settled = true;
    d->verdict = verdict;
}

static void take_test(struct finding *f, struct decision *d,
                      const struct signflip *test, size_t rounds)
{
    f->t = test->t;
    d->rounds = rounds;
    d->ratio = exp(test->t);
    d->p = test->above;
    d->p_better = test->below;
    d->confirmed = f->stage == DECIDE_CONFIRM;
}

static int run_test(struct finding *f, struct decision *d,
                    const struct decide_metric *metric,
                    const struct decide_rule *rule)
{
    const struct decide_pairs *pairs = &metric->stages[f->stage];
    struct signflip test;
    struct estimate base, head;
    int error = test_stage(&test, metric, f->stage, rule);
    if (!error)
        error = medians(&base, &head, pairs);
    if (error)
        return error;
    take_test(f, d, &test, pairs->n);
    d->base = base.median;
    d->head = head.median;
    if (f->stage == DECIDE_SCREEN)
        pass_screen(f->goes_on, &test);
    return 0;
}

static int find_timed(struct finding *f, struct decision *d,
                      const struct decide_metric *metric,
                      const struct decide_rule *rule)
{
    f->stage = rule->one_stage ? DECIDE_CONFIRM : DECIDE_SCREEN;
    if (metric->stages[f->stage].n < DECIDE_ROUNDS_MIN) {
        settle(f, d, DECIDE_UNMEASURED);
        return 0;
    }
    f->goes_on[WORSE] = f->goes_on[BETTER] = rule->one_stage;
    int error = run_test(f, d, metric, rule);
    if (error || rule->one_stage || !(f->goes_on[WORSE] || f->goes_on[BETTER]))
        return error;
    if (metric->stages[DECIDE_CONFIRM].n < DECIDE_ROUNDS_MIN) {
        settle(f, d, DECIDE_UNDECIDED);
        return 0;
    }
    f->stage = DECIDE_CONFIRM;
    return run_test(f, d, metric, rule);
}

static int find_exact(struct finding *f, struct decision *d,
                      const struct decide_metric *metric,
                      const struct decide_rule *rule)
{
    f->stage = rule->one_stage ? DECIDE_CONFIRM : DECIDE_SCREEN;
    f->settled = true;
    return exact_decide(d, metric, &metric->stages[f->stage]);
}

static int find(struct finding *f, struct decision *d,
                const struct decide_metric *metric,
                const struct decide_rule *rule)
{
    *f = (struct finding){ 0 };
    *d = (struct decision){
        .base = NAN,
        .head = NAN,
        .ratio = NAN,
        .low = NAN,
        .high = NAN,
        .p = NAN,
        .holm = 1,
        .p_better = NAN,
        .holm_better = 1,
        .detectable = NAN,
    };
    if (any_broken(metric)) {
        settle(f, d, DECIDE_BROKEN);
        return 0;
    }
    return metric->exact ? find_exact(f, d, metric, rule)
                         : find_timed(f, d, metric, rule);
}

/* ---- all that went on ---- */

static bool in_family(const struct finding *f,
                      const struct decide_metric *metric, enum decide_role role,
                      enum way way)
{
    return f->goes_on[way] && metric->role == role;
}

/* A metric that went on and was not measured again counts as p = 1. */
static double p_of(const struct decision *d, enum way way)
{
    if (d->verdict == DECIDE_UNDECIDED)
        return 1;
    return way == BETTER ? d->p_better : d->p;
}

static int correct(struct decision *out, const struct finding *findings,
                   const struct decide_metric *metrics, size_t n,
                   enum decide_role role, enum way way)
{
    double *p = calloc(2 * n, sizeof *p), *holm = p + n;
    if (!p)
        return -ENOMEM;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (in_family(&findings[i], &metrics[i], role, way))
            p[m++] = p_of(&out[i], way);
    int error = stats_holm(holm, p, m);
    m = 0;
    for (size_t i = 0; i < n && !error; i++)
        if (in_family(&findings[i], &metrics[i], role, way))
            *(way == BETTER ? &out[i].holm_better : &out[i].holm) = holm[m++];
    free(p);
    return error;
}

/* How many slowdowns are tested together, with this metric among them. */
static size_t family_size(const struct finding *findings,
                          const struct decide_metric *metrics, size_t n,
                          size_t which)
{
    enum decide_role role = metrics[which].role;
    size_t m = !findings[which].goes_on[WORSE];
    for (size_t i = 0; i < n; i++)
        m += in_family(&findings[i], &metrics[i], role, WORSE);
    return m;
}

/* ---- figures ---- */

static size_t planned(const struct decide_rule *rule, enum decide_stage stage)
{
    static const size_t usual[DECIDE_STAGES] = { DECIDE_SCREEN_ROUNDS,
                                                 DECIDE_CONFIRM_ROUNDS };
    return rule->rounds[stage] ? rule->rounds[stage] : usual[stage];
}

/* What a slowdown has to pass; returns how many tests these are. */
static size_t hurdles(struct detect_test tests[DECIDE_STAGES],
                      const struct decide_metric *metric,
                      const struct decision *d, size_t family,
                      const struct decide_rule *rule)
{
    struct detect_test confirm = {
        .level = CONFIRM_LEVEL / (double)family,
        .floor = log1p(fmax(metric->floor, metric->abs_floor / d->base)),
        .rounds = planned(rule, DECIDE_CONFIRM),
    };
    if (rule->one_stage) {
        confirm.rounds = d->rounds;
        tests[0] = confirm;
        return 1;
    }
    tests[0] = (struct detect_test){ .level = SCREEN_LEVEL,
                                     .rounds = planned(rule, DECIDE_SCREEN) };
    tests[1] = confirm;
    return 2;
}

static int add_figures(struct decision *d, const struct finding *f,
                       const struct decide_metric *metric, size_t family,
                       const struct decide_rule *rule)
{
    struct detect_test tests[DECIDE_STAGES];
    struct detect found;
    struct signflip_plan plan = plan_for(metric, f->stage, rule);
    double *differ;
    size_t count = hurdles(tests, metric, d, family, rule);
    int error = differences(&differ, metric, &metric->stages[f->stage]);
    if (error)
        return error;
    error = detect(&found, differ, d->rounds, tests, count, &plan);
    free(differ);
    if (error)
        return error;
    d->low = exp(found.low);
    d->high = exp(found.high);
    d->detectable = expm1(found.effect);
    return 0;
}

/* ---- verdicts ---- */

static void judge(struct decision *d, const struct finding *f,
                  const struct decide_metric *metric)
{
    double least = log1p(metric->floor);
    bool apart = fabs(d->head - d->base) >= metric->abs_floor;
    if (d->holm <= CONFIRM_LEVEL && f->t >= least && apart)
        d->verdict = DECIDE_REGRESSED;
    else if (d->holm_better <= CONFIRM_LEVEL && f->t <= -least && apart)
        d->verdict = DECIDE_IMPROVED;
    else if (d->detectable > DECIDE_BLIND)
        d->verdict = DECIDE_UNSTABLE;
    else
        d->verdict = DECIDE_SAME;
}

static int conclude(struct decision *out, const struct finding *findings,
                    const struct decide_metric *metrics, size_t n,
                    const struct decide_rule *rule)
{
    int error = 0;
    for (size_t i = 0; i < n && !error; i++) {
        const struct finding *f = &findings[i];
        size_t family = family_size(findings, metrics, n, i);
        if (!metrics[i].exact && out[i].rounds > 0 && !rule->no_figures)
            error = add_figures(&out[i], f, &metrics[i], family, rule);
        if (!f->settled)
            judge(&out[i], f, &metrics[i]);
    }
    return error;
}

int decide_all(struct decision *out, const struct decide_metric *metrics,
               size_t n, const struct decide_rule *rule)
{
    if (n == 0)
        return 0;
    struct finding *findings = calloc(n, sizeof *findings);
    if (!findings)
        return -ENOMEM;
    int error = 0;
    for (size_t i = 0; i < n && !error; i++)
        error = find(&findings[i], &out[i], &metrics[i], rule);
    for (int k = 0; k < DECIDE_ROLES * WAYS && !error; k++)
        error = correct(out, findings, metrics, n, (enum decide_role)(k / WAYS),
                        (enum way)(k % WAYS));
    if (!error)
        error = conclude(out, findings, metrics, n, rule);
    free(findings);
    return error;
}
