/* SPDX-License-Identifier: MIT */
/*
 * Deadlines: from a nanosecond to many seconds apart they come due in order,
 * equal ones in order of arrival.  Checked without looking at how late.
 */
#include "../test.h"

#include <errno.h>

enum {
    SLEEPERS = 3000
};

struct sleeper {
    struct crowd *crowd;
    int64_t until;
    int number; /* in order of arrival */
};

struct crowd {
    struct sleeper sleepers[SLEEPERS];
    struct rt_task *tasks[SLEEPERS];
    struct rt_event *never;
    const struct sleeper *last; /* to wake */
    int64_t first;              /* no deadline lies before it */
    bool late;                  /* it came before all were asleep */
    int out_of_order;
};

static struct crowd crowd;

static bool comes_before(const struct sleeper *a, const struct sleeper *b)
{
    return a->until < b->until ||
           (a->until == b->until && a->number < b->number);
}

static int sleep_in_crowd(void *arg)
{
    struct sleeper *self = arg;
    struct crowd *all = self->crowd;
    all->late = all->late || rt_now() >= all->first;
    int error = rt_sleep(self->until);
    if (all->last && !comes_before(all->last, self))
        all->out_of_order++;
    all->last = self;
    return error;
}

/* Some sleep until one of the same few times, the others at distances that
 * grow from nanoseconds to milliseconds. */
static int64_t some_deadline(int i)
{
    int64_t mixed = (int64_t)i * 7919 % SLEEPERS;
    switch (i % 4) {
    case 0:
        return mixed % 3;
    case 1:
        return mixed;
    case 2:
        return mixed * 97;
    default:
        return mixed * 9001;
    }
}

/* False when the machine was too slow for this lead. */
static bool sleep_in_order(int64_t lead)
{
    crowd.first = rt_in(lead);
    crowd.late = false;
    crowd.last = NULL;
    crowd.out_of_order = 0;
    for (int i = 0; i < SLEEPERS; i++) {
        struct sleeper *self = &crowd.sleepers[i];
        *self = (struct sleeper){ &crowd, crowd.first + some_deadline(i), i };
        CHECK_INT(rt_spawn(&crowd.tasks[i], sleep_in_crowd, self), 0);
    }
    CHECK_INT(rt_gather(crowd.tasks, SLEEPERS, NULL, RT_FOREVER), 0);
    CHECK(crowd.late || crowd.out_of_order == 0);
    return !crowd.late;
}

static int sleep_with_more_time(void *arg)
{
    (void)arg;
    for (int64_t lead = 4000000; lead < INT64_C(8000000000); lead *= 4)
        if (sleep_in_order(lead))
            return 0;
    return -ETIME;
}

static void deadlines_of_all_distances_come_in_order(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, sleep_with_more_time, NULL), 0);
}

static int wait_until(void *arg)
{
    const struct sleeper *self = arg;
    return rt_event_wait(self->crowd->never, self->until);
}

/* Far deadlines, among which others come and go: those that are taken away
 * leave the rest where they are. */
static int cancel_far_ones(void *arg)
{
    (void)arg;
    CHECK_INT(rt_event_new(&crowd.never), 0);
    int64_t now = rt_now();
    for (int i = 0; i < SLEEPERS; i++) {
        struct sleeper *self = &crowd.sleepers[i];
        int64_t far = INT64_C(3600000000000) * (i + 1);
        int64_t until = i % 3 == 2 ? now + i * 1009 : now + far;
        *self = (struct sleeper){ &crowd, until, i };
        CHECK_INT(rt_spawn(&crowd.tasks[i], wait_until, self), 0);
    }
    CHECK_INT(rt_yield(), 0);
    for (int i = 0; i < SLEEPERS; i += 3)
        CHECK_INT(rt_cancel(crowd.tasks[i]), 0);
    /* Ends after the last of the near ones. */
    CHECK_INT(rt_sleep(rt_in(SLEEPERS * 1009)), 0);
    rt_event_set(crowd.never);
    static int statuses[SLEEPERS];
    CHECK_INT(rt_gather(crowd.tasks, SLEEPERS, statuses, RT_FOREVER), 0);
    for (int i = 0; i < SLEEPERS; i++) {
        int expected = i % 3 == 0 ? -ECANCELED : i % 3 == 1 ? 0 : -ETIMEDOUT;
        CHECK_INT(statuses[i], expected);
    }
    rt_event_free(crowd.never);
    return 0;
}

static void a_deadline_taken_away_leaves_the_others(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, cancel_far_ones, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(deadlines_of_all_distances_come_in_order),
        TEST(a_deadline_taken_away_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
