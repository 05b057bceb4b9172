/* SPDX-License-Identifier: MIT */

/* The runtime as a whole: the clock, rt_run(), its options, rt_info(). */

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static int64_t monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void check_clock(void)
{
    for (int i = 0; i < 1000; i++) {
        int64_t before = monotonic_ns();
        int64_t now = rt_now();

        CHECK(before <= now);
        CHECK(now <= monotonic_ns());
    }
}

static int read_clock(void *arg)
{
    (void)arg;
    check_clock();
    return 0;
}

static void now_is_a_fresh_read_of_the_monotonic_clock(void **state)
{
    (void)state;
    check_clock();
    assert_int_equal(test_run(0, read_clock, NULL), 0);
}

static void in_adds_to_now_and_saturates(void **state)
{
    int64_t now = rt_now();
    int64_t then = rt_in(1000000);

    (void)state;
    assert_true(then >= now + 1000000);
    assert_true(then <= rt_now() + 1000000);
    assert_true(rt_in(0) >= then - 1000000);
    assert_true(rt_in(-1) < rt_now());
    assert_true(rt_in(RT_FOREVER) == RT_FOREVER);
    assert_true(rt_in(RT_FOREVER - 1) == RT_FOREVER);
    assert_true(rt_in(RT_FOREVER - now) == RT_FOREVER);
    assert_true(rt_in(RT_FOREVER / 2) < RT_FOREVER);
}

static int return_it(void *arg)
{
    return *(int *)arg;
}

static void run_returns_the_main_status(void **state)
{
    int statuses[] = { 0, 1, 7, INT32_MAX, -1, -EIO, -ETIMEDOUT, -4096 };

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        assert_int_equal(test_run(0, return_it, &statuses[i]), statuses[i]);
}

static int note_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
    return 0;
}

static void run_uses_the_calling_thread_for_main(void **state)
{
    pthread_t thread;

    (void)state;
    memset(&thread, 0, sizeof thread);
    assert_int_equal(test_run(0, note_thread, &thread), 0);
    assert_true(pthread_equal(thread, pthread_self()));
}

static int count_up(void *arg)
{
    atomic_int *counter = arg;

    atomic_fetch_add(counter, 1);
    return 0;
}

/* Main may return meanwhile. */
static int sleep_and_count(void *arg)
{
    int rc = rt_sleep(test_soon());

    CHECK(rc == 0 || rc == -ECANCELED);
    return count_up(arg);
}

static int spawn_and_leave(void *arg)
{
    for (int i = 0; i < 20; i++) {
        CHECK_INT(rt_spawn(NULL, count_up, arg), 0);
        CHECK_INT(rt_spawn(NULL, sleep_and_count, arg), 0);
    }
    return 5;
}

static void run_waits_for_every_task(void **state)
{
    atomic_int counter = 0;

    (void)state;
    assert_int_equal(test_run(0, spawn_and_leave, &counter), 5);
    assert_int_equal(counter, 40);
}

static int spawn_a_spawner(void *arg)
{
    CHECK_INT(rt_spawn(NULL, spawn_and_leave, arg), 0);
    return 0;
}

static void run_waits_for_the_tasks_of_detached_tasks(void **state)
{
    atomic_int counter = 0;

    (void)state;
    assert_int_equal(test_run(0, spawn_a_spawner, &counter), 0);
    assert_int_equal(counter, 40);
}

struct late {
    struct rt_event *event;
    atomic_int counter;
};

static int set_late(void *arg)
{
    rt_event_set(((struct late *)arg)->event);
    return 0;
}

/* Waits for main to end: then it is cancelled. */
static int spawn_late(void *arg)
{
    struct late *late = arg;

    CHECK_INT(rt_sleep(test_late()), -ECANCELED);
    CHECK_INT(rt_event_new(&late->event), 0);
    CHECK_INT(rt_spawn(NULL, set_late, late), 0);
    CHECK_INT(rt_event_wait(late->event, RT_FOREVER), 0);
    rt_event_free(late->event);
    return count_up(&late->counter);
}

static int leave_late_spawners(void *arg)
{
    return rt_spawn(NULL, spawn_late, arg);
}

static void tasks_may_spawn_and_wait_after_main_has_ended(void **state)
{
    struct late late = { .counter = 0 };

    (void)state;
    needs_tasks(2);
    assert_int_equal(test_run(2, leave_late_spawners, &late), 0);
    assert_int_equal(late.counter, 1);
}

static void run_can_be_called_again(void **state)
{
    atomic_int counter = 0;

    (void)state;
    for (int i = 1; i <= 5; i++) {
        int failure = -EIO;

        assert_int_equal(test_run(0, spawn_and_leave, &counter), 5);
        assert_int_equal(counter, 40 * i);
        assert_int_equal(test_run(0, return_it, &failure), -EIO);
    }
}

static void *run_elsewhere(void *arg)
{
    *(int *)arg = rt_run(NULL, return_it, arg);
    return NULL;
}

static void run_works_on_any_thread(void **state)
{
    int status = 9;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &status), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(status, 9);
}

static volatile sig_atomic_t pipe_signals;

static void on_sigpipe(int number)
{
    (void)number;
    pipe_signals = pipe_signals + 1;
}

static int raise_sigpipe(void *arg)
{
    (void)arg;
    CHECK_INT(raise(SIGPIPE), 0);
    return 0;
}

static int raise_sigpipe_everywhere(void *arg)
{
    struct rt_task *task;

    raise_sigpipe(arg);
    if (CHECK_INT(rt_spawn(&task, raise_sigpipe, arg), 0))
        CHECK_INT(rt_join(task, NULL, test_late()), 0);
    return 0;
}

static void run_ignores_sigpipe_and_restores_its_handler(void **state)
{
    struct sigaction action = { .sa_handler = on_sigpipe }, old;

    (void)state;
    pipe_signals = 0;
    sigaction(SIGPIPE, &action, &old);
    assert_int_equal(test_run(0, raise_sigpipe_everywhere, NULL), 0);
    assert_int_equal(pipe_signals, 0);
    raise(SIGPIPE);
    assert_int_equal(pipe_signals, 1);
    sigaction(SIGPIPE, &old, NULL);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Those that rt_info() does not name are refused. */
static void run_honours_the_options_it_names(void **state)
{
    struct rt_options workers = { .workers = 3 };
    struct rt_options stack = { .stack_bytes = 300001 };
    struct rt_info info;
    int status = test_run_with(&workers, nothing, NULL);

    (void)state;
    rt_info(&info);
    if (runtime_honours("workers")) {
        assert_int_equal(status, 0);
        assert_int_equal(info.workers, 3);
        assert_int_equal(info.concurrency, 3);
    } else {
        assert_int_equal(status, -EINVAL);
        assert_int_equal(info.workers, 0);
    }
    status = test_run_with(&stack, nothing, NULL);
    rt_info(&info);
    if (runtime_honours("stack")) {
        assert_int_equal(status, 0);
        assert_true(info.stack_bytes >= 300001);
        assert_int_equal(info.stack_bytes % (size_t)sysconf(_SC_PAGESIZE), 0);
    } else {
        assert_int_equal(status, -EINVAL);
    }
}

static int spawn_one(void *arg)
{
    struct rt_task *task;
    int rc = rt_spawn(&task, nothing, arg);

    return rc ? rc : rt_join(task, NULL, test_late());
}

/* By rt_run() or, where stacks are made later, by rt_spawn(). */
static void a_stack_that_cannot_be_is_refused(void **state)
{
    struct rt_options options = { .stack_bytes = SIZE_MAX };

    (void)state;
    if (!runtime_honours("stack"))
        test_skip("the runtime has no stacks of its own");
    for (int i = 0; i < 4; i++, options.stack_bytes /= 2) {
        int status = test_run_with(&options, spawn_one, NULL);

        assert_true(status == -EINVAL || status == -ENOMEM ||
                    status == -EAGAIN);
    }
}

static void workers_that_cannot_be_are_refused(void **state)
{
    struct rt_options options = { .workers = UINT_MAX };

    (void)state;
    if (!runtime_honours("workers"))
        test_skip("the runtime has no workers");
    assert_int_equal(test_run_with(&options, nothing, NULL), -EINVAL);
}

/* Touches about 256 bytes per level: 256 KiB in all, in small frames. */
static int descend(int levels)
{
    volatile char room[256] = { 0 };

    room[levels % 256] = 1;
    if (levels > 0)
        return descend(levels - 1) + room[(levels + 1) % 256];
    return 1;
}

static int fill_the_stack(void *arg)
{
    (void)arg;
    return descend(1000);
}

static int join_one_that_fills_its_stack(void *arg)
{
    struct rt_task *task;
    int status = -1;

    if (CHECK_INT(rt_spawn(&task, fill_the_stack, arg), 0))
        CHECK_INT(rt_join(task, &status, test_late()), 0);
    return status;
}

static void run_gives_tasks_the_stack_asked_for(void **state)
{
    struct rt_options options = { .stack_bytes = 512 * 1024 };

    (void)state;
    if (test_sanitized()) /* its frames and thread state are large */
        options.stack_bytes *= 8;
    if (!runtime_honours("stack"))
        test_skip("the runtime has no stacks of its own");
    assert_int_equal(
        test_run_with(&options, join_one_that_fills_its_stack, NULL), 1);
}

static int spawn_five(void *arg)
{
    struct rt_info *inside = arg;

    for (int i = 0; i < 5; i++)
        CHECK_INT(rt_spawn(NULL, nothing, NULL), 0);
    rt_info(inside);
    return 0;
}

static void info_says_what_the_runtime_is(void **state)
{
    static const char *const guards[] = { "madvise", "mprotect", "kernel",
                                          "none" };
    struct rt_info info;
    bool known = false;

    (void)state;
    assert_int_equal(test_run(0, nothing, NULL), 0);
    rt_info(&info);
    assert_true(strlen(info.name) > 0);
    assert_true(strlen(info.summary) > 0);
    assert_null(strchr(info.summary, '\n'));
    assert_non_null(info.options);
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
        known = known || strcmp(info.guard, guards[i]) == 0;
    assert_true(known);
    if (runtime_honours("workers")) {
        assert_true(info.workers > 0);
        assert_int_equal(info.concurrency, info.workers);
    } else {
        assert_int_equal(info.workers, 0);
    }
    if (runtime_honours("stack"))
        assert_true(info.stack_bytes >= 4096);
}

static void the_defaults_are_those_of_the_manual(void **state)
{
    struct rt_info info;

    (void)state;
    assert_int_equal(test_run_with(NULL, nothing, NULL), 0);
    rt_info(&info);
    if (runtime_is("coro"))
        assert_int_equal(info.stack_bytes, 64 * 1024);
    else if (runtime_honours("stack") && !info.third_party)
        assert_int_equal(info.stack_bytes, 8 * 1024 * 1024);
    if (runtime_honours("workers"))
        assert_int_equal(info.workers, 20);
    else
        assert_int_equal(info.workers, 0);
}

static void info_counts_the_tasks_of_the_last_run(void **state)
{
    struct rt_info inside, after;

    (void)state;
    assert_int_equal(test_run(0, spawn_five, &inside), 0);
    rt_info(&after);
    assert_int_equal(inside.tasks, 5);
    assert_int_equal(after.tasks, 5);
    assert_string_equal(inside.name, after.name);
    assert_int_equal(test_run(0, nothing, NULL), 0);
    rt_info(&after);
    assert_int_equal(after.tasks, 0);
}

static long address_space_pages(void)
{
    long total = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &total), 1);
    fclose(file);
    return total;
}

static void run_gives_its_memory_back(void **state)
{
    atomic_int counter = 0;

    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer keeps freed memory");
    for (int i = 0; i < 3; i++)
        assert_int_equal(test_run(0, spawn_and_leave, &counter), 5);
    long before = address_space_pages();
    for (int i = 0; i < 20; i++)
        assert_int_equal(test_run(0, spawn_and_leave, &counter), 5);
    /* Less than the stacks of one thread per run. */
    assert_true(address_space_pages() - before < 20 * 2048);
}

static int yield_and_sleep(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++)
        CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    return 0;
}

static int join_ten_yields(void *arg)
{
    struct rt_task *tasks[2];

    for (int i = 0; i < 2; i++)
        CHECK_INT(rt_spawn(&tasks[i], yield_and_sleep, arg), 0);
    CHECK_INT(rt_gather(tasks, 2, NULL, RT_FOREVER), 0);
    return 0;
}

static void info_counts_switches_and_turns(void **state)
{
    struct rt_info info;

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro counts switches");
    assert_int_equal(test_run(0, join_ten_yields, NULL), 0);
    rt_info(&info);
    assert_true(info.switches >= 20);
    assert_true(info.switches < 60);
    assert_true(info.loop_turns >= 1);
    assert_true(info.loop_turns < 60);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(now_is_a_fresh_read_of_the_monotonic_clock),
        TEST(in_adds_to_now_and_saturates),
        TEST(run_returns_the_main_status),
        TEST(run_uses_the_calling_thread_for_main),
        TEST(run_waits_for_every_task),
        TEST(run_waits_for_the_tasks_of_detached_tasks),
        TEST(tasks_may_spawn_and_wait_after_main_has_ended),
        TEST(run_can_be_called_again),
        TEST(run_works_on_any_thread),
        TEST(run_ignores_sigpipe_and_restores_its_handler),
        TEST(run_honours_the_options_it_names),
        TEST(a_stack_that_cannot_be_is_refused),
        TEST(workers_that_cannot_be_are_refused),
        TEST(run_gives_tasks_the_stack_asked_for),
        TEST(info_says_what_the_runtime_is),
        TEST(the_defaults_are_those_of_the_manual),
        TEST(info_counts_the_tasks_of_the_last_run),
        TEST(run_gives_its_memory_back),
        TEST(info_counts_switches_and_turns),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
