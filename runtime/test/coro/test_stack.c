/* SPDX-License-Identifier: MIT */
/*
 * Stacks: guarded, re-used, and many.  Where a guard is, is asked of the
 * kernel: it refuses to read from there with EFAULT.
 */
#include "../test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* More than mappings of their own would allow. */
    MANY = 40000,
    MANY_SANITIZED = 2000
};

/* The descriptors of a pipe, to offer the kernel bytes. */
static int probe_pipe[2];

static bool readable(const char *at)
{
    char byte;
    if (write(probe_pipe[1], at, 1) < 0)
        return false;
    return read(probe_pipe[0], &byte, 1) == 1;
}

/* Pages from the frame down to the guard, 0 when there is none in reach. */
static size_t pages_to_guard(const void *frame)
{
    struct rt_info info;
    rt_info(&info);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t at = (uintptr_t)frame & ~(page - 1);
    for (size_t n = 1; n < info.stack_bytes / page; n++)
        if (!readable((const char *)(at - n * page)))
            return n;
    return 0;
}

static int take_address(void *arg)
{
    *(uintptr_t *)arg = (uintptr_t)__builtin_frame_address(0);
    return 0;
}

static int reuse_main(void *arg)
{
    uintptr_t first, second, again, once_more;
    struct rt_task *a, *b;
    (void)arg;
    CHECK_INT(rt_spawn(&a, take_address, &first), 0);
    CHECK_INT(rt_spawn(&b, take_address, &second), 0);
    CHECK_INT(rt_join(a, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_join(b, NULL, RT_FOREVER), 0);
    /* The one given back last is the one that is still in the cache. */
    CHECK_INT(rt_spawn(&a, take_address, &again), 0);
    CHECK_INT(rt_spawn(&b, take_address, &once_more), 0);
    CHECK_INT(rt_join(a, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_join(b, NULL, RT_FOREVER), 0);
    CHECK(first != second);
    CHECK(again == second);
    CHECK(once_more == first);
    return 0;
}

static void the_last_stack_freed_is_used_first(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, reuse_main, NULL), 0);
}

static int detached_main(void *arg)
{
    static uintptr_t seen[3];
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(rt_spawn(NULL, take_address, &seen[i]), 0);
        CHECK_INT(rt_yield(), 0);
    }
    CHECK(seen[0] == seen[1] && seen[1] == seen[2]);
    return 0;
}

static void a_detached_task_gives_its_stack_back(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, detached_main, NULL), 0);
}

static int untouched_main(void *arg)
{
    uintptr_t frame;
    struct rt_task *task;
    (void)arg;
    if (rt_stack_used(NULL) == 0)
        return 1;
    CHECK_INT(rt_spawn(&task, take_address, &frame), 0);
    CHECK_INT(rt_stack_used(task), 0);
    CHECK_INT(rt_wait(&task, 1, RT_WAIT_ALL, NULL, RT_FOREVER), 1);
    CHECK(rt_stack_used(task) > 0);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    return 0;
}

static void a_task_that_has_not_started_has_touched_no_stack(void **state)
{
    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer is told of the stack");
    if (test_run(0, untouched_main, NULL) == 1)
        test_skip("the system does not tell what is touched");
}

struct many {
    struct rt_event *go;
    size_t n;
    size_t alive;
    size_t guarded;
    int failed;
};

static int stand_guarded(void *arg)
{
    struct many *many = arg;
    size_t pages = pages_to_guard(__builtin_frame_address(0));
    many->alive++;
    many->guarded += pages > 0;
    return rt_event_wait(many->go, RT_FOREVER);
}

static int many_main(void *arg)
{
    struct many *many = arg;
    CHECK_INT(rt_event_new(&many->go), 0);
    struct rt_task **tasks = calloc(many->n, sizeof(*tasks));
    size_t n = 0;
    while (n < many->n && !many->failed) {
        many->failed = rt_spawn(&tasks[n], stand_guarded, many);
        n += !many->failed;
        rt_yield();
    }
    rt_event_set(many->go);
    CHECK_INT(rt_gather(tasks, n, NULL, RT_FOREVER), 0);
    free(tasks);
    rt_event_free(many->go);
    return 0;
}

static void more_stacks_than_mappings_are_all_guarded(void **state)
{
    struct many many = { .n = test_sanitized() ? MANY_SANITIZED : MANY };
    struct rt_info info;
    (void)state;
    rt_info(&info);
    if (strcmp(info.guard, "madvise") != 0)
        test_skip("this kernel has no MADV_GUARD_INSTALL");
    assert_int_equal(pipe(probe_pipe), 0);
    assert_int_equal(test_run(0, many_main, &many), 0);
    close(probe_pipe[0]);
    close(probe_pipe[1]);
    assert_int_equal(many.failed, 0);
    assert_int_equal(many.alive, many.n);
    assert_int_equal(many.guarded, many.n);
}

static int small_main(void *arg)
{
    CHECK_INT(pages_to_guard(__builtin_frame_address(0)), 4);
    return take_address(arg);
}

static void the_size_asked_for_includes_the_guard(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct rt_options options = { .stack_bytes = 5 * page };
    uintptr_t frame;
    (void)state;
    if (test_sanitized())
        test_skip("frames are larger under a sanitizer");
    if (page != 4096)
        test_skip("pages are not of 4 KiB");
    assert_int_equal(pipe(probe_pipe), 0);
    assert_int_equal(test_run_with(&options, small_main, &frame), 0);
    close(probe_pipe[0]);
    close(probe_pipe[1]);
}

static void a_stack_too_small_to_work_is_refused(void **state)
{
    struct rt_options options = { .stack_bytes = 4096 };
    uintptr_t frame;
    (void)state;
    assert_int_equal(test_run_with(&options, take_address, &frame), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_last_stack_freed_is_used_first),
        TEST(a_detached_task_gives_its_stack_back),
        TEST(a_task_that_has_not_started_has_touched_no_stack),
        TEST(more_stacks_than_mappings_are_all_guarded),
        TEST(the_size_asked_for_includes_the_guard),
        TEST(a_stack_too_small_to_work_is_refused),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
