/* SPDX-License-Identifier: MIT */
/*
 * Starts, asks and ends the origin.  Invariant: a struct origin that was
 * filled in holds one process (or none), its standard input, and one control
 * connection; a failure leaves nothing behind.
 */
#include "origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    START_MS = 10000, /* for the ready line */
    ASK_MS = 5000,    /* for an answer */
    STOP_MS = 2000,   /* for it to end by itself */
    LINE_MAX_BYTES = 256
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until fd is readable; 0, -ETIMEDOUT or an error of poll(2). */
static int await_readable(int fd, int64_t deadline_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    for (;;) {
        int64_t left = deadline_ms - now_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return 0;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

/* Reads one line, without its newline.  -ECONNRESET at the end of the stream,
 * -EPROTO when the line is too long. */
static int read_line(int fd, char *line, size_t size, int64_t deadline_ms)
{
    for (size_t n = 0; n < size;) {
        int error = await_readable(fd, deadline_ms);
        if (error)
            return error;
        ssize_t got = read(fd, line + n, size - n);
        if (got == 0)
            return -ECONNRESET;
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        char *end = memchr(line + n, '\n', (size_t)got);
        if (end) {
            *end = '\0';
            return 0;
        }
        n += (size_t)got;
    }
    return -EPROTO;
}

static int connect_control(unsigned port)
{
    struct timeval limit = { .tv_sec = ASK_MS / 1000 };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    /* It limits connect(2) as well. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        int error = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* Reads "http=P echo=P ws=P control=P" and nothing else. */
static int parse_ports(struct origin *origin, const char *text)
{
    int used = 0;
    int n = sscanf(text, "http=%5u echo=%5u ws=%5u control=%5u%n",
                   &origin->http_port, &origin->echo_port, &origin->ws_port,
                   &origin->control_port, &used);

    if (n != 4 || text[used] != '\0')
        return -EPROTO;
    if (origin->http_port - 1 >= 65535 || origin->echo_port - 1 >= 65535 ||
        origin->ws_port - 1 >= 65535 || origin->control_port - 1 >= 65535)
        return -EPROTO;
    return 0;
}

/* Starts the program with in as its standard input, out as its output. */
static int spawn(pid_t *pid, const char *path, int cpu, int in, int out)
{
    char parent_flag[] = "--parent", parent_text[16];
    char cpu_flag[] = "--cpu", cpu_text[16];
    /* The cast: argv is not const for reasons of history. */
    char *argv[] = { (char *)path, parent_flag, parent_text,
                     cpu_flag,     cpu_text,    NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    snprintf(parent_text, sizeof parent_text, "%d", (int)getpid());
    snprintf(cpu_text, sizeof cpu_text, "%d", cpu);
    if (cpu < 0)
        argv[3] = NULL;
    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawn_file_actions_init(&actions);
    if (error)
        return -error;
    error = posix_spawnattr_init(&attributes);
    if (error)
        goto destroy_actions;
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error)
        error = posix_spawn(pid, path, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
destroy_actions:
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

static void reap(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Waits for the ready line, connects. */
static int greet(struct origin *origin, int out)
{
    static const char greeting[] = "origin ready ";
    char line[LINE_MAX_BYTES];
    int error = read_line(out, line, sizeof line, now_ms() + START_MS);

    if (error == -ECONNRESET)
        return -EPROTO; /* it ended without a word */
    if (error)
        return error;
    if (strncmp(line, greeting, sizeof greeting - 1) != 0)
        return -EPROTO;
    error = parse_ports(origin, line + sizeof greeting - 1);
    if (error)
        return error;
    origin->control_fd = connect_control(origin->control_port);
    return origin->control_fd < 0 ? origin->control_fd : 0;
}

/* A pipe whose ends are above standard error, so that dup2() in the child
 * always clears their close-on-exec flag. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        if (ends[i] > STDERR_FILENO)
            continue;
        int fd = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (fd < 0) {
            int error = -errno;
            close(ends[0]);
            close(ends[1]);
            return error;
        }
        close(ends[i]);
        ends[i] = fd;
    }
    return 0;
}

int origin_start(struct origin *origin, const char *path, int cpu)
{
    struct origin made = { .control_fd = -1 };
    int in[2], out[2];
    int error = make_pipe(in);

    if (error)
        return error;
    error = make_pipe(out);
    if (error)
        goto close_in;
    error = spawn(&made.pid, path, cpu, in[0], out[1]);
    close(out[1]);
    if (error)
        goto close_out;
    made.stdin_fd = in[1];
    error = greet(&made, out[0]);
    if (error) {
        reap(made.pid);
        goto close_out;
    }
    close(in[0]);
    close(out[0]);
    *origin = made;
    return 0;

close_out:
    close(out[0]);
close_in:
    close(in[0]);
    close(in[1]);
    return error;
}

int origin_attach(struct origin *origin)
{
    struct origin made = { .stdin_fd = -1 };
    const char *text = getenv("COBENCH_ORIGIN");

    if (!text)
        return -ENOENT;
    int error = parse_ports(&made, text);
    if (error)
        return error;
    made.control_fd = connect_control(made.control_port);
    if (made.control_fd < 0)
        return made.control_fd;
    *origin = made;
    return 0;
}

char *origin_describe(const struct origin *origin, char *text, size_t size)
{
    snprintf(text, size, "http=%u echo=%u ws=%u control=%u", origin->http_port,
             origin->echo_port, origin->ws_port, origin->control_port);
    return text;
}

static int ask_stats(int fd, struct origin_stats *out)
{
    static const char request[] = "stats\n";
    char line[LINE_MAX_BYTES];
    int used = 0;

    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        return errno == EPIPE ? -ECONNRESET : -errno;
    int error = read_line(fd, line, sizeof line, now_ms() + ASK_MS);
    if (error)
        return error;
    int n = sscanf(line,
                   "cpu_ns=%" SCNu64 " connections=%" SCNu64
                   " requests=%" SCNu64 " messages=%" SCNu64 "%n",
                   &out->cpu_ns, &out->connections, &out->requests,
                   &out->messages, &used);
    return n == 4 && line[used] == '\0' ? 0 : -EPROTO;
}

int origin_stats(struct origin *origin, struct origin_stats *out)
{
    struct origin_stats stats;

    if (origin->control_fd < 0)
        return -ECONNRESET;
    int error = ask_stats(origin->control_fd, &stats);
    if (error) {
        /* A late answer must not be taken for the next one's. */
        close(origin->control_fd);
        origin->control_fd = -1;
        return error;
    }
    *out = stats;
    return 0;
}

void origin_stop(struct origin *origin)
{
    if (origin->stdin_fd >= 0)
        close(origin->stdin_fd);
    /* The control connection ends with the process. */
    if (origin->pid > 0 && origin->control_fd >= 0)
        await_readable(origin->control_fd, now_ms() + STOP_MS);
    if (origin->control_fd >= 0)
        close(origin->control_fd);
    if (origin->pid > 0)
        reap(origin->pid);
    *origin = (struct origin){ .stdin_fd = -1, .control_fd = -1 };
}
