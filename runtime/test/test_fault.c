/* SPDX-License-Identifier: MIT */

/* What happens to tasks and to rt_run() when the system gives no more: memory,
 * stacks, threads, descriptors.  The leak checks of test_run() apply to every
 * failed attempt, and LeakSanitizer's where it is built in. */

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults.h"
#include "test.h"

/* What a test runs with the nth call of a kind failing. */
struct attempt {
    enum fault_kind kind;
    int nth;
    bool hit;
    int result;
};

/* ---- tasks ---- */

enum {
    TASKS = 12
};

static int one(void *arg)
{
    (void)arg;
    return 1;
}

/* Tasks made before one could not be made are joined all the same. */
static int make_tasks(void *arg)
{
    struct attempt *a = arg;
    struct rt_task *tasks[TASKS];
    int statuses[TASKS], rc = 0;
    size_t n = 0;

    fault_arm(a->kind, a->nth);
    while (n < TASKS && (rc = rt_spawn(&tasks[n], one, NULL)) == 0)
        n++;
    a->hit = fault_disarm(a->kind);
    CHECK_INT(rt_gather(tasks, n, statuses, RT_FOREVER), 0);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(statuses[i], 1);
    a->result = rc;
    return 0;
}

/* Whether a runtime needs one more of a kind is its own affair; what it says
 * when it does not get it is not.  Returns how many attempts met a failure. */
static int spawn_while_failing(enum fault_kind kind, int error)
{
    struct attempt a = { .kind = kind, .hit = true };

    for (a.nth = 1; a.hit; a.nth++) {
        assert_int_equal(test_run(0, make_tasks, &a), 0);
        if (!a.hit || a.result != 0)
            assert_int_equal(a.result, a.hit ? error : 0);
    }
    return a.nth - 2;
}

static void spawn_reports_missing_memory(void **state)
{
    (void)state;
    spawn_while_failing(FAULT_ALLOC, -ENOMEM);
    spawn_while_failing(FAULT_MAP, -ENOMEM);
}

static void spawn_reports_missing_threads(void **state)
{
    (void)state;
    if (spawn_while_failing(FAULT_THREAD, -EAGAIN) == 0)
        test_skip("spawning makes no thread here");
}

static int spawn_detached(void *arg)
{
    struct attempt *a = arg;
    int rc = 0;

    fault_arm(a->kind, a->nth);
    for (int i = 0; i < TASKS && rc == 0; i++)
        rc = rt_spawn(NULL, one, NULL);
    a->hit = fault_disarm(a->kind);
    CHECK(rc == 0 || a->hit);
    return 0;
}

static void spawn_without_owner_leaks_nothing_when_it_fails(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        struct attempt a = { .kind = (enum fault_kind)kind, .hit = true };

        for (a.nth = 1; a.hit; a.nth++)
            assert_int_equal(test_run(0, spawn_detached, &a), 0);
    }
}

/* Every other join has a deadline and may not be done in place. */
static int chain(void *arg)
{
    int depth = *(int *)arg, next = depth - 1, status = -1;
    struct rt_task *task;

    if (depth == 0)
        return 0;
    int rc = rt_spawn(&task, chain, &next);
    if (rc)
        return rc;
    rc = rt_join(task, &status, depth % 2 ? RT_FOREVER : test_late());
    if (!CHECK_INT(rc, 0))
        return rc;
    return status < 0 ? status : status + 1;
}

static int chain_while_failing(void *arg)
{
    struct attempt *a = arg;
    int depth = 40;

    fault_arm(a->kind, a->nth);
    a->result = chain(&depth);
    a->hit = fault_disarm(a->kind);
    return 0;
}

/* A bounded pool that adds workers for blocked joins must get by without the
 * one it could not add. */
static void nested_joins_survive_missing_memory_and_threads(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        struct attempt a = { .kind = (enum fault_kind)kind, .hit = true };

        for (a.nth = 1; a.hit; a.nth++) {
            assert_int_equal(test_run(1, chain_while_failing, &a), 0);
            if (a.result != -ENOMEM && a.result != -EAGAIN)
                assert_int_equal(a.result, 40);
        }
    }
}

/* ---- rt_run() ---- */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void run_reports_what_is_missing(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        bool hit = true;

        for (int nth = 1; hit; nth++) {
            fault_arm((enum fault_kind)kind, nth);
            int rc = test_run(0, nothing, NULL);
            hit = fault_disarm((enum fault_kind)kind);
            if (rc != 0) {
                assert_true(hit);
                assert_int_equal(rc, kind == FAULT_THREAD ? -EAGAIN : -ENOMEM);
            }
            assert_int_equal(test_run(0, nothing, NULL), 0);
        }
    }
}

static void count_reports(void *arg, const char *text)
{
    (void)text;
    (*(int *)arg)++;
}

static int wait_for_nothing(void *arg)
{
    struct rt_event *event;
    bool *hit = arg;

    if (!CHECK_INT(rt_event_new(&event), 0))
        return -ENOMEM;
    fault_arm(FAULT_THREAD, 1);
    int rc = rt_event_wait(event, RT_FOREVER);
    *hit = fault_disarm(FAULT_THREAD);
    rt_event_free(event);
    return rc;
}

static void a_deadlock_is_noticed_without_a_thread_that_watches(void **state)
{
    int reports = 0;
    bool hit = false;
    struct rt_options options = { .report = count_reports,
                                  .report_arg = &reports };
    struct rt_info info;

    (void)state;
    rt_info(&info);
    if (info.third_party)
        test_skip("%s does not notice a deadlock", info.name);
    assert_int_equal(test_run_with(&options, wait_for_nothing, &hit), -EDEADLK);
    if (!hit)
        test_skip("nobody watches here");
    assert_true(reports > 0);
}

/* ---- descriptors ---- */

static struct rlimit old_limit;

/* Leaves room for so many more descriptors, if the lowest are all taken. */
static void allow_descriptors(unsigned more)
{
    int lowest = dup(STDOUT_FILENO);
    struct rlimit limit = { .rlim_max = old_limit.rlim_max };

    close(lowest);
    limit.rlim_cur = (rlim_t)lowest + more;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void run_reports_missing_descriptors(void **state)
{
    (void)state;
    getrlimit(RLIMIT_NOFILE, &old_limit);
    int rc = -EMFILE;
    /* The leak check itself needs one, so it comes after the limit. */
    for (unsigned more = 0; more < 16; more++) {
        allow_descriptors(more);
        rc = rt_run(NULL, nothing, NULL);
        setrlimit(RLIMIT_NOFILE, &old_limit);
        if (rc != 0)
            assert_int_equal(rc, -EMFILE);
        assert_int_equal(test_run(0, nothing, NULL), 0);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(spawn_reports_missing_memory),
        TEST(spawn_reports_missing_threads),
        TEST(spawn_without_owner_leaks_nothing_when_it_fails),
        TEST(nested_joins_survive_missing_memory_and_threads),
        TEST(run_reports_what_is_missing),
        TEST(a_deadlock_is_noticed_without_a_thread_that_watches),
        TEST(run_reports_missing_descriptors),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
