/* SPDX-License-Identifier: MIT */

/*
 * Timeouts, three ways.                     asyncio: wait_for, timeout, wait
 *
 * 1. A deadline on the one call that waits: it gives up and has had no effect.
 * 2. rt_timeout(): a deadline over a whole function, however many calls it
 *    waits in.  It is cancelled, cleans up, and only then the caller goes on.
 * 3. rt_wait(): waits for the first of several tasks, or until a deadline; it
 *    cancels nobody, what becomes of the others is the caller's to say.
 *
 * Deadlines are points in time, so that one deadline can be handed to all the
 * calls of a job: in_ms(20) is 20 ms from now, 0 tries, RT_FOREVER waits.
 *
 * Watch: which of the three ends the work itself.
 */

#include "example.h"

static struct rt_event *never;

static void one_call(void)
{
    printf("a deadline on a call: %s\n",
           outcome(TRY(rt_event_wait(never, in_ms(20)))));
}

static int make_tea(void *arg)
{
    int *cups = arg;

    for (; *cups > 0; (*cups)--)
        MUST(rt_sleep(in_ms(1)));
    return 0;
}

static int wait_for_guests(void *arg)
{
    (void)arg;
    int rc = TRY(rt_event_wait(never, RT_FOREVER));
    printf("  it was told %s and clears the table\n", outcome(rc));
    return rc;
}

static void whole_function(void)
{
    int cups = 3, status;

    int rc = rt_timeout(make_tea, &cups, in_ms(60000), &status);
    printf("a deadline over tea: %s, %d cups left\n", outcome(rc), cups);
    printf("a deadline over a party:\n");
    rc = rt_timeout(wait_for_guests, NULL, in_ms(20), &status);
    printf("  the caller: %s; the party: %s\n", outcome(rc), outcome(status));
}

static int answer(void *arg)
{
    bool slow = *(bool *)arg;

    return slow ? TRY(rt_event_wait(never, RT_FOREVER)) : 1;
}

static void first_of_two(void)
{
    bool slow[2] = { true, false }, done[2];
    struct rt_task *servers[2];
    int statuses[2];

    for (int i = 0; i < 2; i++)
        MUST(rt_spawn(&servers[i], answer, &slow[i]));
    MUST(rt_wait(servers, 2, RT_WAIT_FIRST, done, RT_FOREVER));
    printf("the first of two: server %d\n", done[0] ? 0 : 1);
    int rc = rt_wait(servers, 2, RT_WAIT_ALL, done, in_ms(20));
    printf("both of them: %s, and server 0 is still at it\n", outcome(rc));
    rt_cancel(servers[0]);
    MUST(rt_gather(servers, 2, statuses, RT_FOREVER));
    printf("  until it is cancelled: %s\n", outcome(statuses[0]));
}

static int go(void *arg)
{
    (void)arg;
    MUST(rt_event_new(&never));
    one_call();
    whole_function();
    first_of_two();
    rt_event_free(never);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
