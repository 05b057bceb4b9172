/* SPDX-License-Identifier: MIT */

/*
 * Asynchronous generators, and their clean-up.  asyncio: async for, yield,
 *                                               aclose
 *
 * A generator makes one item when it is asked for one, and may wait while it
 * makes it.  Whoever stops early frees it: its rt_gen_yield() then returns
 * -ECANCELED, which is its chance to clean up, and to wait while it does.
 * (In Python a generator that is left alone is closed some time later, by the
 * garbage collector's hook; here it is the caller who says when.)
 *
 * Watch: where the producer says goodbye, compared with where the loop ends.
 */

#include "example.h"

/* while True: yield a number; finally: say goodbye */
static int fibonacci(struct rt_gen *gen, void *arg)
{
    int a = 0, b = 1, rc;

    (void)arg;
    while ((rc = rt_gen_yield(gen, &a)) == 0) {
        int next = a + b;

        a = b;
        b = next;
        MUST(rt_sleep(in_ms(1)));
    }
    MUST(rt_sleep(in_ms(1)));
    printf("\n  the producer cleans up: %s\n", outcome(rc));
    return rc;
}

/* Ends by itself, with an error after so many lines. */
static int lines(struct rt_gen *gen, void *arg)
{
    int *damaged = arg;

    for (int line = 1; line <= 4; line++) {
        if (line == *damaged)
            return -EIO;
        int rc = rt_gen_yield(gen, &line);
        if (rc)
            return rc;
    }
    return 0;
}

static void stop_early(void)
{
    struct rt_gen *gen;
    int number;

    printf("Fibonacci, as long as one digit is enough:\n ");
    MUST(rt_gen_new(&gen, sizeof number, fibonacci, NULL));
    while (rt_gen_next(gen, &number, RT_FOREVER) == 0 && number < 10)
        printf(" %d", number);
    rt_gen_free(gen);
    printf("  and is gone\n");
}

static void read_lines(int damaged)
{
    struct rt_gen *gen;
    int line, rc;

    printf("Lines, %s:\n ", damaged ? "one damaged" : "all fine");
    MUST(rt_gen_new(&gen, sizeof line, lines, &damaged));
    while ((rc = TRY(rt_gen_next(gen, &line, RT_FOREVER))) == 0)
        printf(" %d", line);
    printf(", then %s", outcome(rc));
    printf(", then %s\n", outcome(rt_gen_next(gen, &line, RT_FOREVER)));
    rt_gen_free(gen);
}

static int go(void *arg)
{
    (void)arg;
    stop_early();
    read_lines(0);
    read_lines(3);
    return 0;
}

int main(void)
{
    return MUST(rt_run(NULL, go, NULL));
}
