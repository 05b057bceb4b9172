/* SPDX-License-Identifier: MIT */

/* Deadlock: where tasks run at the same time the run ends in -EDEADLK, says
 * who waits for what and cancels the waits, so that everybody cleans up; seq
 * ends the wait with it.  See test_alive.c for what is none. */

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static bool says(const struct reports *reports, const char *text)
{
    return strstr(reports->text, text) != NULL;
}

static void needs_notice(void)
{
    struct rt_info info;

    rt_info(&info);
    if (info.third_party)
        test_skip("%s does not notice a deadlock", info.name);
}

/* Runs into the deadlock. */
static void run_dead(struct reports *reports, unsigned workers, rt_task_fn fn,
                     void *arg)
{
    struct rt_options options = { .report = take_report,
                                  .report_arg = reports };

    needs_notice();
    if (runtime_honours("workers"))
        options.workers = workers;
    *reports = (struct reports){ .text = "" };
    assert_int_equal(test_run_with(&options, fn, arg), -EDEADLK);
}

/* What the tasks wait for, and what their waits returned. */
struct things {
    struct rt_mutex *mutex, *other;
    struct rt_cond *cond;
    struct rt_sem *sem;
    struct rt_event *event, *first_held, *second_held;
    struct rt_chan *chan;
    int ends[6];
};

static void make_things(struct things *t)
{
    *t = (struct things){ .ends = { 0 } };
    CHECK_INT(rt_mutex_new(&t->mutex), 0);
    CHECK_INT(rt_mutex_new(&t->other), 0);
    CHECK_INT(rt_cond_new(&t->cond), 0);
    CHECK_INT(rt_sem_new(&t->sem, 0), 0);
    CHECK_INT(rt_event_new(&t->event), 0);
    CHECK_INT(rt_event_new(&t->first_held), 0);
    CHECK_INT(rt_event_new(&t->second_held), 0);
    CHECK_INT(rt_chan_new(&t->chan, sizeof(int), 1), 0);
}

static void free_things(struct things *t)
{
    rt_mutex_free(t->mutex);
    rt_mutex_free(t->other);
    rt_cond_free(t->cond);
    rt_sem_free(t->sem);
    rt_event_free(t->event);
    rt_event_free(t->first_held);
    rt_event_free(t->second_held);
    rt_chan_free(t->chan);
}

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
    CHECK_INT(rt_mutex_lock(t->other, RT_FOREVER), 0);
    t->ends[1] = rt_cond_wait(t->cond, t->other, RT_FOREVER);
    rt_mutex_unlock(t->other);
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

static int hold_up_for_ever(void *arg)
{
    struct things *t = arg;

    rt_task_name(NULL, "sleeper");
    return t->ends[5] = rt_sleep(RT_FOREVER);
}

static const rt_task_fn hold_ups[] = { hold_up_at_mutex, hold_up_at_cond,
                                       hold_up_at_sem,   hold_up_at_event,
                                       hold_up_at_chan,  hold_up_for_ever };
enum {
    HOLD_UPS = sizeof hold_ups / sizeof *hold_ups
};

static int hold_up_all(void *arg)
{
    struct things *t = arg;
    struct rt_task *tasks[HOLD_UPS];

    rt_task_name(NULL, "main");
    make_things(t);
    CHECK_INT(rt_mutex_lock(t->mutex, RT_FOREVER), 0);
    for (int i = 0; i < HOLD_UPS; i++)
        CHECK_INT(rt_spawn(&tasks[i], hold_ups[i], t), 0);
    /* Not cancelled: the tasks it waits for are, and end. */
    CHECK_INT(rt_gather(tasks, HOLD_UPS, NULL, RT_FOREVER), 0);
    free_things(t);
    return 0;
}

static void a_deadlock_says_who_waits_for_what(void **state)
{
    struct reports reports;
    struct things things;

    (void)state;
    needs_tasks(HOLD_UPS);
    run_dead(&reports, HOLD_UPS, hold_up_all, &things);
    assert_true(says(&reports, "deadlock: "));
    assert_true(says(&reports, "task 1 \"main\" waits (join)"));
    assert_true(says(&reports, "\"locker\" waits (mutex), "));
    assert_true(says(&reports, "\"signalled\" waits (cond), "));
    assert_true(says(&reports, " waits (sem), "));
    assert_true(says(&reports, "\"waiter\" waits (event), "));
    assert_true(says(&reports, "\"receiver\" waits (chan), "));
    assert_true(says(&reports, "\"sleeper\" waits (sleep), "));
    for (int i = 0; i < HOLD_UPS; i++)
        assert_int_equal(things.ends[i], -ECANCELED);
}

/* ---- one task is enough ---- */

static int hold_up_the_main(void *arg)
{
    struct things t;

    make_things(&t);
    CHECK_INT(rt_mutex_lock(t.mutex, RT_FOREVER), 0);
    int status = ((const rt_task_fn *)arg)[0](&t);
    free_things(&t);
    return status;
}

static void a_wait_nobody_can_end_is_a_deadlock(void **state)
{
    struct reports reports;

    (void)state;
    for (int i = 0; i < HOLD_UPS; i++) {
        /* The function is passed by its address. */
        rt_task_fn fn = hold_ups[i];
        run_dead(&reports, 1, hold_up_the_main, &fn);
    }
}

static void a_run_works_after_a_deadlock(void **state)
{
    struct reports reports;
    rt_task_fn fn = hold_up_at_event;

    (void)state;
    for (int i = 0; i < 2; i++)
        run_dead(&reports, 1, hold_up_the_main, &fn);
}

/* ---- each waits for another ---- */

/* Each holds one before either wants the other. */
static int lock_in_turn(struct rt_mutex *first, struct rt_mutex *second,
                        struct rt_event *held, struct rt_event *other_held)
{
    CHECK_INT(rt_mutex_lock(first, RT_FOREVER), 0);
    rt_event_set(held);
    CHECK_INT(rt_event_wait(other_held, RT_FOREVER), 0);
    int status = rt_mutex_lock(second, RT_FOREVER);
    if (status == 0)
        rt_mutex_unlock(second);
    rt_mutex_unlock(first);
    return status;
}

static int lock_one_way(void *arg)
{
    struct things *t = arg;

    return lock_in_turn(t->mutex, t->other, t->first_held, t->second_held);
}

static int lock_the_other_way(void *arg)
{
    struct things *t = arg;

    return lock_in_turn(t->other, t->mutex, t->second_held, t->first_held);
}

static int lock_crosswise(void *arg)
{
    struct rt_task *tasks[2];
    struct things *t = arg;

    make_things(t);
    CHECK_INT(rt_spawn(&tasks[0], lock_one_way, t), 0);
    CHECK_INT(rt_spawn(&tasks[1], lock_the_other_way, t), 0);
    CHECK_INT(rt_gather(tasks, 2, t->ends, RT_FOREVER), 0);
    free_things(t);
    return 0;
}

static void tasks_that_wait_for_each_other_are_a_deadlock(void **state)
{
    struct reports reports;
    struct things things;

    (void)state;
    needs_tasks(2);
    run_dead(&reports, 2, lock_crosswise, &things);
    assert_true(says(&reports, " waits (mutex), "));
    /* Both were cancelled, or one was and made way for the other. */
    assert_true(things.ends[0] == -ECANCELED || things.ends[1] == -ECANCELED);
}

static int wait_again(void *arg)
{
    struct things *t = arg;

    return rt_event_wait(t->event, RT_FOREVER);
}

/* Cancelled as the main task ends, it waits once more. */
static int refuse_and_wait(void *arg)
{
    struct things *t = arg;

    rt_event_set(t->first_held);
    t->ends[0] = rt_event_wait(t->event, RT_FOREVER);
    t->ends[1] = wait_again(t);
    free_things(t);
    return 0;
}

static int leave_one_that_waits(void *arg)
{
    struct things *t = arg;

    make_things(t);
    CHECK_INT(rt_spawn(NULL, refuse_and_wait, t), 0);
    return rt_event_wait(t->first_held, RT_FOREVER);
}

static void a_deadlock_after_the_main_task_ends_the_run_too(void **state)
{
    struct reports reports;
    struct things things;

    (void)state;
    needs_tasks(1);
    run_dead(&reports, 1, leave_one_that_waits, &things);
    assert_true(says(&reports, "task 2 waits (event), "));
    assert_false(says(&reports, "task 1 "));
    assert_int_equal(things.ends[0], -ECANCELED);
    assert_int_equal(things.ends[1], -ECANCELED);
}

/* ---- help is there and cannot come ---- */

static int give_one(void *arg)
{
    struct things *t = arg;

    rt_sem_release(t->sem);
    return 0;
}

static int fill_the_only_worker(void *arg)
{
    struct things *t = arg;
    struct rt_task *tasks[2];

    make_things(t);
    CHECK_INT(rt_spawn(&tasks[0], hold_up_at_sem, t), 0);
    CHECK_INT(rt_spawn(&tasks[1], give_one, t), 0);
    rt_task_name(tasks[1], "helper");
    /* By the status: who was cancelled, or was helped after all. */
    CHECK_INT(rt_gather(tasks, 2, t->ends, RT_FOREVER), 0);
    free_things(t);
    return 0;
}

static void help_that_finds_no_worker_is_a_deadlock(void **state)
{
    struct reports reports;
    struct things things;

    (void)state;
    if (!runtime_honours("workers"))
        test_skip("every task has a thread, or none has");
    run_dead(&reports, 1, fill_the_only_worker, &things);
    assert_true(says(&reports, "task 2 waits (sem), "));
    assert_true(says(&reports, "task 3 \"helper\" is ready, no worker free\n"));
    assert_int_equal(things.ends[0], -ECANCELED);
    assert_int_equal(things.ends[1], 0);
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

    CHECK_INT(rt_event_new(&s->event), 0);
    int status = refuse(s);
    rt_event_free(s->event);
    return status;
}

static void who_waits_again_is_cancelled_again(void **state)
{
    struct reports reports;
    struct stubborn s = { .limit = 5 };

    (void)state;
    needs_tasks(1);
    run_dead(&reports, 1, refuse_main, &s);
    assert_int_equal(s.rounds, 5);
    /* Said once. */
    assert_null(strstr(reports.text + 1, "deadlock: "));
}

enum {
    SAID = 42,
    LIMIT_SECONDS = 50
};

static void leave_when_told(void *arg, const char *text)
{
    (void)arg;
    if (strcmp(text, "these tasks do not end:\n") == 0)
        _exit(SAID);
}

static int refuse_shielded(void *arg)
{
    return rt_shield(refuse_main, arg);
}

/* In a process of its own, because the run does not end. */
static int status_of_endless(rt_task_fn fn)
{
    struct rt_options options = { .report = leave_when_told };
    struct stubborn s = { .limit = 1000000000 };
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        alarm(LIMIT_SECONDS);
        rt_run(&options, fn, &s);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void who_never_ends_is_named(void **state)
{
    static const rt_task_fn mains[] = { refuse_main, refuse_shielded };

    (void)state;
    needs_tasks(1);
    needs_notice();
    if (runtime_is("coro"))
        test_skip("coro abandons its tasks: see coro/test_break.c");
    for (size_t i = 0; i < sizeof mains / sizeof *mains; i++) {
        int status = status_of_endless(mains[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), SAID);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_deadlock_says_who_waits_for_what),
        TEST(a_wait_nobody_can_end_is_a_deadlock),
        TEST(a_run_works_after_a_deadlock),
        TEST(tasks_that_wait_for_each_other_are_a_deadlock),
        TEST(a_deadlock_after_the_main_task_ends_the_run_too),
        TEST(help_that_finds_no_worker_is_a_deadlock),
        TEST(who_waits_again_is_cancelled_again),
        TEST(who_never_ends_is_named),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
