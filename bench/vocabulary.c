/* SPDX-License-Identifier: MIT */
/*
 * The words of the parameters: what each name means in every workload, so
 * that a workload need only say its default, and where it finds the value.
 */

#include "params.h"

#include <string.h>

struct given given = { .url = "", .connect = "" };

static const struct word {
    struct param param;
    int64_t *integer; /* one of the three */
    double *real;
    const char **text;
} words[] = {
    { { "alive", "0", 0, 1, NULL, "1: all alive before the first is joined" },
      &given.alive },
    { { "bytes", "64", 0, 1 << 20, NULL, "length of a message or an answer" },
      &given.bytes },
    { { "capacity", "1024", 1, 1e6, NULL, "items the channel holds" },
      &given.capacity },
    { { "cold", "0", 0, 1, NULL, "1: out of the page cache first" },
      &given.cold },
    { { "connect", "", .help = "an echo server of your own, HOST:PORT",
        .kind = PARAM_ADDRESS },
      .text = &given.connect },
    { { "conns", "100", 1, 20000, NULL, "connections, one task each" },
      &given.conns },
    { { "cpu_ns", "0", 0, 1024, NULL, "computing, about nanoseconds" },
      &given.cpu_ns },
    { { "cpu_us", "100", 0, 1e6, NULL, "computing, about microseconds" },
      &given.cpu_us },
    { { "cut", "1", 1, 1e6, NULL, "leaves that one task does alone" },
      &given.cut },
    { { "delay_ms", "10", 0, 10000, NULL,
        "milliseconds until the answer, the value or the end" },
      &given.delay_ms },
    { { "frac", "0.1", 0, 1, NULL, "fraction", PARAM_REAL },
      .real = &given.frac },
    { { "kernel", .kind = PARAM_CHOICE, .help = "what is computed" },
      &given.kernel },
    { { "leaves", "100000", 1, 1e7, NULL, "leaves of the tree" },
      &given.leaves },
    { { "n", "30", 1, 35, NULL, "number of the Fibonacci number" }, &given.n },
    { { "offload", "0", 0, 1, NULL, "1: compute by rt_offload()" },
      &given.offload },
    { { "permits", "100", 1, 1e6, NULL, "of the semaphore" }, &given.permits },
    { { "rate", "0", 0, 1e6, NULL,
        "operations started per second, over all tasks; 0 in a closed loop" },
      &given.rate },
    { { "requests", "1000", 1, 1e7, NULL, "requests in all" },
      &given.requests },
    { { "rounds", "10000", 1, 1e9, NULL, "operations in all" }, &given.rounds },
    { { "scale", "1", 0.001, 10, NULL, "seconds in a second", PARAM_REAL },
      .real = &given.scale },
    { { "schedule", "closed", 0, 0, "closed,poisson,fixed",
        "what starts an operation: the end of the last one, or a time",
        PARAM_CHOICE },
      &given.schedule },
    { { "sleep_s", "1", 0.001, 3600, NULL, "seconds each sleeps", PARAM_REAL },
      .real = &given.sleep_s },
    { { "tasks", "1000", 1, 1e7, NULL, "tasks" }, &given.tasks },
    { { "touch_kib", "0", 0, 48, NULL, "KiB of stack each uses" },
      &given.touch_kib },
    { { "url", "", .choices = "http,https", .help = "a page of your own",
        .kind = PARAM_URL },
      .text = &given.url },
    { { "via", .kind = PARAM_CHOICE, .help = "what it is done by" },
      &given.via },
};

static const struct word *word_of(const char *name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(words[i].param.name, name) == 0)
            return &words[i];
    return NULL;
}

void param_give(const struct param *param, const struct param_value *value)
{
    const struct word *word = word_of(param->name);
    if (word == NULL)
        return;
    if (word->integer != NULL)
        *word->integer = value->integer;
    else if (word->real != NULL)
        *word->real = value->real;
    else
        *word->text = value->text;
}

void param_complete(const struct param *partial, struct param *out)
{
    const struct word *word = word_of(partial->name);
    *out = *partial;
    if (word != NULL) {
        if (out->low == 0)
            out->low = word->param.low;
        if (out->high == 0)
            out->high = word->param.high;
        if (out->choices == NULL)
            out->choices = word->param.choices;
        if (out->help == NULL)
            out->help = word->param.help;
        if (out->kind == PARAM_INT)
            out->kind = word->param.kind;
    }
    if (out->kind == PARAM_INT && out->choices != NULL)
        out->kind = PARAM_CHOICE;
}
