/* SPDX-License-Identifier: MIT */
/*
 * Runs `cobench run` for one value after the other, until the search is over,
 * and makes one run of them all.  Invariant: a probe whose folder is whole is
 * part of the result, whatever happens later.
 */
#include "crossing.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "env.h"
#include "finish.h"
#include "folder.h"
#include "human.h"
#include "interrupt.h"
#include "proc.h"
#include "trials.h"

enum {
    ARGUMENTS = 40,
    FAILED_TRIALS = 1 /* exit status of cobench run that leaves results */
};

/* All probes together. */
struct merged {
    json_t *run, *trials;
    json_t *end; /* of the last; NULL where the search was cut off */
};

static const char *view_name(int which)
{
    return which == COMPARE_WALL ? "wall" : "cpu";
}

static struct crossover *search_of(struct crossing *crossing, int which)
{
    return which == COMPARE_WALL ? &crossing->search : &crossing->by_cpu;
}

/* Of crossover_winner(). */
static const char *winner(const struct crossing *crossing, int sign)
{
    return sign > 0 ? crossing->a : sign < 0 ? crossing->b : "?";
}

/* ---- one probe ---- */

static int start_probe(const struct crossing *crossing, double x,
                       const char *dir)
{
    const char *argv[ARGUMENTS];
    char self[PATH_MAX + 16], value[128], runtimes[128], rounds[16];
    int n = 0;
    snprintf(self, sizeof self, "%s/cobench", crossing->folder);
    snprintf(value, sizeof value, "%s=%.15g", crossing->param, x);
    snprintf(runtimes, sizeof runtimes, "%s,%s", crossing->a, crossing->b);
    snprintf(rounds, sizeof rounds, "%u", crossing->repetitions);
    const char *const fixed[] = { self,
                                  "run",
                                  "--workload",
                                  crossing->workload,
                                  "--param",
                                  value,
                                  "--runtime",
                                  runtimes,
                                  "--cpus",
                                  crossing->cpus,
                                  "--profile",
                                  crossing->profile,
                                  "--repetitions",
                                  rounds,
                                  "--no-charts",
                                  "--out",
                                  dir };
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        argv[n++] = fixed[i];
    for (int i = 0; i < crossing->fixed_n; i++) {
        argv[n++] = "--param";
        argv[n++] = crossing->fixed[i];
    }
    argv[n] = NULL;
    struct proc_options options = { .argv = argv, .relay = true };
    struct proc_result result;
    int error = proc_run(&options, &result);
    if (error)
        return command_complain(STATUS_BROKEN, "crossover: cannot start %s: %s",
                                self, strerror(-error));
    int status = result.end == PROC_EXITED ? result.code : STATUS_BROKEN;
    if (status != STATUS_FINE && interrupt_pending())
        status = 128 + interrupt_pending();
    else if (status != STATUS_FINE)
        fputs(result.err.data ? result.err.data : "", stderr);
    proc_result_fini(&result);
    return status == FAILED_TRIALS ? STATUS_FINE : status;
}

/* The ratio b/a of a metric; n == 0 where there is none. */
static struct estimate ratio_of(const struct comparison *c, int which)
{
    struct estimate ratio = { 0 };
    struct pairs pairs;
    if (!compare_judged(c, which) && c->origin_bound)
        return ratio;
    if (pairs_init(&pairs, c, which) != 0)
        return ratio;
    if (stats_ratio(&ratio, pairs.contender, pairs.baseline, pairs.n) != 0)
        ratio = (struct estimate){ 0 };
    pairs_fini(&pairs);
    return ratio;
}

static void print_ratio(const struct crossing *crossing,
                        const struct estimate *ratio)
{
    char text[HUMAN], interval[HUMAN];
    printf("  %7s %-14s %-9s",
           ratio->n ? human_ratio(text, ratio->median) : "-",
           ratio->n ? human_interval(interval, ratio) : "",
           winner(crossing, crossover_winner(ratio)));
}

/* The first point that both were measured at; returns how many there are. */
static size_t find_pair(struct comparison *c, const struct crossing *crossing,
                        const struct summary *summary)
{
    size_t found = 0;
    for (size_t i = 0; i < summary->n; i++) {
        const struct cell *a = &summary->cells[i];
        if (strcmp(a->runtime, crossing->a) != 0)
            continue;
        for (size_t j = 0; j < summary->n; j++) {
            const struct cell *b = &summary->cells[j];
            if (strcmp(b->runtime, crossing->b) != 0 ||
                strcmp(a->point, b->point) != 0)
                continue;
            if (found++ == 0)
                *c = (struct comparison){ .baseline = a, .contender = b };
        }
    }
    return found;
}

static int take_ratios(struct crossing *crossing, double x,
                       const struct summary *summary)
{
    struct comparison c;
    size_t pairs = find_pair(&c, crossing, summary);
    if (pairs == 0)
        return command_complain(STATUS_BROKEN,
                                "crossover: %s=%.15g: %s and %s were not "
                                "measured at the same point; give its other "
                                "parameters by --param",
                                crossing->param, x, crossing->a, crossing->b);
    if (pairs > 1 && crossing->search.n == 0)
        fprintf(stderr,
                "cobench crossover: the first of %zu points, %s; --param "
                "chooses another\n",
                pairs, c.baseline->point);
    compare_work(&c);
    if (c.refused[0])
        return command_complain(STATUS_BROKEN, "crossover: %s=%.15g: %s",
                                crossing->param, x, c.refused);
    printf("%12.6g", x);
    for (int which = 0; which < COMPARES; which++) {
        struct estimate ratio = ratio_of(&c, which);
        crossover_add(search_of(crossing, which), x, &ratio);
        print_ratio(crossing, &ratio);
    }
    putchar('\n');
    fflush(stdout);
    return STATUS_FINE;
}

/* Appends what a probe measured; the first one's heading is everybody's. */
static int merge(struct merged *merged, const char *dir)
{
    struct trials trials;
    char message[256];
    if (trials_read(&trials, dir, message, sizeof message) != 0)
        return command_complain(STATUS_BROKEN, "crossover: %s", message);
    if (!merged->run) {
        merged->run = json_deep_copy(trials.run);
        merged->trials = json_array();
    } else {
        json_array_extend(json_object_get(merged->run, "cells"), trials.cells);
    }
    json_array_extend(merged->trials, trials.trials);
    json_decref(merged->end);
    merged->end = trials.end ? json_deep_copy(trials.end) : NULL;
    trials_fini(&trials);
    return STATUS_FINE;
}

static int probe(struct crossing *crossing, struct merged *merged, double x)
{
    char dir[PATH_MAX + 64], message[256];
    struct summary summary;
    snprintf(dir, sizeof dir, "%s/probes/%s-%.15g", crossing->dir,
             crossing->param, x);
    int status = start_probe(crossing, x, dir);
    if (status != STATUS_FINE)
        return status;
    if (summary_read(&summary, dir, message, sizeof message) != 0)
        return command_complain(STATUS_BROKEN, "crossover: %s", message);
    status = take_ratios(crossing, x, &summary);
    summary_fini(&summary);
    return status == STATUS_FINE ? merge(merged, dir) : status;
}

/* ---- all of them ---- */

static int find(struct crossing *crossing, struct merged *merged)
{
    unsigned probes = 0;
    int status = STATUS_FINE;
    for (int which = 0; which < COMPARES; which++) {
        const struct crossover *search = search_of(crossing, which);
        double x;
        while (probes < crossing->probes && status == STATUS_FINE &&
               crossover_next(search, &x)) {
            status = interrupt_pending() ? 128 + interrupt_pending()
                                         : probe(crossing, merged, x);
            probes++;
        }
    }
    return status;
}

static void print_head(const struct crossing *crossing)
{
    printf("crossover of %s by %s, %s against %s, cpus:%s", crossing->workload,
           crossing->param, crossing->b, crossing->a, crossing->cpus);
    for (int i = 0; i < crossing->fixed_n; i++)
        printf(" %s", crossing->fixed[i]);
    printf("; %u rounds each\n%12s  %-32s  %s\n", crossing->repetitions,
           crossing->param, "wall time, who wins", "CPU time, who wins");
    fflush(stdout);
}

static void print_answer(const struct crossing *crossing, const char *what,
                         const struct crossover *search)
{
    struct crossover_answer answer;
    crossover_answer(search, &answer);
    const char *from = winner(crossing, answer.from);
    const char *to = winner(crossing, answer.to);
    printf("%s: ", what);
    if (search->n < 2)
        printf("cannot tell: ended before both %.6g and %.6g were measured\n",
               search->low, search->high);
    else if (answer.kind == CROSSOVER_NONE)
        printf("no crossover between %.6g and %.6g: %s wins\n", search->low,
               search->high, from);
    else if (answer.kind == CROSSOVER_UNDECIDED)
        printf("cannot tell: undecided at %.6g and at %.6g; try more "
               "--repetitions\n",
               search->low, search->high);
    else if (answer.kind == CROSSOVER_ONSET && answer.from == 0)
        printf("no crossover seen: undecided up to %.6g, %s wins from %.6g "
               "on\n",
               answer.low, to, answer.high);
    else if (answer.kind == CROSSOVER_ONSET)
        printf("no crossover seen: %s wins up to %.6g, undecided from %.6g "
               "on\n",
               from, answer.low, answer.high);
    else
        printf("%s wins up to %.6g, %s from %.6g on%s\n", from, answer.low, to,
               answer.high,
               answer.kind == CROSSOVER_SEVERAL
                   ? "; and it changes again further up"
                   : "");
}

static json_t *answer_json(const struct crossing *crossing, int which,
                           const struct crossover *search)
{
    static const char *const kinds[] = { [CROSSOVER_FOUND] = "found",
                                         [CROSSOVER_NONE] = "none",
                                         [CROSSOVER_ONSET] = "onset",
                                         [CROSSOVER_UNDECIDED] = "undecided",
                                         [CROSSOVER_SEVERAL] = "several" };
    struct crossover_answer answer;
    crossover_answer(search, &answer);
    json_t *points = json_array();
    for (size_t i = 0; i < search->n; i++) {
        const struct crossover_point *p = &search->points[i];
        json_t *point = json_pack("{s:f, s:I}", "x", p->x, "rounds",
                                  (json_int_t)p->ratio.n);
        if (p->ratio.interval)
            json_object_update_new(point, json_pack("{s:f, s:f, s:f}", "ratio",
                                                    p->ratio.median, "ci_low",
                                                    p->ratio.low, "ci_high",
                                                    p->ratio.high));
        json_array_append_new(points, point);
    }
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "workload",
                  crossing->workload, "param", crossing->param, "a",
                  crossing->a, "b", crossing->b, "metric", view_name(which),
                  "answer", kinds[answer.kind], "points", points);
    bool found =
        answer.kind == CROSSOVER_FOUND || answer.kind == CROSSOVER_SEVERAL;
    if (found || answer.kind == CROSSOVER_ONSET)
        json_object_update_new(
            json, json_pack("{s:f, s:f, s:s, s:s}", "low", answer.low, "high",
                            answer.high, "winner_below",
                            winner(crossing, answer.from), "winner_above",
                            winner(crossing, answer.to)));
    if (answer.kind == CROSSOVER_NONE)
        json_object_set_new(json, "winner",
                            json_string(answer.from > 0 ? crossing->a
                                                        : crossing->b));
    return json;
}

static int write_json(struct crossing *crossing)
{
    char path[PATH_MAX + 32];
    json_t *all = json_array();
    for (int which = 0; which < COMPARES; which++)
        json_array_append_new(all, answer_json(crossing, which,
                                               search_of(crossing, which)));
    snprintf(path, sizeof path, "%s/crossovers.json", crossing->dir);
    int error = json_dump_file(all, path, JSON_INDENT(1));
    json_decref(all);
    return error ? command_complain(STATUS_BROKEN,
                                    "crossover: %s cannot be written", path)
                 : STATUS_FINE;
}

/* One run of all probes: its trials, its environment. */
static int write_run(const struct crossing *crossing,
                     const struct merged *merged)
{
    char path[PATH_MAX + 64], first[PATH_MAX + 64];
    size_t i;
    json_t *line;
    int fd = trials_create(crossing->dir, merged->run);
    int error = fd < 0 ? fd : 0;
    json_array_foreach(merged->trials, i, line)
    {
        if (error == 0)
            error = trials_append(fd, line);
    }
    if (error == 0 && merged->end) {
        line = json_pack("{s:O}", "end", merged->end);
        error = line ? trials_append(fd, line) : -ENOMEM;
        json_decref(line);
    }
    snprintf(first, sizeof first, "%s/probes/%s-%.15g/env.json", crossing->dir,
             crossing->param, crossing->search.low);
    json_t *env = json_load_file(first, 0, NULL);
    if (error == 0 && env)
        error = env_write(env, crossing->dir);
    json_decref(env);
    snprintf(path, sizeof path, "%s", crossing->dir);
    return error ? command_complain(STATUS_BROKEN, "crossover: %s: %s", path,
                                    strerror(-error))
                 : STATUS_FINE;
}

static int make_folder(struct crossing *crossing)
{
    int error;
    if (crossing->out) {
        snprintf(crossing->dir, sizeof crossing->dir, "%s", crossing->out);
        error = folder_make(crossing->dir);
    } else {
        error = folder_new(crossing->dir, sizeof crossing->dir);
    }
    return error ? command_complain(STATUS_BROKEN, "crossover: %s: %s",
                                    crossing->out ? crossing->out
                                                  : "results/local",
                                    strerror(-error))
                 : STATUS_FINE;
}

static int conclude(struct crossing *crossing, const struct merged *merged)
{
    struct crossover_answer wall, cpu;
    int status = write_json(crossing);
    if (status == STATUS_FINE)
        status = write_run(crossing, merged);
    if (status == STATUS_FINE &&
        finish(crossing->dir, crossing->folder, true, FORMAT_TABLE, NULL) != 0)
        status = STATUS_BROKEN;
    putchar('\n');
    print_answer(crossing, "wall time", &crossing->search);
    print_answer(crossing, "CPU time", &crossing->by_cpu);
    crossover_answer(&crossing->search, &wall);
    crossover_answer(&crossing->by_cpu, &cpu);
    if (status == STATUS_FINE && wall.kind == CROSSOVER_UNDECIDED &&
        cpu.kind == CROSSOVER_UNDECIDED)
        return STATUS_INCONCLUSIVE;
    return status;
}

int crossing_run(struct crossing *crossing)
{
    struct merged merged = { 0 };
    crossing->by_cpu = crossing->search;
    int status = make_folder(crossing);
    if (status != STATUS_FINE)
        return status;
    print_head(crossing);
    status = find(crossing, &merged);
    if (status != STATUS_FINE) {
        json_decref(merged.end);
        merged.end = NULL;
    }
    if (merged.run) {
        int concluded = conclude(crossing, &merged);
        status = status != STATUS_FINE ? status : concluded;
    }
    json_decref(merged.run);
    json_decref(merged.trials);
    json_decref(merged.end);
    return interrupt_pending() ? 128 + interrupt_pending() : status;
}
