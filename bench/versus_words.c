/* SPDX-License-Identifier: MIT */
/* What the forms of a comparison of runs have in common: their words. */

#include "versus_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMED_MAX = 8 /* cells that are named one by one */
};

void versus_run_text(char *text, size_t size, const struct versus_runs *runs,
                     size_t i)
{
    const struct analysis *a = &runs->analyses[i];
    const char *machine = json_string_value(json_object_get(a->env, "machine"));
    char commit[32];
    const char *known = analysis_commit(a, commit);
    size_t rounds = analysis_rounds(a);
    snprintf(text, size, "%s: %s%s%s; %zu round%s", runs->dirs[i],
             machine ? machine : "unknown machine", known ? "; commit " : "",
             known ? known : "", rounds, rounds == 1 ? "" : "s");
}

void versus_method_text(char *text, size_t size, const struct versus *v)
{
    if (v->apart[0])
        snprintf(text, size,
                 "Only set side by side and not compared, for what differs: "
                 "%s.",
                 v->apart);
    else if (v->paired)
        snprintf(text, size,
                 "Paired by round: a sign-flip test, corrected for their "
                 "number by Holm at 1 %%; changes below the floor do not "
                 "count.");
    else
        snprintf(text, size,
                 "Unpaired: from interval to interval, at a level at which at "
                 "most one verdict in twenty is expected to be wrong. What "
                 "the machine itself did differently meanwhile is in the "
                 "ratio, so only changes beyond a floor count.");
}

const char *versus_alone_text(char *text, size_t size, const struct versus *v,
                              bool other, char letter)
{
    size_t named = 0, used = 0, all = other ? v->alone_b : v->alone_a;
    text[0] = 0;
    for (size_t i = 0; i < v->n && named < NAMED_MAX && used < size; i++) {
        const struct versus_row *row = &v->rows[i];
        if (other ? row->a : row->b)
            continue;
        if (named++ == 0)
            used +=
                (size_t)snprintf(text, size, "Only in %c: %s",
                                 other ? letter : 'A', versus_cell(row)->name);
        else
            used += (size_t)snprintf(text + used, size - used, ", %s",
                                     versus_cell(row)->name);
    }
    if (all > 0 && used < size)
        snprintf(text + used, size - used, named < all ? " and %zu more." : ".",
                 all - named);
    return text;
}

void versus_total_text(char *text, size_t size, const struct versus *v)
{
    snprintf(text, size,
             "%zu cell%s compared, %zu refused, %zu only in the base, %zu only "
             "in the other; of the figures %zu worse, %zu better, %zu the "
             "same, %zu unclear.",
             v->compared, v->compared == 1 ? "" : "s", v->refused, v->alone_a,
             v->alone_b, v->counts[VERSUS_SLOWER], v->counts[VERSUS_FASTER],
             v->counts[VERSUS_SAME], v->counts[VERSUS_UNCLEAR]);
}

void versus_texts(struct versus_texts *texts, const struct versus_figure *f)
{
    static const struct estimate none;
    bool bytes =
        f->metric == METRIC_FULL_PER_TASK || f->metric == METRIC_PEAK_RSS;
    double scale =
        f->metric == METRIC_WALL || f->metric == METRIC_CPU ? 1e9 : 1;
    const struct estimate *sides[] = { &f->a, &f->b };
    char *values[] = { texts->a, texts->b };
    for (int i = 0; i < 2; i++)
        if (sides[i]->n == 0)
            snprintf(values[i], HUMAN, "-");
        else if (bytes)
            human_bytes(values[i], sides[i]->median);
        else
            human_time(values[i], sides[i]->median * scale);
    snprintf(texts->ratio, HUMAN, "-");
    if (f->ratio.n > 0)
        human_ratio(texts->ratio, f->ratio.median);
    human_interval(texts->interval, f->ratio.n > 0 ? &f->ratio : &none);
}

bool versus_shown(const struct versus_row *row, int measure)
{
    const struct versus_figure *f = &row->figures[measure];
    return f->a.n > 0 || f->b.n > 0;
}

const struct cell *versus_cell(const struct versus_row *row)
{
    return row->a ? row->a : row->b;
}

void versus_answers_free(struct answers *answers,
                         const struct versus_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++)
        verdict_fini(&answers[i]);
    free(answers);
}

int versus_answers(struct answers **out, const struct versus_runs *runs)
{
    struct answers *answers = calloc(runs->n, sizeof *answers);
    int error = answers ? 0 : -ENOMEM;
    for (size_t i = 0; i < runs->n && !error; i++)
        error = verdict_make(&answers[i], &runs->analyses[i]);
    if (error && answers)
        versus_answers_free(answers, runs);
    else if (!error)
        *out = answers;
    return error;
}

bool versus_says(char *text, size_t size, const struct answers *answers,
                 const char *heading)
{
    for (size_t i = 0; i < answers->n; i++) {
        const struct answer *answer = &answers->answers[i];
        if (strcmp(answer->heading, heading) != 0)
            continue;
        snprintf(text, size, "%s%s%s", answer->winner,
                 answer->gain[0] ? "; " : "", answer->gain);
        return true;
    }
    snprintf(text, size, "-");
    return false;
}
