/* SPDX-License-Identifier: MIT */
/*
 * When the loop runs, and what the kernel is asked: this program counts its
 * own system calls.
 */
#include "../test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MESSAGES = 500,
    BYTES = 64,
    NAPS = 20,
    STREAMS = 20,
    CROWD = 1200 /* more than libuv takes from the kernel at once */
};

/* Calls since the program started; libuv's go through these as well. */
static struct {
    uint64_t read, write, control, wait;
} calls;

ssize_t read(int fd, void *buffer, size_t bytes)
{
    calls.read++;
    return syscall(SYS_read, fd, buffer, bytes);
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
    calls.write++;
    return syscall(SYS_write, fd, buffer, bytes);
}

ssize_t recv(int fd, void *buffer, size_t bytes, int flags)
{
    calls.read++;
    return syscall(SYS_recvfrom, fd, buffer, bytes, flags, NULL, NULL);
}

ssize_t send(int fd, const void *buffer, size_t bytes, int flags)
{
    calls.write++;
    return syscall(SYS_sendto, fd, buffer, bytes, flags, NULL, 0);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    calls.control++;
    return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int n, int timeout)
{
    calls.wait++;
    return (int)syscall(SYS_epoll_pwait, epoll, events, n, timeout, NULL, 8);
}

int epoll_pwait(int epoll, struct epoll_event *events, int n, int timeout,
                const sigset_t *mask)
{
    calls.wait++;
    return (int)syscall(SYS_epoll_pwait, epoll, events, n, timeout, mask, 8);
}

static int last_pipe; /* the end to write to of the newest pipe */

int pipe2(int fds[2], int flags)
{
    int error = (int)syscall(SYS_pipe2, fds, flags);
    last_pipe = fds[1];
    return error;
}

static uint64_t turns(void)
{
    struct rt_info info;
    rt_info(&info);
    return info.loop_turns;
}

/* ---- fairness ---- */

static int yield_until(void *arg)
{
    volatile bool *done = arg;
    while (!*done)
        rt_yield();
    return 0;
}

static int timer_main(void *arg)
{
    static volatile bool done;
    struct rt_task *tasks[2];
    (void)arg;
    done = false;
    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], yield_until, (void *)&done), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    done = true;
    return rt_gather(tasks, 2, NULL, RT_FOREVER);
}

static void yielding_tasks_do_not_starve_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, timer_main, NULL), 0);
}

static int answer(void *arg)
{
    char byte;
    CHECK_INT(rt_sock_read(arg, &byte, 1, RT_FOREVER), 1);
    CHECK_INT(rt_sock_write(arg, &byte, 1, RT_FOREVER), 1);
    return 0;
}

static int stream_main(void *arg)
{
    static volatile bool done;
    struct rt_task *tasks[3];
    struct rt_sock *client, *server;
    char byte = 'x';
    (void)arg;
    done = false;
    if (!test_tcp_pair(&client, &server))
        return -1;
    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], yield_until, (void *)&done), 0);
    CHECK_INT(rt_spawn(&tasks[2], answer, server), 0);
    CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_sock_write(client, &byte, 1, RT_FOREVER), 1);
    CHECK_INT(rt_sock_read(client, &byte, 1, RT_FOREVER), 1);
    done = true;
    CHECK_INT(rt_gather(tasks, 3, NULL, RT_FOREVER), 0);
    rt_sock_close(client);
    rt_sock_close(server);
    return 0;
}

static void yielding_tasks_do_not_starve_a_stream(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, stream_main, NULL), 0);
}

struct flood {
    struct rt_sock *client, *server;
    volatile bool done;
};

static int flood(void *arg)
{
    struct flood *f = arg;
    static char bytes[BYTES];
    while (!f->done) {
        CHECK_INT(rt_sock_write(f->client, bytes, BYTES, RT_FOREVER), BYTES);
        CHECK_INT(rt_sock_read(f->server, bytes, BYTES, RT_FOREVER), BYTES);
    }
    return 0;
}

static int flood_main(void *arg)
{
    struct flood f = { 0 };
    struct rt_task *task;
    (void)arg;
    if (!test_tcp_pair(&f.client, &f.server))
        return -1;
    CHECK_INT(rt_spawn(&task, flood, &f), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    f.done = true;
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_sock_close(f.client);
    rt_sock_close(f.server);
    return 0;
}

static void a_stream_that_never_waits_lets_others_run(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, flood_main, NULL), 0);
}

/* ---- what a stream costs ---- */

static int nap(void)
{
    for (int i = 0; i < NAPS; i++)
        if (rt_sleep(rt_in(1000000)))
            return -1;
    return 0;
}

static int idle_main(void *arg)
{
    struct rt_sock *client, *server;
    char bytes[BYTES] = { 0 };
    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    /* The server has waited once, so the loop watches it. */
    CHECK_INT(rt_sock_read(server, bytes, BYTES, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_sock_write(client, bytes, BYTES, RT_FOREVER), BYTES);
    /* Bytes lie there and nobody reads: a spinning loop would turn as often
     * as it can; one that waits turns a few times per sleep. */
    uint64_t before = turns();
    CHECK_INT(nap(), 0);
    CHECK(turns() - before <= 4 * NAPS + 4);
    CHECK_INT(rt_sock_read(server, bytes, BYTES, RT_FOREVER), BYTES);
    /* The same for an end of stream nobody looks at. */
    CHECK_INT(rt_sock_read(server, bytes, BYTES, test_soon()), -ETIMEDOUT);
    rt_sock_close(client);
    before = turns();
    CHECK_INT(nap(), 0);
    CHECK(turns() - before <= 4 * NAPS + 4);
    CHECK_INT(rt_sock_read(server, bytes, BYTES, RT_FOREVER), 0);
    CHECK_INT(rt_sock_read(server, bytes, BYTES, RT_FOREVER), 0);
    rt_sock_close(server);
    return 0;
}

static void a_stream_nobody_reads_costs_no_turns(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, idle_main, NULL), 0);
}

static int echo(void *arg)
{
    char bytes[2 * BYTES];
    ssize_t n;
    while ((n = rt_sock_read(arg, bytes, sizeof(bytes), RT_FOREVER)) > 0)
        CHECK_INT(rt_sock_write(arg, bytes, (size_t)n, RT_FOREVER), n);
    return (int)n;
}

static void exchange(struct rt_sock *client, size_t buffer)
{
    char bytes[2 * BYTES] = { 0 };
    CHECK_INT(rt_sock_write(client, bytes, BYTES, RT_FOREVER), BYTES);
    CHECK_INT(rt_sock_read(client, bytes, buffer, RT_FOREVER), BYTES);
}

/* Costs of MESSAGES exchanges in which the client reads with this buffer. */
static int count_main(void *arg)
{
    size_t buffer = *(size_t *)arg;
    struct rt_sock *client, *server;
    struct rt_task *task;
    if (!test_tcp_pair(&client, &server))
        return -1;
    CHECK_INT(rt_spawn(&task, echo, server), 0);
    for (int i = 0; i < 10; i++)
        exchange(client, buffer);
    uint64_t reads = calls.read, writes = calls.write;
    uint64_t controls = calls.control;
    for (int i = 0; i < MESSAGES; i++)
        exchange(client, buffer);
    CHECK_INT(calls.control - controls, 0);
    CHECK_INT(calls.write - writes, 2 * MESSAGES);
    CHECK(calls.read - reads >= 2 * MESSAGES);
    CHECK(calls.read - reads <= 2 * MESSAGES + MESSAGES / 20);
    rt_sock_close(client);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_sock_close(server);
    return 0;
}

static void a_steady_echo_is_a_read_and_a_write_each(void **state)
{
    size_t roomy = 2 * BYTES;
    (void)state;
    assert_int_equal(test_run(0, count_main, &roomy), 0);
}

static void a_reader_that_asks_for_no_more_costs_the_same(void **state)
{
    size_t exact = BYTES;
    (void)state;
    assert_int_equal(test_run(0, count_main, &exact), 0);
}

/* After guessing that nothing is there, a reader finds what is. */
static int bytewise_main(void *arg)
{
    struct rt_sock *client, *server;
    struct rt_task *task;
    static char sent[16 * BYTES];
    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    CHECK_INT(rt_spawn(&task, echo, server), 0);
    for (int i = 0; i < 100; i++)
        exchange(client, BYTES);
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)i;
    CHECK_INT(rt_sock_write(client, sent, sizeof(sent), RT_FOREVER),
              sizeof(sent));
    for (size_t i = 0; i < sizeof(sent); i++) {
        char byte;
        CHECK_INT(rt_sock_read(client, &byte, 1, RT_FOREVER), 1);
        CHECK_INT(byte, sent[i]);
    }
    rt_sock_close(client);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_sock_close(server);
    return 0;
}

static void a_wrong_guess_loses_no_byte(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, bytewise_main, NULL), 0);
}

/* ---- many streams ---- */

struct crowd {
    struct rt_sock *readers[CROWD], *writers[CROWD];
    struct rt_task *tasks[CROWD];
    int fds[CROWD]; /* the writers' */
};

static int read_one(void *arg)
{
    char byte;
    return rt_sock_read(arg, &byte, 1, RT_FOREVER) == 1 ? 0 : -1;
}

static int crowd_main(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < CROWD; i++) {
        if (!CHECK_INT(rt_sock_pipe(&c->readers[i], &c->writers[i]), 0))
            return -1;
        c->fds[i] = last_pipe;
        CHECK_INT(rt_spawn(&c->tasks[i], read_one, c->readers[i]), 0);
    }
    /* Long enough that all of them wait and are watched. */
    CHECK_INT(rt_sleep(test_soon()), 0);
    uint64_t before = calls.wait;
    /* Behind the runtime's back, so that all are ready at the same time. */
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(syscall(SYS_write, c->fds[i], "x", 1), 1);
    CHECK_INT(rt_gather(c->tasks, CROWD, NULL, RT_FOREVER), 0);
    /* At most one per 64 switches and some.  Were tasks to run only after
     * the turn, libuv would ask 48 times. */
    CHECK(calls.wait - before < 30);
    for (int i = 0; i < CROWD; i++) {
        rt_sock_close(c->readers[i]);
        rt_sock_close(c->writers[i]);
    }
    return 0;
}

static void many_ready_streams_are_asked_for_once(void **state)
{
    struct rlimit files;
    (void)state;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = 2 * CROWD + 100;
    if (setrlimit(RLIMIT_NOFILE, &files))
        test_skip("this user may not open %d files", 2 * CROWD + 100);
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    assert_non_null(crowd);
    assert_int_equal(test_run(0, crowd_main, crowd), 0);
    free(crowd);
}

/* ---- the end ---- */

static int wait_for_bytes(void *arg)
{
    char byte;
    return (int)rt_sock_read(arg, &byte, 1, RT_FOREVER);
}

/* Streams that are watched but waited for by nobody do not keep a run alive. */
static int stuck_main(void *arg)
{
    struct rt_sock *clients[STREAMS], *servers[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        char byte;
        if (!test_tcp_pair(&clients[i], &servers[i]))
            return -1;
        CHECK_INT(rt_sock_read(servers[i], &byte, 1, test_soon()), -ETIMEDOUT);
    }
    return rt_event_wait(arg, RT_FOREVER);
}

static int make_event(void *arg)
{
    return rt_event_new(arg);
}

static void idle_streams_do_not_hide_a_deadlock(void **state)
{
    struct rt_event *event;
    (void)state;
    assert_int_equal(test_run(0, make_event, &event), 0);
    assert_int_equal(test_run(0, stuck_main, event), -EDEADLK);
    rt_event_free(event);
}

static int waiting_main(void *arg)
{
    struct rt_sock *client, *server;
    struct rt_task *task;
    int status = -1;
    char byte = 'x';
    (void)arg;
    if (!test_tcp_pair(&client, &server))
        return -1;
    CHECK_INT(rt_spawn(&task, wait_for_bytes, server), 0);
    CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_sock_read(server, &byte, 1, RT_FOREVER), -EBUSY);
    CHECK_INT(rt_sock_write(client, &byte, 1, RT_FOREVER), 1);
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    CHECK_INT(status, 1);
    rt_sock_close(client);
    rt_sock_close(server);
    return 0;
}

static void a_second_reader_is_told_so(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, waiting_main, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(yielding_tasks_do_not_starve_a_deadline),
        TEST(yielding_tasks_do_not_starve_a_stream),
        TEST(a_stream_that_never_waits_lets_others_run),
        TEST(a_stream_nobody_reads_costs_no_turns),
        TEST(a_steady_echo_is_a_read_and_a_write_each),
        TEST(a_reader_that_asks_for_no_more_costs_the_same),
        TEST(a_wrong_guess_loses_no_byte),
        TEST(many_ready_streams_are_asked_for_once),
        TEST(idle_streams_do_not_hide_a_deadlock),
        TEST(a_second_reader_is_told_so),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
