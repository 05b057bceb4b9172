/* SPDX-License-Identifier: MIT */
/*
 * cobench report: the results of a run, made again.
 */
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "command.h"
#include "finish.h"
#include "interrupt.h"

static const char help[] =
    "usage: cobench report [--format FORMAT] [DIR]\n"
    "Makes all result files and charts of a run again from its trials.jsonl\n"
    "and env.json, and prints the table.  DIR: results/local/latest.\n"
    "\n"
    "  --format table|csv|json|md|html  what standard output gets: the table,\n"
    "                                   or that result file and nothing else\n"
    "\n"
    "Exit status: 0 fine, 2 usage, 4 there is no such run, nothing was\n"
    "measured in it, it cannot be read or written, or gnuplot failed.\n";

enum {
    OPT_FORMAT = 1,
    OPT_HELP
};
static const struct option table[] = {
    { "format", required_argument, NULL, OPT_FORMAT },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct request {
    enum format format;
    bool help;
    const char *dir;
};

static int take(void *to, int option)
{
    struct request *request = to;
    switch (option) {
    case OPT_FORMAT:
        if (format_find(&request->format, optarg) == 0)
            return STATUS_FINE;
        return command_complain(STATUS_USAGE,
                                "report: --format '%s': valid: %s", optarg,
                                format_names);
    default:
        request->help = true;
        return STATUS_FINE;
    }
}

static int parse(struct request *request, int argc, char **argv)
{
    int status = command_options(argc, argv, ":", table, take, request);
    if (status != STATUS_FINE || request->help)
        return status;
    if (argc - optind > 1)
        return command_complain(STATUS_USAGE,
                                "report: unexpected argument '%s'; usage: "
                                "cobench report [--format FORMAT] [DIR]",
                                argv[argc - 1]);
    if (optind < argc)
        request->dir = argv[optind];
    return STATUS_FINE;
}

int command_report(int argc, char **argv)
{
    struct request request = { .dir = "results/local/latest" };
    int status = parse(&request, argc, argv);
    if (status != STATUS_FINE)
        return status;
    if (request.help) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    char folder[PATH_MAX];
    interrupt_catch();
    if (catalog_folder(folder, sizeof folder) != 0)
        folder[0] = 0;
    int err = finish(request.dir, folder, true, request.format, NULL);
    if (interrupt_pending())
        return 128 + interrupt_pending();
    return err == 0 ? STATUS_FINE : STATUS_BROKEN;
}
