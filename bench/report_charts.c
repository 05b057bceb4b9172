/* SPDX-License-Identifier: MIT */
/*
 * The charts beside the text, and what each shows in words.  plots.sh names
 * them KIND-WORKLOAD.svg, with "-fixed" behind it for what is not part of a
 * sweep.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latencies.h"
#include "report.h"
#include "row.h"

/* A median with its interval, behind the name of its cell. */
static void say_estimate(FILE *file, const struct cell *cell,
                         const char *figure, const char *interval)
{
    char point[512];
    row_point(point, sizeof point, cell);
    fprintf(file, " %s%s%s: %s%s%s;", point, point[0] ? " " : "", cell->runtime,
            figure, interval[0] == '[' ? " " : "",
            interval[0] == '[' ? interval : "");
}

static void say_time(FILE *file, const struct analysis *a,
                     const struct cell *cell)
{
    struct row row;
    row_make(&row, a, cell);
    say_estimate(file, cell, row.wall, row.wall_interval);
}

static void say_rate(FILE *file, const struct analysis *a,
                     const struct cell *cell)
{
    const struct estimate *e = &cell->estimates[METRIC_OPS_PER_S];
    char text[HUMAN];
    (void)a;
    if (e->n == 0)
        return;
    snprintf(text, sizeof text, "%.3g per second", e->median);
    say_estimate(file, cell, text, "");
}

static void say_memory(FILE *file, const struct analysis *a,
                       const struct cell *cell)
{
    struct row row;
    char text[3 * HUMAN];
    row_make(&row, a, cell);
    snprintf(text, sizeof text, "RSS %s, in full %s", row.rss, row.full);
    say_estimate(file, cell, text, "");
}

static void say_task(FILE *file, const struct analysis *a,
                     const struct cell *cell)
{
    const struct estimate *e = &cell->estimates[METRIC_FULL_PER_TASK];
    char text[HUMAN];
    (void)a;
    if (e->n > 0)
        say_estimate(file, cell, human_bytes(text, e->median), "");
}

static void say_distribution(FILE *file, const struct cell *cell,
                             enum work_latency which)
{
    struct latencies l;
    char text[5 * HUMAN];
    if (!latencies_read(&l, cell, which))
        return;
    snprintf(text, sizeof text, "p50 %s, p99 %s, longest %s", l.percentiles[0],
             l.percentiles[2], l.max);
    say_estimate(file, cell, text, "");
}

static void say_latency(FILE *file, const struct analysis *a,
                        const struct cell *cell)
{
    (void)a;
    say_distribution(file, cell, WORK_LATENCY);
}

static void say_heartbeat(FILE *file, const struct analysis *a,
                          const struct cell *cell)
{
    (void)a;
    say_distribution(file, cell, WORK_HEARTBEAT);
}

/* As parts of the median. */
static void say_spread(FILE *file, const struct analysis *a,
                       const struct cell *cell)
{
    const struct estimate *e =
        &cell->estimates[compare_metric(cell, COMPARE_WALL)];
    char low[HUMAN], high[HUMAN], text[3 * HUMAN];
    (void)a;
    if (e->n == 0 || !(e->median > 0))
        return;
    snprintf(text, sizeof text, "%zu from %s to %s", e->n,
             human_ratio(low, e->min / e->median),
             human_ratio(high, e->max / e->median));
    say_estimate(file, cell, text, "");
}

/* Of runtimes whose tasks park, each once. */
static void say_parts(FILE *file, const struct analysis *a,
                      const struct cell *cell)
{
    char rss[HUMAN], full[HUMAN];
    for (size_t i = 0; i < a->slopes_n; i++)
        if (a->slopes[i].cell == cell)
            fprintf(file, " %s %s: %s in full, RSS %s;", cell->workload,
                    cell->runtime, human_bytes(full, slope_full(&a->slopes[i])),
                    human_bytes(rss, slope_rss(&a->slopes[i])));
}

static void say_ratio(FILE *file, const struct analysis *a,
                      const struct cell *cell, int which)
{
    const struct comparison *c = compare_find(&a->compared, cell);
    char ratio[HUMAN], interval[HUMAN];
    if (!c || !compare_judged(c, which))
        return;
    fprintf(file, " %s", cell->workload);
    say_estimate(file, cell,
                 human_ratio(ratio, c->ratios[which].estimate.median),
                 human_interval(interval, &c->ratios[which].estimate));
}

static void say_cost(FILE *file, const struct analysis *a,
                     const struct cell *cell)
{
    char text[2048];
    for (size_t i = 0, n; i < a->steps_n; i += n) {
        n = growth_series(&a->steps[i], a->steps_n - i);
        if (a->steps[i].from != cell)
            continue;
        growth_words(text, sizeof text, &a->steps[i], n, a->env);
        fprintf(file, " %s: %s.", cell->runtime, text);
    }
}

static void say_wall_ratio(FILE *file, const struct analysis *a,
                           const struct cell *cell)
{
    say_ratio(file, a, cell, COMPARE_WALL);
}

static void say_cpu_ratio(FILE *file, const struct analysis *a,
                          const struct cell *cell)
{
    say_ratio(file, a, cell, COMPARE_CPU);
}

/* Threads alone, by what is compared there. */
static void say_threads(FILE *file, const struct analysis *a,
                        const struct cell *cell)
{
    const struct comparison *c = compare_find(&a->compared, cell);
    if (c && strncmp(cell->runtime, "thread", 6) == 0)
        say_ratio(file, a, cell, compare_cost(c));
}

static const struct kind {
    const char *name, *shows;
    void (*say)(FILE *file, const struct analysis *a, const struct cell *cell);
} kinds[] = {
    { REPORT_CHART,
      "What threads need over what coroutines need, of each kind of work.",
      say_threads },
    { "speedup-wall", "Wall time over that of coro, with 95 % intervals.",
      say_wall_ratio },
    { "speedup-cpu", "CPU time over that of coro, with 95 % intervals.",
      say_cpu_ratio },
    { "wall", "Medians of the wall time, with their 95 % intervals.",
      say_time },
    { "cost",
      "CPU time per operation against the number of tasks or connections.",
      say_cost },
    { "throughput", "Operations per second.", say_rate },
    { "memory", "Memory of the process while all tasks are parked.",
      say_memory },
    { "stack", "Memory of a parked task against the KiB of stack it used.",
      say_task },
    { "latency", "Distribution of the latency of operations.", say_latency },
    { "heartbeat", "Distribution of the lateness of heartbeats.",
      say_heartbeat },
    { "spread", "Every sample over the median of its cell.", say_spread },
    { "memory-parts",
      "Memory that one parked task holds, with page tables and kernel stack.",
      say_parts },
    { "crossover-wall",
      "Where the winner by wall time changes. Wall time over that of coro:",
      say_wall_ratio },
    { "crossover-cpu",
      "Where the winner by CPU time changes. CPU time over that of coro:",
      say_cpu_ratio },
};
enum {
    KINDS = sizeof kinds / sizeof *kinds
};

/* The chart `name` is of this kind, and about this workload. */
static bool is_about(const char *name, const char *kind, const char *workload)
{
    size_t n = strlen(kind), m = strlen(workload);
    if (strncmp(name, kind, n) != 0 || name[n] != '-' ||
        strncmp(name + n + 1, workload, m) != 0)
        return false;
    name += n + 1 + m;
    return !*name || strcmp(name, "-fixed") == 0;
}

/* The chart is the only one of this kind or a further one, "speedup-wall-2". */
static bool is_of(const char *name, const char *kind)
{
    size_t n = strlen(kind);
    return strncmp(name, kind, n) == 0 &&
           (!name[n] ||
            (name[n] == '-' &&
             name[n + 1 + strspn(name + n + 1, "0123456789")] == 0));
}

/* The kind of a chart; NULL where none of them is known. */
static const struct kind *find_kind(const char *name, const char *workload)
{
    for (size_t i = 0; i < KINDS; i++)
        if (workload ? is_about(name, kinds[i].name, workload)
                     : is_of(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* The workload a chart is about, or NULL. */
static const char *find_workload(const struct analysis *a, const char *name)
{
    for (size_t i = 0; i < a->summary.n; i++)
        if (analysis_opens_workload(a, i) &&
            find_kind(name, a->shown[i]->workload))
            return a->shown[i]->workload;
    return NULL;
}

/* A further chart of many tells nothing more. */
static bool is_further(const char *name, const struct kind *kind)
{
    return kind && name[strlen(kind->name)] == '-' && is_of(name, kind->name);
}

/* The caller frees it; NULL without memory. */
static char *describe(const struct analysis *a, const char *name,
                      const char *workload)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    const struct kind *kind = find_kind(name, workload);
    bool further = is_further(name, kind);
    if (kind)
        fprintf(file, "%s%s", kind->shows, further ? " Continued." : "");
    for (size_t i = 0; kind && !further && i < a->summary.n; i++)
        if (a->shown[i]->n > 0 &&
            (!workload || strcmp(a->shown[i]->workload, workload) == 0))
            kind->say(file, a, a->shown[i]);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

static int is_svg(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".svg") == 0;
}

static void print_chart(struct page *page, const struct analysis *a,
                        const char *name, const char *workload)
{
    char *text = describe(a, name, workload);
    if (text)
        page_chart(page, a->dir, name, text);
    else
        page->error = -ENOMEM;
    free(text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct dirent *const *)a)->d_name,
                  (*(struct dirent *const *)b)->d_name);
}

/* Of the names, those of this kind, NULL those of none, that are about the
 * workload, or about none.  Their number. */
static size_t print_kind(struct page *page, const struct analysis *a,
                         struct dirent *const *names, int n,
                         const struct kind *kind, const char *workload)
{
    size_t shown = 0;
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        const char *about = find_workload(a, name);
        if (strcmp(name, REPORT_CHART) == 0)
            continue;
        if ((workload ? !about || strcmp(about, workload) != 0
                      : about != NULL) ||
            find_kind(name, workload) != kind)
            continue;
        print_chart(page, a, name, workload);
        shown++;
    }
    return shown;
}

void report_chart(struct page *page, const struct analysis *a, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/charts/%s.svg", a->dir, name);
    if (access(path, F_OK) == 0)
        print_chart(page, a, name, NULL);
}

size_t report_charts(struct page *page, const struct analysis *a,
                     const char *workload)
{
    char path[PATH_MAX];
    struct dirent **names;
    snprintf(path, sizeof path, "%s/charts", a->dir);
    int n = scandir(path, &names, is_svg, NULL);
    if (n < 0)
        return 0;
    for (int i = 0; i < n; i++)
        names[i]->d_name[strlen(names[i]->d_name) - 4] = 0;
    qsort(names, (size_t)n, sizeof *names, by_name);
    size_t shown = 0;
    for (int k = 0; k < KINDS; k++)
        shown += print_kind(page, a, names, n, &kinds[k], workload);
    shown += print_kind(page, a, names, n, NULL, workload);
    while (n > 0)
        free(names[--n]);
    free(names);
    return shown;
}
