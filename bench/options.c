/* SPDX-License-Identifier: MIT */
/*
 * Parses the options of `cobench run`; every complaint is one line that says
 * what was wrong, where, and what would be right.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "suggest.h"

const char *const options_help =
    "usage: cobench run [OPTION]...\n"
    "Measures every workload on every runtime, one process per trial, and\n"
    "writes the results into results/local/<run>/.\n"
    "\n"
    "what\n"
    "  --workload NAME[,NAME]...   only these (see cobench list)\n"
    "  --runtime SPEC[,SPEC]...    only these: coro, coro:128k (stack size),\n"
    "                              coro:doze (waiting tasks hold less),\n"
    "                              pool:W (W workers), thread, thread:64k,\n"
    "                              thread:tuned (64k, one malloc arena), seq,\n"
    "                              or a reference\n"
    "  --param NAME=V[,V]...       instead of the profile's; repeatable\n"
    "  --cpus 1|all                pin every trial to one CPU, or do not\n"
    "  --url URL, --connect HOST:PORT  a server of your own for the workloads\n"
    "                              with these parameters, and only those\n"
    "  --profile quick|default|full|scale  which sizes; scale: 10 to a\n"
    "                              million tasks, 1 to 10 000 connections\n"
    "how\n"
    "  --repetitions N             rounds; quick 3, scale 6, else 9\n"
    "  --no-warmup                 do not run each cell once uncounted\n"
    "  --seed N                    of the random order; recorded\n"
    "  --budget SECONDS            start nothing that would not fit\n"
    "  --precision P%              then more rounds of the cells whose 95%\n"
    "                              interval is wider than +-P%, widest first,\n"
    "                              until none is, the budget ends, or a cell\n"
    "                              has had 100\n"
    "  --time-limit SECONDS        kill a trial that takes longer\n"
    "  --strict                    refuse when something disturbs (see\n"
    "                              cobench doctor)\n"
    "where\n"
    "  --out DIR                   write here\n"
    "  --resume[=DIR]              go on with the latest run, or that in DIR,\n"
    "                              where it was cut off\n"
    "  --format table|csv|json|md|html  what standard output gets: the table,\n"
    "                              or that result file and nothing else\n"
    "  --no-charts                 draw none; cobench report does it later\n"
    "  --dry-run                   print the plan, measure nothing\n"
    "\n"
    "Exit status: 0 fine, 1 some trials failed or runtimes did unequal work,\n"
    "2 usage, 4 nothing could be measured or written, 130 ended by Ctrl-C\n"
    "(143 by SIGTERM); what was measured until then is kept.\n";

enum {
    OPT_WORKLOAD = 1,
    OPT_RUNTIME,
    OPT_PARAM,
    OPT_PROFILE,
    OPT_REPETITIONS,
    OPT_NO_WARMUP,
    OPT_BUDGET,
    OPT_PRECISION,
    OPT_SEED,
    OPT_CPUS,
    OPT_OUT,
    OPT_RESUME,
    OPT_FORMAT,
    OPT_DRY_RUN,
    OPT_TIME_LIMIT,
    OPT_URL,
    OPT_CONNECT,
    OPT_STRICT,
    OPT_NO_CHARTS,
    OPT_HELP
};

static const struct option table[] = {
    { "workload", required_argument, NULL, OPT_WORKLOAD },
    { "runtime", required_argument, NULL, OPT_RUNTIME },
    { "param", required_argument, NULL, OPT_PARAM },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "repetitions", required_argument, NULL, OPT_REPETITIONS },
    { "no-warmup", no_argument, NULL, OPT_NO_WARMUP },
    { "budget", required_argument, NULL, OPT_BUDGET },
    { "precision", required_argument, NULL, OPT_PRECISION },
    { "seed", required_argument, NULL, OPT_SEED },
    { "cpus", required_argument, NULL, OPT_CPUS },
    { "out", required_argument, NULL, OPT_OUT },
    { "resume", optional_argument, NULL, OPT_RESUME },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "dry-run", no_argument, NULL, OPT_DRY_RUN },
    { "time-limit", required_argument, NULL, OPT_TIME_LIMIT },
    { "url", required_argument, NULL, OPT_URL },
    { "connect", required_argument, NULL, OPT_CONNECT },
    { "strict", no_argument, NULL, OPT_STRICT },
    { "no-charts", no_argument, NULL, OPT_NO_CHARTS },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};
struct parser {
    struct options *out;
    char **argv;
    int at; /* where the option under way begins */
};

/* ---- values ---- */

/* Appends the members of a comma list; false when one is empty or is there
 * twice. */
static bool add_list(json_t *array, const char *text)
{
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ",");
        if (n == 0)
            return false;
        json_t *item = json_stringn(at, n);
        if (!item) /* not UTF-8 */
            return false;
        size_t i;
        json_t *other;
        json_array_foreach(array, i, other)
        {
            if (json_equal(item, other)) {
                json_decref(item);
                return false;
            }
        }
        json_array_append_new(array, item);
        at += n;
        if (!*at)
            return true;
    }
}

static int take_list(json_t **list, const char *option)
{
    if (!*list)
        *list = json_array();
    if (add_list(*list, optarg))
        return 0;
    return command_complain(
        STATUS_USAGE,
        "run: --%s '%s': give names, separated by commas, each once", option,
        optarg);
}

static int take_values(struct parser *parser, json_t *name, const char *text,
                       const char *where)
{
    json_t *params = parser->out->params, *values = json_array();
    const char *key = json_string_value(name);
    int err = 0;
    if (json_object_get(params, key))
        err =
            command_complain(STATUS_USAGE,
                             "run: %s: '%s' was given before; join the values "
                             "with commas",
                             where, key);
    else if (!add_list(values, text))
        err =
            command_complain(STATUS_USAGE,
                             "run: %s '%s': give values, separated by commas, "
                             "each once",
                             where, text);
    else
        json_object_set(params, key, values);
    json_decref(values);
    json_decref(name);
    return err;
}

static int take_param(struct parser *parser)
{
    const char *equals = strchr(optarg, '=');
    if (!equals || equals == optarg)
        return command_complain(
            STATUS_USAGE, "run: --param '%s': write NAME=VALUE[,VALUE]...",
            optarg);
    json_t *name = json_stringn(optarg, (size_t)(equals - optarg));
    if (!name)
        return command_complain(STATUS_USAGE, "run: --param '%s': not a name",
                                optarg);
    return take_values(parser, name, equals + 1, "--param");
}

/* One value, whatever it holds. */
static int take_target(struct parser *parser, const char *name)
{
    if (json_object_get(parser->out->params, name))
        return command_complain(STATUS_USAGE,
                                "run: --%s: '%s' was given before", name, name);
    json_t *values = json_pack("[s]", optarg);
    if (!values)
        return command_complain(STATUS_USAGE, "run: --%s: not an address",
                                name);
    return json_object_set_new(parser->out->params, name, values);
}

static int take_profile(struct parser *parser)
{
    const char *names[PROFILES];
    char hint[128];
    parser->out->profile = profile_find(optarg);
    if (parser->out->profile)
        return 0;
    for (size_t i = 0; i < PROFILES; i++)
        names[i] = profiles[i].name;
    return command_complain(
        STATUS_USAGE, "run: --profile '%s': there is none%s", optarg,
        suggest_text(optarg, names, PROFILES, hint, sizeof hint));
}

static int take_seconds(const char *option, int64_t *out_ns)
{
    char *end;
    double seconds = strtod(optarg, &end);
    if (end == optarg || *end || !isfinite(seconds) || seconds < 0.001 ||
        seconds > 1e8)
        return command_complain(STATUS_USAGE,
                                "run: --%s '%s': give seconds, above 0", option,
                                optarg);
    *out_ns = (int64_t)(seconds * 1e9);
    return 0;
}

static int take_precision(struct parser *parser)
{
    char *end;
    double percent = strtod(optarg, &end);
    if (end == optarg || strcmp(end, "%") != 0 || !(percent >= 0.01) ||
        !(percent <= 100))
        return command_complain(
            STATUS_USAGE,
            "run: --precision '%s': give percent, as in 2%%, from "
            "0.01%% to 100%%",
            optarg);
    parser->out->precision = percent / 100;
    return 0;
}

static int take_integer(const char *option, uint64_t low, uint64_t high,
                        uint64_t *out)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(optarg, &end, 10);
    if (end == optarg || *end || errno || strchr(optarg, '-') || value < low ||
        value > high)
        return command_complain(
            STATUS_USAGE,
            "run: --%s '%s': give a whole number from %llu to %llu", option,
            optarg, (unsigned long long)low, (unsigned long long)high);
    *out = value;
    return 0;
}

static int take_repetitions(struct parser *parser)
{
    uint64_t value = 0;
    int err = take_integer("repetitions", 1, 10000, &value);
    parser->out->repetitions = (unsigned)value;
    return err;
}

static int take_seed(struct parser *parser)
{
    parser->out->seed_given = true;
    /* JSON's integers end at 2^53. */
    return take_integer("seed", 0, (UINT64_C(1) << 53) - 1, &parser->out->seed);
}

static int take_folder(struct parser *parser, const char *option)
{
    if (!*optarg)
        return command_complain(STATUS_USAGE,
                                "run: --%s: the name of the folder is empty",
                                option);
    if (parser->out->out && strcmp(parser->out->out, optarg) != 0)
        return command_complain(
            STATUS_USAGE, "run: --%s '%s': another folder, '%s', was given",
            option, optarg, parser->out->out);
    parser->out->out = optarg;
    return 0;
}

/* ---- the options ---- */

static int take(struct parser *parser, int option)
{
    struct options *out = parser->out;
    switch (option) {
    case OPT_WORKLOAD:
        return take_list(&out->workloads, "workload");
    case OPT_RUNTIME:
        return take_list(&out->runtimes, "runtime");
    case OPT_PARAM:
        return take_param(parser);
    case OPT_CPUS:
        return take_values(parser, json_string("cpus"), optarg, "--cpus");
    case OPT_URL:
        return take_target(parser, "url");
    case OPT_CONNECT:
        return take_target(parser, "connect");
    case OPT_PROFILE:
        return take_profile(parser);
    case OPT_REPETITIONS:
        return take_repetitions(parser);
    case OPT_SEED:
        return take_seed(parser);
    case OPT_BUDGET:
        return take_seconds("budget", &out->budget_ns);
    case OPT_PRECISION:
        return take_precision(parser);
    case OPT_TIME_LIMIT:
        return take_seconds("time-limit", &out->time_limit_ns);
    case OPT_OUT:
        return take_folder(parser, "out");
    case OPT_RESUME:
        out->resume = true;
        return optarg ? take_folder(parser, "resume") : 0;
    case OPT_FORMAT:
        if (format_find(&out->format, optarg) == 0)
            return 0;
        return command_complain(STATUS_USAGE, "run: --format '%s': valid: %s",
                                optarg, format_names);
    case OPT_NO_WARMUP:
        out->no_warmup = true;
        return 0;
    case OPT_DRY_RUN:
        out->dry_run = true;
        return 0;
    case OPT_NO_CHARTS:
        out->no_charts = true;
        return 0;
    case OPT_STRICT:
        out->strict = true;
        return 0;
    default:
        out->help = true;
        return 0;
    }
}

/* What was typed, except where it goes: a resumed run must match it. */
static void keep_argument(const struct parser *parser, int option)
{
    if (option == OPT_OUT || option == OPT_RESUME || option == OPT_DRY_RUN ||
        option == OPT_FORMAT || option == OPT_NO_CHARTS)
        return;
    for (int i = parser->at; i < optind; i++)
        json_array_append_new(parser->out->arguments,
                              json_string(parser->argv[i]));
}

static int take_and_keep(void *to, int option)
{
    struct parser *parser = to;
    int status = take(parser, option);
    if (status == STATUS_FINE)
        keep_argument(parser, option);
    parser->at = optind;
    return status;
}

int options_parse(struct options *out, int argc, char **argv)
{
    *out = (struct options){ .profile = profile_find("default"),
                             .params = json_object(),
                             .arguments = json_array() };
    struct parser parser = { .out = out, .argv = argv, .at = 1 };
    int status =
        command_options(argc, argv, "+:", table, take_and_keep, &parser);
    if (status == STATUS_FINE && optind < argc)
        status = command_complain(
            STATUS_USAGE,
            "run: unexpected argument '%s'; see cobench run --help",
            argv[optind]);
    if (status != STATUS_FINE)
        options_fini(out);
    return status;
}

void options_fini(struct options *options)
{
    json_decref(options->workloads);
    json_decref(options->runtimes);
    json_decref(options->params);
    json_decref(options->arguments);
    *options = (struct options){ 0 };
}
