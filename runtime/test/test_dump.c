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

static int wait_for_event(void *arg)
{
    return rt_event_wait(arg, RT_FOREVER);
}

static int dump_names(void *arg)
{
    struct reports *reports = arg;
    struct stage stage;
    struct rt_task *before, *task;

    CHECK_INT(rt_event_new(&stage.set), 0);
    CHECK_INT(rt_event_new(&stage.go), 0);
    CHECK_INT(rt_spawn(&before, wait_for_go, &stage), 0);
    rt_event_set(stage.go);
    CHECK_INT(rt_join(before, NULL, RT_FOREVER), 0);
    rt_event_clear(stage.go);
    /* Where the one before was, if anywhere. */
    CHECK_INT(rt_spawn(&task, wait_for_event, stage.go), 0);
    rt_dump();
    CHECK_INT(lines(reports->text, "waiter"), 0);
    rt_task_name(task, "early");
    rt_dump();
    CHECK_INT(lines(reports->text, "\"early\""), 1);
    rt_yield();
    rt_dump();
    CHECK_INT(lines(reports->text, "\"early\""), 2);
    rt_event_set(stage.go);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(stage.set);
    rt_event_free(stage.go);
    return 0;
}

static void a_task_has_the_name_it_is_given_before_it_starts(void **state)
{
    static struct reports reports;

    (void)state;
    needs_tasks(2);
    assert_int_equal(run_reported(&reports, 2, dump_names), 0);
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

static int ask_and_sleep(void *arg)
{
    int64_t end = test_late();

    (void)arg;
    raise(SIGUSR1);
    while (!atomic_load(&listed) && rt_now() < end)
        CHECK_INT(rt_sleep(test_soon()), 0);
    return atomic_load(&listed);
}

/* Meanwhile nothing runs on the loop. */
static int ask_and_block(void *arg)
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
    CHECK_INT(rt_offload(ask_and_block, NULL, &status), 0);
    return status;
}

static int run_listening(rt_task_fn fn, void *arg)
{
    struct rt_options options = { .report = note_main };
    struct sigaction action = { .sa_handler = on_signal,
                                .sa_flags = SA_RESTART };
    struct sigaction before;

    needs_list();
    if (runtime_honours("workers"))
        options.workers = 2;
    atomic_store(&listed, false);
    sigaction(SIGUSR1, &action, &before);
    int status = test_run_with(&options, fn, arg);
    sigaction(SIGUSR1, &before, NULL);
    return status;
}

static void a_signal_handler_may_ask_for_a_dump(void **state)
{
    (void)state;
    assert_int_equal(run_listening(ask_and_sleep, NULL), 1);
}

static void a_loop_without_work_makes_it_at_once(void **state)
{
    (void)state;
    if (!runtime_is("coro"))
        test_skip("elsewhere the main task makes it when it waits");
    assert_int_equal(run_listening(offload_asking, NULL), 1);
}

/* How the main task waits, and how its wait is ended. */
struct lying {
    int (*wait)(struct lying *lying);
    void (*end)(struct lying *lying);
    struct rt_event *event;
    struct rt_sock *reader, *writer;
};

static int wait_event(struct lying *lying)
{
    return rt_event_wait(lying->event, RT_FOREVER);
}

static int wait_event_until(struct lying *lying)
{
    return rt_event_wait(lying->event, test_late());
}

static void set_event(struct lying *lying)
{
    rt_event_set(lying->event);
}

static int read_on(struct lying *lying)
{
    char byte;

    return rt_sock_read(lying->reader, &byte, 1, RT_FOREVER) == 1 ? 0 : -1;
}

static int read_until(struct lying *lying)
{
    char byte;

    return rt_sock_read(lying->reader, &byte, 1, test_late()) == 1 ? 0 : -1;
}

static void write_byte(struct lying *lying)
{
    CHECK_INT(rt_sock_write(lying->writer, "!", 1, RT_FOREVER), 1);
}

/* On a thread of its own, or else on the loop while the main task waits.
 * raise() sends the signal here, where it cannot interrupt that wait. */
static int ask_for_others(void *arg)
{
    struct lying *lying = arg;
    int64_t end = test_late();

    raise(SIGUSR1);
    while (!atomic_load(&listed) && rt_now() < end)
        CHECK_INT(rt_sleep(test_soon()), 0);
    lying->end(lying);
    return atomic_load(&listed);
}

static int lie(void *arg)
{
    struct lying *lying = arg;
    struct rt_task *task;
    int status = 0;

    CHECK_INT(rt_event_new(&lying->event), 0);
    CHECK_INT(rt_sock_pair(&lying->reader, &lying->writer), 0);
    CHECK_INT(rt_spawn(&task, ask_for_others, lying), 0);
    CHECK_INT(lying->wait(lying), 0);
    CHECK_INT(rt_join(task, &status, RT_FOREVER), 0);
    rt_event_free(lying->event);
    rt_sock_close(lying->reader);
    rt_sock_close(lying->writer);
    return status;
}

static void a_dump_does_not_wait_for_a_wait_to_end(void **state)
{
    static const struct lying ways[] = {
        { .wait = wait_event, .end = set_event },
        { .wait = wait_event_until, .end = set_event },
        { .wait = read_on, .end = write_byte },
        { .wait = read_until, .end = write_byte },
    };

    (void)state;
    needs_tasks(1);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct lying lying = ways[i];
        assert_int_equal(run_listening(lie, &lying), 1);
    }
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
        TEST(a_task_has_the_name_it_is_given_before_it_starts),
        TEST(a_signal_handler_may_ask_for_a_dump),
        TEST(a_loop_without_work_makes_it_at_once),
        TEST(a_dump_does_not_wait_for_a_wait_to_end),
        TEST(outside_a_run_nobody_hears_it),
        TEST(the_stack_used_is_known_or_said_not_to_be),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
