/* SPDX-License-Identifier: MIT */
/*
 * Running over a stack: reported with the task's name by a program that then
 * ends as it would have without the report.  Each case is a process of its
 * own, whose standard error the test reads.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STACK_BYTES = 256 << 10, /* where tasks have stacks of their own */
    CALLER_BYTES = 2 << 20,  /* where they are on that of rt_run()'s caller */
    FRAME_BYTES = 1024,
    BY_HANDLER = 42 /* exit status of our own handler */
};

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

static _Noreturn void be_child(const struct sigaction *action, rt_task_fn fn,
                               void *arg)
{
    struct rlimit none = { 0, 0 }, stack = { CALLER_BYTES, RLIM_INFINITY };
    struct rt_options options = { 0 };
    if (runtime_honours("stack"))
        options.stack_bytes = STACK_BYTES;
    getrlimit(RLIMIT_STACK, &stack);
    stack.rlim_cur = CALLER_BYTES;
    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_CORE, &none);
    sigaction(SIGSEGV, action, NULL);
    rt_run(&options, fn, arg);
    _exit(0);
}

/* The action is what the child does on SIGSEGV before the run begins: not
 * cmocka's, which would go on with the tests. */
static void run_child(struct end *end, const struct sigaction *action,
                      rt_task_fn fn, void *arg)
{
    int fds[2];
    struct rt_info info;
    rt_info(&info);
    if (info.third_party)
        test_skip("an adapter reports no overflow");
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        be_child(action, fn, arg);
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

/* ---- running over ---- */

/* The compiler must neither drop the frames nor turn them into a loop. */
__attribute__((noinline)) static int dig(int depth, volatile char *above)
{
    volatile char here[FRAME_BYTES];
    here[0] = above ? above[0] : 0;
    return depth == 0 ? 0 : dig(depth - 1, here) + here[0];
}

static int dig_deep(void *arg)
{
    (void)arg;
    rt_task_name(NULL, "digger");
    return dig(2 * CALLER_BYTES / FRAME_BYTES, NULL);
}

/* With a deadline, for without one it may run on our stack (pool). */
static int spawn_digger(void *arg)
{
    struct rt_task *task;
    return rt_spawn(&task, dig_deep, arg) || rt_join(task, NULL, test_late());
}

static void an_overflow_is_reported_with_name_and_size(void **state)
{
    static struct end end;
    char expected[128] = "stack overflow: task 2 \"digger\" has run over the "
                         "stack of rt_run()'s caller\n";
    (void)state;
    if (runtime_honours("stack"))
        snprintf(expected, sizeof expected,
                 "stack overflow: task 2 \"digger\" has run over its stack of "
                 "%d bytes (rt_options.stack_bytes)\n",
                 STACK_BYTES);
    run_child(&end, &by_default, spawn_digger, NULL);
    assert_true(died_of_it(&end));
    assert_string_equal(end.text, expected);
}

static void the_main_task_is_reported_as_well(void **state)
{
    static struct end end;
    (void)state;
    run_child(&end, &by_default, dig_deep, NULL);
    assert_true(died_of_it(&end));
    assert_non_null(
        strstr(end.text, "stack overflow: task 1 \"digger\" has run over "));
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int wait_for_event(void *event)
{
    return rt_event_wait(event, RT_FOREVER);
}

/* What others had and left is had by the digger, and by those beside it. */
static int spawn_after_others(void *arg)
{
    struct rt_task *task;
    struct rt_event *never;
    for (int i = 0; i < 100; i++)
        if (rt_spawn(&task, nothing, NULL) || rt_join(task, NULL, RT_FOREVER))
            return 1;
    if (rt_event_new(&never))
        return 1;
    for (int i = 0; i < 2; i++)
        rt_spawn(NULL, wait_for_event, never);
    return spawn_digger(arg);
}

static void so_is_one_that_comes_after_others(void **state)
{
    static struct end end;
    (void)state;
    needs_tasks(3);
    run_child(&end, &by_default, spawn_after_others, NULL);
    assert_true(died_of_it(&end));
    assert_non_null(
        strstr(end.text, "stack overflow: task 104 \"digger\" has run over "));
}

/* One frame larger than guard and stack: it must be touched page by page. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
__attribute__((noinline)) static int leap(volatile char *out)
{
    volatile char here[2 * CALLER_BYTES];
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
    assert_non_null(strstr(end.text, "stack overflow: task 1 has run over "));
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

static int touch_in_a_task(void *arg)
{
    struct rt_task *task;
    return rt_spawn(&task, touch_nothing, arg) ||
           rt_join(task, NULL, test_late());
}

static void check_handler(const struct sigaction *action)
{
    static struct end end;
    run_child(&end, action, touch_in_a_task, nowhere);
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

/* ---- the program's own handlers ---- */

static void scribble(int number)
{
    volatile unsigned char here[2 * FRAME_BYTES];
    for (size_t i = 0; i < sizeof here; i++)
        here[i] = (unsigned char)number;
}

/* Signals itself from ever deeper, almost to the end of the stack; false when
 * what is on it has changed. */
__attribute__((noinline)) static bool stands(size_t left)
{
    volatile unsigned char here[FRAME_BYTES];
    for (size_t i = 0; i < sizeof here; i++)
        here[i] = (unsigned char)left;
    bool ok = raise(SIGUSR1) == 0;
    if (left > 16 * FRAME_BYTES)
        ok = stands(left - FRAME_BYTES - 256) && ok;
    for (size_t i = 0; i < sizeof here; i++)
        ok = ok && here[i] == (unsigned char)left;
    return ok;
}

static int stand(void *arg)
{
    *(bool *)arg = stands(STACK_BYTES);
    return 0;
}

static int stand_in_a_task(void *arg)
{
    struct rt_task *task;
    return rt_spawn(&task, stand, arg) || rt_join(task, NULL, test_late());
}

static void a_handler_that_wants_another_stack_harms_none(void **state)
{
    struct sigaction action = { .sa_handler = scribble,
                                .sa_flags = SA_ONSTACK },
                     before;
    struct rt_options options = { 0 };
    bool stood = false;
    (void)state;
    if (test_sanitized())
        test_skip("a sanitizer keeps a part of the stack to itself");
    if (runtime_honours("stack"))
        options.stack_bytes = STACK_BYTES;
    sigaction(SIGUSR1, &action, &before);
    int status = test_run_with(&options, stand_in_a_task, &stood);
    sigaction(SIGUSR1, &before, NULL);
    assert_int_equal(status, 0);
    assert_true(stood);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_overflow_is_reported_with_name_and_size),
        TEST(the_main_task_is_reported_as_well),
        TEST(so_is_one_that_comes_after_others),
        TEST(a_frame_larger_than_the_guard_is_caught),
        TEST(another_fault_is_not_taken_for_one),
        TEST(a_signal_that_was_sent_still_kills),
        TEST(other_faults_go_to_the_handler_before_ours),
        TEST(the_handler_before_ours_is_put_back),
        TEST(a_handler_that_wants_another_stack_harms_none),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
