/* SPDX-License-Identifier: MIT */
/*
 * A deadlock is reported and then broken: every task gets to clean up, and
 * those that will not end do not keep the run.
 */
#include "../test.h"

#include <errno.h>
#include <string.h>

struct reports {
    char text[2048];
};

static void take_report(void *arg, const char *text)
{
    struct reports *reports = arg;
    strncat(reports->text, text,
            sizeof(reports->text) - strlen(reports->text) - 1);
}

/* Runs until the deadlock. */
static void run_dead(struct reports *reports, rt_task_fn fn, void *arg)
{
    struct rt_options options = { .report = take_report,
                                  .report_arg = reports };
    *reports = (struct reports){ .text = "" };
    assert_int_equal(test_run_with(&options, fn, arg), -EDEADLK);
}

static bool says(const struct reports *reports, const char *line)
{
    return strstr(reports->text, line) != NULL;
}

struct things {
    struct rt_mutex *mutex, *cond_mutex;
    struct rt_cond *cond;
    struct rt_sem *sem;
    struct rt_event *event;
    struct rt_chan *chan;
    int ends[6];
};

static int hold_up_at_mutex(void *arg)
{
    struct things *t = arg;
    rt_task_name(NULL, "locker");
    return t->ends[0] = rt_mutex_lock(t->mutex, RT_FOREVER);
}

static int hold_up_at_cond(void *arg)
{
    struct things *t = arg;
    rt_task_name(NULL, "signalled");
    CHECK_INT(rt_mutex_lock(t->cond_mutex, RT_FOREVER), 0);
    t->ends[1] = rt_cond_wait(t->cond, t->cond_mutex, RT_FOREVER);
    rt_mutex_unlock(t->cond_mutex);
    return t->ends[1];
}

static int hold_up_at_sem(void *arg)
{
    struct things *t = arg;
    return t->ends[2] = rt_sem_acquire(t->sem, RT_FOREVER);
}

static int hold_up_at_event(void *arg)
{
    struct things *t = arg;
    rt_task_name(NULL, "waiter");
    return t->ends[3] = rt_event_wait(t->event, RT_FOREVER);
}

static int hold_up_at_chan(void *arg)
{
    struct things *t = arg;
    int item;
    rt_task_name(NULL, "receiver");
    return t->ends[4] = rt_chan_recv(t->chan, &item, RT_FOREVER);
}

static int all_main(void *arg)
{
    static const rt_task_fn bodies[] = { hold_up_at_mutex, hold_up_at_cond,
                                         hold_up_at_sem, hold_up_at_event,
                                         hold_up_at_chan };
    struct things *t = arg;
    struct rt_task *tasks[5];
    rt_task_name(NULL, "main");
    CHECK_INT(rt_mutex_new(&t->mutex), 0);
    CHECK_INT(rt_mutex_new(&t->cond_mutex), 0);
    CHECK_INT(rt_cond_new(&t->cond), 0);
    CHECK_INT(rt_sem_new(&t->sem, 0), 0);
    CHECK_INT(rt_event_new(&t->event), 0);
    CHECK_INT(rt_chan_new(&t->chan, sizeof(int), 1), 0);
    CHECK_INT(rt_mutex_lock(t->mutex, RT_FOREVER), 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(rt_spawn(&tasks[i], bodies[i], t), 0);
    /* Not cancelled: the tasks it waits for are, and end. */
    CHECK_INT(rt_gather(tasks, 5, NULL, RT_FOREVER), 0);
    rt_mutex_free(t->mutex);
    rt_mutex_free(t->cond_mutex);
    rt_cond_free(t->cond);
    rt_sem_free(t->sem);
    rt_event_free(t->event);
    rt_chan_free(t->chan);
    return 0;
}

static void a_deadlock_says_who_waits_for_what(void **state)
{
    struct reports reports;
    struct things things = { 0 };
    (void)state;
    run_dead(&reports, all_main, &things);
    assert_true(says(&reports, "deadlock: "));
    assert_true(says(&reports, "task 1 \"main\" waits (join), "));
    assert_true(says(&reports, "\"locker\" waits (mutex), "));
    assert_true(says(&reports, "\"signalled\" waits (cond), "));
    assert_true(says(&reports, " waits (sem), "));
    assert_true(says(&reports, "\"waiter\" waits (event), "));
    assert_true(says(&reports, "\"receiver\" waits (chan), "));
    for (int i = 0; i < 5; i++)
        assert_int_equal(things.ends[i], -ECANCELED);
}

/* ---- tasks that do not end so easily ---- */

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

static void who_waits_again_is_cancelled_again(void **state)
{
    struct reports reports;
    struct stubborn s = { .limit = 5 };
    (void)state;
    run_dead(&reports, new_event_main, &s);
    assert_int_equal(s.rounds, 5);
    assert_null(s.event);
    /* Said once. */
    assert_null(strstr(reports.text + 1, "deadlock: "));
}

static void who_never_ends_does_not_keep_the_run(void **state)
{
    struct reports reports;
    struct stubborn s = { .limit = 1000000000 };
    (void)state;
    run_dead(&reports, new_event_main, &s);
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
    struct reports reports;
    struct stubborn s = { .limit = 1 };
    (void)state;
    run_dead(&reports, shield_main, &s);
    assert_int_equal(s.rounds, 0);
    rt_event_free(s.event);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_deadlock_says_who_waits_for_what),
        TEST(who_waits_again_is_cancelled_again),
        TEST(who_never_ends_does_not_keep_the_run),
        TEST(a_shield_holds_to_the_end),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
