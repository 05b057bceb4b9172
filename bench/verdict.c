/* SPDX-License-Identifier: MIT */
/* Who wins a kind of work, by how much, and where that changes. */

#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "human.h"
#include "kinds.h"
#include "onset.h"
#include "text.h"

const char *const verdict_note =
    "Ratios say how many times better; in brackets their intervals, chosen so "
    "that of the statements in a sentence at most one in twenty is expected "
    "to be wrong (none where they are too narrow to see). Threads are one for "
    "each task.";

/* What the sentences of a kind have found so far. */
struct tally {
    size_t wins[SIDES], losses[SIDES];
    size_t decided, same, unclear;
    bool by_size;
};

/* ---- who wins ---- */

static bool decides(const struct contest *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (contest_decided(&c->points[i]))
            return true;
    return false;
}

static bool changes_with_size(const struct contest *c)
{
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < i; j++)
            if (contest_series(&c->points[i], &c->points[j]) &&
                contest_decided(&c->points[i]) &&
                contest_decided(&c->points[j]) &&
                c->points[i].outcome != c->points[j].outcome)
                return true;
    return false;
}

static void count(struct tally *tally, const struct contest *c)
{
    size_t a = contest_count(c, OUTCOME_A), b = contest_count(c, OUTCOME_B);
    size_t same = contest_count(c, OUTCOME_SAME);
    tally->wins[c->a] += a;
    tally->losses[c->a] += b;
    tally->wins[c->b] += b;
    tally->losses[c->b] += a;
    tally->same += same;
    tally->decided += a + b + same;
    tally->unclear += contest_count(c, OUTCOME_UNCLEAR);
    tally->by_size |= changes_with_size(c);
}

static bool is_winner(const struct tally *tally, enum side side)
{
    return tally->wins[side] > 0 && tally->losses[side] == 0;
}

/* "coroutines or pools"; false where nobody won without a loss. */
static bool name_winners(char *text, size_t size, const struct tally *tally)
{
    size_t used = 0;
    for (int side = 0; side < SIDES; side++)
        if (is_winner(tally, (enum side)side) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     used ? " or " : "",
                                     side_name((enum side)side));
    return used > 0;
}

static void name_winner(char *text, size_t size, const struct tally *tally)
{
    char names[96] = "no difference";
    bool alike = tally->same == tally->decided;
    bool won = !alike && name_winners(names, sizeof names, tally);
    if (tally->decided == 0)
        snprintf(text, size, "cannot tell");
    else
        snprintf(text, size, "%s%s%s", won || alike ? names : "it depends",
                 !tally->by_size ? ""
                 : won           ? ", depending on size"
                                 : " on size",
                 tally->unclear > tally->decided ? ", as far as one can tell"
                                                 : "");
}

/* Where it depends: the first two of which one has only won.  Narrows the
 * contests down to theirs, and the tally. */
static void name_pair(char *text, size_t size, struct tally *tally,
                      const struct contest **contests, size_t *n)
{
    for (size_t from = 0, to; from < *n; from = to) {
        const struct contest *first = &(*contests)[from];
        struct tally pair = { 0 };
        for (to = from; to < *n && (*contests)[to].a == first->a &&
                        (*contests)[to].b == first->b;
             to++)
            count(&pair, &(*contests)[to]);
        bool a = is_winner(&pair, first->a), b = is_winner(&pair, first->b);
        if (!a && !b)
            continue;
        snprintf(text, size, ", but %s over %s",
                 side_name(a ? first->a : first->b),
                 side_name(a ? first->b : first->a));
        *tally = pair;
        *contests = first;
        *n = to - from;
        return;
    }
}

/* The outcome by which the side wins, in a contest it is in. */
static enum outcome winning(const struct contest *c, enum side side)
{
    return c->a == side ? OUTCOME_A : OUTCOME_B;
}

static bool has_won(const struct contest *c, enum side side)
{
    return (c->a == side || c->b == side) &&
           contest_count(c, winning(c, side)) > 0;
}

/* By how much, and over whom, the side won by all measures in the first pairing
 * and view in which it did.  Named where it is not alone. */
static void name_gain(char *text, size_t size, enum side side, bool named,
                      const struct contest *contests, size_t n)
{
    const struct contest *first = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct contest *c = &contests[i];
        char gain[256];
        if (first && (c->a != first->a || c->b != first->b ||
                      strcmp(c->cpus, first->cpus) != 0))
            break;
        if (!has_won(c, side))
            continue;
        contest_gain(gain, sizeof gain, c, winning(c, side));
        if (first)
            text_add(text, size, ", ");
        else if (named)
            text_add(text, size, "%s%s: ", text[0] ? "; " : "",
                     side_name(side));
        text_add(text, size, "%s", gain);
        first = c;
    }
    if (first)
        text_add(text, size, "%s than %s",
                 strcmp(first->cpus, "all") == 0 ? " on all CPUs" : "",
                 side_name(first->a == side ? first->b : first->a));
}

static void name_gains(char *text, size_t size, const struct tally *tally,
                       const struct contest *contests, size_t n)
{
    size_t winners = 0;
    for (int side = 0; side < SIDES; side++)
        winners += is_winner(tally, (enum side)side);
    for (int side = 0; side < SIDES; side++)
        if (is_winner(tally, (enum side)side))
            name_gain(text, size, (enum side)side, winners > 1, contests, n);
}

/* Where size changes it, in the first sentence in which it does. */
static void name_turns(char *text, size_t size, const struct contest *contests,
                       size_t n)
{
    char turns[512] = "";
    for (size_t i = 0; i < n && !turns[0]; i++)
        contest_turns(turns, sizeof turns, &contests[i]);
    if (turns[0])
        text_add(text, size, "%s%s", text[0] ? "; " : "", turns);
}

static const char *kib(char text[HUMAN], const struct cell *cell,
                       enum metric metric)
{
    snprintf(text, HUMAN, "%.3g KiB", cell->estimates[metric].median / 1024);
    return text;
}

/* What a waiting task holds in figures, beside the ratio of two of them: where
 * there are the most tasks of all points of the first contest. */
static void name_memory(char *text, size_t size, const struct contest *c)
{
    char a[HUMAN], b[HUMAN], rss[HUMAN];
    const struct point *p = &c->points[0];
    for (size_t i = 1; i < c->n; i++)
        if (contest_series(p, &c->points[i]) && c->points[i].a->x > p->a->x)
            p = &c->points[i];
    text_add(text, size, "; %s hold %s a task, %s %s", side_name(c->a),
             kib(a, p->a, METRIC_FULL_PER_TASK), side_name(c->b),
             kib(b, p->b, METRIC_FULL_PER_TASK));
    if (p->b->estimates[METRIC_RSS_PER_TASK].n > 0)
        text_add(text, size, ", of which RSS shows %s",
                 kib(rss, p->b, METRIC_RSS_PER_TASK));
    if (p->a->axis) {
        text_add(text, size, " (with ");
        text_sizes(text, size, p->a->axis, p->a->x, p->a->x);
        text_add(text, size, ")");
    }
}

/* Where threads win over coroutines: in each view, of its contests the first
 * that decides anything, else the first. */
static void name_threads(char *text, size_t size,
                         const struct contest *contests, size_t n)
{
    for (int v = 0; v < KIND_VIEWS; v++) {
        const struct contest *found = NULL;
        for (size_t i = 0; i < n; i++) {
            const struct contest *c = &contests[i];
            if (c->a != SIDE_COROUTINES || c->b != SIDE_THREADS ||
                strcmp(c->cpus, kind_views[v]) != 0)
                continue;
            if (!found || (!decides(found) && decides(c)))
                found = c;
        }
        if (!found)
            continue;
        text_add(text, size, "%s%s%s: ", text[0] ? "; " : "",
                 v == 0 ? "on one CPU" : "on all CPUs",
                 found->measure == MEASURE_CPU ? ", by CPU time" : "");
        onset_words(text, size, found);
    }
    if (!text[0])
        text_add(text, size, "not measured");
}

/* ---- sentences ---- */

/* Takes the text over. */
static int add_sentence(struct answer *answer, char *text)
{
    if (!text)
        return -ENOMEM;
    answer->sentences[answer->n++] = text;
    return 0;
}

/* The answer itself: who, by how much, and where that changes. */
static void say_winner(struct answer *answer, const struct contest *contests,
                       size_t n)
{
    struct tally tally = { 0 };
    const struct contest *shown = contests;
    size_t shown_n = n, used;
    char names[96];
    for (size_t i = 0; i < n; i++)
        count(&tally, &contests[i]);
    name_winner(answer->winner, sizeof answer->winner, &tally);
    used = strlen(answer->winner);
    if (!name_winners(names, sizeof names, &tally))
        name_pair(answer->winner + used, sizeof answer->winner - used, &tally,
                  &shown, &shown_n);
    name_gains(answer->gain, sizeof answer->gain, &tally, shown, shown_n);
    name_turns(answer->gain, sizeof answer->gain, contests, n);
    if (answer->gain[0] && contests[0].measure == MEASURE_MEMORY)
        name_memory(answer->gain, sizeof answer->gain, &contests[0]);
    name_threads(answer->threads, sizeof answer->threads, contests, n);
}

static int say_all(struct answer *answer, const struct contest *contests,
                   size_t n)
{
    int error = 0;
    say_winner(answer, contests, n);
    for (size_t i = 0; i < n && !error; i++)
        error = add_sentence(answer, contest_text(&contests[i]));
    if (n == 0)
        error = add_sentence(
            answer, strdup("No two of them were measured at the same point."));
    return error;
}

static int add_answer(struct answers *all, const struct kind *kind,
                      const struct analysis *a)
{
    struct contest contests[KIND_CONTESTS];
    size_t held = 0;
    bool planned;
    int error = kind_contests(contests, &held, &planned, kind, a);
    if (!error && (held > 0 || planned)) {
        struct answer *answer = &all->answers[all->n];
        *answer = (struct answer){ .heading = kind->heading };
        answer->sentences = calloc(held + 1, sizeof *answer->sentences);
        error = answer->sentences ? 0 : -ENOMEM;
        all->n += !error;
        if (!error)
            error = say_all(answer, contests, held);
    }
    kind_end(contests, held);
    return error;
}

const char *verdict_caution(char *text, size_t size,
                            const struct answers *answers)
{
    text[0] = 0;
    if (answers->warnings > 0)
        snprintf(text, size,
                 "%zu thing%s disturbed this run (see its warnings), which no "
                 "interval knows of: repeat it before you trust a small "
                 "difference.",
                 answers->warnings, answers->warnings == 1 ? "" : "s");
    return text;
}

int verdict_make(struct answers *out, const struct analysis *a)
{
    struct answers all = { .answers = calloc(KINDS, sizeof *all.answers) };
    all.warnings = json_array_size(json_object_get(a->env, "warnings"));
    int error = all.answers ? 0 : -ENOMEM;
    for (size_t i = 0; i < KINDS && !error; i++)
        error = add_answer(&all, &kinds[i], a);
    if (error)
        verdict_fini(&all);
    else
        *out = all;
    return error;
}

void verdict_fini(struct answers *answers)
{
    for (size_t i = 0; i < answers->n; i++) {
        for (size_t j = 0; j < answers->answers[i].n; j++)
            free(answers->answers[i].sentences[j]);
        free(answers->answers[i].sentences);
    }
    free(answers->answers);
    *answers = (struct answers){ 0 };
}
