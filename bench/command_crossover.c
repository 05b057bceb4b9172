/* SPDX-License-Identifier: MIT */
/*
 * cobench crossover: at which value of a parameter does the other runtime
 * begin to win?  Each value tried is a run of its own (cobench run), and all
 * of them together are one more.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "command.h"
#include "crossing.h"
#include "interrupt.h"
#include "suggest.h"

static const char help[] =
    "usage: cobench crossover WORKLOAD --param NAME[=LOW..HIGH]\n"
    "                         --between A,B [OPTION]...\n"
    "Finds where, as the parameter grows, the ratio of the times of runtimes B\n"
    "and A passes 1: for wall time and for CPU time.  By bisection: values\n"
    "whose interval holds 1 are undecided and widen the answer.  Without a\n"
    "range the smallest and the largest value of the catalogue are the ends.\n"
    "\n"
    "  --param NAME=VALUE    another parameter; repeatable\n"
    "  --cpus 1|all          default 1\n"
    "  --profile quick|default|full  how long a trial is\n"
    "  --repetitions N       rounds at each value; default 9\n"
    "  --probes N            values tried at most; default 12\n"
    "  --out DIR             default results/local/<time>\n"
    "\n"
    "DIR becomes a run like any other, with crossovers[] in results.json.\n"
    "\n"
    "Exit status: 0 answered (\"there is none\" is an answer), 2 usage,\n"
    "3 cannot tell, 4 nothing could be measured, 130 ended by Ctrl-C; what was\n"
    "measured is kept.\n";

enum {
    OPT_PARAM = 1,
    OPT_BETWEEN,
    OPT_CPUS,
    OPT_PROFILE,
    OPT_REPETITIONS,
    OPT_PROBES,
    OPT_OUT,
    OPT_HELP
};

static const struct option table[] = {
    { "param", required_argument, NULL, OPT_PARAM },
    { "between", required_argument, NULL, OPT_BETWEEN },
    { "cpus", required_argument, NULL, OPT_CPUS },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "repetitions", required_argument, NULL, OPT_REPETITIONS },
    { "probes", required_argument, NULL, OPT_PROBES },
    { "out", required_argument, NULL, OPT_OUT },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct parser {
    struct crossing *crossing;
    const char *workload;
    bool ranged, help;
};

static int take_number(const char *option, unsigned low, unsigned high,
                       unsigned *out)
{
    char *end;
    unsigned long value = strtoul(optarg, &end, 10);
    if (end == optarg || *end || value < low || value > high)
        return command_complain(STATUS_USAGE,
                                "crossover: --%s '%s': give a number from %u "
                                "to %u",
                                option, optarg, low, high);
    *out = (unsigned)value;
    return STATUS_FINE;
}

/* "conns", "conns=1..1000", or another parameter's "bytes=64". */
static int take_param(struct parser *parser)
{
    struct crossing *crossing = parser->crossing;
    char *equals = strchr(optarg, '=');
    char *dots = equals ? strstr(equals, "..") : NULL;
    if (equals && !dots) {
        if (crossing->fixed_n == CROSSING_FIXED)
            return command_complain(STATUS_USAGE,
                                    "crossover: too many --param");
        crossing->fixed[crossing->fixed_n++] = optarg;
        return STATUS_FINE;
    }
    if (crossing->param)
        return command_complain(STATUS_USAGE,
                                "crossover: --param '%s': one parameter can "
                                "vary, and %s does",
                                optarg, crossing->param);
    crossing->param = optarg;
    if (!dots)
        return STATUS_FINE;
    char *low_end, *high_end;
    *equals = 0;
    *dots = 0;
    parser->ranged = true;
    crossing->search.low = strtod(equals + 1, &low_end);
    crossing->search.high = strtod(dots + 2, &high_end);
    if (low_end == dots && dots > equals + 1 && *high_end == 0 && dots[2] &&
        crossing->search.low >= 0 &&
        crossing->search.high > crossing->search.low)
        return STATUS_FINE;
    return command_complain(STATUS_USAGE,
                            "crossover: --param %s: give a range such as "
                            "%s=1..1000",
                            optarg, optarg);
}

static int take_between(struct parser *parser)
{
    char *comma = strchr(optarg, ',');
    if (!comma || comma == optarg || !comma[1] || strchr(comma + 1, ','))
        return command_complain(STATUS_USAGE,
                                "crossover: --between '%s': give two runtimes, "
                                "as in coro,pool:20",
                                optarg);
    *comma = 0;
    parser->crossing->a = optarg;
    parser->crossing->b = comma + 1;
    if (strcmp(optarg, comma + 1) == 0)
        return command_complain(STATUS_USAGE,
                                "crossover: --between: %s and %s never differ",
                                optarg, comma + 1);
    return STATUS_FINE;
}

static int take(void *to, int option)
{
    struct parser *parser = to;
    struct crossing *crossing = parser->crossing;
    switch (option) {
    case OPT_PARAM:
        return take_param(parser);
    case OPT_BETWEEN:
        return take_between(parser);
    case OPT_CPUS:
        crossing->cpus = optarg;
        return STATUS_FINE;
    case OPT_PROFILE:
        crossing->profile = optarg;
        return STATUS_FINE;
    case OPT_REPETITIONS:
        return take_number("repetitions", 6, 10000, &crossing->repetitions);
    case OPT_PROBES:
        return take_number("probes", 2, CROSSOVER_POINTS, &crossing->probes);
    case OPT_OUT:
        crossing->out = optarg;
        return STATUS_FINE;
    default:
        parser->help = true;
        return STATUS_FINE;
    }
}

static int check(const struct parser *parser, int argc)
{
    if (argc - optind != 1)
        return command_complain(STATUS_USAGE, "crossover: give one workload; "
                                              "see cobench crossover --help");
    if (!parser->crossing->param)
        return command_complain(STATUS_USAGE,
                                "crossover: --param: which parameter varies? "
                                "Give its name, or a range: conns=1..1000");
    if (!parser->crossing->a)
        return command_complain(STATUS_USAGE,
                                "crossover: --between: which runtimes?");
    return STATUS_FINE;
}

static int parse(struct parser *parser, int argc, char **argv)
{
    int status = command_options(argc, argv, ":", table, take, parser);
    if (status != STATUS_FINE || parser->help)
        return status;
    status = check(parser, argc);
    parser->crossing->workload = argv[optind];
    return status;
}

/* ---- the catalogue ---- */

/* Widens the ends to the values a sweep has for the parameter. */
static void widen(struct crossover *search, const char *sweep,
                  const char *param)
{
    size_t n = strlen(param);
    for (const char *at = sweep; (at = strstr(at, param)); at += n) {
        if ((at > sweep && at[-1] != ' ') || at[n] != '=')
            continue;
        for (const char *value = at + n; *value == '=' || *value == ',';) {
            char *end;
            double x = strtod(value + 1, &end);
            search->low = x < search->low ? x : search->low;
            search->high = x > search->high ? x : search->high;
            value = end;
        }
    }
}

static void find_range(struct crossover *search, const json_t *workload,
                       const char *param)
{
    static const char *const profiles[] = { "quick", "default", "full" };
    size_t i;
    json_t *row;
    search->low = INFINITY;
    search->high = -INFINITY;
    json_array_foreach(json_object_get(workload, "cells"), i, row)
    {
        for (int p = 0; p < 3; p++)
            widen(search, catalog_text(row, profiles[p]), param);
    }
}

/* Knows the parameter, and the ends where none were given. */
static int prepare(struct parser *parser, const struct catalog *catalog)
{
    struct crossing *crossing = parser->crossing;
    const json_t *workload = catalog_workload(catalog, crossing->workload);
    if (!workload)
        return command_complain(STATUS_USAGE,
                                "crossover: no workload '%s'; see cobench list",
                                crossing->workload);
    const json_t *param = catalog_param(workload, crossing->param);
    if (!param || json_object_get(param, "choices"))
        return command_complain(STATUS_USAGE,
                                "crossover: %s has no numeric parameter '%s'; "
                                "see cobench list",
                                crossing->workload, crossing->param);
    if (strcmp(catalog_text(workload, "calibrated"), crossing->param) == 0)
        return command_complain(STATUS_USAGE,
                                "crossover: '%s' is how often %s repeats its "
                                "operation; nothing depends on it",
                                crossing->param, crossing->workload);
    crossing->search.whole = json_is_integer(json_object_get(param, "value"));
    if (!parser->ranged)
        find_range(&crossing->search, workload, crossing->param);
    if (!(crossing->search.high > crossing->search.low))
        return command_complain(STATUS_USAGE,
                                "crossover: give a range: --param %s=LOW..HIGH",
                                crossing->param);
    crossing->search.close = 1.25;
    return STATUS_FINE;
}

int command_crossover(int argc, char **argv)
{
    struct crossing crossing = {
        .cpus = "1", .profile = "default", .repetitions = 9, .probes = 12
    };
    struct parser parser = { .crossing = &crossing };
    struct catalog catalog;
    int status = parse(&parser, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (parser.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    interrupt_catch();
    if (catalog_folder(crossing.folder, sizeof crossing.folder) != 0 ||
        catalog_read(&catalog, crossing.folder) != 0)
        return command_complain(STATUS_BROKEN,
                                "crossover: no trial programs; run make");
    status = prepare(&parser, &catalog);
    catalog_fini(&catalog);
    return status == STATUS_FINE ? crossing_run(&crossing) : status;
}
