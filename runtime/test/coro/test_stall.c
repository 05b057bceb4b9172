/* SPDX-License-Identifier: MIT */
/*
 * Stalls: a task that holds the loop for too long is reported once, even
 * while it does so, and counted and timed; one that gives way is not.
 */
#include "../test.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LONG_NS = 20000000,
    ROUNDS = 3
};

/* Longer than any test: nothing on a busy machine is a stall. */
#define NEVER_NS INT64_C(100000000000)

/* Reports come from two threads, one at a time. */
struct reports {
    char text[2048];
    atomic_uint stalls;
};

static void take_report(void *arg, const char *text)
{
    struct reports *reports = arg;
    strncat(reports->text, text,
            sizeof(reports->text) - strlen(reports->text) - 1);
    if (strncmp(text, "stall: ", 7) == 0)
        atomic_fetch_add(&reports->stalls, 1);
}

static void run_watched(struct reports *reports, int64_t stall_ns,
                        rt_task_fn fn, struct rt_info *info)
{
    struct rt_options options = { .report = take_report,
                                  .report_arg = reports,
                                  .stall_ns = stall_ns };
    *reports = (struct reports){ .text = "" };
    assert_int_equal(test_run_with(&options, fn, reports), 0);
    rt_info(info);
}

static int hold_until_reported(void *arg)
{
    struct reports *reports = arg;
    int64_t limit = test_late();
    rt_task_name(NULL, "hog");
    while (atomic_load(&reports->stalls) == 0 && rt_now() < limit) {
    }
    return 0;
}

static int run_hog(void *arg)
{
    struct rt_task *task;
    CHECK_INT(rt_spawn(&task, hold_until_reported, arg), 0);
    return rt_join(task, NULL, RT_FOREVER);
}

static void a_stall_is_reported_while_it_lasts(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, LONG_NS, run_hog, &info);
    assert_non_null(
        strstr(reports.text, "stall: task 2 \"hog\" has held the loop for "));
    assert_true(info.stalls >= 1);
    assert_true(info.stall_longest_ns > LONG_NS);
    assert_true(info.stall_longest_ns < NEVER_NS);
}

struct masked {
    struct reports reports; /* first: hold_until_reported() watches it */
    bool takes_none;
};

/* On the thread that watches, for the turn still lasts. */
static void look_at_mask(void *arg, const char *text)
{
    struct masked *masked = arg;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    masked->takes_none = sigismember(&mask, SIGINT) == 1;
    take_report(&masked->reports, text);
}

/* Handlers expect the program's own threads. */
static void the_thread_that_watches_takes_no_signals(void **state)
{
    struct masked masked = { .takes_none = false };
    struct rt_options options = { .report = look_at_mask,
                                  .report_arg = &masked,
                                  .stall_ns = LONG_NS };
    (void)state;
    assert_int_equal(test_run_with(&options, run_hog, &masked), 0);
    assert_true(masked.takes_none);
}

static int hold_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t end = rt_in(2 * (int64_t)LONG_NS);
        while (rt_now() < end) {
        }
        CHECK_INT(rt_yield(), 0);
    }
    return 0;
}

static void each_stall_is_counted_and_reported_once(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, LONG_NS, hold_often, &info);
    /* A busy machine may take the processor away in another turn, too. */
    assert_true(info.stalls >= ROUNDS);
    assert_int_equal(atomic_load(&reports.stalls), info.stalls);
}

/* Too short for the thread to have seen it: it naps for a millisecond. */
static void a_stall_nobody_saw_is_found_afterwards(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, 1, hold_often, &info);
    assert_true(info.stalls >= ROUNDS);
    assert_int_equal(atomic_load(&reports.stalls), info.stalls);
}

static int give_way(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        CHECK_INT(rt_yield(), 0);
    /* The loop waits, nobody holds it. */
    return rt_sleep(rt_in(2 * (int64_t)LONG_NS));
}

static void giving_way_and_waiting_are_no_stalls(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, NEVER_NS, give_way, &info);
    assert_int_equal(info.stalls, 0);
    assert_int_equal(info.stall_longest_ns, 0);
    assert_string_equal(reports.text, "");
}

static int sleep_long(void *arg)
{
    (void)arg;
    return rt_sleep(rt_in(3 * (int64_t)LONG_NS));
}

/* The threshold must be below the sleep and above what a busy machine takes
 * from the turns around it: so it is the time that is looked at. */
static void the_time_asleep_is_not_held(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, 1, sleep_long, &info);
    int64_t begin = rt_now();
    run_watched(&reports, 1, sleep_long, &info);
    int64_t all = rt_now() - begin;
    assert_true(all >= 3 * (int64_t)LONG_NS);
    assert_true(info.stall_longest_ns <= all - 3 * (int64_t)LONG_NS);
}

struct named {
    struct reports reports;
    bool armed; /* the next switch is the one to the second task */
    int64_t limit;
};

/* Between two turns: the first one's has ended, the other's begun. */
static void hold_switch(void *arg, const struct rt_trace_event *event)
{
    struct named *named = arg;
    if (!named->armed || event->what != RT_TRACE_PARK)
        return;
    named->armed = false;
    unsigned before = atomic_load(&named->reports.stalls);
    while (atomic_load(&named->reports.stalls) == before &&
           rt_now() < named->limit) {
    }
}

static int be_named(void *arg)
{
    (void)arg;
    rt_task_name(NULL, "gone");
    return 0;
}

static int run_two(void *arg)
{
    struct named *named = arg;
    struct rt_task *task;
    CHECK_INT(rt_spawn(&task, be_named, NULL), 0);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    CHECK_INT(rt_spawn(&task, give_way, NULL), 0);
    named->limit = test_late();
    named->armed = true;
    return rt_join(task, NULL, RT_FOREVER);
}

static void a_new_task_has_no_name_of_its_stacks_last(void **state)
{
    struct named named = { .armed = false };
    struct rt_options options = { .report = take_report,
                                  .report_arg = &named.reports,
                                  .trace = hold_switch,
                                  .trace_arg = &named,
                                  .stall_ns = LONG_NS };
    (void)state;
    assert_int_equal(test_run_with(&options, run_two, &named), 0);
    assert_non_null(
        strstr(named.reports.text, "stall: task 3 has held the loop for "));
}

static void nobody_watches_unless_asked(void **state)
{
    struct reports reports;
    struct rt_info info;
    (void)state;
    run_watched(&reports, 0, hold_often, &info);
    assert_int_equal(info.stalls, 0);
    assert_string_equal(reports.text, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_stall_is_reported_while_it_lasts),
        TEST(the_thread_that_watches_takes_no_signals),
        TEST(each_stall_is_counted_and_reported_once),
        TEST(a_stall_nobody_saw_is_found_afterwards),
        TEST(giving_way_and_waiting_are_no_stalls),
        TEST(the_time_asleep_is_not_held),
        TEST(a_new_task_has_no_name_of_its_stacks_last),
        TEST(nobody_watches_unless_asked),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
