/* SPDX-License-Identifier: MIT */

/*
 * Coroutine basics, and what await does.    asyncio: async def, await,
 *                                           create_task, asyncio.run
 *
 * In Python a function that waits must be "async def", and so must everybody
 * who calls it.  Here any function may wait: the task has a stack of its own,
 * which stays as it is until the task goes on.  So a plain call already is
 * what "await f()" is; a task is only needed to do two things at once.
 *
 * Watch: climb() waits five calls deep, in a function that says nothing of
 * waiting; and the result of a task is had by joining it.
 */

#include "example.h"

/* "await asyncio.sleep(0.001)" */
static int fetch(const char *what)
{
    MUST(rt_sleep(in_ms(1)));
    printf("  fetched %s\n", what);
    return (int)strlen(what);
}

static int climb(int depth)
{
    if (depth == 0)
        return fetch("something from below");
    return 1 + climb(depth - 1);
}

struct order {
    const char *what;
    int length; /* the task's answer, when one number is not enough */
};

static int take(void *arg)
{
    struct order *order = arg;

    MUST(rt_sleep(in_ms(1)));
    order->length = (int)strlen(order->what);
    return 42;
}

static int go(void *arg)
{
    struct order order = { .what = "cake" };
    struct rt_task *task;
    int status;

    (void)arg;
    printf("One after the other, by plain calls:\n");
    int tea = fetch("tea"), milk = fetch("milk");
    printf("  %d and %d letters\n", tea, milk);

    printf("Waiting deep down:\n");
    printf("  climb() returned %d\n", climb(5));

    printf("In a task:\n");
    MUST(rt_spawn(&task, take, &order));
    printf("  it has been asked for %s\n", order.what);
    MUST(rt_join(task, &status, RT_FOREVER));
    printf("  it returned %d and has counted %d letters\n", status,
           order.length);
    return 7;
}

int main(void)
{
    int status = MUST(rt_run(NULL, go, NULL));

    printf("rt_run() returned what the main task did: %d\n", status);
    return 0;
}
