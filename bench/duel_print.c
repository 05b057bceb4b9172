/* SPDX-License-Identifier: MIT */
/* A duel for people and for programs. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "duel.h"
#include "human.h"
#include "version.h"
#include "wrap.h"

enum {
    WIDTH = 79
};

/* ---- text ---- */

static const char *word_for(const struct duel *duel, int measure)
{
    static const char *const words[DECIDE_VERDICTS] = {
        [DECIDE_SAME] = "same",
        [DECIDE_REGRESSED] = "B is worse",
        [DECIDE_IMPROVED] = "B is better",
        [DECIDE_UNSTABLE] = "unstable",
        [DECIDE_UNDECIDED] = "undecided",
        [DECIDE_UNMEASURED] = "unmeasured",
        [DECIDE_BROKEN] = "broken",
        [DECIDE_ACCEPTED] = "accepted",
    };
    if (duel->metrics[measure].role != DECIDE_GATE)
        return "not judged";
    return words[duel->decisions[measure].verdict];
}

static char *value_text(char text[HUMAN], int measure, double value)
{
    return measure == DUEL_PEAK ? human_bytes(text, value)
                                : human_time(text, value);
}

static char *percent_text(char text[HUMAN], double part)
{
    if (isfinite(part))
        snprintf(text, HUMAN, "%.0f %%", 100 * part);
    else
        snprintf(text, HUMAN, "-");
    return text;
}

static void print_row(FILE *file, const struct duel *duel, int measure)
{
    const struct decision *d = &duel->decisions[measure];
    struct estimate interval = {
        .n = d->rounds,
        .interval = isfinite(d->low) && isfinite(d->high),
        .low = d->low,
        .high = d->high,
    };
    char a[HUMAN], b[HUMAN], ratio[HUMAN], range[HUMAN], least[HUMAN];
    fprintf(file, "%-12s%9s%9s%9s  %-15s%-12s%10s\n",
            duel_measure_name((enum duel_measure)measure),
            value_text(a, measure, d->base), value_text(b, measure, d->head),
            human_ratio(ratio, d->ratio), human_interval(range, &interval),
            word_for(duel, measure), percent_text(least, d->detectable));
}

static void print_rounds(FILE *file, const struct duel *duel)
{
    const struct duel_stage *screen = &duel->stages[DECIDE_SCREEN];
    const struct duel_stage *confirm = &duel->stages[DECIDE_CONFIRM];
    char time[HUMAN];
    fprintf(file, "%zu round%s", screen->rounds,
            screen->rounds == 1 ? "" : "s");
    if (confirm->rounds > 0)
        fprintf(file, " and %zu fresh one%s to confirm", confirm->rounds,
                confirm->rounds == 1 ? "" : "s");
    fprintf(file, ", %s, seed %llu\n\n", human_time(time, (double)duel->ns),
            (unsigned long long)duel->options->seed);
}

/* "B is worse: wall 1.20x, CPU 1.21x"; nothing where none has that verdict. */
static bool print_found(FILE *file, const struct duel *duel,
                        enum decide_verdict verdict, const char *word)
{
    bool any = false;
    for (int m = 0; m < DUEL_MEASURES; m++) {
        const struct decision *d = &duel->decisions[m];
        char ratio[HUMAN];
        if (d->verdict != verdict || duel->metrics[m].role != DECIDE_GATE)
            continue;
        fprintf(file, "%s %s %s", any ? "," : word,
                duel_measure_name((enum duel_measure)m),
                human_ratio(ratio, d->ratio));
        any = true;
    }
    if (any)
        fputc('\n', file);
    return any;
}

static void print_result(FILE *file, const struct duel *duel)
{
    if (duel->status == STATUS_INCONCLUSIVE || duel->status == STATUS_BROKEN)
        fprintf(file, "Cannot tell: %s.\n", duel->reason);
    bool worse = print_found(file, duel, DECIDE_REGRESSED, "B is worse:");
    bool better = print_found(file, duel, DECIDE_IMPROVED, "B is better:");
    if (duel->status == STATUS_FINE && !worse && !better)
        fputs("No difference that matters was found.\n", file);
    if (duel->metrics[DUEL_PEAK].role != DECIDE_GATE) {
        char shell[HUMAN];
        fprintf(file,
                "Peak memory is not judged: it is not above that of the shell "
                "(%s).\n",
                human_bytes(shell, duel->shell_peak));
    }
}

void duel_print_text(FILE *file, const struct duel *duel)
{
    for (int side = 0; side < DUEL_SIDES; side++) {
        fprintf(file, "%c: ", 'A' + side);
        wrap_print(file, duel->options->commands[side], 3, 3, WIDTH);
    }
    print_rounds(file, duel);
    fprintf(file, "%-12s%9s%9s%9s  %-15s%-12s%10s\n", "", "A", "B", "B/A",
            "95%", "verdict", "detectable");
    for (int m = 0; m < DUEL_MEASURES; m++)
        print_row(file, duel, m);
    fputc('\n', file);
    print_result(file, duel);
}

/* ---- JSON ---- */

static json_t *decision_json(struct document *d, const struct duel *duel,
                             int measure)
{
    const struct decision *decision = &duel->decisions[measure];
    json_t *object = json_object();
    document_text(d, object, "measure",
                  duel_measure_name((enum duel_measure)measure));
    document_text(d, object, "unit", measure == DUEL_PEAK ? "bytes" : "ns");
    document_text(d, object, "verdict", decide_verdict_name(decision->verdict));
    document_put(d, object, "judged",
                 json_boolean(duel->metrics[measure].role == DECIDE_GATE));
    document_put(d, object, "confirmed", json_boolean(decision->confirmed));
    document_number(d, object, "rounds", (double)decision->rounds);
    document_number(d, object, "a", decision->base);
    document_number(d, object, "b", decision->head);
    document_number(d, object, "ratio", decision->ratio);
    document_number(d, object, "ratio_low", decision->low);
    document_number(d, object, "ratio_high", decision->high);
    document_number(d, object, "p", decision->p);
    document_number(d, object, "p_holm", decision->holm);
    document_number(d, object, "p_better", decision->p_better);
    document_number(d, object, "p_better_holm", decision->holm_better);
    document_number(d, object, "detectable", decision->detectable);
    return object;
}

static json_t *side_json(struct document *d, const struct duel_stage *s,
                         size_t round, int side)
{
    static const char *const keys[DUEL_MEASURES] = {
        [DUEL_WALL] = "wall_ns",
        [DUEL_CPU] = "cpu_ns",
        [DUEL_PEAK] = "peak_bytes",
    };
    json_t *object = json_object();
    for (int m = 0; m < DUEL_MEASURES; m++)
        document_number(d, object, keys[m], s->values[m][side][round]);
    return object;
}

static json_t *samples_json(struct document *d, const struct duel *duel)
{
    json_t *array = json_array();
    for (int stage = 0; stage < DECIDE_STAGES; stage++) {
        const struct duel_stage *s = &duel->stages[stage];
        for (size_t i = 0; i < s->rounds; i++) {
            json_t *round = json_object();
            document_number(d, round, "stage", stage + 1);
            document_put(d, round, "a", side_json(d, s, i, DUEL_A));
            document_put(d, round, "b", side_json(d, s, i, DUEL_B));
            document_append(d, array, round);
        }
    }
    return array;
}

int duel_print_json(FILE *file, const struct duel *duel)
{
    struct document d = { 0 };
    json_t *root = json_object(), *measures = json_array();
    document_number(&d, root, "schema", 1);
    document_text(&d, root, "version", VERSION_COBENCH);
    document_text(&d, root, "a", duel->options->commands[DUEL_A]);
    document_text(&d, root, "b", duel->options->commands[DUEL_B]);
    document_number(&d, root, "seed", (double)duel->options->seed);
    document_number(&d, root, "floor", duel->options->floor);
    document_number(&d, root, "status", duel->status);
    document_text(&d, root, "reason", duel->reason);
    document_text(&d, root, "failure", duel->failure[0] ? duel->failure : NULL);
    document_put(&d, root, "cut_short", json_boolean(duel->cut_short));
    document_number(&d, root, "steal_percent", duel->steal_percent);
    document_number(&d, root, "shell_peak_bytes", duel->shell_peak);
    document_number(&d, root, "wall_ns", (double)duel->ns);
    for (int m = 0; m < DUEL_MEASURES; m++)
        document_append(&d, measures, decision_json(&d, duel, m));
    document_put(&d, root, "measures", measures);
    document_put(&d, root, "samples", samples_json(&d, duel));
    return document_print(&d, root, file);
}
