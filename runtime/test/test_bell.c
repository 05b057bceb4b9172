/* SPDX-License-Identifier: MIT */

/* Many threads that wait for one thing are woken by few system calls.  The
 * runtime's calls of syscall(2) come by here. */

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "test.h"

enum {
    TASKS = 16,
    CANCELLED = 3, /* these two sleep by the bell, among others */
    LATE = 7
};

static _Thread_local bool waits;  /* for the event */
static atomic_int sleepers;       /* that have come as far as the call */
static _Thread_local int wakings; /* calls of this thread */
static _Thread_local int by_bell; /* the same: sleeps on two words */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    long operation = number == SYS_futex ? a[1] & FUTEX_CMD_MASK : -1;
    if (operation == FUTEX_WAKE)
        wakings++;
    by_bell += number == SYS_futex_waitv;
    if (waits && (operation == FUTEX_WAIT_BITSET || number == SYS_futex_waitv))
        atomic_fetch_add(&sleepers, 1);
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static bool has_bells(void)
{
    return __real_syscall(SYS_futex_waitv, NULL, 0L, 0L, NULL, 0L) < 0 &&
           errno == EINVAL;
}

struct crowd {
    struct rt_event *event;
    struct rt_task *tasks[TASKS];
    int statuses[TASKS];
    int wakings;
    int64_t deadline; /* of LATE */
};

struct member {
    struct crowd *crowd;
    int64_t deadline;
};

static int wait_for_event(void *arg)
{
    const struct member *my = arg;
    waits = true;
    int status = rt_event_wait(my->crowd->event, my->deadline);
    waits = false;
    /* The bell may be gone by the time of the next wait. */
    by_bell = 0;
    rt_sleep(test_soon());
    return status ? status : by_bell;
}

/* Each is asleep, or sure not to be put to sleep by what comes now, before the
 * next begins to wait: so the first one alone has no bell. */
static void line_up(struct crowd *crowd, struct member *members)
{
    for (int i = 0; i < TASKS; i++) {
        members[i] = (struct member){ crowd, RT_FOREVER };
        if (i == LATE && crowd->deadline != 0)
            members[i].deadline = crowd->deadline;
        int before = sleepers;
        CHECK_INT(rt_spawn(&crowd->tasks[i], wait_for_event, &members[i]), 0);
        int64_t late = test_late();
        while (sleepers == before && CHECK(rt_now() < late))
            rt_yield();
    }
}

static int wake_all(void *arg)
{
    struct crowd *crowd = arg;
    struct member members[TASKS];
    CHECK_INT(rt_event_new(&crowd->event), 0);
    line_up(crowd, members);
    wakings = 0;
    rt_event_set(crowd->event);
    crowd->wakings = wakings;
    CHECK_INT(rt_gather(crowd->tasks, TASKS, crowd->statuses, RT_FOREVER), 0);
    rt_event_free(crowd->event);
    return 0;
}

static void needs_bells(void)
{
    needs_tasks(TASKS);
    if (!(runtime_is("pool") || runtime_is("thread")) || !has_bells())
        test_skip("nobody sleeps on two words here");
}

static void many_are_woken_by_two_system_calls(void **state)
{
    struct crowd crowd = { .wakings = -1 };
    (void)state;
    needs_bells();
    assert_int_equal(test_run(TASKS, wake_all, &crowd), 0);
    assert_int_equal(crowd.wakings, 2); /* the first to come, and the others */
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(crowd.statuses[i], 0);
}

static int end_two_alone(void *arg)
{
    struct crowd *crowd = arg;
    struct member members[TASKS];
    CHECK_INT(rt_event_new(&crowd->event), 0);
    crowd->deadline = test_soon();
    line_up(crowd, members);
    CHECK_INT(rt_cancel(crowd->tasks[CANCELLED]), 0);
    int *status = crowd->statuses;
    CHECK_INT(rt_join(crowd->tasks[CANCELLED], &status[0], RT_FOREVER), 0);
    CHECK_INT(rt_join(crowd->tasks[LATE], &status[1], RT_FOREVER), 0);
    rt_event_set(crowd->event);
    for (int i = 0; i < TASKS; i++)
        if (i != CANCELLED && i != LATE)
            CHECK_INT(rt_join(crowd->tasks[i], &status[2], RT_FOREVER), 0);
    rt_event_free(crowd->event);
    return 0;
}

static void one_among_many_can_be_cancelled_or_late(void **state)
{
    struct crowd crowd = { .statuses = { 1, 1, 1 } };
    (void)state;
    needs_bells();
    assert_int_equal(test_run(TASKS, end_two_alone, &crowd), 0);
    assert_int_equal(crowd.statuses[0], -ECANCELED);
    assert_int_equal(crowd.statuses[1], -ETIMEDOUT);
    assert_int_equal(crowd.statuses[2], 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(many_are_woken_by_two_system_calls),
        TEST(one_among_many_can_be_cancelled_or_late),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
