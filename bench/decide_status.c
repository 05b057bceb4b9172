/* SPDX-License-Identifier: MIT */
/* From the decisions about its metrics to the exit status of a run. */

#include "decide.h"

#include "command.h"

struct tally {
    size_t gates, controls_fired;
    size_t counts[DECIDE_VERDICTS]; /* of the gating metrics */
    bool any_broken;
};

static struct tally count(const struct decision *decisions,
                          const struct decide_metric *metrics, size_t n)
{
    struct tally t = { 0 };
    for (size_t i = 0; i < n; i++) {
        enum decide_verdict verdict = decisions[i].verdict;
        t.any_broken |= verdict == DECIDE_BROKEN;
        if (metrics[i].role == DECIDE_CONTROL)
            t.controls_fired +=
                verdict == DECIDE_REGRESSED || verdict == DECIDE_IMPROVED;
        if (metrics[i].role != DECIDE_GATE)
            continue;
        t.gates++;
        t.counts[verdict]++;
    }
    return t;
}

int decide_status(const char **reason, const struct decision *decisions,
                  const struct decide_metric *metrics, size_t n,
                  const struct decide_facts *facts)
{
    struct tally t = count(decisions, metrics, n);
    const struct {
        bool holds;
        int status;
        const char *reason;
    } rules[] = {
        { facts->broken, STATUS_BROKEN, "a trial crashed or did other work" },
        { t.any_broken, STATUS_BROKEN, "a metric has samples that cannot be" },
        { t.gates == 0, STATUS_BROKEN, "there is nothing to gate on" },
        { t.counts[DECIDE_UNMEASURED] == t.gates, STATUS_BROKEN,
          "nothing was measured often enough to decide" },
        { t.controls_fired > 0, STATUS_INCONCLUSIVE,
          "base differs from itself: the machine cannot be trusted" },
        { facts->steal_percent > DECIDE_STEAL_MAX, STATUS_INCONCLUSIVE,
          "the host took more than a fifth of the CPU time" },
        { t.counts[DECIDE_REGRESSED] > 0, STATUS_FAILED,
          "a regression is confirmed" },
        { facts->cut_short, STATUS_INCONCLUSIVE,
          "it was ended before all rounds were done" },
        { t.counts[DECIDE_UNDECIDED] + t.counts[DECIDE_UNMEASURED] > 0,
          STATUS_INCONCLUSIVE, "a metric has too few rounds" },
        { 2 * t.counts[DECIDE_UNSTABLE] > t.gates, STATUS_INCONCLUSIVE,
          "most metrics vary too much to see a change of 25 %" },
        { true, STATUS_FINE, "no regression" },
    };
    size_t i = 0;
    while (!rules[i].holds)
        i++;
    *reason = rules[i].reason;
    return rules[i].status;
}
