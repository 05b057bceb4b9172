/* SPDX-License-Identifier: MIT */
/* Whether two runs come from the same surroundings, and took turns. */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "versus.h"

#define SLACK_S 2.0 /* the start of a run is known in whole seconds */

/* ---- the machines ---- */

static const json_t *env_member(const struct analysis *a, const char *key)
{
    return json_object_get(a->env, key);
}

/* "6.18" of "6.18.44-fc-v595": updates of a kernel change little. */
static void kernel_series(char *text, size_t size, const struct analysis *a)
{
    const char *kernel = json_string_value(env_member(a, "kernel"));
    size_t n = kernel ? strcspn(kernel, ".") : 0;
    if (n && kernel[n])
        n += 1 + strcspn(kernel + n + 1, ".-");
    snprintf(text, size, "%.*s", (int)n, kernel ? kernel : "");
}

/* Adds "WHAT (A's and B's)". */
static void add(char *text, size_t size, const char *what, const char *a,
                const char *b)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s (%s and %s)", used ? ", " : "",
             what, a, b);
}

static void value_text(char *text, size_t size, const json_t *value)
{
    if (json_is_string(value))
        snprintf(text, size, "%.60s", json_string_value(value));
    else if (json_is_number(value))
        snprintf(text, size, "%.10g", json_number_value(value));
    else
        snprintf(text, size, "%s",
                 json_is_true(value)    ? "yes"
                 : json_is_false(value) ? "no"
                                        : "unknown");
}

static void add_member(char *text, size_t size, const char *what,
                       const json_t *a, const json_t *b)
{
    char mine[64], theirs[64];
    value_text(mine, sizeof mine, a);
    value_text(theirs, sizeof theirs, b);
    if (strcmp(mine, theirs) != 0)
        add(text, size, what, mine, theirs);
}

static void find_apart(struct versus *v)
{
    static const char *const keys[][2] = {
        { "cpu_model", "CPU" },
        { "num_cpus", "CPUs" },
        { "cpus_allowed", "CPUs to use" },
        { "architecture", "architecture" },
        { "virtualised", "virtualised" },
        { "optimised", "optimised" },
        { "sanitizer", "sanitizer" },
    };
    char mine[32], theirs[32];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_member(v->apart, sizeof v->apart, keys[i][1],
                   env_member(v->a, keys[i][0]), env_member(v->b, keys[i][0]));
    kernel_series(mine, sizeof mine, v->a);
    kernel_series(theirs, sizeof theirs, v->b);
    if (strcmp(mine, theirs) != 0)
        add(v->apart, sizeof v->apart, "kernel", mine, theirs);
    if (!v->apart[0] && !env_member(v->a, "cpu_model"))
        snprintf(v->apart, sizeof v->apart,
                 "what machine they ran on is not known");
}

static void find_different(struct versus *v)
{
    static const char *const keys[] = { "compiler", "governor",
                                        "transparent_hugepage",
                                        "uv_threadpool_size", "profile" };
    static const char *const libraries[] = { "libc", "libuv", "libcurl" };
    char mine[32], theirs[32], *text = v->different;
    size_t size = sizeof v->different;
    const char *a = analysis_commit(v->a, mine);
    const char *b = analysis_commit(v->b, theirs);
    if (a && b && strcmp(a, b) != 0)
        add(text, size, "commit", a, b);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_member(text, size, keys[i], env_member(v->a, keys[i]),
                   env_member(v->b, keys[i]));
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        add_member(text, size, libraries[i],
                   json_object_get(env_member(v->a, "libraries"), libraries[i]),
                   json_object_get(env_member(v->b, "libraries"),
                                   libraries[i]));
}

void versus_surroundings(struct versus *versus)
{
    find_apart(versus);
    find_different(versus);
}

/* ---- the rounds ---- */

/* From the first start to the last start in a round, in seconds of an epoch. */
struct span {
    double first, last;
};

/* NAN where it is not told. */
static double started(const struct analysis *a)
{
    const char *text =
        json_string_value(json_object_get(a->summary.trials.run, "started"));
    struct tm tm = { 0 };
    if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
        return NAN;
    return (double)timegm(&tm);
}

/* Trials that were started before earlier ones: the run was resumed, and
 * counts from another start then. */
static bool was_resumed(const struct analysis *a)
{
    double last = -1;
    size_t i;
    const json_t *trial;
    json_array_foreach(a->summary.trials.trials, i, trial)
    {
        double at = metric_number(trial, "at");
        if (at < last)
            return true;
        last = at;
    }
    return false;
}

static struct span round_span(const struct analysis *a, double round)
{
    struct span span = { INFINITY, -INFINITY };
    size_t i;
    const json_t *trial;
    json_array_foreach(a->summary.trials.trials, i, trial)
    {
        double at = metric_number(trial, "at") + started(a);
        const char *phase = json_string_value(json_object_get(trial, "phase"));
        if (!phase || strcmp(phase, "measure") != 0 ||
            metric_number(trial, "round") != round)
            continue;
        span.first = fmin(span.first, at);
        span.last = fmax(span.last, at);
    }
    return span;
}

void versus_take_turns(char *why, size_t size, const struct analysis *a,
                       const struct analysis *b)
{
    size_t rounds = analysis_rounds(a);
    why[0] = 0;
    if (!isfinite(started(a)) || !isfinite(started(b)))
        snprintf(why, size, "it is not known when they started");
    else if (was_resumed(a) || was_resumed(b))
        snprintf(why, size,
                 "one was resumed, so that it is not known when its rounds "
                 "were");
    else if (rounds != analysis_rounds(b))
        snprintf(why, size, "one has %zu rounds and the other %zu", rounds,
                 analysis_rounds(b));
    for (size_t i = 1; i < rounds && !why[0]; i++) {
        struct span mine = round_span(a, (double)i);
        struct span theirs = round_span(b, (double)i);
        double next = fmin(round_span(a, (double)i + 1).first,
                           round_span(b, (double)i + 1).first);
        if (!isfinite(mine.last + theirs.last + next))
            snprintf(why, size, "it is not known when its rounds were");
        else if (fmax(mine.last, theirs.last) > next + SLACK_S)
            snprintf(why, size,
                     "round %zu of one began before round %zu of the other "
                     "was over",
                     i + 1, i);
    }
}
