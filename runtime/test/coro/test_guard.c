/* SPDX-License-Identifier: MIT */
/*
 * Guards on a kernel without MADV_GUARD_INSTALL: this program's madvise() is
 * that kernel.
 */
#include "../test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GUARD_INSTALL = 102,
    ROOM = 70000 /* tasks the table holds */
};

int madvise(void *at, size_t bytes, int advice)
{
    if (advice == GUARD_INSTALL) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_madvise, at, bytes, advice);
}

ssize_t process_madvise(int process, const struct iovec *pages, size_t n,
                        int advice, unsigned flags)
{
    (void)process, (void)pages, (void)n, (void)advice, (void)flags;
    errno = EINVAL;
    return -1;
}

static int probe_pipe[2];

static int probe(void *arg)
{
    bool *guarded = arg;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct rt_info info;
    rt_info(&info);
    uintptr_t at = (uintptr_t)__builtin_frame_address(0) & ~(page - 1);
    for (size_t n = 1; n < info.stack_bytes / page; n++) {
        ssize_t got = write(probe_pipe[1], (const void *)(at - n * page), 1);
        *guarded = *guarded || (got < 0 && errno == EFAULT);
    }
    return 0;
}

static void stacks_are_guarded_by_protection_instead(void **state)
{
    struct rt_info info;
    bool guarded = false;
    (void)state;
    assert_int_equal(pipe(probe_pipe), 0);
    assert_int_equal(test_run(0, probe, &guarded), 0);
    close(probe_pipe[0]);
    close(probe_pipe[1]);
    rt_info(&info);
    assert_string_equal(info.guard, "mprotect");
    assert_true(guarded);
}

/* Not cmocka's, which would go on with the tests. */
static void leave(int number)
{
    (void)number;
    _exit(EXIT_FAILURE);
}

static int run_over(void *arg)
{
    volatile char *at = __builtin_frame_address(0);
    struct rt_info info;
    (void)arg;
    rt_info(&info);
    for (size_t n = 0; n < info.stack_bytes; n += (size_t)getpagesize())
        at[-(ptrdiff_t)n] = 0;
    return 0;
}

static void an_overflow_is_reported_here_too(void **state)
{
    int fds[2], status;
    char text[256] = "";
    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        signal(SIGSEGV, leave);
        rt_run(NULL, run_over, NULL);
    }
    close(fds[1]);
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
    assert_non_null(strstr(text, "stack overflow: task 1 has run over its"));
}

static long mappings_allowed(void)
{
    long n = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &n) != 1)
        n = 0;
    fclose(file);
    return n;
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

struct crowd {
    struct rt_task *tasks[ROOM];
    size_t n;
    int error;
    int after; /* a spawn once one stack is free again */
};

static int crowd_main(void *arg)
{
    struct crowd *crowd = arg;
    while (crowd->n < ROOM && !crowd->error) {
        crowd->error = rt_spawn(&crowd->tasks[crowd->n], nothing, NULL);
        crowd->n += !crowd->error;
    }
    CHECK_INT(rt_join(crowd->tasks[--crowd->n], NULL, RT_FOREVER), 0);
    struct rt_task *task;
    crowd->after = rt_spawn(&task, nothing, NULL);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    return rt_gather(crowd->tasks, crowd->n, NULL, RT_FOREVER);
}

static void too_many_stacks_are_refused_and_the_rest_go_on(void **state)
{
    long allowed = mappings_allowed();
    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer needs mappings of its own");
    if (allowed <= 0 || allowed > ROOM)
        test_skip("this machine allows %ld mappings", allowed);
    static struct crowd crowd;
    assert_int_equal(test_run(0, crowd_main, &crowd), 0);
    assert_int_equal(crowd.error, -ENOMEM);
    assert_true(crowd.n > (size_t)allowed / 2 - 2000);
    assert_int_equal(crowd.after, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(stacks_are_guarded_by_protection_instead),
        TEST(an_overflow_is_reported_here_too),
        TEST(too_many_stacks_are_refused_and_the_rest_go_on),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
