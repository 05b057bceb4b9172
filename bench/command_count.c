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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog.h"
#include "command.h"
#include "preload/counts.h"

enum {
    SYSCALL_STOP = SIGTRAP | 0x80, /* by PTRACE_O_TRACESYSGOOD */
    STATUS_UNCOUNTED = 77          /* it cannot be counted here */
};

static const char help[] =
    "usage: cobench count [--allocations] PROGRAM [ARGUMENT]...\n"
    "Runs a program and prints, after what it prints itself, how many system\n"
    "calls it made, and how often it allocated memory:\n"
    "\n"
    "  system_calls 567\n"
    "  allocations 1234\n"
    "\n"
    "  --allocations       count these alone: the program runs at full speed\n"
    "\n"
    "Exit status: the program's; 128 and the signal where one ended it; 2\n"
    "usage, 4 there is no such program, 77 that cannot be counted here.\n";

/* Memory that the programs count in; its descriptor stays open, for they find
 * it by that.  NULL with errno. */
static struct counts *share_counts(void)
{
    int fd = memfd_create("counts", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, sizeof(struct counts)) != 0)
        return NULL;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    struct counts *counts =
        mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    bool shared = counts != MAP_FAILED && setenv(COUNTS_VARIABLE, path, 1) == 0;
    return shared ? counts : NULL;
}

/* The library that counts allocations; false where it is not beside us. */
static bool find_library(char *path, size_t size)
{
    if (catalog_folder(path, size - 16) != 0)
        return false;
    strcat(path, "/count.so");
    return access(path, R_OK) == 0;
}

/* In the child: waits for the tracer if there is to be one, and becomes the
 * program. */
static void child(char **argv, bool traced)
{
    char library[PATH_MAX];
    if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(STATUS_UNCOUNTED);
    if (traced)
        raise(SIGSTOP);
    else
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (find_library(library, sizeof library))
        setenv("LD_PRELOAD", library, 1);
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

static int status_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
            result = status_of(status);
        }
    }
    return result;
}

/* ---- counting ---- */

static int complain(const char *program, int error)
{
    return command_complain(STATUS_BROKEN, "count: %s: %s", program,
                            strerror(error));
}

/* The last line of both; the status is the program's. */
static int print(const struct counts *counts, int status)
{
    if (counts->programs > 0)
        printf("allocations %lu\n", counts->allocations);
    return fflush(stdout) == 0 ? status : STATUS_BROKEN;
}

static int count_allocations(char **argv, const struct counts *counts)
{
    char library[PATH_MAX];
    int status;
    if (!find_library(library, sizeof library))
        return command_complain(STATUS_UNCOUNTED,
                                "count: there is no count.so beside cobench");
    pid_t pid = fork();
    if (pid == 0)
        child(argv, false);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return command_complain(STATUS_BROKEN, "count: %s", strerror(errno));
    if (counts->programs == 0)
        return command_complain(STATUS_UNCOUNTED,
                                "count: %s loads no library before its own: it "
                                "is static, or runs with the rights of another",
                                argv[0]);
    return print(counts, status_of(status));
}

static int count_calls(char **argv, const struct counts *counts)
{
    const intptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                             PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        child(argv, true);
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
    return print(counts, status);
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
    char **program = argv + 1 + alone;
    if (access(program[0], X_OK) != 0)
        return complain(program[0], errno);
    const struct counts *counts = share_counts();
    if (!counts)
        return command_complain(STATUS_BROKEN, "count: %s", strerror(errno));
    return alone ? count_allocations(program, counts)
                 : count_calls(program, counts);
}
