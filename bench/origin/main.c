/* SPDX-License-Identifier: MIT */
/*
 * The origin program (see ../origin.h): reads its arguments, starts the
 * servers on one loop, says so, and serves until it is told to end or nobody
 * is left to tell it.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    WANTED_FDS = 65536,
    RESERVED_FDS = 64,
    MAX_HTTP = 20000
};

struct arguments {
    int cpu;      /* -1: any */
    pid_t parent; /* 0: whoever it is */
};

struct counters counters;

uint64_t cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const char usage[] = "usage: origin [--cpu N] [--parent PID]";

static int parse_int(const char *option, const char *text, int low)
{
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (end == text || *end || errno || n < low || n > 1 << 30) {
        fprintf(stderr, "origin: --%s: not a number from %d: '%s'\n", option,
                low, text);
        exit(EXIT_USAGE);
    }
    return (int)n;
}

static struct arguments parse_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        { "cpu", required_argument, NULL, 'c' },
        { "parent", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct arguments a = { .cpu = -1 };
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c') {
            a.cpu = parse_int("cpu", optarg, 0);
        } else if (c == 'p') {
            a.parent = parse_int("parent", optarg, 1);
        } else if (c == 'h') {
            puts(usage);
            exit(0);
        } else {
            fprintf(stderr, "origin: bad option '%s'; %s\n", argv[optind - 1],
                    usage);
            exit(EXIT_USAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "origin: unexpected '%s'; %s\n", argv[optind], usage);
        exit(EXIT_USAGE);
    }
    return a;
}

static void pin(int cpu)
{
    cpu_set_t set;

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE)
        CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) {
        fprintf(stderr, "origin: cannot run on CPU %d: %s\n", cpu,
                strerror(errno));
        exit(EXIT_USAGE);
    }
}

/* Asks to be killed with the parent, which may be gone already. */
static void follow(pid_t parent)
{
    if (parent == 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        exit(0);
}

/* As many descriptors as the system lets us have; returns their number. */
static unsigned raise_descriptors(void)
{
    struct rlimit limit, more;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    more = limit;
    if (more.rlim_max < WANTED_FDS)
        more.rlim_max = WANTED_FDS; /* needs privileges */
    more.rlim_cur = more.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &more) < 0) {
        more.rlim_cur = more.rlim_max = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &more) < 0)
            more = limit;
    }
    return more.rlim_cur < WANTED_FDS ? (unsigned)more.rlim_cur : WANTED_FDS;
}

static void end(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

/* Standard input ends when the parent closes it or dies. */
static void input_readable(uv_poll_t *poll, int status, int events)
{
    char ignored[256];
    uv_os_fd_t fd;

    (void)status;
    (void)events;
    uv_fileno((uv_handle_t *)poll, &fd);
    ssize_t got = read(fd, ignored, sizeof ignored);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        uv_stop(poll->loop);
}

/* Opened anew where that is allowed, for a terminal is shared and must stay
 * blocking.  Fails for what cannot be polled: a file, /dev/null. */
static int watch_input(uv_loop_t *loop)
{
    static uv_poll_t poll;
    int fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int error = uv_poll_init(loop, &poll, fd < 0 ? STDIN_FILENO : fd);
    if (error)
        return error;
    return uv_poll_start(&poll, UV_READABLE, input_readable);
}

static int serve(void)
{
    static uv_signal_t terminated;
    uv_loop_t *loop = uv_default_loop();
    unsigned http = 0, echo = 0, ws = 0, control = 0;
    unsigned fds = raise_descriptors();
    unsigned room = fds > 2 * RESERVED_FDS ? fds - RESERVED_FDS : RESERVED_FDS;
    int error = alarm_start(loop);

    if (!error)
        error = http_start(loop, room < MAX_HTTP ? room : MAX_HTTP, &http);
    if (!error)
        error = echo_start(loop, &echo);
    if (!error)
        error = ws_start(loop, &ws);
    if (!error)
        error = control_start(loop, &control);
    if (!error)
        error = uv_signal_init(loop, &terminated);
    if (!error)
        error = uv_signal_start(&terminated, end, SIGTERM);
    if (error) {
        fprintf(stderr, "origin: cannot start: %s\n", uv_strerror(error));
        return 1;
    }
    if (watch_input(loop)) {
        fputs("origin: standard input must be a pipe or a terminal\n", stderr);
        return EXIT_USAGE;
    }
    printf("origin ready http=%u echo=%u ws=%u control=%u\n", http, echo, ws,
           control);
    if (fflush(stdout) != 0)
        return 1;
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments a = parse_arguments(argc, argv);

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    follow(a.parent);
    pin(a.cpu);
    return serve();
}
