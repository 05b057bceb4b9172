/* SPDX-License-Identifier: MIT */

/* The helpers of the conformance suite: time limit, checks noted by tasks,
 * leak checks around each run.  Its one invariant: cmocka's assertions are
 * only ever called on the thread of the test, outside rt_run(). */

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LIMIT_SECONDS = 60,
    REAP_MS = 5000
};

static const char *current; /* the running test, read by the handler */

/* Defined where the runtime is an adapter: what it has been asked for and does
 * not have (guest/lack.h). */
extern const char *lack_seen(void) __attribute__((weak));

/* Defined where the program is built with the sanitizer. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

/* The first failed check: written by whoever sets `failed` first, read after
 * rt_run() has ended all tasks. */
static atomic_bool failed;
static char failure[512];

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        return; /* nobody left to tell */
}

static void on_alarm(int number)
{
    (void)number;
    say("TIME LIMIT: ");
    say(current);
    say("\n");
    _exit(1);
}

int test_begin(void **state)
{
    struct sigaction action = { .sa_handler = on_alarm };

    current = *state;
    sigaction(SIGALRM, &action, NULL);
    alarm(LIMIT_SECONDS);
    return 0;
}

int test_end(void **state)
{
    (void)state;
    alarm(0);
    return 0;
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static bool has_http;

static int use_everything(void *arg)
{
    struct rt_task *task;
    struct rt_http *http;
    int rc = rt_http_new(&http);

    has_http = rc != -ENOTSUP;
    if (rc == 0)
        rt_http_free(http);
    rc = rt_offload(nothing, arg, NULL);
    if (rc == 0 || rc == -ENOTSUP)
        rc = rt_spawn(&task, nothing, arg);
    return rc ? rc : rt_join(task, NULL, RT_FOREVER);
}

static void *no_thread(void *arg)
{
    return arg;
}

int test_warm_up(void **state)
{
    pthread_t thread;

    (void)state;
    /* With the first one comes ThreadSanitizer's own. */
    if (pthread_create(&thread, NULL, no_thread, NULL) == 0)
        pthread_join(thread, NULL);
    current = "the run before the first test";
    test_begin((void *[]){ (void *)current });
    int status = rt_run(NULL, use_everything, NULL);
    if (lack_seen)
        lack_seen();
    alarm(0);
    return status;
}

bool runtime_has_http(void)
{
    return has_http;
}

bool test_http_missing(void)
{
    test_warm_up(NULL);
    if (!has_http)
        say("SKIP: the runtime has no HTTP\n"
            "[==========] 0 test(s) run.\n");
    return !has_http;
}

/* ---- leaks ---- */

static unsigned count_entries(const char *path)
{
    unsigned n = 0;
    DIR *dir = opendir(path);

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

unsigned test_descriptors(void)
{
    return count_entries("/proc/self/fd");
}

/* A joined thread leaves /proc a moment after pthread_join() returned, and
 * nothing tells when: ask again until it has. */
static unsigned count_threads(unsigned expected)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    unsigned n = count_entries("/proc/self/task");

    for (int i = 0; n > expected && i < REAP_MS; i++) {
        nanosleep(&pause, NULL);
        n = count_entries("/proc/self/task");
    }
    return n;
}

int test_run_with(const struct rt_options *options, rt_task_fn fn, void *arg)
{
    unsigned fds = test_descriptors();
    unsigned threads = count_entries("/proc/self/task");

    atomic_store(&failed, false);
    int status = rt_run(options, fn, arg);
    const char *missing = lack_seen ? lack_seen() : NULL;
    if (missing)
        test_skip("the runtime has no %s", missing);
    if (atomic_load(&failed))
        fail_msg("%s", failure);
    unsigned fds_after = test_descriptors();
    unsigned threads_after = count_threads(threads);
    if (fds_after != fds)
        fail_msg("%u descriptors before the run, %u after", fds, fds_after);
    if (threads_after > threads)
        fail_msg("%u threads before the run, %u after", threads, threads_after);
    return status;
}

int test_run(unsigned tasks, rt_task_fn fn, void *arg)
{
    struct rt_options options = { 0 };

    if (runtime_honours("workers"))
        options.workers = tasks;
    return test_run_with(&options, fn, arg);
}

/* ---- what the runtime can do ---- */

void test_skip(const char *format, ...)
{
    va_list args;

    printf("SKIP: ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    skip();
}

/* Once per program: the reason is the same for every test. */
void needs_tasks(unsigned tasks)
{
    static bool said;
    struct rt_info info;

    rt_info(&info);
    if (info.concurrency == 0 || info.concurrency > tasks ||
        runtime_honours("workers"))
        return;
    if (said)
        skip();
    said = true;
    test_skip("%s runs %" PRIu64 " task at a time", info.name,
              info.concurrency);
}

bool runtime_is(const char *name)
{
    struct rt_info info;

    rt_info(&info);
    return strcmp(info.name, name) == 0;
}

bool runtime_honours(const char *option)
{
    struct rt_info info;
    size_t n = strlen(option);

    rt_info(&info);
    for (const char *p = info.options; *p; p += strcspn(p, ",")) {
        p += *p == ',';
        if (strncmp(p, option, n) == 0 && (p[n] == ',' || !p[n]))
            return true;
    }
    return false;
}

bool test_sanitized(void)
{
    return __asan_init || __tsan_init;
}

/* ---- checks ---- */

bool test_check(bool holds, const char *what, const char *file, int line)
{
    if (!holds && !atomic_exchange(&failed, true))
        snprintf(failure, sizeof failure, "%s:%d: %s", file, line, what);
    return holds;
}

bool test_check_int(int64_t actual, int64_t expected, const char *what,
                    const char *file, int line)
{
    if (actual != expected && !atomic_exchange(&failed, true))
        snprintf(failure, sizeof failure,
                 "%s:%d: %s is %" PRId64 ", not %" PRId64, file, line, what,
                 actual, expected);
    return actual == expected;
}

bool test_tcp_pair(struct rt_sock **client, struct rt_sock **server)
{
    struct rt_sock *listener;

    if (!CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 8), 0))
        return false;
    bool ok = CHECK_INT(rt_sock_connect(client, "127.0.0.1",
                                        rt_sock_port(listener), test_late()),
                        0);
    if (ok && !CHECK_INT(rt_sock_accept(server, listener, test_late()), 0)) {
        rt_sock_close(*client);
        ok = false;
    }
    rt_sock_close(listener);
    return ok;
}

/* Knuth's MMIX generator, its upper half. */
uint32_t test_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

int64_t test_late(void)
{
    return rt_in(INT64_C(40000000000));
}

int64_t test_soon(void)
{
    return rt_in(2000000);
}
