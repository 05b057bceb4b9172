/* SPDX-License-Identifier: MIT */
/*
 * The gate's verdicts on a terminal, and the words all reports use.
 */
#include "gate_report.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "command.h"
#include "human.h"

/* ---- words ---- */

char *gate_figure(char *text, size_t size, const struct gate_entry *entry,
                  double figure)
{
    char human[HUMAN];
    if (strcmp(entry->unit, "bytes") == 0)
        snprintf(text, size, "%s", human_bytes(human, figure));
    else if (strcmp(entry->unit, "ratio") == 0)
        snprintf(text, size, "%s", human_ratio(human, figure));
    else if (strcmp(entry->unit, "count") == 0 && isfinite(figure))
        snprintf(text, size, "%.4g", figure);
    else
        snprintf(text, size, "%s", human_time(human, figure));
    return text;
}

const char *gate_verdict(const struct gate_entry *entry)
{
    return entry->role == DECIDE_INFORM
               ? "noted"
               : decide_verdict_name(entry->decision.verdict);
}

char *gate_file_name(char *text, size_t size, const struct gate_entry *entry)
{
    snprintf(text, size, "%s", entry->name);
    for (char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.')
            *c = '_';
    return text;
}

static void put_side(char *text, size_t size, const struct gate *gate,
                     const char *side)
{
    const json_t *about = json_object_get(gate->about, side);
    const char *commit = catalog_text(about, "commit");
    const char *programs = catalog_text(about, "programs");
    bool dirty = json_is_true(json_object_get(about, "dirty"));
    snprintf(text, size, "%s %.12s%s", side, *commit ? commit : programs,
             dirty ? "-dirty" : "");
    if (!*commit)
        snprintf(text, size, "%s %s", side, programs);
}

char *gate_sides(char *text, size_t size, const struct gate *gate)
{
    char base[200] = "", head[200];
    put_side(head, sizeof head, gate, "head");
    if (!gate->baseline)
        put_side(base, sizeof base, gate, "base");
    snprintf(text, size, "%s%s%s", base, *base ? ", " : "", head);
    return text;
}

const char *gate_status_name(const struct gate *gate)
{
    static const char *const names[] = {
        [STATUS_FINE] = "passed",
        [STATUS_FAILED] = "REGRESSED",
        [STATUS_USAGE] = "not comparable",
        [STATUS_INCONCLUSIVE] = "inconclusive",
        [STATUS_BROKEN] = "broken",
    };
    return names[gate->status];
}

/* ---- the table ---- */

static const char *colour_of(const struct gate_entry *entry)
{
    switch (entry->decision.verdict) {
    case DECIDE_REGRESSED:
    case DECIDE_BROKEN:
        return "\033[1;31m";
    case DECIDE_UNSTABLE:
    case DECIDE_UNDECIDED:
    case DECIDE_UNMEASURED:
    case DECIDE_ACCEPTED:
        return "\033[33m";
    case DECIDE_IMPROVED:
        return "\033[32m";
    default:
        return "";
    }
}

static char *interval(char text[HUMAN], const struct decision *decision)
{
    struct estimate e = { .n = 1,
                          .interval = isfinite(decision->low) &&
                                      isfinite(decision->high),
                          .low = decision->low,
                          .high = decision->high };
    return human_interval(text, &e);
}

static void print_entry(FILE *out, const struct gate_entry *entry, bool colour)
{
    const struct decision *decision = &entry->decision;
    char base[HUMAN], head[HUMAN], ratio[HUMAN], between[HUMAN], finds[16];
    const char *paint = colour ? colour_of(entry) : "";
    snprintf(finds, sizeof finds, "-");
    if (isfinite(decision->detectable))
        snprintf(finds, sizeof finds, "%.0f%%", 100 * decision->detectable);
    fprintf(out, "%s%-10s%s %7s %-15s %9s %9s %6s  %s\n", paint,
            gate_verdict(entry), *paint ? "\033[0m" : "",
            human_ratio(ratio, decision->ratio), interval(between, decision),
            gate_figure(base, sizeof base, entry, decision->base),
            gate_figure(head, sizeof head, entry, decision->head), finds,
            entry->name);
    if (*entry->remark)
        fprintf(out, "%72s%s\n", "", entry->remark);
}

void gate_print(FILE *out, const struct gate *gate, bool colour)
{
    size_t *order = gate_ranking(gate), i;
    char sides[512];
    if (gate->n > 0)
        fprintf(out, "%-10s %7s %-15s %9s %9s %6s  %s\n", "verdict", "ratio",
                "95% interval", gate->baseline ? "recorded" : "base",
                gate->baseline ? "now" : "head",
                gate->baseline ? "allows" : "finds", "metric");
    for (i = 0; order && i < gate->n; i++)
        print_entry(out, &gate->entries[order[i]], colour);
    free(order);
    json_t *item;
    json_array_foreach(gate->left_out, i, item)
    {
        fprintf(out, "not compared: %s: %s\n", catalog_text(item, "name"),
                catalog_text(item, "why"));
    }
    json_array_foreach(gate->broken, i, item)
    {
        fprintf(out, "broken: %s\n", json_string_value(item));
    }
    fprintf(out, "exit status %d, %s: %s (%s)\n", gate->status,
            gate_status_name(gate), gate->reason,
            gate_sides(sides, sizeof sides, gate));
}
