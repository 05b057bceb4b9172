/* SPDX-License-Identifier: MIT */
/* What the words of a report mean. */

#include "glossary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "params.h"

static bool has_heartbeats(const struct cell *cell)
{
    return cell->estimates[METRIC_BEAT_P50].n > 0;
}

static bool has_percentiles(const struct cell *cell)
{
    return has_heartbeats(cell) || cell->estimates[METRIC_LAT_P50].n > 0;
}

static bool has_full(const struct cell *cell)
{
    return cell->estimates[METRIC_FULL_PER_TASK].n > 0;
}

static bool is_reference(const struct cell *cell)
{
    return cell->reference;
}

/* A word is needed where a cell has this in its name and is so. */
static const struct entry {
    const char *word, *name;
    bool (*is)(const struct cell *cell);
    const char *meaning;
} entries[] = {
    { "all CPUs", "/cpus:all/", NULL,
      "the trial may use every processor (cpus:all)" },
    { "coroutine", "/runtime:coro", NULL,
      "a task with a small stack of its own that hands over by itself "
      "wherever it waits; all run on one thread (coro in the tables)" },
    { "cost", "", NULL,
      "wall time, or CPU time where tasks mostly wait or the point is "
      "server-bound" },
    { "CPU", "", NULL,
      "CPU time: how long processors worked for the trial, its share of the "
      "kernel included; it decides where they are shared" },
    { "full", "", has_full,
      "RSS and what it leaves out: page tables and the kernel's stacks" },
    { "heartbeat", "", has_heartbeats,
      "what a task does that only wants to run at fixed times" },
    { "interval", "", NULL,
      "in brackets: where the true value lies, in 95 of 100 such runs" },
    { "KiB", "", has_full, "1024 bytes, K in the tables" },
    { "lateness", "", has_heartbeats,
      "how long after its time a heartbeat runs, because others had the "
      "processor" },
    { "offload", "/offload:1/", NULL,
      "a coroutine hands what computes or blocks to other threads and waits "
      "for it as for anything else (rt_offload)" },
    { "one CPU", "/cpus:1/", NULL,
      "the trial may use one processor only (cpus:1); the test server has "
      "another" },
    { "p90", "", has_percentiles,
      "nine of ten values are not above it; p50: half of them, p99: 99 of "
      "100" },
    { "parked", "", has_full,
      "a task that waits, with its stack and all else it holds" },
    { "point", "", NULL,
      "a workload with one set of parameters, such as echo with 100 "
      "connections: where runtimes are compared" },
    { "pool", "/runtime:pool", NULL,
      "a fixed number of threads for all tasks: with pool:20 twenty are "
      "under way at once, the others queue" },
    { "reference", "", is_reference,
      "written by hand for one workload, without a runtime: what there is to "
      "gain at best" },
    { "round", "", NULL,
      "all points measured once, in random order; figures are medians over "
      "rounds" },
    { "RSS", "", NULL,
      "resident memory, as ps and top show it: without page tables and the "
      "kernel's stacks" },
    { "seq", "/runtime:seq", NULL,
      "one task after the other, nothing at the same time" },
    { "server-bound", "", cell_origin_bound,
      "the test server, a program of the benchmark's own, used over 90 % of "
      "its processor: time tells its pace, so only CPU time gets a verdict" },
    { "slope", "", has_full,
      "how much more the process holds for each task more, of a line through "
      "at least four sizes" },
    { "the same", "", NULL, "the whole interval lies within 3 %" },
    { "thread", "/runtime:thread", NULL,
      "an operating-system thread for each task, with the system's default "
      "stack" },
    { "thread:64k", "/runtime:thread:64k", NULL, "with stacks of 64 KiB" },
    { "thread:tuned", "/runtime:thread:tuned", NULL,
      "threads made cheap: stacks of 64 KiB and one malloc arena" },
    { "unclear", "", NULL, "these rounds do not tell who is better" },
    { "wall time", "", NULL, "by the clock, from start to end" },
};
enum {
    ENTRIES = sizeof entries / sizeof *entries
};

static bool is_needed(const struct entry *entry, const struct analysis *a)
{
    for (size_t i = 0; i < a->summary.n; i++) {
        const struct cell *cell = &a->summary.cells[i];
        if (cell->n > 0 && strstr(cell->name, entry->name) &&
            (!entry->is || entry->is(cell)))
            return true;
    }
    return false;
}

static bool is_listed(const struct page_word *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i].word, word) == 0)
            return true;
    return false;
}

/* Adds the parameters of a point, "workload/conns:100/bytes:64/cpus:1". */
static size_t add_params(struct page_word *words, size_t n, const char *point)
{
    while ((point = strchr(point, '/')) && n < PAGE_WORDS) {
        struct page_word *word = &words[n];
        struct param param;
        size_t length = strcspn(++point, ":/");
        if (point[length] != ':' || length + 1 >= sizeof word->word)
            continue;
        snprintf(word->word, sizeof word->word, "%.*s", (int)length, point);
        param_complete(&(struct param){ .name = word->word }, &param);
        word->meaning = param.help;
        /* "tasks: tasks" tells nobody anything. */
        bool tells = param.help && strcmp(param.help, word->word) != 0;
        strcat(word->word, ":");
        n += tells && !is_listed(words, n, word->word);
    }
    return n;
}

static int by_word(const void *a, const void *b)
{
    return strcasecmp(((const struct page_word *)a)->word,
                      ((const struct page_word *)b)->word);
}

size_t glossary_make(struct page_word words[PAGE_WORDS],
                     const struct analysis *a)
{
    size_t n = 0;
    for (size_t i = 0; i < ENTRIES; i++)
        if (is_needed(&entries[i], a)) {
            snprintf(words[n].word, sizeof words[n].word, "%s",
                     entries[i].word);
            words[n++].meaning = entries[i].meaning;
        }
    for (size_t i = 0; i < a->summary.n; i++)
        if (a->summary.cells[i].n > 0)
            n = add_params(words, n, a->summary.cells[i].point);
    qsort(words, n, sizeof *words, by_word);
    return n;
}
