/* SPDX-License-Identifier: MIT */
/*
 * Holds a run of the gate together and judges it.
 */
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "gate_accept.h"
#include "gate_ratio.h"

int gate_init(struct gate *gate)
{
    *gate = (struct gate){ .about = json_object(),
                           .left_out = json_array(),
                           .accepts = json_array(),
                           .broken = json_array() };
    if (gate->about && gate->left_out && gate->accepts && gate->broken)
        return 0;
    gate_fini(gate);
    return -ENOMEM;
}

void gate_fini(struct gate *gate)
{
    json_decref(gate->about);
    json_decref(gate->baseline);
    json_decref(gate->left_out);
    json_decref(gate->accepts);
    json_decref(gate->broken);
    free(gate->entries);
    *gate = (struct gate){ 0 };
}

struct gate_entry *gate_add(struct gate *gate, const char *name)
{
    struct gate_entry *entries =
        realloc(gate->entries, (gate->n + 1) * sizeof *entries);
    if (!entries)
        return NULL;
    gate->entries = entries;
    struct gate_entry *entry = &entries[gate->n++];
    *entry = (struct gate_entry){ .unit = "ns" };
    snprintf(entry->name, sizeof entry->name, "%s", name);
    return entry;
}

void gate_leave_out(struct gate *gate, const char *name, const char *format,
                    ...)
{
    char why[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    json_array_append_new(gate->left_out,
                          json_pack("{s:s, s:s}", "name", name, "why", why));
}

void gate_break(struct gate *gate, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(gate->broken, json_string(text));
}

/* ---- judging ---- */

static void put_metric(struct decide_metric *out,
                       const struct gate_entry *entry)
{
    *out = (struct decide_metric){ .name = entry->name,
                                   .role = entry->role,
                                   .exact = entry->exact,
                                   .floor = entry->floor,
                                   .abs_floor = entry->grain };
    for (int i = 0; i < DECIDE_STAGES; i++)
        out->stages[i] = (struct decide_pairs){ .base = entry->stages[i].base,
                                                .head = entry->stages[i].head,
                                                .n = entry->stages[i].n };
}

static void accept_entry(const struct gate *gate, struct gate_entry *entry)
{
    const json_t *accept = gate_accept_find(gate->accepts, entry->name);
    if (entry->decision.verdict != DECIDE_REGRESSED || !accept)
        return;
    double percent = json_number_value(json_object_get(accept, "percent"));
    const char *reason = json_string_value(json_object_get(accept, "reason"));
    bool within = entry->decision.ratio <= 1 + percent / 100;
    snprintf(entry->remark, sizeof entry->remark,
             within ? "accepted up to +%g%%: %s"
                    : "more than the accepted +%g%%: %s",
             percent, reason ? reason : "");
    if (within)
        entry->decision.verdict = DECIDE_ACCEPTED;
}

static void set_status(struct gate *gate, const struct decide_metric *metrics,
                       const struct decision *decisions)
{
    const char *reason;
    struct decide_facts facts = { .broken = json_array_size(gate->broken) > 0,
                                  .cut_short = gate->cut_short,
                                  .steal_percent = gate->steal_percent };
    gate->status = decide_status(&reason, decisions, metrics, gate->n, &facts);
    const char *first = json_string_value(json_array_get(gate->broken, 0));
    if (gate->identical && gate->n == 0) {
        gate->status = STATUS_FINE;
        reason = "base and head are identical programs";
    }
    snprintf(gate->reason, sizeof gate->reason, "%s", first ? first : reason);
}

static int decide(struct gate *gate, struct decide_metric *metrics,
                  struct decision *decisions)
{
    if (!gate->baseline)
        return decide_all(decisions, metrics, gate->n,
                          &(struct decide_rule){ 0 });
    for (size_t i = 0; i < gate->n; i++) {
        gate_ratio_judge(&gate->entries[i], gate->baseline);
        decisions[i] = gate->entries[i].decision;
        metrics[i].role = gate->entries[i].role;
    }
    return 0;
}

int gate_judge(struct gate *gate)
{
    struct decide_metric *metrics = calloc(gate->n + 1, sizeof *metrics);
    struct decision *decisions = calloc(gate->n + 1, sizeof *decisions);
    int err = metrics && decisions ? 0 : -ENOMEM;
    for (size_t i = 0; err == 0 && i < gate->n; i++)
        put_metric(&metrics[i], &gate->entries[i]);
    if (err == 0)
        err = decide(gate, metrics, decisions);
    for (size_t i = 0; err == 0 && i < gate->n; i++) {
        gate->entries[i].decision = decisions[i];
        accept_entry(gate, &gate->entries[i]);
        decisions[i] = gate->entries[i].decision;
    }
    if (err == 0)
        set_status(gate, metrics, decisions);
    free(metrics);
    free(decisions);
    return err;
}

/* ---- ranking ---- */

bool gate_alarms(const struct gate_entry *entry)
{
    enum decide_verdict verdict = entry->decision.verdict;
    return entry->role == DECIDE_CONTROL &&
           (verdict == DECIDE_REGRESSED || verdict == DECIDE_IMPROVED);
}

static int badness(const struct gate_entry *entry)
{
    static const int order[DECIDE_VERDICTS] = {
        [DECIDE_BROKEN] = 8,    [DECIDE_REGRESSED] = 7,  [DECIDE_ACCEPTED] = 6,
        [DECIDE_UNDECIDED] = 5, [DECIDE_UNMEASURED] = 4, [DECIDE_UNSTABLE] = 3,
        [DECIDE_SAME] = 2,      [DECIDE_IMPROVED] = 1,
    };
    int rank = order[entry->decision.verdict];
    if (gate_alarms(entry))
        return 9;
    return entry->role == DECIDE_GATE ? rank : rank - 10;
}

/* A regression as such before it, then by size. */
static bool is_worse(const struct gate_entry *a, const struct gate_entry *b)
{
    if (badness(a) != badness(b))
        return badness(a) > badness(b);
    double x = a->decision.ratio, y = b->decision.ratio;
    return isfinite(x) && (!isfinite(y) || x > y);
}

size_t *gate_ranking(const struct gate *gate)
{
    size_t *order = calloc(gate->n + 1, sizeof *order);
    for (size_t i = 0; order && i < gate->n; i++) {
        size_t j = i;
        for (;
             j > 0 && is_worse(&gate->entries[i], &gate->entries[order[j - 1]]);
             j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    return order;
}
