/* SPDX-License-Identifier: MIT */
/*
 * Running over a stack: reported with the task's name by a program that then
 * ends as it would have without the report.  Each case is a process of its
 * own, whose standard error the test reads.
 */
#include "../test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GUARD_INSTALL = 102,
    BY_HANDLER = 42 /* exit status of our own handler */
};

/* While set, this program's madvise() is that of a kernel without guards. */
static bool old_kernel;

int madvise(void *at, size_t bytes, int advice)
{
    if (old_kernel && advice == GUARD_INSTALL) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_madvise, at, bytes, advice);
}

ssize_t process_madvise(int process, const struct iovec *pages, size_t n,
                        int advice, unsigned flags)
{
    if (old_kernel) {
        errno = EINVAL;
        return -1;
    }
    return syscall(SYS_process_madvise, process, pages, n, advice, flags);
}

/* How a child ended, and what it said. */
struct end {
    int status;
    char text[16384];
};

static void read_all(int fd, char *text, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (n < room - 1 && (got = read(fd, text + n, room - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(fd);
}

/* The action is what the child does on SIGSEGV before the run begins: not
 * cmocka's, which would go on with the tests. */
static void run_child(struct end *end, const struct sigaction *action,
                      rt_task_fn fn, void *arg)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        sigaction(SIGSEGV, action, NULL);
        rt_run(NULL, fn, arg);
        _exit(0);
    }
    close(fds[1]);
    read_all(fds[0], end->text, sizeof(end->text));
    assert_int_equal(waitpid(child, &end->status, 0), child);
}

static const struct sigaction by_default = { .sa_handler = SIG_DFL };

static bool died_of_it(const struct end *end)
{
    return WIFSIGNALED(end->status) && WTERMSIG(end->status) == SIGSEGV;
}

/* The compiler must neither drop the frames nor turn them into a loop. */
__attribute__((noinline)) static int dig(int depth, volatile char *above)
{
    volatile char here[1024];
    here[0] = above ? above[0] : 0;
    return depth == 0 ? 0 : dig(depth - 1, here) + here[0];
}

static int dig_deep(void *arg)
{
    (void)arg;
    rt_task_name(NULL, "digger");
    return dig(1000, NULL);
}

static int spawn_digger(void *arg)
{
    struct rt_task *task;
    return rt_spawn(&task, dig_deep, arg) || rt_join(task, NULL, RT_FOREVER);
}

static void check_overflow(struct end *end)
{
    run_child(end, &by_default, spawn_digger, NULL);
    assert_true(died_of_it(end));
    assert_non_null(strstr(end->text,
                           "stack overflow: task 2 \"digger\" has run over its "
                           "stack of 65536 bytes"));
}

static void an_overflow_is_reported_with_name_and_size(void **state)
{
    static struct end end;
    (void)state;
    check_overflow(&end);
}

static void guards_by_protection_report_alike(void **state)
{
    static struct end end;
    (void)state;
    old_kernel = true;
    check_overflow(&end);
    old_kernel = false;
}

/* One frame larger than guard and stack: it must be touched page by page. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
__attribute__((noinline)) static int leap(volatile char *out)
{
    volatile char here[200 << 10];
    size_t lowest = (size_t)*out; /* the compiler must not know which */
    here[lowest] = *out;
    *out = here[lowest];
    return 0;
}

#pragma GCC diagnostic pop

static int leap_over(void *arg)
{
    char byte = 0;
    (void)arg;
    return leap(&byte);
}

static void a_frame_larger_than_the_guard_is_caught(void **state)
{
    static struct end end;
    (void)state;
    if (test_sanitized())
        test_skip("sanitizers keep such frames elsewhere");
    run_child(&end, &by_default, leap_over, NULL);
    assert_true(died_of_it(&end));
    assert_non_null(strstr(end.text, "stack overflow: task 1 has run over"));
}

/* ---- other faults ---- */

static int touch_nothing(void *arg)
{
    return *(volatile int *)arg;
}

/* No page is mapped there, and it is not NULL, which compilers know. */
static void *const nowhere = (void *)(uintptr_t)4096;

static void another_fault_is_not_taken_for_one(void **state)
{
    static struct end end;
    (void)state;
    run_child(&end, &by_default, touch_nothing, nowhere);
    assert_true(died_of_it(&end));
    assert_null(strstr(end.text, "stack overflow"));
}

static int signal_ourselves(void *arg)
{
    (void)arg;
    raise(SIGSEGV);
    return 0;
}

static void a_signal_that_was_sent_still_kills(void **state)
{
    static struct end end;
    (void)state;
    run_child(&end, &by_default, signal_ourselves, NULL);
    assert_true(died_of_it(&end));
    assert_null(strstr(end.text, "stack overflow"));
}

static void leave_with_status(int number)
{
    (void)number;
    _exit(BY_HANDLER);
}

static void leave_when_told(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    _exit(info->si_addr == nowhere ? BY_HANDLER : 0);
}

static void check_handler(const struct sigaction *action)
{
    static struct end end;
    run_child(&end, action, touch_nothing, nowhere);
    assert_true(WIFEXITED(end.status));
    assert_int_equal(WEXITSTATUS(end.status), BY_HANDLER);
}

static void other_faults_go_to_the_handler_before_ours(void **state)
{
    (void)state;
    check_handler(&(struct sigaction){ .sa_handler = leave_with_status });
    check_handler(&(struct sigaction){ .sa_sigaction = leave_when_told,
                                       .sa_flags = SA_SIGINFO });
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void the_handler_before_ours_is_put_back(void **state)
{
    struct sigaction action = { .sa_handler = leave_with_status }, before,
                     after;
    stack_t stack_before, stack_after;
    (void)state;
    sigaction(SIGSEGV, &action, &before);
    sigaltstack(NULL, &stack_before);
    assert_int_equal(test_run(0, nothing, NULL), 0);
    sigaltstack(NULL, &stack_after);
    sigaction(SIGSEGV, &before, &after);
    assert_true(after.sa_handler == leave_with_status);
    assert_true(stack_after.ss_sp == stack_before.ss_sp);
    assert_int_equal(stack_after.ss_flags, stack_before.ss_flags);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_overflow_is_reported_with_name_and_size),
        TEST(guards_by_protection_report_alike),
        TEST(a_frame_larger_than_the_guard_is_caught),
        TEST(another_fault_is_not_taken_for_one),
        TEST(a_signal_that_was_sent_still_kills),
        TEST(other_faults_go_to_the_handler_before_ours),
        TEST(the_handler_before_ours_is_put_back),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
