/* SPDX-License-Identifier: MIT */

/* Dumps: every task that has not ended is listed once, by number and name,
 * with what it does; and a dump can be asked for from a signal handler. */

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "test.h"

/* Filled by the sink, which is called by one thread at a time. */
struct reports {
    char text[2048];
};

static void take_report(void *arg, const char *text)
{
    struct reports *reports = arg;

    strncat(reports->text, text,
            sizeof reports->text - strlen(reports->text) - 1);
}

/* A runtime that tells of its tasks one by one can list them as well. */
static void needs_list(void)
{
    struct rt_info info;

    rt_info(&info);
    if (!runtime_honours("trace"))
        test_skip("%s keeps no list of its tasks", info.name);
}

static int run_reported(struct reports *reports, unsigned tasks, rt_task_fn fn)
{
    struct rt_options options = { .report = take_report,
                                  .report_arg = reports };
    needs_list();
    if (runtime_honours("workers"))
        options.workers = tasks;
    *reports = (struct reports){ .text = "" };
    return test_run_with(&options, fn, reports);
}

static size_t lines(const char *text, const char *part)
{
    size_t n = 0;

    while ((text = strstr(text, part)) != NULL) {
        n++;
        text += strlen(part);
    }
    return n;
}

static int dump_alone(void *arg)
{
    (void)arg;
    rt_task_name(NULL, "alone");
    rt_dump();
    return 0;
}

static void the_running_task_is_listed_as_such(void **state)
{
    static struct reports reports;

    (void)state;
    assert_int_equal(run_reported(&reports, 1, dump_alone), 0);
    assert_string_equal(reports.text, "1 task alive:\n"
                                      "  task 1 \"alone\" is running\n");
}

struct stage {
    struct rt_event *set, *go;
};

static int wait_for_go(void *arg)
{
    struct stage *stage = arg;

    rt_task_name(NULL, "waiter");
    rt_event_set(stage->set);
    return rt_event_wait(stage->go, RT_FOREVER);
}

static int end_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static int dump_a_waiter(void *arg)
{
    struct reports *reports = arg;
    struct stage stage;
    struct rt_task *waiter, *ended;

    CHECK_INT(rt_event_new(&stage.set), 0);
    CHECK_INT(rt_event_new(&stage.go), 0);
    CHECK_INT(rt_spawn(&waiter, wait_for_go, &stage), 0);
    CHECK_INT(rt_spawn(&ended, end_at_once, NULL), 0);
    CHECK_INT(rt_event_wait(stage.set, RT_FOREVER), 0);
    CHECK_INT(rt_wait(&ended, 1, RT_WAIT_ALL, NULL, RT_FOREVER), 1);
    /* A thread that has set the event may take a while to wait. */
    do {
        reports->text[0] = '\0';
        rt_yield();
        rt_dump();
    } while (!strstr(reports->text, "waits (event)"));
    rt_event_set(stage.go);
    CHECK_INT(rt_join(waiter, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_join(ended, NULL, RT_FOREVER), 0);
    rt_event_free(stage.set);
    rt_event_free(stage.go);
    return 0;
}

static void a_waiting_task_is_listed_with_its_reason(void **state)
{
    static struct reports reports;

    (void)state;
    needs_tasks(2);
    assert_int_equal(run_reported(&reports, 2, dump_a_waiter), 0);
    assert_int_equal(lines(reports.text, "\n"), 3);
    assert_non_null(strstr(reports.text, "2 tasks alive:\n"));
    assert_non_null(strstr(reports.text, "  task 1 is running\n"));
    assert_non_null(strstr(reports.text, "  task 2 \"waiter\" waits (event)"));
}

/* ---- on request ---- */

enum {
    PATIENCE_MS = 30000
};

static atomic_bool listed; /* the sink has seen the main task in a dump */

static void note_main(void *arg, const char *text)
{
    (void)arg;
    if (strncmp(text, "  task 1 ", 9) == 0)
        atomic_store(&listed, true);
}

static void on_signal(int number)
{
    (void)number;
    rt_dump_soon();
}

/* Meanwhile nothing runs on a loop, where there is one. */
static int ask_by_signal(void *arg)
{
    const struct timespec pause = { .tv_nsec = 1000000 };

    (void)arg;
    raise(SIGUSR1);
    for (int i = 0; !atomic_load(&listed) && i < PATIENCE_MS; i++)
        nanosleep(&pause, NULL);
    return atomic_load(&listed);
}

static int offload_asking(void *arg)
{
    int status = 0;

    (void)arg;
    CHECK_INT(rt_offload(ask_by_signal, NULL, &status), 0);
    return status;
}

static void a_signal_handler_may_ask_for_a_dump(void **state)
{
    struct rt_options options = { .report = note_main };
    struct sigaction action = { .sa_handler = on_signal }, before;

    (void)state;
    needs_list();
    atomic_store(&listed, false);
    sigaction(SIGUSR1, &action, &before);
    assert_int_equal(test_run_with(&options, offload_asking, NULL), 1);
    sigaction(SIGUSR1, &before, NULL);
}

static void outside_a_run_nobody_hears_it(void **state)
{
    (void)state;
    rt_dump_soon();
    assert_int_equal(test_run(0, end_at_once, NULL), 0);
    rt_dump_soon();
}

/* ---- stacks ---- */

/* The compiler must not drop the frame. */
__attribute__((noinline)) static int fill(volatile char *out)
{
    volatile char here[3000];

    for (size_t i = 0; i < sizeof here; i++)
        here[i] = (char)i;
    *out = here[sizeof here / 2];
    return 0;
}

__attribute__((noinline)) static int fill_deeper(volatile char *out)
{
    volatile char here[3000];

    here[0] = here[2999] = 1;
    return fill(out) + fill(&here[1]);
}

struct marks {
    size_t before, after, waiting;
};

static int use_stack(void *arg)
{
    struct marks *marks = arg;
    char out;

    marks->before = rt_stack_used(NULL);
    fill_deeper(&out);
    fill_deeper(&out);
    marks->after = rt_stack_used(NULL);
    return 0;
}

static int ask_for_stack(void *arg)
{
    struct marks *marks = arg;
    struct rt_task *task;

    CHECK_INT(rt_spawn(&task, use_stack, marks), 0);
    CHECK_INT(rt_wait(&task, 1, RT_WAIT_ALL, NULL, RT_FOREVER), 1);
    marks->waiting = rt_stack_used(NULL);
    return rt_join(task, NULL, RT_FOREVER);
}

static void the_stack_used_is_known_or_said_not_to_be(void **state)
{
    struct marks marks = { 0 };
    struct rt_info info;

    (void)state;
    assert_int_equal(test_run(1, ask_for_stack, &marks), 0);
    rt_info(&info);
    if (marks.before == 0)
        test_skip("%s does not know what its stacks have used", info.name);
    assert_true(marks.after >= marks.before);
    assert_true(marks.after >= 6000);
    assert_true(marks.waiting > 0);
    if (info.stack_bytes > 0)
        assert_in_range(marks.after, 1, info.stack_bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_running_task_is_listed_as_such),
        TEST(a_waiting_task_is_listed_with_its_reason),
        TEST(a_signal_handler_may_ask_for_a_dump),
        TEST(outside_a_run_nobody_hears_it),
        TEST(the_stack_used_is_known_or_said_not_to_be),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
