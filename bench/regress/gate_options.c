/* SPDX-License-Identifier: MIT */
/*
 * Parses the options of `cobench regress`.
 */
#include "gate_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "command.h"

const char *const gate_options_help =
    "usage: cobench regress [--base REV] [OPTION]...\n"
    "Has the working tree become slower than the revision it comes from?\n"
    "Builds the merge base of REV and HEAD in a temporary worktree, measures\n"
    "both in turns, and fails for a confirmed slowdown only.  Without a base:\n"
    "compares ratios of two runtimes with those recorded on this class of\n"
    "machine, and checks the limits that hold on any.\n"
    "\n"
    "what\n"
    "  --base REV          compare with the merge base of REV and HEAD\n"
    "  --base-bin DIR      compare with the programs in DIR\n"
    "  --head-bin DIR      programs of head, instead of those beside cobench\n"
    "  --metric GLOB[,..]  only metrics whose whole name matches one (a star\n"
    "                      matches everything, slashes too)\n"
    "  --list              print these names, and those of the ratios that\n"
    "                      are compared without a base\n"
    "how\n"
    "  --force             measure even if both sides are the same programs\n"
    "  --budget SECONDS    be inconclusive after that; 600\n"
    "  --seed N            of all that is drawn by lot; recorded\n"
    "  --record            add this run's ratios to the baseline of this class\n"
    "                      of machine\n"
    "  --replay FILE       decide again from a regress.json\n"
    "where\n"
    "  --out DIR           regress.json, regress.md, regress.xml and charts;\n"
    "                      results/local/regress\n"
    "\n"
    "COBENCH_INJECT='METRIC:1.2' makes head do 1.2 times the work in that one,\n"
    "to see the gate fire.\n"
    "\n"
    "Exit status: 0 no regression, 1 a confirmed regression, 2 usage or not\n"
    "comparable (base does not build), 3 inconclusive (the control alarmed,\n"
    "much CPU time was stolen, too noisy, out of time), 4 nothing was measured,\n"
    "a trial crashed or did other work; 130 ended by Ctrl-C.\n";

enum {
    OPT_BASE = 1,
    OPT_BASE_BIN,
    OPT_HEAD_BIN,
    OPT_METRIC,
    OPT_LIST,
    OPT_FORCE,
    OPT_BUDGET,
    OPT_SEED,
    OPT_RECORD,
    OPT_REPLAY,
    OPT_OUT,
    OPT_HELP
};

static const struct option long_options[] = {
    { "base", required_argument, NULL, OPT_BASE },
    { "base-bin", required_argument, NULL, OPT_BASE_BIN },
    { "head-bin", required_argument, NULL, OPT_HEAD_BIN },
    { "metric", required_argument, NULL, OPT_METRIC },
    { "list", no_argument, NULL, OPT_LIST },
    { "force", no_argument, NULL, OPT_FORCE },
    { "budget", required_argument, NULL, OPT_BUDGET },
    { "seed", required_argument, NULL, OPT_SEED },
    { "record", no_argument, NULL, OPT_RECORD },
    { "replay", required_argument, NULL, OPT_REPLAY },
    { "out", required_argument, NULL, OPT_OUT },
    { "help", no_argument, NULL, OPT_HELP },
    { 0 },
};

static int take_budget(struct gate_options *out)
{
    char *end;
    double seconds = strtod(optarg, &end);
    if (end == optarg || *end || !(seconds > 0) || !(seconds < 1e9))
        return command_complain(STATUS_USAGE,
                                "regress: --budget '%s': give seconds, above 0",
                                optarg);
    out->budget_ns = (int64_t)(seconds * 1e9);
    return STATUS_FINE;
}

static int take_seed(struct gate_options *out)
{
    char *end;
    errno = 0;
    out->seed = strtoull(optarg, &end, 10);
    out->seed_given = true;
    if (end == optarg || *end || *optarg == '-' || errno)
        return command_complain(STATUS_USAGE,
                                "regress: --seed '%s': give a whole number",
                                optarg);
    return STATUS_FINE;
}

static int take(void *to, int option)
{
    struct gate_options *out = to;
    switch (option) {
    case OPT_BASE:
        out->base = optarg;
        return STATUS_FINE;
    case OPT_BASE_BIN:
        out->base_bin = optarg;
        return STATUS_FINE;
    case OPT_HEAD_BIN:
        out->head_bin = optarg;
        return STATUS_FINE;
    case OPT_METRIC:
        out->metrics = optarg;
        return STATUS_FINE;
    case OPT_LIST:
        out->list = true;
        return STATUS_FINE;
    case OPT_FORCE:
        out->force = true;
        return STATUS_FINE;
    case OPT_BUDGET:
        return take_budget(out);
    case OPT_SEED:
        return take_seed(out);
    case OPT_RECORD:
        out->record = true;
        return STATUS_FINE;
    case OPT_REPLAY:
        out->replay = optarg;
        return STATUS_FINE;
    case OPT_OUT:
        out->out = optarg;
        return STATUS_FINE;
    default:
        out->help = true;
        return STATUS_FINE;
    }
}

/* Options that do not go together. */
static const char *conflict(const struct gate_options *options)
{
    if (options->base && options->base_bin)
        return "give --base or --base-bin, not both";
    if (options->record && (options->base || options->base_bin))
        return "--record is for runs without a base";
    if (options->replay &&
        (options->base || options->base_bin || options->head_bin ||
         options->record || options->force || options->metrics))
        return "--replay decides again about all that was measured: of the "
               "other options it takes --out";
    return NULL;
}

int gate_options_parse(struct gate_options *out, int argc, char **argv)
{
    *out = (struct gate_options){ .budget_ns = INT64_C(600) * 1000000000 };
    int status = command_options(argc, argv, ":", long_options, take, out);
    if (status != STATUS_FINE || out->help)
        return status;
    if (optind < argc)
        return command_complain(STATUS_USAGE,
                                "regress: unexpected argument '%s'; see "
                                "cobench regress --help",
                                argv[optind]);
    const char *both = conflict(out);
    return both ? command_complain(STATUS_USAGE, "regress: %s", both)
                : STATUS_FINE;
}
