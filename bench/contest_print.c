/* SPDX-License-Identifier: MIT */
/*
 * A contest in words: who wins where and by how much, what is the
 * same, what is open, and between which sizes the answer changes.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "human.h"
#include "text.h"

enum {
    NAMED_MAX = 3, /* points that are named one by one */
    TURNS_MAX = 2, /* series of which an answer says where it changes */
    ROUNDS_MIN = 6 /* fewer make no interval */
};

static const struct {
    const char *title, *name, *better;
} words[MEASURES] = {
    [MEASURE_TIME] = { "Time", "time", "faster" },
    [MEASURE_CPU] = { "CPU", "CPU time", "less CPU" },
    [MEASURE_COST] = { "Cost", "cost", "cheaper" },
    [MEASURE_MEMORY] = { "Memory of a waiting task", "memory", "less memory" },
    [MEASURE_LATENCY] = { "Latency", "latency", "lower" },
    [MEASURE_HEARTBEAT] = { "Lateness of heartbeats", "lateness", "less late" },
};

const char *contest_measure(const struct contest *c)
{
    return words[c->measure].name;
}

/* ---- the name of a point ---- */

/* "conns:16" stands in a point of the same workload with another value, or
 * not at all. */
static bool varies(const struct contest *c, const struct point *point,
                   const char *part, size_t length)
{
    char text[CONTEST_LABEL];
    snprintf(text, sizeof text, "/%.*s/", (int)length, part);
    for (size_t i = 0; i < c->n; i++) {
        const struct cell *other = c->points[i].a;
        char path[2 * CONTEST_LABEL];
        snprintf(path, sizeof path, "%s/", other->point);
        if (strcmp(other->workload, point->a->workload) == 0 &&
            !strstr(path, text))
            return true;
    }
    return false;
}

static bool is_param(const char *part, const char *name)
{
    size_t n = strlen(name);
    return strncmp(part, name, n) == 0 && part[n] == ':';
}

static bool runtimes_vary(const struct contest *c)
{
    for (size_t i = 1; i < c->n; i++)
        if (strcmp(c->points[i].b->runtime, c->points[0].b->runtime) != 0)
            return true;
    return false;
}

void contest_label(char label[CONTEST_LABEL], const struct contest *c,
                   const struct point *p, const char *without)
{
    size_t used = (size_t)snprintf(label, CONTEST_LABEL, "%s", p->a->workload);
    const char *part = strchr(p->a->point, '/');
    while (part && used < CONTEST_LABEL) {
        size_t length = strcspn(++part, "/");
        if (!is_param(part, "offload") && !is_param(part, "cpus") &&
            !(without && is_param(part, without)) && varies(c, p, part, length))
            used += (size_t)snprintf(label + used, CONTEST_LABEL - used,
                                     " %.*s", (int)length, part);
        part = strchr(part, '/');
    }
    if (used < CONTEST_LABEL && runtimes_vary(c))
        snprintf(label + used, CONTEST_LABEL - used, " on %s", p->b->runtime);
}

/* ---- who wins ---- */

/* How many times better the winner is. */
static struct estimate gain_of(const struct point *p)
{
    struct estimate e = p->ratio;
    if (p->outcome == OUTCOME_B) {
        e.median = 1 / p->ratio.median;
        e.low = 1 / p->ratio.high;
        e.high = 1 / p->ratio.low;
    }
    return e;
}

/* The points of an outcome with the smallest and the largest gain; false
 * where there is none. */
static bool find_extremes(const struct contest *c, enum outcome outcome,
                          const struct point **least, const struct point **most)
{
    *least = *most = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const struct point *p = &c->points[i];
        if (p->outcome != outcome)
            continue;
        double gain = gain_of(p).median;
        *least = !*least || gain < gain_of(*least).median ? p : *least;
        *most = !*most || gain > gain_of(*most).median ? p : *most;
    }
    return *least != NULL;
}

/* Without the interval where its ends read like the ratio itself. */
static void gain_text(char text[2 * HUMAN], const struct point *p)
{
    char ratio[HUMAN], low[HUMAN], high[HUMAN], interval[HUMAN];
    struct estimate gain = gain_of(p);
    human_ratio(ratio, gain.median);
    if (strcmp(human_ratio(low, gain.low), ratio) == 0 &&
        strcmp(human_ratio(high, gain.high), ratio) == 0)
        snprintf(text, 2 * HUMAN, "%s", ratio);
    else
        snprintf(text, 2 * HUMAN, "%s %s", ratio,
                 human_interval(interval, &gain));
}

static const char *all_points(char text[32], size_t n)
{
    if (n < 3)
        return n == 1 ? "the only point" : "both points";
    snprintf(text, 32, "all %zu points", n);
    return text;
}

/* Of how many points that is said, and what became of the others. */
static void add_share(char *text, size_t size, const struct contest *c,
                      enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_SAME] = "the same",
        [OUTCOME_UNCLEAR] = "unclear",
        [OUTCOME_REFUSED] = "not compared",
        [OUTCOME_BOUND] = "server-bound",
        [OUTCOME_A] = "lost",
        [OUTCOME_B] = "lost",
    };
    size_t won = contest_count(c, outcome);
    if (won == c->n) {
        char points[32];
        text_add(text, size, " (%s)", all_points(points, won));
        return;
    }
    text_add(text, size, " (%zu of %zu points", won, c->n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t count = contest_count(c, (enum outcome)i);
        if (count > 0 && i != outcome)
            text_add(text, size, ", %zu %s", count, names[i]);
    }
    text_add(text, size, ")");
}

void contest_gain(char *text, size_t size, const struct contest *c,
                  enum outcome outcome)
{
    const struct point *least, *most;
    char low[2 * HUMAN], high[2 * HUMAN];
    text[0] = 0;
    if (!find_extremes(c, outcome, &least, &most))
        return;
    gain_text(low, least);
    gain_text(high, most);
    if (strcmp(low, high) == 0)
        snprintf(text, size, "%s %s", low, words[c->measure].better);
    else
        snprintf(text, size, "%s to %s %s", low, high,
                 words[c->measure].better);
    add_share(text, size, c, outcome);
}

static void print_gain(FILE *file, const struct contest *c,
                       const struct point *p, const char *before,
                       const char *after)
{
    char gain[2 * HUMAN], label[CONTEST_LABEL];
    gain_text(gain, p);
    contest_label(label, c, p, NULL);
    fprintf(file, " %s%s%s%s", gain, before, label, after);
}

static void print_wins(FILE *file, const struct contest *c,
                       enum outcome outcome)
{
    const struct point *least, *most;
    size_t wins = contest_count(c, outcome);
    char before[32];
    if (!find_extremes(c, outcome, &least, &most))
        return;
    fprintf(file, " %s", side_name(outcome == OUTCOME_A ? c->a : c->b));
    if (wins == 1) {
        snprintf(before, sizeof before, " %s at ", words[c->measure].better);
        print_gain(file, c, least, before, ";");
        return;
    }
    print_gain(file, c, least, " (", ") to");
    print_gain(file, c, most, " (", ")");
    fprintf(file, " %s at ", words[c->measure].better);
    if (wins < c->n)
        fprintf(file, "%zu of %zu points;", wins, c->n);
    else
        fprintf(file, "%s;", all_points(before, wins));
}

/* ---- the rest ---- */

static void print_others(FILE *file, const struct contest *c,
                         enum outcome outcome, const char *text)
{
    size_t count = contest_count(c, outcome), named = 0;
    if (count == 0)
        return;
    if (count == c->n && count > NAMED_MAX) {
        fprintf(file, " %s any of %zu points;", text, count);
        return;
    }
    fprintf(file, " %s", text);
    for (size_t i = 0; i < c->n; i++) {
        char label[CONTEST_LABEL];
        if (c->points[i].outcome != outcome)
            continue;
        if (named == NAMED_MAX - 1 && count > NAMED_MAX)
            break;
        contest_label(label, c, &c->points[i], NULL);
        fprintf(file, "%s %s", named++ ? "," : "", label);
    }
    if (named < count)
        fprintf(file, " and %zu more", count - named);
    fputc(';', file);
}

/* ---- where it changes ---- */

static void print_step(FILE *file, const struct contest *c,
                       enum outcome outcome, double from, double to,
                       const char *comma)
{
    fprintf(file, "%s %s", comma,
            outcome == OUTCOME_SAME
                ? "the same"
                : side_name(outcome == OUTCOME_A ? c->a : c->b));
    if (from == to)
        fprintf(file, " at %.10g", from);
    else
        fprintf(file, " from %.10g to %.10g", from, to);
}

/* The series that begins with the i-th point; false where it does not change.
 */
static bool print_series(FILE *file, const struct contest *c, size_t i)
{
    const struct point *first = NULL, *last = NULL;
    char label[CONTEST_LABEL];
    bool changes = false;
    for (size_t j = i; j < c->n; j++) {
        const struct point *p = &c->points[j];
        if (!contest_series(&c->points[i], p) || !contest_decided(p))
            continue;
        if (first && first->outcome != p->outcome) {
            if (!changes) {
                contest_label(label, c, p, p->a->axis);
                fprintf(file, " with the %s of %s", p->a->axis, label);
            }
            print_step(file, c, first->outcome, first->a->x, last->a->x,
                       changes ? "," : ":");
            changes = true;
            first = p;
        }
        first = first ? first : p;
        last = p;
    }
    if (!changes)
        return false;
    print_step(file, c, first->outcome, first->a->x, last->a->x, ",");
    fputc(';', file);
    return true;
}

static int print_turns(FILE *file, const struct contest *c)
{
    int turns = 0;
    if (c->measure == MEASURE_CPU)
        fputs(" CPU", file);
    for (size_t i = 0; i < c->n && turns < TURNS_MAX; i++)
        if (contest_opens_series(c, i))
            turns += print_series(file, c, i);
    return turns;
}

void contest_turns(char *text, size_t size, const struct contest *c)
{
    char *all = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&all, &n);
    text[0] = 0;
    if (!file)
        return;
    int turns = print_turns(file, c);
    /* Between the blank before it and the semicolon after it. */
    if (fclose(file) == 0 && turns > 0 && n - 1 <= size)
        snprintf(text, n - 1, "%s", all + 1);
    free(all);
}

/* ---- all of it ---- */

static size_t most_rounds(const struct contest *c)
{
    size_t rounds = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->points[i].pairs.n > rounds)
            rounds = c->points[i].pairs.n;
    return rounds;
}

/* Which percentile it is, where it is the same one everywhere. */
static void print_title(FILE *file, const struct contest *c)
{
    fputs(words[c->measure].title, file);
    bool same =
        c->measure == MEASURE_LATENCY || c->measure == MEASURE_HEARTBEAT;
    for (size_t i = 0; i < c->n; i++)
        same &= c->points[i].metric == c->points[0].metric;
    if (same) {
        int steps = (int)c->points[0].metric -
                    (int)(c->measure == MEASURE_LATENCY ? METRIC_LAT_P50
                                                        : METRIC_BEAT_P50);
        static const char *const names[] = { "p50", "p90", "p99" };
        fprintf(file, ", %s,", names[steps]);
    }
    fprintf(file, " on %s, %s against %s:",
            strcmp(c->cpus, "1") == 0 ? "one CPU" : "all CPUs", side_name(c->a),
            side_name(c->b));
}

/* All but the end: parts are closed by semicolons. */
static void print_parts(FILE *file, const struct contest *c)
{
    size_t rounds = most_rounds(c);
    print_title(file, c);
    if (rounds < ROUNDS_MIN) {
        fprintf(file, " cannot tell: %zu round%s, and an interval needs %d;",
                rounds, rounds == 1 ? "" : "s", ROUNDS_MIN);
        return;
    }
    print_wins(file, c, OUTCOME_A);
    print_wins(file, c, OUTCOME_B);
    print_others(file, c, OUTCOME_SAME, "the same at");
    print_others(file, c, OUTCOME_UNCLEAR, "cannot tell at");
    print_others(file, c, OUTCOME_REFUSED, "not compared for unequal work at");
    print_others(file, c, OUTCOME_BOUND,
                 "the test server was the bottleneck at");
    for (size_t i = 0; i < c->n; i++)
        if (contest_opens_series(c, i))
            print_series(file, c, i);
}

char *contest_text(const struct contest *contest)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    print_parts(file, contest);
    bool failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        free(text);
        return NULL;
    }
    text[size - 1] = '.';
    return text;
}
