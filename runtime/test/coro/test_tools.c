/* SPDX-License-Identifier: MIT */
/*
 * Debuggers and checkers that know about stacks: Valgrind finds nothing to
 * complain of in switching, gdb unwinds through a switch, and our gdb command
 * shows every task, in a live program and in what is left of one.  They run
 * this program with an argument, for a scene to look at.
 */
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    DEEP = 8,
    ROUNDS = 20
};

/* ---- the scene ---- */

static struct rt_mutex *mutex;
static bool dies; /* when all is set */

/* Where gdb stops.  Not inlined, and not dropped. */
__attribute__((noinline)) static void all_is_set(void)
{
    __asm__ volatile("" ::: "memory");
    if (dies)
        abort();
}

__attribute__((noinline)) static int dig(int depth, volatile char *above)
{
    volatile char here[3000];
    memset((char *)here, depth, sizeof(here));
    if (above)
        above[1]++;
    if (depth > 0)
        return dig(depth - 1, here) + here[0];
    return rt_yield() + here[0];
}

static int use_stack(void *arg)
{
    (void)arg;
    return dig(DEEP, NULL);
}

/* Stacks are used, given back and used again. */
static void use_stacks(void)
{
    struct rt_task *tasks[3];
    for (int i = 0; i < ROUNDS; i++) {
        for (int t = 0; t < 3; t++)
            rt_spawn(&tasks[t], use_stack, NULL);
        rt_gather(tasks, 3, NULL, RT_FOREVER);
    }
}

static int wait_for_mutex(void *arg)
{
    volatile int before = 1;
    (void)arg;
    rt_task_name(NULL, "locker");
    int error = rt_mutex_lock(mutex, RT_FOREVER);
    if (!error)
        rt_mutex_unlock(mutex);
    return error ? error : !before;
}

/* Of this one debuggers know no more than the symbol. */
int return_at_once(void *arg);
__asm__(".pushsection .text.bare, \"ax\"\n"
        "return_at_once: ret\n"
        ".popsection");

static int scene_main(void *arg)
{
    struct rt_task *locker, *fresh, *foreign;
    rt_task_name(NULL, "director");
    use_stacks();
    if (rt_mutex_new(&mutex) || rt_mutex_lock(mutex, RT_FOREVER) ||
        rt_spawn(&locker, wait_for_mutex, NULL) || rt_yield() ||
        rt_spawn(&fresh, use_stack, arg) ||
        rt_spawn(&foreign, return_at_once, NULL))
        return 1;
    all_is_set();
    rt_mutex_unlock(mutex);
    int status = 0;
    rt_join(locker, &status, RT_FOREVER);
    rt_join(fresh, NULL, RT_FOREVER);
    rt_join(foreign, NULL, RT_FOREVER);
    rt_mutex_free(mutex);
    return status;
}

static int doze(void *arg)
{
    rt_task_name(NULL, "marmot");
    return rt_event_wait(arg, RT_FOREVER);
}

/* Until one of both tasks dozes, or for a while. */
static int doze_main(void *arg)
{
    struct rt_event *event;
    struct rt_task *task;
    struct rt_info info;
    int64_t late = test_late();
    (void)arg;
    if (rt_event_new(&event) || rt_spawn(&task, doze, event))
        return 1;
    do {
        rt_sleep(test_soon());
        rt_info(&info);
    } while (info.dozing == 0 && rt_now() < late);
    all_is_set();
    rt_event_set(event);
    rt_join(task, NULL, RT_FOREVER);
    rt_event_free(event);
    return 0;
}

static int play_doze(void)
{
    struct rt_options options = { .doze_ns = 1 };
    return rt_run(&options, doze_main, NULL) ? 1 : 0;
}

static int play(const char *scene)
{
    if (strcmp(scene, "doze") == 0)
        return play_doze();
    dies = strcmp(scene, "die") == 0;
    return rt_run(NULL, scene_main, NULL);
}

/* ---- the tests ---- */

static char self[1024];
static char said[65536];

/* Runs a command for a while and keeps what it says; returns its exit status. */
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
    char command[3072] = "timeout -s KILL 50 ";
    size_t n = strlen(command);
    va_list args;
    va_start(args, format);
    vsnprintf(command + n, sizeof(command) - n, format, args);
    va_end(args);
    FILE *tool = popen(command, "r");
    assert_non_null(tool);
    said[fread(said, 1, sizeof(said) - 1, tool)] = '\0';
    int status = pclose(tool);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("not said: \"%s\"; but:\n%s", text, said);
}

static void needs_plain_build(void)
{
    if (test_sanitized())
        test_skip("a sanitizer's runtime does not go with other tools");
}

static void needs_gdb(void)
{
    needs_plain_build();
    if (run("gdb --version 2>&1") != 0)
        test_skip("no gdb");
    run("gdb -nx -batch -ex starti -ex 'info registers' -ex kill %s 2>&1",
        self);
    if (!strstr(said, "Program stopped"))
        test_skip("gdb may not trace a program here");
}

static void valgrind_finds_nothing_wrong_with_switching(void **state)
{
    (void)state;
    needs_plain_build();
    if (run("valgrind --version 2>&1") != 0)
        test_skip("no valgrind");
    int status = run("valgrind -q --error-exitcode=9 %s live 2>&1", self);
    if (strstr(said, "debuginfo reader"))
        test_skip("this valgrind cannot read what this compiler writes");
    assert_string_equal(said, "");
    assert_int_equal(status, 0);
}

/* gdb stopped in the scene, and what it is told to do there. */
#define GDB                                                                \
    "gdb -nx -batch -ex 'set confirm off' -ex 'break all_is_set' -ex run " \
    "%s --args %s live 2>&1"

static void gdb_unwinds_a_task_to_its_first_frame(void **state)
{
    (void)state;
    needs_gdb();
    run(GDB, "-ex bt", self);
    check_said("#1 ");
    check_said(" scene_main ");
    check_said(" co_entry ");
    assert_null(strstr(said, "corrupt"));
}

/* What gdb has said from one mark on up to the next. */
static const char *part(const char *mark)
{
    char *at = strstr(said, mark);
    if (!at)
        fail_msg("not said: \"%s\"; but:\n%s", mark, said);
    at += strlen(mark);
    at[strcspn(at, "|")] = '\0';
    return at;
}

/* Into the switch, out of the picker and, instruction by instruction, on to
 * another stack: first to a task that has not started, then to another. */
static void gdb_unwinds_in_the_middle_of_a_switch(void **state)
{
    (void)state;
    needs_gdb();
    run(GDB,
        "-ex 'break co_pick_park' -ex continue -ex 'echo |in\\n' -ex bt "
        "-ex finish -ex 'echo |out\\n' -ex bt -ex 'stepi 4' "
        "-ex 'echo |fresh\\n' -ex bt -ex continue -ex finish -ex 'stepi 5' "
        "-ex 'echo |there\\n' -ex bt -ex 'echo |\\n'",
        self);
    const char *there = part("|there");
    const char *fresh = part("|fresh");
    const char *out = part("|out");
    const char *in = part("|in");
    const char *leaving[] = { in, out };
    for (int i = 0; i < 2; i++) {
        assert_non_null(strstr(leaving[i], " co_suspend "));
        assert_non_null(strstr(leaving[i], " scene_main "));
        assert_non_null(strstr(leaving[i], " co_entry "));
    }
    assert_null(strstr(fresh, " scene_main "));
    assert_null(strstr(fresh, "??"));
    assert_non_null(strstr(fresh, " co_entry "));
    assert_non_null(strstr(there, " dig "));
    assert_non_null(strstr(there, " co_entry "));
}

static void check_tasks(void)
{
    check_said("task 1 \"director\" is running\n    #0");
    check_said(" scene_main at ");
    check_said(" \"locker\" waits (mutex)\n    #0  wait_for_mutex at ");
    check_said(" is ready\n    not started: use_stack\n");
    check_said(" <return_at_once>\n");
}

static void the_gdb_command_lists_all_tasks(void **state)
{
    (void)state;
    needs_gdb();
    run(GDB, "-ex 'source scripts/gdb-tasks.py' -ex rt-tasks", self);
    check_tasks();
}

static void the_gdb_command_lists_tasks_that_doze(void **state)
{
    (void)state;
    needs_gdb();
    if (run("%s doze", self) != 0)
        test_skip("tasks may not doze here");
    run("gdb -nx -batch -x scripts/gdb-tasks.py -ex 'set confirm off' "
        "-ex 'break all_is_set' -ex run -ex rt-tasks -ex continue "
        "--args %s doze 2>&1",
        self);
    check_said(" \"marmot\" waits (event)\n    dozes: its frames are ");
    check_said(" doze_main at ");
    check_said(" exited normally]");
}

static void die_in(const char *folder)
{
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setrlimit(RLIMIT_CORE, &all) == 0 && chdir(folder) == 0)
            execl(self, self, "die", (char *)NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void the_gdb_command_reads_a_core_file(void **state)
{
    char folder[] = "/tmp/test_tools.XXXXXX";
    (void)state;
    needs_gdb();
    assert_non_null(mkdtemp(folder));
    die_in(folder);
    bool dumped = run("ls %s/core*", folder) == 0;
    run("gdb -nx -batch -x scripts/gdb-tasks.py -ex rt-tasks %s %s/core* 2>&1; "
        "rm -rf %s",
        self, folder, folder);
    if (!dumped)
        test_skip("this machine leaves no core files");
    check_tasks();
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        TEST(valgrind_finds_nothing_wrong_with_switching),
        TEST(gdb_unwinds_a_task_to_its_first_frame),
        TEST(gdb_unwinds_in_the_middle_of_a_switch),
        TEST(the_gdb_command_lists_all_tasks),
        TEST(the_gdb_command_lists_tasks_that_doze),
        TEST(the_gdb_command_reads_a_core_file),
    };
    if (argc > 1)
        return play(argv[1]);
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = '\0';
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
