/* SPDX-License-Identifier: MIT */
/*
 * cobench count: runs a program with a library before its own that counts its
 * allocations; and, unless these are all one wants, under ptrace(2), to count
 * the system calls of all its threads and children.  A traced program is slow,
 * and its timing another: only counts are taken from it.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"

enum {
    SYSCALL_STOP = SIGTRAP | 0x80, /* by PTRACE_O_TRACESYSGOOD */
    STATUS_UNCOUNTED = 77          /* it cannot be counted here */
};

static const char help[] =
    "usage: cobench count [--allocations] PROGRAM [ARGUMENT]...\n"
    "Runs a program and prints, after what it prints itself, how many system\n"
    "calls it made, and how often it allocated memory:\n"
    "\n"
    "  allocations 1234\n"
    "  system_calls 567\n"
    "\n"
    "  --allocations       count these alone: the program runs at full speed\n"
    "\n"
    "Exit status: the program's; 128 and the signal where one ended it; 2\n"
    "usage, 4 there is no such program, 77 that cannot be counted here.\n";

/* Has the program count its allocations; false where the library that does it
 * does not lie beside us. */
static bool preload(void)
{
    char path[PATH_MAX];
    if (catalog_folder(path, sizeof path - 16) != 0)
        return false;
    strcat(path, "/count.so");
    return access(path, R_OK) == 0 && setenv("LD_PRELOAD", path, 1) == 0;
}

/* In the child: is traced, waits for the tracer, becomes the program. */
static void child(char **argv)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(STATUS_UNCOUNTED);
    raise(SIGSTOP);
    preload();
    execv(argv[0], argv);
    _exit(STATUS_BROKEN);
}

/* Lets a stopped task go on to its next system call, with the signal that
 * stopped it unless that is one of tracing. */
static void go_on(pid_t pid, int status)
{
    int signal_number = WSTOPSIG(status);
    if (status >> 16 != 0 || signal_number == SYSCALL_STOP ||
        signal_number == SIGSTOP || signal_number == SIGTRAP)
        signal_number = 0;
    ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal_number);
}

/* Follows everything until the last has ended; returns how the program did. */
static int follow(pid_t program, unsigned long *stops)
{
    int status, result = STATUS_BROKEN;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (pid < 0)
            continue;
        if (WIFSTOPPED(status)) {
            *stops += WSTOPSIG(status) == SYSCALL_STOP;
            go_on(pid, status);
        } else if (pid == program) {
            result = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                         : WEXITSTATUS(status);
        }
    }
    return result;
}

static int complain(const char *program, int error)
{
    return command_complain(STATUS_BROKEN, "count: %s: %s", program,
                            strerror(error));
}

static int count_allocations(char **argv)
{
    if (!preload())
        return command_complain(STATUS_UNCOUNTED,
                                "count: there is no count.so beside cobench");
    execv(argv[0], argv);
    return complain(argv[0], errno);
}

static int count_calls(char **argv)
{
    const intptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (access(argv[0], X_OK) != 0)
        return complain(argv[0], errno);
    int status;
    pid_t pid = fork();
    if (pid == 0)
        child(argv);
    if (pid < 0 || waitpid(pid, &status, __WALL) != pid)
        return command_complain(STATUS_BROKEN, "count: %s", strerror(errno));
    if (!WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) != 0) {
        kill(pid, SIGKILL);
        return command_complain(STATUS_UNCOUNTED,
                                "count: tracing is not permitted here");
    }
    unsigned long stops = 0;
    go_on(pid, status);
    status = follow(pid, &stops);
    /* One stop before a call and one behind it; the last has none behind. */
    printf("system_calls %lu\n", (stops + 1) / 2);
    return fflush(stdout) == 0 ? status : STATUS_BROKEN;
}

int command_count(int argc, char **argv)
{
    const char *option = argc > 1 ? argv[1] : "";
    bool alone = strcmp(option, "--allocations") == 0;
    if (strcmp(option, "--help") == 0) {
        fputs(help, stdout);
        return STATUS_FINE;
    }
    if (*option == '-' && !alone)
        return command_complain(STATUS_USAGE,
                                "count: unknown option '%s'; see cobench count "
                                "--help",
                                option);
    if (argc < 2 + alone) {
        fputs(help, stderr);
        return STATUS_USAGE;
    }
    return alone ? count_allocations(argv + 2) : count_calls(argv + 1);
}
