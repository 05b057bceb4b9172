/* SPDX-License-Identifier: MIT */
/*
 * report.md: the run for a reader who was not there.  It states numbers,
 * intervals and what is missing, and takes no side.
 */

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "human.h"
#include "latencies.h"
#include "markdown.h"
#include "row.h"
#include "verdict.h"

enum {
    ROUNDS_MIN = 6 /* fewer make no interval */
};

struct report {
    FILE *file;
    const struct analysis *analysis;
};

static void print_member(const struct report *r, const char *label,
                         const json_t *value)
{
    if (json_is_string(value)) {
        fprintf(r->file, "* %s: ", label);
        markdown_text(r->file, json_string_value(value));
        fputc('\n', r->file);
    } else if (json_is_integer(value)) {
        fprintf(r->file, "* %s: %" JSON_INTEGER_FORMAT "\n", label,
                json_integer_value(value));
    }
}

static void print_header(const struct report *r)
{
    const struct trials *trials = &r->analysis->summary.trials;
    const json_t *env = r->analysis->env;
    char text[32];
    const char *commit = analysis_commit(r->analysis, text);
    fputs("# Coroutines and threads, measured\n\n", r->file);
    print_member(r, "Machine", json_object_get(env, "machine"));
    print_member(r, "Compiler", json_object_get(env, "compiler"));
    if (commit)
        fprintf(r->file, "* Commit: %s\n", commit);
    print_member(r, "Started", json_object_get(trials->run, "started"));
    print_member(r, "Finished", json_object_get(trials->end, "finished"));
    print_member(r, "Profile", json_object_get(trials->run, "profile"));
    fprintf(r->file, "* Rounds: %zu\n", analysis_rounds(r->analysis));
    print_member(r, "Seed", json_object_get(trials->run, "seed"));
    if (!trials->end)
        fputs("* **The run was cut off; this is what it had measured.**\n",
              r->file);
    else if (json_is_true(json_object_get(trials->end, "interrupted")))
        fputs("* **The run was interrupted; this is what it had measured.**\n",
              r->file);
}

static int print_verdict(const struct report *r)
{
    struct answers answers;
    int error = verdict_make(&answers, r->analysis);
    if (error)
        return error;
    if (answers.n > 0) {
        fputs("\n## Verdict for this machine\n\n", r->file);
        verdict_markdown(r->file, &answers);
    }
    verdict_fini(&answers);
    return 0;
}

static void print_warnings(const struct report *r)
{
    const json_t *all = json_object_get(r->analysis->env, "warnings"), *one;
    size_t i;
    if (json_array_size(all) == 0)
        return;
    fputs("\n## What disturbed\n\n", r->file);
    json_array_foreach(all, i, one)
    {
        fputs("* ", r->file);
        markdown_text(r->file,
                      json_is_string(one) ? json_string_value(one) : "?");
        fputc('\n', r->file);
    }
}

static void print_reading(const struct report *r)
{
    fputs(
        "\n## How to read it\n\n"
        "Every figure is the median over rounds, each trial a process of its "
        "own, with the 95 % interval of that median from order statistics. "
        "The ratio is a runtime's figure over that of coro in the same round: "
        "above 1x coro is better, below 1x the other one, and the verdict is "
        "*same* where the whole interval lies within 3 %, *unclear* where the "
        "rounds do not decide. "
        "It is taken of wall time, except where tasks mostly wait or the "
        "server was the limit: there CPU time tells what a runtime costs.\n\n"
        "RSS is taken while all tasks are parked where a workload parks them, "
        "else it is the peak; *full* adds page tables and kernel stacks. K, M "
        "and G are powers of 1024.\n",
        r->file);
    fputs("\ncoro runs all tasks on one thread and so on one CPU, also where "
          "`cpus:all` gives the others more. Network workloads use the "
          "loopback interface.\n",
          r->file);
}

/* ---- one workload ---- */

/* The point is said in the first row that shows it. */
static void print_row(const struct report *r, const struct cell *cell,
                      const char *point)
{
    struct row row;
    row_make(&row, r->analysis, cell);
    fputs("| ", r->file);
    markdown_text(r->file, point);
    fputs(" | ", r->file);
    markdown_text(r->file, row.runtime);
    fprintf(r->file, " | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
            row.wall, row.wall_interval, row.cpu, row.rss, row.full, row.ratio,
            row.interval, row.verdict, row.other, row.other_verdict);
}

static void print_heads(const struct report *r, const struct cell *cell,
                        int cost)
{
    const char *per = cell->calibrated ? " per op" : "";
    bool cpu = cost == COMPARE_CPU;
    fprintf(r->file,
            "| point | runtime | wall%s | 95 %% | CPU%s | RSS | full | %s to "
            "coro | 95 %% | verdict | %s to coro | verdict |\n"
            "|---|---|---:|---|---:|---:|---:|---:|---|---|---:|---|\n",
            per, per, cpu ? "CPU" : "wall", cpu ? "wall" : "CPU");
}

static void print_note(const struct report *r, const struct cell *cell,
                       const char *text)
{
    fputs("\n", r->file);
    markdown_text(r->file, cell->name);
    fprintf(r->file, ": %s.\n", text);
}

/* What must be said of the numbers of the workload at shown[first]. */
static void print_notes(const struct report *r, size_t first)
{
    const struct analysis *a = r->analysis;
    size_t outliers = 0;
    for (size_t i = first; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (i > first && analysis_opens_workload(a, i))
            break;
        outliers += cell->outliers;
        if (analysis_opens_point(a, i) && row_origin_bound(a, cell)) {
            fputs("\nOrigin-bound, no verdict on wall time: ", r->file);
            markdown_text(r->file, cell->point);
            fputs("\n", r->file);
        }
        char text[160];
        if (row_helped(text, sizeof text, cell))
            print_note(r, cell, text);
        if (row_offloads(text, sizeof text, cell))
            print_note(r, cell, text);
        if (row_stalls(text, sizeof text, cell))
            print_note(r, cell, text);
        const struct comparison *c = compare_find(&a->compared, cell);
        if (c && c->refused[0]) {
            fputs("\nNo ratio for ", r->file);
            markdown_text(r->file, cell->name);
            fprintf(r->file, ": %s.\n", c->refused);
        }
    }
    if (outliers > 0)
        fprintf(r->file,
                "\n%zu sample%s further than three scaled MAD from the median "
                "of %s cell; marked, not dropped.\n",
                outliers, outliers == 1 ? " is" : "s are",
                outliers == 1 ? "its" : "their");
}

static void print_title(const struct report *r, const struct cell *cell)
{
    fputs("\n## ", r->file);
    markdown_text(r->file, cell->workload);
    if (cell->question[0]) {
        fputs(": ", r->file);
        markdown_text(r->file, cell->question);
    }
    fputs("\n", r->file);
    if (cell->op[0]) {
        fputs("\nOne operation is one ", r->file);
        markdown_text(r->file, cell->op);
        fputs(".\n", r->file);
    }
}

/* The workload whose first cell is shown[first]. */
static void print_workload(const struct report *r, size_t first)
{
    const struct analysis *a = r->analysis;
    const char *point = NULL;
    int headed = -1;
    print_title(r, a->shown[first]);
    for (size_t i = first; i < a->summary.n; i++) {
        const struct cell *cell = a->shown[i];
        if (i > first && analysis_opens_workload(a, i))
            break;
        if (cell->n == 0)
            continue;
        char text[512] = "";
        if (row_head(a, cell) != headed) {
            fputc('\n', r->file);
            print_heads(r, cell, row_cost(a, cell));
            headed = row_head(a, cell);
        }
        if (!point || strcmp(point, cell->point) != 0)
            row_point(text, sizeof text, cell);
        point = cell->point;
        print_row(r, cell, text);
    }
    if (headed < 0)
        fputs("\nNothing was measured.\n", r->file);
    print_notes(r, first);
}

/* ---- all workloads ---- */

/* Percentiles over all rounds, and of single trials with their interval. */
static void print_latency(const struct report *r, const struct cell *cell,
                          enum work_latency which)
{
    struct latencies latencies;
    struct row row;
    char p50[HUMAN], p99[HUMAN];
    bool beats = which == WORK_HEARTBEAT;
    const struct estimate *e = cell->estimates;
    if (!latencies_read(&latencies, cell, which))
        return;
    row_make(&row, r->analysis, cell);
    fputs("| ", r->file);
    markdown_text(r->file, cell->point);
    fputs(" | ", r->file);
    markdown_text(r->file, row.runtime);
    for (int i = 0; i < PERCENTILES; i++)
        fprintf(r->file, " | %s", latencies.percentiles[i]);
    fprintf(r->file, " | %s | %llu | %s | %s |\n", latencies.max,
            (unsigned long long)latencies.count,
            human_times(p50, &e[beats ? METRIC_BEAT_P50 : METRIC_LAT_P50], 1),
            human_times(p99, &e[beats ? METRIC_BEAT_P99 : METRIC_LAT_P99], 1));
}

static void print_latencies(const struct report *r)
{
    for (int w = 0; w < WORK_LATENCIES; w++) {
        if (!latencies_any(r->analysis, (enum work_latency)w))
            continue;
        fputs(w == WORK_LATENCY
                  ? "\n## Latency\n\nOf operations: in a closed loop from "
                    "their start, else from the time they should have started "
                    "(no coordinated omission). "
                  : "\n## Heartbeats\n\nHow late tasks run that only want to "
                    "run at times. ",
              r->file);
        fputs("Percentiles are over all rounds together, where at least ten "
              "values lie beyond; beside them the 95 % interval of the median "
              "over trials, of those percentiles a single trial has values "
              "enough for.\n\n"
              "| point | runtime | p50 | p90 | p99 | p99.9 | max | values | "
              "p50 of a trial | p99 of a trial |\n"
              "|---|---|---:|---:|---:|---:|---:|---:|---|---|\n",
              r->file);
        for (size_t i = 0; i < r->analysis->summary.n; i++)
            print_latency(r, r->analysis->shown[i], (enum work_latency)w);
    }
}

/* The estimate of one kind of memory, with its interval. */
static void print_line(const struct report *r, const struct line *line,
                       double value)
{
    char low[HUMAN], high[HUMAN], text[HUMAN];
    fprintf(r->file, " %s |", human_bytes(text, value));
    if (line->n > 0 && line->interval)
        fprintf(r->file, " [%s, %s] |", human_bytes(low, line->slope_low),
                human_bytes(high, line->slope_high));
    else
        fputs(" - |", r->file);
}

static void print_slopes(const struct report *r)
{
    if (r->analysis->slopes_n == 0)
        return;
    fputs("\n## What RSS hides: memory per parked task\n\n"
          "RSS is anonymous memory; full adds page tables and kernel stacks. "
          "With at least four sizes this is the slope of a Theil-Sen line "
          "through all samples, and its intercept the runtime itself; with "
          "fewer, the difference between parked and before at the largest.\n\n"
          "| series | runtime | tasks | RSS per task | 95 % | full per task | "
          "95 % | runtime itself |\n|---|---|---|---:|---|---:|---|---:|\n",
          r->file);
    for (size_t i = 0; i < r->analysis->slopes_n; i++) {
        const struct slope *slope = &r->analysis->slopes[i];
        char text[HUMAN];
        bool fitted = slope->rss.n > 0;
        fputs("| ", r->file);
        markdown_text(r->file, slope->cell->group);
        fprintf(r->file, " | %s | ", slope->cell->runtime);
        if (fitted)
            fprintf(r->file, "%.0f to ", slope->smallest);
        fprintf(r->file, "%.0f |", slope->largest);
        print_line(r, &slope->rss, slope_rss(slope));
        print_line(r, &slope->full, slope_full(slope));
        fprintf(r->file, " %s |\n",
                fitted ? human_bytes(text, slope->rss.intercept) : "-");
    }
}

static void print_mean(const struct report *r, const struct geomean *g,
                       int which)
{
    const struct estimate *e = &g->estimates[which];
    char ratio[HUMAN], interval[HUMAN];
    if (e->n == 0)
        return;
    fprintf(r->file, "| %s | %s | %s | %s | %s | %zu | %zu |\n", g->runtime,
            g->cpus, which == COMPARE_WALL ? "wall" : "CPU",
            human_ratio(ratio, e->median), human_interval(interval, e),
            g->workloads[which], g->points[which]);
}

/* How the verdicts of one measure fall, and how many survive the question
 * whether so many comparisons had to give some by chance. */
static void print_tally(const struct report *r, int which, const char *measure)
{
    const struct compared *all = &r->analysis->compared;
    size_t counts[] = { 0, 0, 0, 0 }, total = 0, hold = 0;
    size_t rounds = analysis_rounds(r->analysis);
    for (size_t i = 0; i < all->n; i++) {
        const struct ratio *ratio = &all->comparisons[i].ratios[which];
        if (!compare_judged(&all->comparisons[i], which))
            continue;
        total++;
        counts[ratio->verdict]++;
        hold += (ratio->verdict == VERDICT_FASTER ||
                 ratio->verdict == VERDICT_SLOWER) &&
                ratio->holm <= 0.05;
    }
    if (total > 0 && rounds >= ROUNDS_MIN)
        fprintf(r->file,
                "\nBy %s, of %zu comparisons with coro %zu are faster, %zu "
                "slower, %zu the same and %zu unclear. Corrected by Holm for "
                "their number, %zu of the differences hold at 5 %% by the sign "
                "test; %zu rounds let it do so among at most %.0f, and %.0f "
                "rounds among all.\n",
                measure, total, counts[VERDICT_FASTER], counts[VERDICT_SLOWER],
                counts[VERDICT_SAME], counts[VERDICT_INCONCLUSIVE], hold,
                rounds, floor(0.05 * pow(2, (double)rounds - 1)),
                ceil(1 + log2((double)total / 0.05)));
}

static void print_means(const struct report *r)
{
    const struct compared *all = &r->analysis->compared;
    if (all->n == 0)
        return;
    fputs("\n## Over all workloads\n", r->file);
    if (r->analysis->geomeans_n > 0)
        fputs("\nGeometric mean of the ratios to coro, every workload "
              "weighing the same; above 1x coro is better. It depends on "
              "which workloads there are: the tables above decide.\n\n"
              "| runtime | cpus | of | ratio | 95 % | workloads | points "
              "|\n|---|---|---|---:|---|---:|---:|\n",
              r->file);
    for (size_t i = 0; i < r->analysis->geomeans_n; i++) {
        print_mean(r, &r->analysis->geomeans[i], COMPARE_WALL);
        print_mean(r, &r->analysis->geomeans[i], COMPARE_CPU);
    }
    print_tally(r, COMPARE_WALL, "wall time");
    print_tally(r, COMPARE_CPU, "CPU time");
    if (analysis_rounds(r->analysis) < ROUNDS_MIN)
        fputs("\nFewer than six rounds allow no 95 % interval, and so no "
              "verdict.\n",
              r->file);
}

static void print_troubles(const struct report *r)
{
    const struct summary *s = &r->analysis->summary;
    char text[1024];
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        const struct cell *cell = &s->cells[i];
        if (!row_trouble(text, sizeof text, cell))
            continue;
        if (!any)
            fputs("\n## Failed, skipped and missing\n\n", r->file);
        any = true;
        fputs("* ", r->file);
        markdown_text(r->file, cell->name);
        fputs(": ", r->file);
        markdown_text(r->file, text);
        fputc('\n', r->file);
    }
}

/* ---- charts and the way back ---- */

static int is_svg(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 4 && strcmp(entry->d_name + n - 4, ".svg") == 0;
}

static void print_charts(const struct report *r)
{
    char path[4096];
    struct dirent **charts;
    snprintf(path, sizeof path, "%s/charts", r->analysis->dir);
    int n = scandir(path, &charts, is_svg, alphasort);
    if (n > 0)
        fputs("\n## Charts\n", r->file);
    for (int i = 0; i < n; i++) {
        const char *name = charts[i]->d_name;
        fprintf(r->file, "\n![%.*s](charts/%s)\n", (int)strlen(name) - 4, name,
                name);
        free(charts[i]);
    }
    if (n >= 0)
        free(charts);
}

/* As a POSIX shell reads it. */
static void print_quoted(FILE *file, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-+=:,./%@";
    if (text[0] && text[strspn(text, plain)] == 0) {
        fputs(text, file);
        return;
    }
    fputc('\'', file);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", file);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    fputc('\'', file);
}

static void print_reproduce(const struct report *r)
{
    const json_t *run = r->analysis->summary.trials.run;
    const json_t *seed = json_object_get(run, "seed"), *argument;
    char text[32];
    const char *commit = analysis_commit(r->analysis, text);
    bool seeded = false;
    size_t i;
    fputs("\n## How to reproduce\n\n```sh\n", r->file);
    if (commit)
        fprintf(r->file, "git checkout %.12s\n", commit);
    fputs("make\nbuild/bin/cobench run", r->file);
    json_array_foreach(json_object_get(run, "arguments"), i, argument)
    {
        const char *word = json_string_value(argument);
        if (!word)
            continue;
        seeded |= strncmp(word, "--seed", 6) == 0;
        fputc(' ', r->file);
        print_quoted(r->file, word);
    }
    if (!seeded && json_is_integer(seed))
        fprintf(r->file, " --seed %" JSON_INTEGER_FORMAT,
                json_integer_value(seed));
    fputs("\n```\n\nThe seed fixes the order of the trials, not their times. "
          "Every trial is in `trials.jsonl`; `build/bin/cobench report` makes "
          "all other files from it again.\n",
          r->file);
}

int report_md(FILE *file, const struct analysis *analysis)
{
    struct report r = { file, analysis };
    print_header(&r);
    int error = print_verdict(&r);
    if (error)
        return error;
    print_warnings(&r);
    print_reading(&r);
    for (size_t i = 0; i < analysis->summary.n; i++)
        if (analysis_opens_workload(analysis, i))
            print_workload(&r, i);
    print_latencies(&r);
    print_slopes(&r);
    print_means(&r);
    print_troubles(&r);
    print_charts(&r);
    print_reproduce(&r);
    return 0;
}
