/* SPDX-License-Identifier: MIT */

/* Work that blocks or computes, off the tasks' loop. */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

enum {
    THREADS = 2, /* of libuv, by its environment variable */
    BLOCKED = 6,
    MANY = 200
};

static int double_it(void *arg)
{
    return 2 * *(int *)arg;
}

static int offload_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < MANY; i++) {
        int status = -1;

        CHECK_INT(rt_offload(double_it, &i, i % 5 ? &status : NULL), 0);
        CHECK_INT(status, i % 5 ? 2 * i : -1);
    }
    return 0;
}

static void offload_returns_what_the_function_returns(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, offload_some, NULL), 0);
}

static int fail_it(void *arg)
{
    (void)arg;
    return -EIO;
}

static int offload_a_failure(void *arg)
{
    int status = 0;

    CHECK_INT(rt_offload(fail_it, arg, &status), 0);
    return status;
}

static void a_failure_inside_is_not_one_of_the_call(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, offload_a_failure, NULL), -EIO);
}

static int read_the_clock(void *arg)
{
    int64_t *then = arg;

    return rt_now() >= *then && rt_in(1000000) > *then;
}

static int offload_the_clock(void *arg)
{
    int64_t then = rt_now();
    int status = 0;

    (void)arg;
    CHECK_INT(rt_offload(read_the_clock, &then, &status), 0);
    return status;
}

static void the_clock_can_be_read_inside(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, offload_the_clock, NULL), 1);
}

/* ---- while it blocks ---- */

/* Functions that block in a read of the system's, a byte for each. */
struct block {
    int fds[2];
    atomic_int began, returned, completed, withdrawn, late;
};

static int block_in_read(void *arg)
{
    struct block *b = arg;
    char byte;

    atomic_fetch_add(&b->began, 1);
    CHECK_INT(read(b->fds[0], &byte, 1), 1);
    atomic_fetch_add(&b->returned, 1);
    return 9;
}

static void release(struct block *b, int n)
{
    for (int i = 0; i < n; i++)
        CHECK_INT(write(b->fds[1], "x", 1), 1);
}

static void await_count(const atomic_int *count, int n)
{
    int64_t late = test_late();

    while (atomic_load(count) < n && CHECK(rt_now() < late))
        rt_yield();
}

/* Its status counts if it ran; the cancellation comes once in either case. */
static int offload_and_count(void *arg)
{
    struct block *b = arg;
    int status = 0, rc = rt_offload(block_in_read, b, &status);

    CHECK_INT(status, rc ? 0 : 9);
    atomic_fetch_add(rc == 0 ? &b->completed : &b->withdrawn, 1);
    if (rc == 0)
        atomic_fetch_add(&b->late, rt_yield() == -ECANCELED);
    else
        CHECK_INT(rt_yield(), 0);
    return rc;
}

static bool open_block(struct block *b)
{
    *b = (struct block){ .began = 0 };
    return CHECK_INT(pipe(b->fds), 0);
}

static void close_block(struct block *b)
{
    close(b->fds[0]);
    close(b->fds[1]);
}

static int run_meanwhile(void *arg)
{
    struct block b;
    struct rt_task *task;

    (void)arg;
    if (!open_block(&b))
        return 0;
    CHECK_INT(rt_spawn(&task, offload_and_count, &b), 0);
    await_count(&b.began, 1);
    for (int i = 0; i < 10; i++)
        CHECK_INT(rt_yield(), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    release(&b, 1);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(b.completed, 1);
    close_block(&b);
    return 0;
}

static void other_tasks_run_while_it_blocks(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, run_meanwhile, NULL), 0);
}

static int cancel_under_way(void *arg)
{
    struct block b;
    struct rt_task *task;

    (void)arg;
    if (!open_block(&b))
        return 0;
    CHECK_INT(rt_spawn(&task, offload_and_count, &b), 0);
    await_count(&b.began, 1);
    CHECK_INT(rt_cancel(task), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    release(&b, 1);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    CHECK_INT(b.completed, 1);
    CHECK_INT(b.late, 1);
    close_block(&b);
    return 0;
}

static void what_has_begun_is_completed_and_its_result_kept(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, cancel_under_way, NULL), 0);
}

/* More than libuv has threads. */
static int cancel_all(void *arg)
{
    struct block b;
    struct rt_task *tasks[BLOCKED];
    int queued = runtime_is("coro") ? BLOCKED - THREADS : 0;

    (void)arg;
    if (!open_block(&b))
        return 0;
    for (int i = 0; i < BLOCKED; i++)
        CHECK_INT(rt_spawn(&tasks[i], offload_and_count, &b), 0);
    await_count(&b.began, BLOCKED - queued);
    for (int i = 0; i < BLOCKED; i++)
        CHECK_INT(rt_cancel(tasks[i]), 0);
    await_count(&b.withdrawn, queued);
    CHECK_INT(b.returned, 0);
    release(&b, BLOCKED - queued);
    CHECK_INT(rt_gather(tasks, BLOCKED, NULL, test_late()), 0);
    CHECK_INT(b.withdrawn, queued);
    CHECK_INT(b.completed, BLOCKED - queued);
    CHECK_INT(b.began, BLOCKED - queued);
    CHECK_INT(b.late, BLOCKED - queued);
    close_block(&b);
    return 0;
}

static void what_still_waits_for_its_turn_is_withdrawn(void **state)
{
    (void)state;
    needs_tasks(BLOCKED);
    assert_int_equal(test_run(BLOCKED, cancel_all, NULL), 0);
}

static int queue_many(void *arg)
{
    struct block b;
    struct rt_task *tasks[BLOCKED];

    (void)arg;
    if (!open_block(&b))
        return 0;
    for (int i = 0; i < BLOCKED; i++)
        CHECK_INT(rt_spawn(&tasks[i], offload_and_count, &b), 0);
    release(&b, BLOCKED);
    CHECK_INT(rt_gather(tasks, BLOCKED, NULL, test_late()), 0);
    CHECK_INT(b.completed, BLOCKED);
    close_block(&b);
    return 0;
}

static void what_is_queued_gets_its_turn(void **state)
{
    (void)state;
    assert_int_equal(
        test_run(0, runtime_is("seq") ? offload_some : queue_many, NULL), 0);
}

static int offload_cancelled(void *arg)
{
    struct block b = { .began = 0 };
    int status = 1;

    (void)arg;
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_offload(block_in_read, &b, &status), -ECANCELED);
    CHECK_INT(b.began, 0);
    CHECK_INT(status, 1);
    return rt_yield();
}

static void a_cancelled_task_offloads_nothing(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, offload_cancelled, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(offload_returns_what_the_function_returns),
        TEST(a_failure_inside_is_not_one_of_the_call),
        TEST(the_clock_can_be_read_inside),
        TEST(other_tasks_run_while_it_blocks),
        TEST(what_has_begun_is_completed_and_its_result_kept),
        TEST(what_still_waits_for_its_turn_is_withdrawn),
        TEST(what_is_queued_gets_its_turn),
        TEST(a_cancelled_task_offloads_nothing),
    };

    /* Read by libuv when it starts its threads. */
    setenv("UV_THREADPOOL_SIZE", "2", 1);
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
