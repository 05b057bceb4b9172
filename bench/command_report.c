/* SPDX-License-Identifier: MIT */
/*
 * cobench report: the results of a run, made again.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "command.h"
#include "finish.h"
#include "interrupt.h"
#include "trials.h"

static const char help[] =
    "usage: cobench report [DIR]\n"
    "Makes all result files and charts of a run again from its trials.jsonl\n"
    "and env.json, and prints the table.  DIR: results/local/latest.\n"
    "\n"
    "Exit status: 0 fine, 2 usage, 4 there is no such run, it cannot be read\n"
    "or written, or gnuplot failed.\n";

int command_report(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return command_complain(STATUS_USAGE,
                                "report: unexpected argument '%s'; usage: "
                                "cobench report [DIR]",
                                argv[argc - 1]);
    const char *dir = argc == 2 ? argv[1] : "results/local/latest";
    struct trials trials;
    char message[PATH_MAX + 128], folder[PATH_MAX];
    if (trials_read(&trials, dir, message, sizeof message) != 0)
        return command_complain(STATUS_BROKEN, "report: %s", message);
    trials_fini(&trials);
    if (*message)
        fprintf(stderr, "cobench: warning: %s\n", message);
    interrupt_catch();
    if (catalog_folder(folder, sizeof folder) != 0)
        folder[0] = 0;
    int err = finish(dir, folder, true);
    if (interrupt_pending())
        return 128 + interrupt_pending();
    return err == 0 ? STATUS_FINE : STATUS_BROKEN;
}
