/* SPDX-License-Identifier: MIT */
/*
 * A deadlock is broken even if tasks will not end: they do not keep the run.
 */
#include "../test.h"

#include <errno.h>

/* Filled by the sink. */
struct reports {
    unsigned n;
};

static void count_report(void *arg, const char *text)
{
    struct reports *reports = arg;
    (void)text;
    reports->n++;
}

/* Runs until the deadlock. */
static void run_dead(rt_task_fn fn, void *arg)
{
    struct reports reports = { 0 };
    struct rt_options options = { .report = count_report,
                                  .report_arg = &reports };
    assert_int_equal(test_run_with(&options, fn, arg), -EDEADLK);
    /* The deadlock and who is in it: said once. */
    assert_int_equal(reports.n, 2);
}

struct stubborn {
    struct rt_event *event;
    int rounds; /* waits cancelled so far */
    int limit;
};

static int refuse(void *arg)
{
    struct stubborn *s = arg;
    while (s->rounds < s->limit) {
        if (rt_event_wait(s->event, RT_FOREVER) == -ECANCELED)
            s->rounds++;
    }
    return 0;
}

static int refuse_main(void *arg)
{
    struct stubborn *s = arg;
    int status = refuse(s);
    rt_event_free(s->event);
    s->event = NULL;
    return status;
}

static int new_event_main(void *arg)
{
    struct stubborn *s = arg;
    CHECK_INT(rt_event_new(&s->event), 0);
    return refuse_main(s);
}

static void who_never_ends_does_not_keep_the_run(void **state)
{
    struct stubborn s = { .limit = 1000000000 };
    (void)state;
    run_dead(new_event_main, &s);
    assert_true(s.rounds > 0);
    assert_non_null(s.event);
    rt_event_free(s.event);
}

static int wait_shielded(void *arg)
{
    struct stubborn *s = arg;
    return rt_shield(refuse, s);
}

static int shield_main(void *arg)
{
    struct stubborn *s = arg;
    CHECK_INT(rt_event_new(&s->event), 0);
    return wait_shielded(s);
}

static void a_shield_holds_to_the_end(void **state)
{
    struct stubborn s = { .limit = 1 };
    (void)state;
    run_dead(shield_main, &s);
    assert_int_equal(s.rounds, 0);
    rt_event_free(s.event);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(who_never_ends_does_not_keep_the_run),
        TEST(a_shield_holds_to_the_end),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
