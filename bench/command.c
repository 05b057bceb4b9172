/* SPDX-License-Identifier: MIT */
/* What all commands do alike: complain, and take their options. */

#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "suggest.h"

enum {
    OPTIONS_MAX = 32
};

int command_complain(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("cobench ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

static int complain_unknown(const char *command, const char *typed,
                            const struct option *table)
{
    const char *names[OPTIONS_MAX], *nearest = NULL;
    char word[64], hint[96];
    size_t n = 0;
    for (; table[n].name && n < OPTIONS_MAX; n++)
        names[n] = table[n].name;
    if (strncmp(typed, "--", 2) == 0) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(typed + 2, "="),
                 typed + 2);
        nearest = suggest_nearest(word, names, n);
    }
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean '--%s'?", nearest);
    else
        snprintf(hint, sizeof hint, "see cobench %s --help", command);
    return command_complain(STATUS_USAGE, "%s: '%s' is no option that fits; %s",
                            command, typed, hint);
}

int command_options(int argc, char **argv, const char *letters,
                    const struct option *table, command_take_fn take, void *to)
{
    int status = STATUS_FINE, option;
    optind = 0; /* GNU: start over */
    opterr = 0;
    while (status == STATUS_FINE &&
           (option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        /* Of a letter, optind may not have gone past its argument yet. */
        char letter[] = { '-', (char)optopt, 0 };
        const char *typed = optopt > ' ' ? letter : argv[optind - 1];
        if (option == ':')
            status = command_complain(STATUS_USAGE, "%s: %s needs a value",
                                      argv[0], typed);
        else if (option == '?' && optopt > 0 && optopt <= ' ')
            status = command_complain(STATUS_USAGE, "%s: %s takes no value",
                                      argv[0], typed);
        else if (option == '?')
            status = complain_unknown(argv[0], typed, table);
        else
            status = take(to, option);
    }
    return status;
}
