/* SPDX-License-Identifier: MIT */

/* Trace hooks: each task's events come in an order that makes sense, and say
 * who, by whom and what for. */

#include <string.h>

#include "test.h"

enum {
    ROOM = 512,
    TASKS = 3
};

/* Filled by the hook, which is called by one thread at a time. */
struct log {
    struct rt_trace_event events[ROOM];
    size_t n;
};

static void take_event(void *arg, const struct rt_trace_event *event)
{
    struct log *log = arg;

    if (log->n < ROOM)
        log->events[log->n] = *event;
    log->n++;
}

static int run_traced(struct log *log, rt_task_fn fn, void *arg)
{
    struct rt_options options = { .trace = take_event, .trace_arg = log };
    struct rt_info info;

    rt_info(&info);
    if (!runtime_honours("trace"))
        test_skip("%s has no trace hooks", info.name);
    if (runtime_honours("workers"))
        options.workers = TASKS;
    *log = (struct log){ .n = 0 };
    int status = test_run_with(&options, fn, arg);
    assert_in_range(log->n, 1, ROOM);
    return status;
}

/* The first event of the task of that kind from index `from` on, NULL when
 * there is none. */
static const struct rt_trace_event *find(const struct log *log, uint64_t task,
                                         enum rt_trace_what what, size_t from)
{
    for (size_t i = from; i < log->n; i++)
        if (log->events[i].task == task && log->events[i].what == what)
            return &log->events[i];
    return NULL;
}

static size_t count(const struct log *log, uint64_t task,
                    enum rt_trace_what what)
{
    size_t n = 0;

    for (size_t i = 0; i < log->n; i++)
        n += log->events[i].task == task && log->events[i].what == what;
    return n;
}

static bool parked_for(const struct log *log, uint64_t task, const char *reason)
{
    for (size_t i = 0; i < log->n; i++)
        if (log->events[i].task == task &&
            log->events[i].what == RT_TRACE_PARK &&
            strcmp(log->events[i].reason, reason) == 0)
            return true;
    return false;
}

static int fail_by_number(void *arg)
{
    return *(const int *)arg;
}

static int spawn_three(void *arg)
{
    static int statuses[TASKS] = { 11, 12, 13 };
    struct rt_task *tasks[TASKS];

    (void)arg;
    for (int i = 0; i < TASKS; i++)
        CHECK_INT(rt_spawn(&tasks[i], fail_by_number, &statuses[i]), 0);
    return rt_gather(tasks, TASKS, NULL, RT_FOREVER);
}

static void each_task_is_spawned_run_and_finished_once(void **state)
{
    static struct log log;

    (void)state;
    assert_int_equal(run_traced(&log, spawn_three, NULL), 0);
    for (uint64_t task = 1; task <= TASKS + 1; task++) {
        assert_int_equal(count(&log, task, RT_TRACE_SPAWN), 1);
        assert_int_equal(count(&log, task, RT_TRACE_FINISH), 1);
        const struct rt_trace_event *spawn =
            find(&log, task, RT_TRACE_SPAWN, 0);
        const struct rt_trace_event *run = find(&log, task, RT_TRACE_RUN, 0);
        const struct rt_trace_event *end = find(&log, task, RT_TRACE_FINISH, 0);
        assert_non_null(run);
        assert_true(spawn < run && run < end);
        assert_int_equal(spawn->by, task > 1);
        assert_int_equal(end->status, task > 1 ? 9 + (int)task : 0);
    }
    assert_null(find(&log, TASKS + 2, RT_TRACE_SPAWN, 0));
}

/* Between two runs of a task lies a park, and the clock does not go back. */
static void a_task_parks_before_it_runs_again(void **state)
{
    static struct log log;
    bool running[TASKS + 2] = { false };

    (void)state;
    assert_int_equal(run_traced(&log, spawn_three, NULL), 0);
    for (size_t i = 0; i < log.n; i++) {
        const struct rt_trace_event *event = &log.events[i];
        assert_in_range(event->task, 1, TASKS + 1);
        assert_true(i == 0 || event->when_ns >= log.events[i - 1].when_ns);
        if (event->what == RT_TRACE_RUN)
            assert_false(running[event->task]);
        if (event->what == RT_TRACE_PARK || event->what == RT_TRACE_FINISH)
            assert_true(running[event->task]);
        assert_int_equal(event->reason != NULL, event->what == RT_TRACE_PARK);
        if (event->what != RT_TRACE_SPAWN && event->what != RT_TRACE_WAKE)
            running[event->task] = event->what == RT_TRACE_RUN;
    }
}

struct hand_over {
    struct rt_event *parked, *done;
};

static int wait_named(void *arg)
{
    struct hand_over *h = arg;

    rt_task_name(NULL, "waiter");
    rt_event_set(h->parked);
    return rt_event_wait(h->done, RT_FOREVER);
}

/* The main task sleeps long enough for a thread to block, if nothing else
 * keeps it; that it did is not what this asserts. */
static int wake_a_waiter(void *arg)
{
    struct hand_over h;
    struct rt_task *task;

    (void)arg;
    CHECK_INT(rt_event_new(&h.parked), 0);
    CHECK_INT(rt_event_new(&h.done), 0);
    CHECK_INT(rt_spawn(&task, wait_named, &h), 0);
    CHECK_INT(rt_event_wait(h.parked, RT_FOREVER), 0);
    CHECK_INT(rt_sleep(test_soon()), 0);
    rt_event_set(h.done);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(h.parked);
    rt_event_free(h.done);
    return 0;
}

static void a_wake_says_who_and_a_park_what_for(void **state)
{
    static struct log log;

    (void)state;
    needs_tasks(1);
    assert_int_equal(run_traced(&log, wake_a_waiter, NULL), 0);
    assert_true(parked_for(&log, 1, "sleep"));
    const struct rt_trace_event *wake = find(&log, 2, RT_TRACE_WAKE, 0);
    if (!wake)
        test_skip("the other thread came too late to block");
    assert_int_equal(wake->by, 1);
    assert_string_equal(wake->name, "waiter");
    assert_true(parked_for(&log, 2, "event"));
}

/* ---- nothing of it without a hook ---- */

static void a_run_without_a_hook_calls_none(void **state)
{
    static struct log log;

    (void)state;
    assert_int_equal(run_traced(&log, spawn_three, NULL), 0);
    size_t n = log.n;
    assert_int_equal(test_run(TASKS, spawn_three, NULL), 0);
    assert_int_equal(log.n, n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(each_task_is_spawned_run_and_finished_once),
        TEST(a_task_parks_before_it_runs_again),
        TEST(a_wake_says_who_and_a_park_what_for),
        TEST(a_run_without_a_hook_calls_none),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
