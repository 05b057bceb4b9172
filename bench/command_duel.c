/* SPDX-License-Identifier: MIT */
/*
 * cobench duel: is one command slower than another?
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "command.h"
#include "duel.h"
#include "interrupt.h"

static const char help[] =
    "usage: cobench duel [OPTION]... 'COMMAND A' 'COMMAND B'\n"
    "Is B slower than A?  Runs both in turns, in random balanced order, each\n"
    "time a fresh process, and compares wall time, CPU time and peak memory.\n"
    "\n"
    "  --rounds N          rounds to look (20); where something seems to have\n"
    "                      changed, twice as many fresh ones to confirm it\n"
    "  --warmup N          rounds before that are not counted (1)\n"
    "  --budget SECONDS    stop by then, and kill what still runs\n"
    "  --floor PERCENT     changes below it do not count (5)\n"
    "  --seed N            of the random order\n"
    "  --output            show the standard output of the commands, on\n"
    "                      standard error; else it is thrown away\n"
    "  --format text|json  json has every sample\n"
    "\n"
    "The ratio is B over A: 1.20x means that B needs 20 % more.  'detectable'\n"
    "is the smallest slowdown that would have been found 19 times in 20.\n"
    "\n"
    "A command is run by /bin/sh -c, with standard input from /dev/null; the\n"
    "start of the shell, about a millisecond, is part of it.  CPU time is that\n"
    "of all its processes that are waited for, peak memory that of the largest\n"
    "of them.  Linux carries a peak over from the program that starts another:\n"
    "one that is not above that of the shell itself (about 1.5M) is not judged.\n"
    "\n"
    "Exit status: 0 no slowdown, 1 B is slower or larger, 2 usage,\n"
    "3 inconclusive (too noisy, budget spent, more than 20 % of the CPU time\n"
    "stolen), 4 a command failed or nothing could be measured, 130 ended by\n"
    "Ctrl-C; what was measured until then is shown.\n";

enum {
    OPT_ROUNDS = 1,
    OPT_WARMUP,
    OPT_BUDGET,
    OPT_FLOOR,
    OPT_SEED,
    OPT_OUTPUT,
    OPT_FORMAT,
    OPT_HELP,
    ROUNDS_MAX = 10000
};

static const struct option table[] = {
    { "rounds", required_argument, NULL, OPT_ROUNDS },
    { "warmup", required_argument, NULL, OPT_WARMUP },
    { "budget", required_argument, NULL, OPT_BUDGET },
    { "floor", required_argument, NULL, OPT_FLOOR },
    { "seed", required_argument, NULL, OPT_SEED },
    { "output", no_argument, NULL, OPT_OUTPUT },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct request {
    struct duel_options options;
    bool json, help;
};

/* ---- the command line ---- */

static int take_number(const char *option, double low, double high, bool whole,
                       double *out)
{
    char *end;
    double value = strtod(optarg, &end);
    if (end == optarg || *end || !(value >= low && value <= high) ||
        (whole && value != floor(value)))
        return command_complain(STATUS_USAGE,
                                "duel: --%s '%s': give a %snumber from %g to "
                                "%.16g",
                                option, optarg, whole ? "whole " : "", low,
                                high);
    *out = value;
    return STATUS_FINE;
}

static int take_format(struct request *request)
{
    request->json = strcmp(optarg, "json") == 0;
    if (request->json || strcmp(optarg, "text") == 0)
        return STATUS_FINE;
    return command_complain(STATUS_USAGE,
                            "duel: --format '%s': valid: text, json", optarg);
}

static int take(void *to, int option)
{
    struct request *request = to;
    struct duel_options *o = &request->options;
    double value = 0;
    int status = STATUS_FINE;
    switch (option) {
    case OPT_ROUNDS:
        status =
            take_number("rounds", DECIDE_ROUNDS_MIN, ROUNDS_MAX, true, &value);
        o->rounds = (unsigned)value;
        return status;
    case OPT_WARMUP:
        status = take_number("warmup", 0, ROUNDS_MAX, true, &value);
        o->warmup = (unsigned)value;
        return status;
    case OPT_BUDGET:
        status = take_number("budget", 0.001, 1e8, false, &value);
        o->budget_ns = (int64_t)(value * 1e9);
        return status;
    case OPT_FLOOR:
        status = take_number("floor", 0, 1000, false, &value);
        o->floor = value / 100;
        return status;
    case OPT_SEED:
        /* JSON's integers end at 2^53. */
        status = take_number("seed", 0, 9007199254740991.0, true, &value);
        o->seed = (uint64_t)value;
        return status;
    case OPT_OUTPUT:
        o->show_output = true;
        return STATUS_FINE;
    case OPT_FORMAT:
        return take_format(request);
    default:
        request->help = true;
        return STATUS_FINE;
    }
}

static int take_commands(struct request *request, int argc, char **argv)
{
    if (argc - optind != DUEL_SIDES)
        return command_complain(STATUS_USAGE,
                                "duel: give two commands, each in quotes; see "
                                "cobench duel --help");
    for (int side = 0; side < DUEL_SIDES; side++) {
        const char *command = argv[optind + side];
        if (command[strspn(command, " \t\n")] == 0)
            return command_complain(STATUS_USAGE, "duel: command %c is empty",
                                    'A' + side);
        request->options.commands[side] = command;
    }
    return STATUS_FINE;
}

static int parse(struct request *request, int argc, char **argv)
{
    int status = command_options(argc, argv, "+:", table, take, request);
    if (status != STATUS_FINE || request->help)
        return status;
    return take_commands(request, argc, argv);
}

/* ---- the command ---- */

static int show(const struct duel *duel, bool json)
{
    int error = 0;
    errno = 0;
    if (json)
        error = duel_print_json(stdout, duel);
    else
        duel_print_text(stdout, duel);
    if (!error && (fflush(stdout) != 0 || ferror(stdout)))
        error = -EIO;
    /* A reader who has gone has what he wanted. */
    if (error && errno != EPIPE)
        return command_complain(STATUS_BROKEN,
                                "duel: the result cannot be written: %s",
                                strerror(-error));
    if (duel->failure[0])
        command_complain(STATUS_BROKEN, "duel: %s", duel->failure);
    return duel->status;
}

int command_duel(int argc, char **argv)
{
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) < 0)
        seed = (uint32_t)getpid();
    struct request request = {
        .options = { .rounds = DECIDE_SCREEN_ROUNDS,
                     .warmup = 1,
                     .floor = DECIDE_FLOOR_PINNED,
                     .seed = seed },
    };
    int status = parse(&request, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (request.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    struct duel duel;
    interrupt_catch();
    int error = duel_run(&duel, &request.options);
    if (error)
        return command_complain(STATUS_BROKEN, "duel: %s", strerror(-error));
    status = show(&duel, request.json);
    bool failed = duel.failure[0] != 0;
    duel_fini(&duel);
    if (interrupt_pending() && !failed)
        return 128 + interrupt_pending();
    return status;
}
