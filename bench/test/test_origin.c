/* SPDX-License-Identifier: MIT */
/*
 * The origin program from outside: its start and end, each route, the echo,
 * the control port and the load generator; and the client of origin.h.
 */
#include "served.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workload.h" /* work_hash() */

enum {
    MANY = 1000
};

/* ---- helpers ---- */

/* Sends a line to the control port and reads the one that comes back. */
static const char *ask(int fd, const char *request)
{
    static char line[512];
    size_t n = 0;

    served_send(fd, request, strlen(request));
    do {
        assert_true(n < sizeof line);
        served_receive(fd, line + n, 1);
    } while (line[n++] != '\n');
    line[n - 1] = '\0';
    return line;
}

struct answer {
    int status;
    size_t bytes;
    char *body;
};

/* Reads one HTTP answer that tells its length. */
static struct answer read_answer(int fd)
{
    struct answer a = { 0 };
    char head[2048];
    size_t n = 0;

    do {
        assert_true(n < sizeof head - 1);
        served_receive(fd, head + n, 1);
        head[++n] = '\0';
    } while (!strstr(head, "\r\n\r\n"));
    assert_int_equal(sscanf(head, "HTTP/1.1 %d", &a.status), 1);
    const char *length = strcasestr(head, "content-length:");
    assert_non_null(length);
    a.bytes = (size_t)strtoull(strchr(length, ':') + 1, NULL, 10);
    a.body = malloc(a.bytes + 1);
    assert_non_null(a.body);
    served_receive(fd, a.body, a.bytes);
    a.body[a.bytes] = '\0';
    return a;
}

static void send_get(int fd, const char *path)
{
    char request[512];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: o\r\n\r\n",
             path);
    served_send(fd, request, strlen(request));
}

static int get_status(int fd, const char *path)
{
    send_get(fd, path);
    struct answer a = read_answer(fd);
    free(a.body);
    return a.status;
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unsigned open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

/* Runs the program with these arguments, no input; returns its exit status
 * and its standard error. */
static int run(const char *arguments, char *error, size_t size)
{
    char command[8192];

    snprintf(command, sizeof command, "'%s' %s 2>&1 </dev/null",
             served_program(), arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    error[fread(error, 1, size - 1, pipe)] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

/* ---- start and end ---- */

static void start_and_stop_leave_nothing_behind(void **state)
{
    unsigned before = open_descriptors();
    struct origin one;

    (void)state;
    assert_int_equal(origin_start(&one, served_program(), -1), 0);
    assert_true(one.pid > 0);
    assert_true(one.http_port && one.echo_port && one.ws_port &&
                one.control_port);
    origin_stop(&one);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    origin_stop(&one); /* does no harm */
}

static void failed_starts_name_the_error(void **state)
{
    unsigned before = open_descriptors();
    struct origin one;

    (void)state;
    assert_int_equal(origin_start(&one, "/nonexistent/origin", -1), -ENOENT);
    /* Programs that end without, or with another, first line. */
    assert_int_equal(origin_start(&one, "/bin/true", -1), -EPROTO);
    assert_int_equal(origin_start(&one, "/bin/echo", -1), -EPROTO);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void bad_arguments_are_usage_errors_in_one_line(void **state)
{
    static const char *const bad[] = { "--cpu",       "--cpu x", "--cpu -1",
                                       "--cpu 99999", "--blah",  "--parent 0",
                                       "something" };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(run(bad[i], text, sizeof text), 2);
        assert_int_equal(strncmp(text, "origin: ", 8), 0);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    }
    assert_int_equal(run("", text, sizeof text), 2); /* /dev/null */
    assert_int_equal(run("--help", text, sizeof text), 0);
}

static void describe_and_attach_reach_the_same_one(void **state)
{
    char text[128];
    struct origin other;
    struct origin_stats seen;

    (void)state;
    unsetenv("COBENCH_ORIGIN");
    assert_int_equal(origin_attach(&other), -ENOENT);
    setenv("COBENCH_ORIGIN", "http=1 echo=2", 1);
    assert_int_equal(origin_attach(&other), -EPROTO);
    setenv("COBENCH_ORIGIN", origin_describe(&served, text, sizeof text), 1);
    assert_int_equal(origin_attach(&other), 0);
    unsetenv("COBENCH_ORIGIN");
    assert_int_equal(other.pid, 0);
    assert_int_equal(other.http_port, served.http_port);
    assert_int_equal(other.echo_port, served.echo_port);
    assert_int_equal(other.ws_port, served.ws_port);
    assert_int_equal(origin_stats(&other, &seen), 0);
    origin_stop(&other);
    served_stats(); /* still there */
}

static void death_is_noticed_by_stats(void **state)
{
    struct origin_stats seen;

    (void)state;
    kill(served.pid, SIGKILL);
    assert_int_equal(origin_stats(&served, &seen), -ECONNRESET);
    assert_int_equal(origin_stats(&served, &seen), -ECONNRESET);
}

/* The control connection ends with the process. */
static void assert_ends(int fd)
{
    char c;

    assert_true(recv(fd, &c, 1, 0) <= 0);
}

static void terminate_ends_it_and_interrupt_does_not(void **state)
{
    int fd = served_dial(served.control_port);

    (void)state;
    kill(served.pid, SIGINT);
    assert_memory_equal(ask(fd, "stats\n"), "cpu_ns=", 7);
    kill(served.pid, SIGTERM);
    assert_ends(fd);
    close(fd);
}

static void quit_ends_it(void **state)
{
    int fd = served_dial(served.control_port);

    (void)state;
    served_send(fd, "quit\n", 5);
    assert_ends(fd);
    close(fd);
}

/* A child starts one, tells its control port and is killed. */
static void it_dies_with_its_parent(void **state)
{
    int ends[2], port = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct origin own;
        if (origin_start(&own, served_program(), -1) == 0)
            port = (int)own.control_port;
        if (write(ends[1], &port, sizeof port) < 0)
            _exit(1);
        pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &port, sizeof port), sizeof port);
    assert_int_not_equal(port, 0);
    int fd = served_dial((unsigned)port);
    assert_memory_equal(ask(fd, "stats\n"), "cpu_ns=", 7);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ends(fd);
    close(fd);
    close(ends[0]);
}

/* ---- HTTP ---- */

static void bytes_answers_that_many(void **state)
{
    static const size_t sizes[] = { 0, 1, 1024, 66560, 66561, 3000000 };
    int fd = served_dial(served.http_port);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char path[64];
        snprintf(path, sizeof path, "/bytes/%zu", sizes[i]);
        send_get(fd, path);
        struct answer a = read_answer(fd);
        assert_int_equal(a.status, 200);
        assert_int_equal(a.bytes, sizes[i]);
        size_t right = 0;
        while (right < a.bytes && a.body[right] == (char)('a' + right % 26))
            right++;
        assert_int_equal(right, a.bytes);
        free(a.body);
    }
    close(fd);
    assert_int_equal(served_stats().connections, 1); /* kept alive */
    assert_int_equal(served_stats().requests, sizeof sizes / sizeof *sizes);
}

static void nonsense_is_refused_with_its_status(void **state)
{
    static const struct {
        const char *path;
        int status;
    } cases[] = {
        { "/", 404 },
        { "/bytes", 404 },
        { "/other/1", 404 },
        { "/bytes/", 400 },
        { "/bytes/-1", 400 },
        { "/bytes/+1", 400 },
        { "/bytes/1x", 400 },
        { "/bytes/67108865", 400 },
        { "/bytes/99999999999999999999999", 400 },
        { "/bytes/1?delay_ms=", 400 },
        { "/bytes/1?delay_ms", 400 },
        { "/bytes/1?delay_ms=x", 400 },
        { "/bytes/1?delay_ms=3600001", 400 },
        { "/bytes/1?delay=1", 400 },
        { "/bytes/1?delay_ms=1&delay_ms=1", 400 },
        { "/delay/", 400 },
        { "/delay/x", 400 },
        { "/delay/-1", 400 },
        { "/delay/.5", 400 },
        { "/delay/1.", 400 },
        { "/delay/1e3", 400 },
        { "/delay/nan", 400 },
        { "/delay/3600.1", 400 },
        { "/delay/99999999999999999999", 400 },
        { "/delay/0.0", 200 },
        { "/bytes/0", 200 },
    };
    int fd = served_dial(served.http_port);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(get_status(fd, cases[i].path), cases[i].status);
    close(fd);
}

static void other_methods_are_refused(void **state)
{
    static const char request[] = "POST /bytes/1 HTTP/1.1\r\nHost: o\r\n"
                                  "Content-Length: 3\r\n\r\nabc";
    int fd = served_dial(served.http_port);

    (void)state;
    served_send(fd, request, sizeof request - 1);
    struct answer a = read_answer(fd);
    assert_int_equal(a.status, 405);
    free(a.body);
    close(fd);
}

static void answers_are_never_early(void **state)
{
    static const struct {
        const char *path;
        int64_t least_ns;
    } cases[] = { { "/delay/0.05", 50000000 },
                  { "/delay/0.0005", 500000 },
                  { "/bytes/10?delay_ms=20", 20000000 } };
    int fd = served_dial(served.http_port);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t begun = now_ns();
        assert_int_equal(get_status(fd, cases[i].path), 200);
        assert_true(now_ns() - begun >= cases[i].least_ns);
    }
    close(fd);
}

/* The longest is asked first; all wait at the same time. */
static void delays_run_side_by_side(void **state)
{
    int slow = served_dial(served.http_port),
        quick = served_dial(served.http_port);
    struct pollfd never = { .fd = slow, .events = POLLIN };

    (void)state;
    send_get(slow, "/delay/3600");
    assert_int_equal(get_status(quick, "/delay/0.01"), 200);
    assert_int_equal(get_status(quick, "/bytes/1?delay_ms=1"), 200);
    assert_int_equal(poll(&never, 1, 0), 0);
    close(slow); /* and be gone while suspended */
    assert_int_equal(get_status(quick, "/bytes/1"), 200);
    close(quick);
    assert_int_equal(served_stats().connections, 2);
    assert_int_equal(served_stats().requests, 4);
}

static void a_thousand_delayed_requests_are_all_answered(void **state)
{
    static int fds[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        char path[64];
        fds[i] = served_dial(served.http_port);
        snprintf(path, sizeof path, "/bytes/%d?delay_ms=%d", i, i % 50);
        send_get(fds[i], path);
    }
    for (int i = 0; i < MANY; i++) {
        struct answer a = read_answer(fds[i]);
        assert_int_equal(a.status, 200);
        assert_int_equal(a.bytes, i);
        free(a.body);
        close(fds[i]);
    }
    assert_int_equal(served_stats().connections, MANY);
    assert_int_equal(served_stats().requests, MANY);
}

/* ---- echo ---- */

static void a_thousand_connections_echo_at_once(void **state)
{
    static int fds[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++)
        fds[i] = served_dial(served.echo_port);
    for (int i = 0; i < MANY; i++)
        served_send(fds[i], &i, sizeof i);
    for (int i = 0; i < MANY; i++) {
        int back = -1;
        served_receive(fds[i], &back, sizeof back);
        assert_int_equal(back, i);
        close(fds[i]);
    }
    assert_int_equal(served_stats().connections, MANY);
    assert_int_equal(served_stats().messages, MANY);
}

/* Sends more than all socket buffers hold before it reads anything: written
 * without blocking until nothing more goes, then read back. */
static void a_peer_that_does_not_read_loses_nothing(void **state)
{
    enum {
        TOTAL = 32 << 20,
        CHUNK = 65536
    };
    static uint8_t chunk[CHUNK];
    int fd = served_dial(served.echo_port);
    size_t sent = 0, got = 0;

    (void)state;
    while (got < TOTAL) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        /* Reads only what there is once it can send no more. */
        for (size_t i = 0; i < CHUNK; i++)
            chunk[i] = (uint8_t)((sent + i) * 31 >> 8);
        ssize_t n =
            sent == TOTAL
                ? -1
                : send(fd, chunk, TOTAL - sent < CHUNK ? TOTAL - sent : CHUNK,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        assert_int_equal(poll(&p, 1, -1), 1);
        n = recv(fd, chunk, CHUNK, 0);
        assert_true(n > 0);
        for (size_t i = 0; i < (size_t)n; i++)
            if (chunk[i] != (uint8_t)((got + i) * 31 >> 8))
                fail_msg("byte %zu is wrong", got + i);
        got += (size_t)n;
    }
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_ends(fd);
    close(fd);
}

static void half_close_is_answered_to_the_end(void **state)
{
    char back[5];
    int fd = served_dial(served.echo_port);

    (void)state;
    served_send(fd, "hello", 5);
    shutdown(fd, SHUT_WR);
    served_receive(fd, back, sizeof back);
    assert_memory_equal(back, "hello", 5);
    assert_int_equal(recv(fd, back, 1, 0), 0);
    close(fd);
}

/* ---- control ---- */

static void garbage_on_the_control_port_is_answered(void **state)
{
    static const char *const bad[] = {
        "\n",
        "blah\n",
        "stats now\n",
        "\x01\xff\xfe\n",
        "load\n",
        "go\n",
        "load 127.0.0.1 1 1 1\n",
        "load 127.0.0.1 0 1 1 1\n",
        "load 127.0.0.1 65536 1 1 1\n",
        "load 127.0.0.1 1 0 1 1\n",
        "load 127.0.0.1 1 999999999 1 1\n",
        "load 127.0.0.1 1 1 -1 1\n",
        "load 127.0.0.1 1 1 1 99999999999999999999\n",
        "load 127.0.0.1 1 1 1 1 nonsense\n",
        "load 127.0.0.1 1 1 1 1 hold more of it\n",
        "load localhost 1 1 1 1\n",
    };
    int fd = served_dial(served.control_port);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_memory_equal(ask(fd, bad[i]), "error ", 6);
    assert_memory_equal(ask(fd, "stats\r\n"), "cpu_ns=", 7);
    close(fd);
}

static void oversize_requests_do_not_hurt(void **state)
{
    static char line[100000];
    int control = served_dial(served.control_port),
        http = served_dial(served.http_port);

    (void)state;
    memset(line, 'x', sizeof line);
    send(control, line, sizeof line, MSG_NOSIGNAL);
    send(http, "GET /", 5, MSG_NOSIGNAL);
    send(http, line, sizeof line, MSG_NOSIGNAL);
    /* Refused, or the connection is gone with what we had sent. */
    while (recv(control, line, sizeof line, 0) > 0)
        continue;
    while (recv(http, line, sizeof line, 0) > 0)
        continue;
    close(control);
    close(http);
    assert_int_equal(served_stats().requests, 0);
}

static void requests_in_pieces_and_in_bulk_are_answered(void **state)
{
    int fd = served_dial(served.control_port);

    (void)state;
    for (const char *c = "blah\nsta"; *c; c++)
        served_send(fd, c, 1);
    assert_string_equal(ask(fd, ""), "error unknown request");
    assert_memory_equal(ask(fd, "ts\nstats\n"), "cpu_ns=", 7);
    assert_memory_equal(ask(fd, ""), "cpu_ns=", 7);
    close(fd);
}

static void stats_tell_cpu_time_that_grows(void **state)
{
    uint64_t before = served_stats().cpu_ns;

    (void)state;
    for (int i = 0; i < 100; i++)
        served_stats();
    assert_true(before > 0);
    assert_true(served_stats().cpu_ns > before);
}

/* ---- the load generator ---- */

static void assert_load(const char *answer, uint64_t rounds, uint64_t bytes)
{
    uint64_t seen[5] = { 0 };
    uint64_t each = work_hash(bytes * 256 + (uint8_t)(bytes - 1));
    int n = sscanf(answer,
                   "ok rounds=%" SCNu64 " bytes=%" SCNu64 " digest=%" SCNx64
                   " wall_ns=%" SCNu64 " cpu_ns=%" SCNu64,
                   &seen[0], &seen[1], &seen[2], &seen[3], &seen[4]);

    if (n != 5)
        fail_msg("the load answered '%s'", answer);
    assert_int_equal(seen[0], rounds);
    assert_int_equal(seen[1], rounds * bytes);
    assert_int_equal(seen[2], rounds * each);
    assert_true(seen[3] > 0 && seen[4] > 0);
}

static void load_plays_the_rounds_it_is_told(void **state)
{
    static const struct {
        unsigned connections;
        uint64_t rounds, bytes;
    } cases[] = { { 1, 1, 1 },
                  { 1, 1000, 64 },
                  { 7, 3, 64 }, /* some play none */
                  { 1000, 5000, 64 },
                  { 3, 30, 1000000 } };
    int fd = served_dial(served.control_port);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[128];
        struct origin_stats before = served_stats();
        snprintf(request, sizeof request,
                 "load 127.0.0.1 %u %u %" PRIu64 " %" PRIu64 "\n",
                 served.echo_port, cases[i].connections, cases[i].rounds,
                 cases[i].bytes);
        assert_load(ask(fd, request), cases[i].rounds, cases[i].bytes);
        assert_int_equal(served_stats().connections - before.connections,
                         cases[i].connections);
        /* One more per connection before the timed part. */
        if (cases[i].bytes <= 64)
            assert_int_equal(served_stats().messages - before.messages,
                             cases[i].rounds + cases[i].connections);
    }
    close(fd);
}

static void load_on_hold_waits_for_go(void **state)
{
    char request[128];
    int fd = served_dial(served.control_port),
        other = served_dial(served.control_port);

    (void)state;
    snprintf(request, sizeof request, "load 127.0.0.1 %u 10 100 64 hold\n",
             served.echo_port);
    assert_string_equal(ask(fd, request), "ready");
    assert_int_equal(served_stats().messages, 10);
    assert_memory_equal(ask(other, request), "error ", 6); /* one at a time */
    assert_load(ask(fd, "go\n"), 100, 64);
    assert_int_equal(served_stats().messages, 110);
    assert_string_equal(ask(other, request), "ready");
    /* Closing the control connection gives up the load on hold. */
    close(other);
    while (strcmp(ask(fd, request), "ready") != 0)
        continue;
    assert_load(ask(fd, "go\n"), 100, 64);
    close(fd);
}

/* A server of our own, which answers one connection as `answer` says. */
static const char *load_against(const char *reply, size_t bytes, int again)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int control = served_dial(served.control_port);
    char request[128], message[4];

    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    snprintf(request, sizeof request, "load 127.0.0.1 %u 1 1000 4\n",
             ntohs(at.sin_port));
    served_send(control, request, strlen(request));
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    served_receive(fd, message, sizeof message);
    for (int i = 0; i < again; i++) {
        served_send(fd, message, sizeof message);
        served_receive(fd, message, sizeof message);
    }
    if (bytes)
        served_send(fd, reply, bytes);
    else
        close(fd);
    const char *answer = ask(control, "");
    if (bytes)
        close(fd);
    close(control);
    close(listener);
    return answer;
}

static void load_refuses_a_server_that_answers_wrongly(void **state)
{
    (void)state;
    /* The message of round trip k is k, k + 1, k + 2, k + 3. */
    assert_string_equal(load_against("\1\1\2\3", 4, 0), "error wrong answer");
    assert_string_equal(load_against("\2\3\4\4", 4, 2), "error wrong answer");
    /* The answer before: as if it came twice. */
    assert_string_equal(load_against("\1\2\3\4", 4, 2), "error wrong answer");
    assert_string_equal(load_against("\0\1\2\3\4", 5, 0), "error wrong answer");
    assert_memory_equal(load_against("", 0, 0), "error ", 6);
    assert_memory_equal(load_against("", 0, 5), "error ", 6);
    served_stats();
}

static void load_against_nobody_says_so(void **state)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = served_dial(served.control_port);
    char request[128];

    (void)state;
    /* Bound and not listening: nobody else can have the port. */
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    getsockname(listener, (struct sockaddr *)&at, &size);
    snprintf(request, sizeof request, "load 127.0.0.1 %u 10 10 4\n",
             ntohs(at.sin_port));
    assert_string_equal(ask(fd, request),
                        "error cannot connect: connection refused");
    close(listener);
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_and_stop_leave_nothing_behind),
        cmocka_unit_test(failed_starts_name_the_error),
        cmocka_unit_test(bad_arguments_are_usage_errors_in_one_line),
        SERVED(describe_and_attach_reach_the_same_one),
        SERVED(death_is_noticed_by_stats),
        SERVED(terminate_ends_it_and_interrupt_does_not),
        SERVED(quit_ends_it),
        cmocka_unit_test(it_dies_with_its_parent),
        SERVED(bytes_answers_that_many),
        SERVED(nonsense_is_refused_with_its_status),
        SERVED(other_methods_are_refused),
        SERVED(answers_are_never_early),
        SERVED(delays_run_side_by_side),
        SERVED(a_thousand_delayed_requests_are_all_answered),
        SERVED(a_thousand_connections_echo_at_once),
        SERVED(a_peer_that_does_not_read_loses_nothing),
        SERVED(half_close_is_answered_to_the_end),
        SERVED(garbage_on_the_control_port_is_answered),
        SERVED(oversize_requests_do_not_hurt),
        SERVED(requests_in_pieces_and_in_bulk_are_answered),
        SERVED(stats_tell_cpu_time_that_grows),
        SERVED(load_plays_the_rounds_it_is_told),
        SERVED(load_on_hold_waits_for_go),
        SERVED(load_refuses_a_server_that_answers_wrongly),
        SERVED(load_against_nobody_says_so),
    };

    return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
