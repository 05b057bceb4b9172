/* SPDX-License-Identifier: MIT */

/* What a workload needs against what there is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "room.h"

enum {
    FILES = 200 /* the limit while a test runs */
};

static const struct rt_info coro = { .options = "stack", .guard = "madvise" };
static const struct rt_info thread = { .options = "stack",
                                       .guard = "kernel",
                                       .http_fds = 2 };

static int limit_files(void **state)
{
    static struct rlimit before;
    struct rlimit few;
    *state = &before;
    if (getrlimit(RLIMIT_NOFILE, &before) != 0)
        return -1;
    few = (struct rlimit){ FILES, before.rlim_max };
    return setrlimit(RLIMIT_NOFILE, &few);
}

static int restore_files(void **state)
{
    return setrlimit(RLIMIT_NOFILE, *state);
}

static void a_client_needs_what_its_runtime_holds_for_it(void **state)
{
    (void)state;
    struct needs needs = { .tasks = 100, .clients = 100 };
    struct skip skip;
    room_check(&needs, &coro, &skip);
    assert_null(skip.reason);
    room_check(&needs, &thread, &skip);
    assert_string_equal(skip.reason, "too few file descriptors");
    assert_in_range(skip.needed, 300, 400);
    assert_int_equal(skip.limit, FILES);
    assert_memory_equal(skip.remedy, "ulimit -n 3", 11);
}

static void other_descriptors_are_needed_beside_them(void **state)
{
    (void)state;
    struct needs needs = { .tasks = 1, .clients = 100, .fds = 100 };
    struct skip skip;
    room_check(&needs, &coro, &skip);
    assert_string_equal(skip.reason, "too few file descriptors");
}

/* More than any system has process ids for. */
static void tasks_that_are_threads_need_the_systems_consent(void **state)
{
    (void)state;
    struct needs needs = { .tasks = UINT64_C(1) << 40 };
    struct skip skip;
    room_check(&needs, &thread, &skip);
    assert_non_null(skip.reason);
    assert_non_null(strstr(skip.reason, "too few "));
    assert_true(skip.needed > skip.limit);
    assert_string_not_equal(skip.remedy, "");
    room_check(&needs, &coro, &skip);
    assert_string_equal(skip.reason, "too little memory (bytes)");
}

static void a_pool_needs_threads_for_its_workers_only(void **state)
{
    (void)state;
    struct rt_info pool = thread;
    struct needs needs = { .tasks = UINT64_C(1) << 40 };
    struct skip skip;
    pool.concurrency = 8;
    room_check(&needs, &pool, &skip);
    assert_null(skip.reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_client_needs_what_its_runtime_holds_for_it, limit_files,
            restore_files),
        cmocka_unit_test_setup_teardown(
            other_descriptors_are_needed_beside_them, limit_files,
            restore_files),
        cmocka_unit_test(tasks_that_are_threads_need_the_systems_consent),
        cmocka_unit_test(a_pool_needs_threads_for_its_workers_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
