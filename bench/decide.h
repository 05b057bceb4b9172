/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DECIDE_H
#define BENCH_DECIDE_H

/*
 * Has head become slower than base?  A pure function of samples that were
 * taken in pairs: in every round base and head run one after the other, in an
 * order drawn by lot (order_swapped()).  Same samples, same names: same answer.
 *
 * The rule, with x base and y head of a round:
 *
 *   d = ln y - ln x, negated where higher is better
 *   stage 1: DECIDE_SCREEN_ROUNDS rounds of every metric; one whose sign-flip
 *            p is at most 0.10 goes on in that direction
 *   stage 2: DECIDE_CONFIRM_ROUNDS fresh rounds of those only; the samples of
 *            stage 1 no longer count
 *   REGRESSED  p of stage 2 is at most 0.01 after Holm's correction over all
 *              that went on, and ratio >= 1 + floor, and the medians are at
 *              least abs_floor apart
 *   IMPROVED   the same in the other direction, with a correction of its own
 *
 * Each role has corrections of its own too: controls and information do not
 * make the gate blinder.
 */

#include <stdbool.h>
#include <stddef.h>

enum {
    DECIDE_SCREEN_ROUNDS = 20,
    DECIDE_CONFIRM_ROUNDS = 40,
    DECIDE_ROUNDS_MIN = 8, /* fewer pairs decide nothing: 2^-8 < 0.01 */
    DECIDE_EXACT_MIN = 3   /* samples a side of an exact metric */
};
#define DECIDE_FLOOR_PINNED 0.05 /* single-threaded, or on one CPU */
#define DECIDE_FLOOR_SHARED 0.10 /* on several CPUs */
/* Of operations that are timed one by one: reading the clock costs 30 ns.  A
 * mean over many has no such floor: a coroutine switch is all of 25 ns. */
#define DECIDE_ABS_FLOOR_NS 50.0
#define DECIDE_BLIND        0.25
#define DECIDE_STEAL_MAX    20.0 /* percent */

enum decide_role {
    DECIDE_GATE,
    DECIDE_INFORM,  /* shown, never counted: unpinned thread cases */
    DECIDE_CONTROL, /* base against base: nothing may be found */
    DECIDE_ROLES
};

enum decide_stage {
    DECIDE_SCREEN,
    DECIDE_CONFIRM,
    DECIDE_STAGES
};

/* Round i is base[i] and head[i]. */
struct decide_pairs {
    const double *base, *head;
    size_t n;
};

/*
 * An exact metric is one that hardly varies (bytes per task, system calls per
 * operation); it is read from stage 1 alone, zero is a fair value, and `floor`
 * is what counts as equal: 0, or 0.01.  It has changed when the medians differ
 * by more than that, and by more than three times what either side varies by
 * itself.
 */
struct decide_metric {
    const char *name; /* also seeds the flips; never NULL */
    enum decide_role role;
    bool exact, higher_is_better;
    double floor;     /* relative: one of DECIDE_FLOOR_ */
    double abs_floor; /* in the metric's unit; 0: none */
    struct decide_pairs stages[DECIDE_STAGES];
};

enum decide_verdict {
    DECIDE_SAME, /* no change that matters was found */
    DECIDE_REGRESSED,
    DECIDE_IMPROVED,
    DECIDE_UNSTABLE,   /* a change of 25 % could have been missed */
    DECIDE_UNDECIDED,  /* went on to stage 2, which has too few rounds */
    DECIDE_UNMEASURED, /* too few rounds, or none at all */
    DECIDE_BROKEN,     /* a sample is not finite, negative, or a time of 0 */
    DECIDE_ACCEPTED,   /* never given here: the caller may put it in the place
                         of REGRESSED before decide_status() */
    DECIDE_VERDICTS
};
/* "same", "REGRESSED", "improved", "unstable", "undecided", "unmeasured",
 * "broken", "accepted" */
const char *decide_verdict_name(enum decide_verdict verdict);

/* Figures that do not exist are NAN.  Worse is always up: `ratio` is head over
 * base, or base over head where higher is better. */
struct decision {
    enum decide_verdict verdict;
    bool confirmed; /* the figures are of stage 2; else of stage 1 */
    size_t rounds;
    double base, head;       /* medians, in the metric's unit */
    double ratio, low, high; /* trimmed mean ratio and its 95 % interval */
    double p, holm;          /* of being worse; holm 1 without stage 2 */
    double p_better, holm_better;
    /* The smallest slowdown, 0.08 for 8 %, that both stages together find at
     * least 19 times in 20 with this noise; INFINITY where none is. */
    double detectable;
};

struct decide_rule {
    unsigned flips; /* 0: 9999 */
    /* Rounds as planned, for what is detectable; 0: the above. */
    size_t rounds[DECIDE_STAGES];
    /* Everything is decided by the samples of DECIDE_CONFIRM, Holm over all
     * metrics of a role: for two runs that exist already.  Only as good as
     * their pairing: rounds that were not interleaved share no state of the
     * machine, and the order was not drawn by lot. */
    bool one_stage;
    bool no_figures; /* leave interval and detectable out (NAN; nothing is
                        UNSTABLE then): verdicts alone cost a hundredth */
};

/* Whether this metric needs stage 2, by its samples of stage 1; false for
 * exact ones and for those that are too few or broken.  0 or -ENOMEM. */
int decide_screen(bool *goes_on, const struct decide_metric *metric,
                  const struct decide_rule *rule);

/* Judges n metrics together; out has room for n.  Controls and information
 * are metrics like others, told apart by their role.  0 or -ENOMEM. */
int decide_all(struct decision *out, const struct decide_metric *metrics,
               size_t n, const struct decide_rule *rule);

/* What the samples do not say about a run. */
struct decide_facts {
    bool broken;    /* a trial crashed, or the work was unequal */
    bool cut_short; /* the budget or the user ended it before all rounds */
    double steal_percent; /* CPU time the host took; 0 if unknown */
};

/*
 * The exit status of the whole run, and in *reason one sentence without a
 * full stop (a constant).  In this order:
 *   4  broken, a metric is BROKEN, there is none to gate on, or all of them
 *      are UNMEASURED
 *   3  a control alarmed in either direction, or steal above 20 %: then a
 *      regression is not believed either
 *   1  a gating metric REGRESSED
 *   3  cut short, one UNDECIDED or UNMEASURED, more than half UNSTABLE
 *   0  none of this
 */
int decide_status(const char **reason, const struct decision *decisions,
                  const struct decide_metric *metrics, size_t n,
                  const struct decide_facts *facts);

#endif
