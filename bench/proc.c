/* SPDX-License-Identifier: MIT */
/*
 * Starts a process, watches it, and buries it.  Invariant: when proc_run()
 * returns, the process is reaped and its group is gone.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

enum {
    RECORD_FD = 3, /* in the child */
    RECORD_KEEP = 1 << 20,
    TEXT_KEEP = 4 << 10,
    FLOOD = 8 << 20, /* more than anybody has to say */
    READ_BYTES = 64 << 10
};
static pid_t self; /* the driver's, as its children see it */
static const int64_t GRACE_NS = 1000 * 1000 * 1000;

enum {
    RECORD,
    OUT,
    ERR,
    STREAMS
};

struct stream {
    int fd; /* our end, -1 once it is closed */
    size_t keep;
    struct proc_text *text;
};

struct proc {
    const struct proc_options *options;
    pid_t pid; /* also its group */
    int pidfd;
    struct stream streams[STREAMS];
    int64_t started, deadline, next_tick;
    bool dying, killed, told;
    struct proc_result *result;
};

int64_t proc_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- what it says ---- */

/* Reads once; keeps what fits.  False at the end of the stream, or when there
 * is nothing at the moment. */
static bool stream_read(struct stream *stream)
{
    static char buffer[READ_BYTES];
    ssize_t n = read(stream->fd, buffer, sizeof buffer);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(stream->fd);
            stream->fd = -1;
        }
        return false;
    }
    struct proc_text *text = stream->text;
    text->seen += (uint64_t)n;
    size_t room = stream->keep - text->bytes;
    size_t take = (size_t)n < room ? (size_t)n : room;
    char *data = take ? realloc(text->data, text->bytes + take + 1) : NULL;
    if (data) {
        memcpy(data + text->bytes, buffer, take);
        text->data = data;
        text->bytes += take;
        data[text->bytes] = 0;
    }
    return true;
}

static bool flooded(const struct proc *proc)
{
    for (int i = 0; i < STREAMS; i++)
        if (proc->streams[i].text->seen > FLOOD)
            return true;
    return false;
}

static void drain(struct proc *proc)
{
    for (int i = 0; i < STREAMS; i++)
        while (proc->streams[i].fd >= 0 && !flooded(proc) &&
               stream_read(&proc->streams[i]))
            ;
}

static void close_streams(struct proc *proc)
{
    for (int i = 0; i < STREAMS; i++)
        if (proc->streams[i].fd >= 0)
            close(proc->streams[i].fd);
}

/* ---- start ---- */

/* Our environment with what the options set; a NULL-ended array whose strings
 * belong to others. */
static const char **environment(const char *const *extra)
{
    size_t n = 0, m = 0;
    while (environ[n])
        n++;
    while (extra && extra[m])
        m++;
    const char **env = calloc(n + m + 1, sizeof *env);
    if (!env)
        return NULL;
    size_t used = 0;
    for (; used < m; used++)
        env[used] = extra[used];
    for (size_t i = 0; i < n; i++) {
        size_t name = strcspn(environ[i], "=") + 1;
        size_t k = 0;
        while (k < m && strncmp(environ[i], extra[k], name) != 0)
            k++;
        if (k == m)
            env[used++] = environ[i];
    }
    return env;
}

/* In the child: a group of its own, an end with ours, and its descriptors. */
static int child_setup(const int fds[], const sigset_t *mask)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != self)
        return -1;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int high[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, RECORD_FD + 1)) < 0)
            return -1;
    if (null < 0 || dup2(null, 0) < 0 || dup2(high[OUT], 1) < 0 ||
        dup2(high[ERR], 2) < 0 || dup2(high[RECORD], RECORD_FD) < 0)
        return -1;
    return 0;
}

/* In the child: becomes the program, or tells why not. */
static void child(const struct proc_options *options, const char **env,
                  const int fds[], int failure_fd, const sigset_t *mask)
{
    /* The descriptor for bad news must not lie where the record goes. */
    failure_fd = fcntl(failure_fd, F_DUPFD_CLOEXEC, RECORD_FD + 1);
    if (child_setup(fds, mask) == 0) {
        close_range(RECORD_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        execve(options->argv[0], (char *const *)options->argv,
               (char *const *)env);
    }
    int error = errno ? errno : ESRCH;
    if (write(failure_fd, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

/* Waits until the program runs: 0, or the child's errno, negative. */
static int await_exec(int failure_fd)
{
    int error = 0;
    ssize_t n;
    do
        n = read(failure_fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error ? -error : 0;
}

/* Forks; pipes[i][1] go to the child. */
static int launch(struct proc *proc, int pipes[][2], const sigset_t *mask)
{
    int failure[2];
    const char **env = environment(proc->options->env);
    if (!env)
        return -ENOMEM;
    int err = 0;
    if (pipe2(failure, O_CLOEXEC) != 0) {
        err = -errno;
        goto out_env;
    }
    int out = proc->options->out_fd ? proc->options->out_fd : pipes[OUT][1];
    int fds[STREAMS] = { pipes[RECORD][1], out, pipes[ERR][1] };
    self = getpid();
    proc->started = proc_now();
    proc->pid = fork();
    if (proc->pid == 0)
        child(proc->options, env, fds, failure[1], mask);
    if (proc->pid < 0)
        err = -errno;
    close(failure[1]);
    if (err == 0) {
        setpgid(proc->pid, proc->pid);
        interrupt_take_along(proc->pid);
        err = await_exec(failure[0]);
        proc->pidfd = err == 0 ? pidfd_open(proc->pid, 0) : -1;
        if (err == 0 && proc->pidfd < 0)
            err = -errno;
        if (err != 0) {
            kill(-proc->pid, SIGKILL);
            waitpid(proc->pid, NULL, 0);
            interrupt_take_along(0);
        }
    }
    close(failure[0]);
out_env:
    free(env);
    return err;
}

static int start(struct proc *proc, const sigset_t *mask)
{
    int pipes[STREAMS][2], made = 0, err = 0;
    while (err == 0 && made < STREAMS) {
        if (pipe2(pipes[made], O_CLOEXEC) != 0)
            err = -errno;
        else
            made++;
    }
    if (err == 0)
        err = launch(proc, pipes, mask);
    for (int i = 0; i < made; i++) {
        close(pipes[i][1]);
        if (err != 0) {
            close(pipes[i][0]);
            continue;
        }
        fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
        proc->streams[i].fd = pipes[i][0];
    }
    return err;
}

/* ---- watch ---- */

/* First a polite request, where there is time for it; then the hard way. */
static void end_it(struct proc *proc, enum proc_end why)
{
    if (proc->killed)
        return;
    bool polite = why == PROC_TIMEOUT && !proc->dying;
    if (!proc->dying)
        proc->result->end = why;
    proc->dying = true;
    proc->killed = !polite;
    kill(-proc->pid, polite ? SIGTERM : SIGKILL);
    proc->deadline = polite ? proc_now() + GRACE_NS : INT64_MAX;
}

static struct timespec *wait_time(const struct proc *proc, struct timespec *ts)
{
    int64_t until = proc->deadline;
    if (proc->next_tick < until)
        until = proc->next_tick;
    if (until == INT64_MAX)
        return NULL;
    int64_t ns = until - proc_now();
    if (ns < 0)
        ns = 0;
    ts->tv_sec = ns / 1000000000;
    ts->tv_nsec = ns % 1000000000;
    return ts;
}

/* Sleeps until something happens; true when the process has ended. */
static bool wait_event(struct proc *proc, const sigset_t *mask)
{
    struct pollfd fds[STREAMS + 1] = { { .fd = proc->pidfd,
                                         .events = POLLIN } };
    for (int i = 0; i < STREAMS; i++)
        fds[i + 1] =
            (struct pollfd){ .fd = proc->streams[i].fd, .events = POLLIN };
    struct timespec ts;
    if (ppoll(fds, STREAMS + 1, wait_time(proc, &ts), mask) <= 0)
        return false;
    for (int i = 0; i < STREAMS; i++)
        if (fds[i + 1].revents)
            stream_read(&proc->streams[i]);
    return fds[0].revents != 0;
}

static bool interrupted(const struct proc *proc)
{
    return interrupt_pending() && !proc->options->insist &&
           !proc->options->relay;
}

/* What a terminal sends does not reach it: it has a group of its own. */
static void pass_on(struct proc *proc)
{
    int number = interrupt_pending();
    if (number == 0 || !proc->options->relay || proc->told)
        return;
    proc->told = true;
    kill(proc->pid, number);
}

static void watch(struct proc *proc, const sigset_t *mask)
{
    const struct proc_options *options = proc->options;
    while (!wait_event(proc, mask)) {
        int64_t now = proc_now();
        pass_on(proc);
        if (interrupted(proc))
            end_it(proc, PROC_INTERRUPTED);
        else if (flooded(proc))
            end_it(proc, PROC_FLOODED);
        else if (now >= proc->deadline)
            end_it(proc, PROC_TIMEOUT);
        if (now >= proc->next_tick) {
            options->tick(options->tick_arg);
            proc->next_tick = now + options->tick_ns;
        }
    }
}

static void bury(struct proc *proc)
{
    struct proc_result *result = proc->result;
    result->ns = proc_now() - proc->started;
    /* The unreaped leader keeps the number of the group ours. */
    kill(-proc->pid, SIGKILL);
    drain(proc);
    int status = 0;
    while (wait4(proc->pid, &status, 0, &result->usage) < 0 && errno == EINTR)
        ;
    interrupt_take_along(0);
    close(proc->pidfd);
    close_streams(proc);
    bool by_signal = WIFSIGNALED(status);
    result->code = by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
    if (!proc->dying)
        result->end = flooded(proc) ? PROC_FLOODED
                      : by_signal   ? PROC_SIGNALED
                                    : PROC_EXITED;
}

int proc_run(const struct proc_options *options, struct proc_result *result)
{
    *result = (struct proc_result){ 0 };
    size_t out_keep = options->out_keep ? options->out_keep : TEXT_KEEP;
    struct proc proc = {
        .options = options,
        .result = result,
        .streams = { { -1, RECORD_KEEP, &result->record },
                     { -1, out_keep, &result->out },
                     { -1, TEXT_KEEP, &result->err } },
    };
    sigset_t mask;
    interrupt_hold(&mask);
    int err = start(&proc, &mask);
    if (err == 0) {
        proc.deadline =
            options->limit_ns ? proc.started + options->limit_ns : INT64_MAX;
        proc.next_tick =
            options->tick_ns ? proc.started + options->tick_ns : INT64_MAX;
        if (interrupted(&proc))
            end_it(&proc, PROC_INTERRUPTED);
        pass_on(&proc);
        watch(&proc, &mask);
        bury(&proc);
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return err;
}

void proc_result_fini(struct proc_result *result)
{
    free(result->record.data);
    free(result->out.data);
    free(result->err.data);
    *result = (struct proc_result){ 0 };
}
