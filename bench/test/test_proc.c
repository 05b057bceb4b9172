/* SPDX-License-Identifier: MIT */
/* A process is limited, heard and buried, whatever it does. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "catalog.h"
#include "proc.h"

#define SECOND INT64_C(1000000000)

static struct proc_result shell(const char *script, int64_t limit_ns)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    static const char *const env[] = { "COBENCH_RECORD_FD=3", "GREETING=hello",
                                       NULL };
    struct proc_options options = { .argv = argv,
                                    .env = env,
                                    .limit_ns = limit_ns };
    struct proc_result result;
    assert_int_equal(proc_run(&options, &result), 0);
    return result;
}

static const char *said(const struct proc_text *text)
{
    return text->data ? text->data : "";
}

static void keeps_its_streams_apart(void **state)
{
    (void)state;
    struct proc_result r =
        shell("echo out; echo err >&2; echo $GREETING >&$COBENCH_RECORD_FD; "
              "exit 7",
              0);
    assert_int_equal(r.end, PROC_EXITED);
    assert_int_equal(r.code, 7);
    assert_string_equal(said(&r.out), "out\n");
    assert_string_equal(said(&r.err), "err\n");
    assert_string_equal(said(&r.record), "hello\n");
    assert_true(r.ns > 0);
    proc_result_fini(&r);
}

static void a_crash_tells_its_signal(void **state)
{
    (void)state;
    struct proc_result r = shell("kill -SEGV $$", 0);
    assert_int_equal(r.end, PROC_SIGNALED);
    assert_int_equal(r.code, SIGSEGV);
    proc_result_fini(&r);
}

static void the_usage_is_that_of_the_process(void **state)
{
    (void)state;
    struct proc_result r =
        shell("exec dd if=/dev/zero of=/dev/null count=1 bs=32M", 0);
    assert_int_equal(r.code, 0);
    assert_true(r.usage.ru_maxrss >= 32 << 10);
    assert_true(r.usage.ru_utime.tv_usec + r.usage.ru_stime.tv_usec > 0);
    proc_result_fini(&r);
    r = shell(":", 0);
    assert_true(r.usage.ru_maxrss < 32 << 10);
    proc_result_fini(&r);
}

static void output_can_go_to_a_descriptor_instead(void **state)
{
    (void)state;
    const char *const argv[] = { "/bin/sh", "-c", "echo out; echo err >&2",
                                 NULL };
    char text[16] = "";
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct proc_options options = { .argv = argv, .out_fd = fds[1] };
    struct proc_result r;
    assert_int_equal(proc_run(&options, &r), 0);
    assert_int_equal(read(fds[0], text, sizeof text - 1), 4);
    assert_string_equal(text, "out\n");
    assert_string_equal(said(&r.out), "");
    assert_string_equal(said(&r.err), "err\n");
    proc_result_fini(&r);
    close(fds[0]);
    close(fds[1]);
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    const char *const argv[] = { "/nonexistent/program", NULL };
    struct proc_options options = { .argv = argv };
    struct proc_result r;
    assert_int_equal(proc_run(&options, &r), -ENOENT);
}

static void a_hanging_process_is_killed_at_its_limit(void **state)
{
    (void)state;
    struct proc_result r = shell("echo begun; exec sleep 1000", SECOND / 5);
    assert_int_equal(r.end, PROC_TIMEOUT);
    assert_string_equal(said(&r.out), "begun\n");
    proc_result_fini(&r);
}

static void one_that_ignores_the_request_to_end_is_killed_too(void **state)
{
    (void)state;
    struct proc_result r =
        shell("trap '' TERM; while :; do sleep 1; done", SECOND / 5);
    assert_int_equal(r.end, PROC_TIMEOUT);
    assert_int_equal(r.code, SIGKILL);
    proc_result_fini(&r);
}

static void a_flood_is_stopped_and_takes_no_memory(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "while :; do echo 0123456789012345678901234567890123456789; done",
        "exec cat /dev/zero >&2",
        "exec cat /dev/zero >&3",
    };
    for (int i = 0; i < 3; i++) {
        struct proc_result r = shell(scripts[i], 60 * SECOND);
        assert_int_equal(r.end, PROC_FLOODED);
        assert_true(r.out.bytes <= 4096);
        assert_true(r.err.bytes <= 4096);
        assert_true(r.record.bytes <= 1 << 20);
        proc_result_fini(&r);
    }
}

static void more_than_is_kept_is_no_flood(void **state)
{
    (void)state;
    struct proc_result r = shell("head -c 100000 /dev/zero", 0);
    assert_int_equal(r.end, PROC_EXITED);
    assert_int_equal(r.out.bytes, 4096);
    assert_int_equal(r.out.seen, 100000);
    proc_result_fini(&r);
}

/* The process of that number, an orphan that came to us, is dead: waits for
 * it, and takes the zombie away. */
static int wait_orphan(const char *number)
{
    int status = 0;
    pid_t pid = (pid_t)atoi(number);
    assert_true(pid > 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void a_grandchild_does_not_outlive_the_process(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    struct proc_result r = shell("sleep 1000 & echo $!", 0);
    assert_int_equal(r.end, PROC_EXITED);
    int status = wait_orphan(said(&r.out));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    proc_result_fini(&r);
}

static void a_grandchild_that_holds_the_pipes_does_not_delay_us(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    /* It leaves the group, so that the group's end does not end it; the shell
     * waits until it has. */
    struct proc_result r = shell("mkfifo /tmp/cobench-$$ && { "
                                 "setsid sh -c 'echo $$ >/tmp/cobench-'$$'; "
                                 "exec sleep 1000' & "
                                 "cat /tmp/cobench-$$; rm /tmp/cobench-$$; }",
                                 60 * SECOND);
    assert_int_equal(r.end, PROC_EXITED);
    pid_t escaped = (pid_t)atoi(said(&r.out));
    assert_true(escaped > 1);
    kill(escaped, SIGKILL);
    wait_orphan(said(&r.out));
    proc_result_fini(&r);
}

static void no_descriptor_of_ours_is_inherited(void **state)
{
    (void)state;
    int extra[2];
    assert_int_equal(pipe(extra), 0); /* without close-on-exec */
    struct proc_result r = shell("ls /proc/self/fd | tr '\\n' ' '", 0);
    /* 0 to 3, and the one that ls itself reads the folder with. */
    assert_string_equal(said(&r.out), "0 1 2 3 4 ");
    close(extra[0]);
    close(extra[1]);
    proc_result_fini(&r);
}

static void descriptors_do_not_leak(void **state)
{
    (void)state;
    struct rlimit old, tight;
    getrlimit(RLIMIT_NOFILE, &old);
    tight = old;
    tight.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &tight);
    int ok = 0;
    for (int i = 0; i < 100; i++) {
        struct proc_result r = shell("exit 0", 0);
        ok += r.end == PROC_EXITED && r.code == 0;
        proc_result_fini(&r);
    }
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(ok, 100);
}

static void count_tick(void *arg)
{
    ++*(int *)arg;
}

static void ticks_while_it_waits(void **state)
{
    (void)state;
    const char *const argv[] = { "/bin/sh", "-c", "sleep 0.2", NULL };
    int ticks = 0;
    struct proc_options options = { .argv = argv,
                                    .tick_ns = SECOND / 100,
                                    .tick = count_tick,
                                    .tick_arg = &ticks };
    struct proc_result r;
    assert_int_equal(proc_run(&options, &r), 0);
    assert_true(ticks > 0);
    proc_result_fini(&r);
}

/* Peak memory of a trial of `null`, as its record says; 0: cannot tell. */
static json_int_t trial_peak(const char *path)
{
    const char *const argv[] = { path, "null", NULL };
    static const char *const env[] = { "COBENCH_RECORD_FD=3", NULL };
    struct proc_options options = { .argv = argv,
                                    .env = env,
                                    .limit_ns = 60 * SECOND };
    struct proc_result r;
    if (proc_run(&options, &r) != 0)
        return 0;
    json_t *record = json_loads(said(&r.record), 0, NULL);
    json_int_t peak = json_integer_value(
        json_object_get(json_object_get(record, "memory"), "peak_rss"));
    json_decref(record);
    proc_result_fini(&r);
    return peak;
}

static void what_we_hold_is_not_in_the_memory_of_a_trial(void **state)
{
    (void)state;
    enum {
        BALLAST = 500 << 20
    };
    char folder[PATH_MAX], path[PATH_MAX + 16];
    assert_int_equal(catalog_folder(folder, sizeof folder), 0);
    snprintf(path, sizeof path, "%s/trial-seq", folder);
    json_int_t before = trial_peak(path);
    if (before == 0) {
        printf("SKIP: no trial-seq in %s\n", folder);
        skip();
    }
    char *ballast = malloc(BALLAST);
    assert_non_null(ballast);
    memset(ballast, 1, BALLAST);
    json_int_t with = trial_peak(path);
    free(ballast);
    assert_true(with > 0);
    /* Two runs differ by some file pages; the ballast is 500 MiB. */
    assert_true(llabs(with - before) < 4 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_streams_apart),
        cmocka_unit_test(a_crash_tells_its_signal),
        cmocka_unit_test(the_usage_is_that_of_the_process),
        cmocka_unit_test(output_can_go_to_a_descriptor_instead),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
        cmocka_unit_test(a_hanging_process_is_killed_at_its_limit),
        cmocka_unit_test(one_that_ignores_the_request_to_end_is_killed_too),
        cmocka_unit_test(a_flood_is_stopped_and_takes_no_memory),
        cmocka_unit_test(more_than_is_kept_is_no_flood),
        cmocka_unit_test(a_grandchild_does_not_outlive_the_process),
        cmocka_unit_test(a_grandchild_that_holds_the_pipes_does_not_delay_us),
        cmocka_unit_test(no_descriptor_of_ours_is_inherited),
        cmocka_unit_test(descriptors_do_not_leak),
        cmocka_unit_test(ticks_while_it_waits),
        cmocka_unit_test(what_we_hold_is_not_in_the_memory_of_a_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
