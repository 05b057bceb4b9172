/* SPDX-License-Identifier: MIT */
/*
 * cobench: hands over to the command that was named.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "suggest.h"
#include "version.h"

static const char help[] =
    "usage: cobench COMMAND [OPTION]...\n"
    "Measures coroutines against threads.\n"
    "\n"
    "  list     the workloads, their parameters, and the runtimes\n"
    "  run      measure, and write results and charts\n"
    "  report   make results and charts again from a run's trials\n"
    "  compare  runs against each other, or two machines side by side\n"
    "  regress  has this tree become slower than the one it comes from?\n"
    "  crossover  from which size on does the other runtime win?\n"
    "  doctor   what on this machine disturbs a measurement?\n"
    "  trace    what every task of a workload does, and when\n"
    "  count    count the system calls and allocations of a program\n"
    "  duel     compare any two commands: is one slower than the other?\n"
    "\n"
    "cobench COMMAND --help says more; cobench --version tells the version.\n";

struct command {
    const char *name;
    int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
    { "list", command_list },       { "run", command_run },
    { "report", command_report },   { "compare", command_compare },
    { "regress", command_regress }, { "crossover", command_crossover },
    { "doctor", command_doctor },   { "trace", command_trace },
    { "count", command_count },     { "duel", command_duel },
};
enum {
    COMMANDS = sizeof commands / sizeof commands[0]
};

/* A program that opens files must not get the numbers 0 to 2 for them. */
static void open_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static int complain(const char *word)
{
    const char *names[COMMANDS];
    char hint[128];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    fprintf(stderr, "cobench: unknown command '%s'%s\n", word,
            suggest_text(word, names, COMMANDS, hint, sizeof hint));
    return STATUS_USAGE;
}

/* Whether nobody reads a pipe any more: he has what he wanted. */
static bool is_left(int fd)
{
    struct pollfd poll_fd = { .fd = fd };
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLERR);
}

/* What was printed last may not have gone out yet, and what went before not
 * have been noticed. */
static int leave(int status)
{
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed || status != STATUS_FINE || is_left(STDOUT_FILENO))
        return status;
    fprintf(stderr, "cobench: standard output cannot be written%s%s\n",
            errno ? ": " : "", errno ? strerror(errno) : "");
    return STATUS_BROKEN;
}

int main(int argc, char **argv)
{
    open_standard();
    /* A reader that goes away, or a full quota, must not end a measurement
     * without a word. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        fputs(help, stderr);
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(help, stdout);
        return leave(STATUS_FINE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("cobench " VERSION_COBENCH);
        return leave(STATUS_FINE);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return leave(commands[i].main(argc - 1, argv + 1));
    return complain(argv[1]);
}
