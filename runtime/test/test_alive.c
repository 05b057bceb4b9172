/* SPDX-License-Identifier: MIT */

/* What is no deadlock: as long as one task can go on, whatever it does, all
 * others may wait for it as long as it takes. */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum {
    LONG_NS = 300000000,
    TOGETHER = 3 /* tasks at work at most */
};

static atomic_uint reports;

static void count_report(void *arg, const char *text)
{
    (void)arg;
    (void)text;
    atomic_fetch_add(&reports, 1);
}

/* Wakes the main task, which waits for nothing else, after a long time. */
struct work {
    rt_task_fn fn;
    struct rt_event *done;
    struct rt_chan *to, *back;
    struct rt_sock *reader, *writer;
    int raw[2];
};

static int do_work(void *arg)
{
    struct work *work = arg;

    CHECK_INT(work->fn(work), 0);
    rt_event_set(work->done);
    return 0;
}

static int wait_for_work(void *arg)
{
    struct work *work = arg;
    struct rt_task *task;

    CHECK_INT(rt_event_new(&work->done), 0);
    CHECK_INT(rt_spawn(&task, do_work, work), 0);
    CHECK_INT(rt_event_wait(work->done, RT_FOREVER), 0);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_event_free(work->done);
    return 0;
}

/* Those that look for deadlocks now and then do so all the time. */
extern int64_t os_watch_period_ns __attribute__((weak));

static void run_working(rt_task_fn fn)
{
    struct work work = { .fn = fn };
    struct rt_options options = { .report = count_report };

    needs_tasks(TOGETHER);
    if (&os_watch_period_ns)
        os_watch_period_ns = 20000;
    if (runtime_honours("workers"))
        options.workers = TOGETHER;
    atomic_store(&reports, 0);
    assert_int_equal(test_run_with(&options, wait_for_work, &work), 0);
    assert_int_equal(atomic_load(&reports), 0);
}

/* ---- what a single task does ---- */

static int sleep_long(void *arg)
{
    (void)arg;
    return rt_sleep(rt_in(LONG_NS));
}

static void a_task_that_sleeps_is_alive(void **state)
{
    (void)state;
    run_working(sleep_long);
}

static int wait_in_vain(void *arg)
{
    struct work *work = arg;

    return rt_event_wait(work->done, rt_in(LONG_NS)) == -ETIMEDOUT ? 0 : -EIO;
}

static void a_wait_with_a_deadline_is_alive(void **state)
{
    (void)state;
    run_working(wait_in_vain);
}

static int compute_long(void *arg)
{
    int64_t end = rt_in(LONG_NS);

    (void)arg;
    while (rt_now() < end)
        continue;
    return 0;
}

static void a_task_that_computes_is_alive(void **state)
{
    (void)state;
    run_working(compute_long);
}

static int block_long(void *arg)
{
    const struct timespec pause = { .tv_nsec = LONG_NS };

    (void)arg;
    nanosleep(&pause, NULL);
    return 0;
}

static void a_task_that_blocks_its_thread_is_alive(void **state)
{
    (void)state;
    run_working(block_long);
}

static int offload_long(void *arg)
{
    return rt_offload(block_long, arg, NULL);
}

static void offloaded_work_is_alive(void **state)
{
    (void)state;
    run_working(offload_long);
}

/* ---- what comes from outside ---- */

static void *write_late(void *arg)
{
    struct work *work = arg;

    block_long(NULL);
    if (write(work->raw[1], "!", 1) != 1)
        return work;
    return NULL;
}

static int read_late(void *arg)
{
    int fd = *(const int *)arg;
    char byte;

    return read(fd, &byte, 1) == 1 ? 0 : -EIO;
}

/* On coro that is one of libuv's threads. */
static int wait_for_the_outside(void *arg)
{
    struct work *work = arg;
    pthread_t outside;
    void *failed;
    int status = -EIO;

    if (!CHECK_INT(pipe(work->raw), 0))
        return -EIO;
    CHECK_INT(pthread_create(&outside, NULL, write_late, work), 0);
    CHECK_INT(rt_offload(read_late, &work->raw[0], &status), 0);
    pthread_join(outside, &failed);
    close(work->raw[0]);
    close(work->raw[1]);
    return failed ? -EIO : status;
}

static void a_system_call_is_alive(void **state)
{
    (void)state;
    run_working(wait_for_the_outside);
}

static int write_later(void *arg)
{
    struct work *work = arg;

    CHECK_INT(rt_sleep(rt_in(LONG_NS)), 0);
    CHECK_INT(rt_sock_write(work->writer, "!", 1, RT_FOREVER), 1);
    return 0;
}

static int read_from_a_peer(void *arg)
{
    struct work *work = arg;
    struct rt_task *task;
    char byte;

    CHECK_INT(rt_sock_pair(&work->reader, &work->writer), 0);
    CHECK_INT(rt_spawn(&task, write_later, work), 0);
    CHECK_INT(rt_sock_read(work->reader, &byte, 1, RT_FOREVER), 1);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_sock_close(work->reader);
    rt_sock_close(work->writer);
    return 0;
}

static void a_stream_is_alive(void **state)
{
    (void)state;
    run_working(read_from_a_peer);
}

/* ---- tasks that wake each other ---- */

static int answer(void *arg)
{
    struct work *work = arg;
    int item;

    while (rt_chan_recv(work->to, &item, RT_FOREVER) == 0)
        CHECK_INT(rt_chan_send(work->back, &item, RT_FOREVER), 0);
    return 0;
}

/* At nearly every moment both wait, or have just been woken. */
static int ask_and_answer(void *arg)
{
    struct work *work = arg;
    struct rt_task *task;
    int64_t end = rt_in(LONG_NS);
    int item = 1;

    CHECK_INT(rt_chan_new(&work->to, sizeof item, 1), 0);
    CHECK_INT(rt_chan_new(&work->back, sizeof item, 1), 0);
    CHECK_INT(rt_spawn(&task, answer, work), 0);
    while (rt_now() < end) {
        CHECK_INT(rt_chan_send(work->to, &item, RT_FOREVER), 0);
        CHECK_INT(rt_chan_recv(work->back, &item, RT_FOREVER), 0);
    }
    rt_chan_close(work->to);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_chan_free(work->to);
    rt_chan_free(work->back);
    return 0;
}

static void who_hand_over_to_each_other_are_alive(void **state)
{
    (void)state;
    run_working(ask_and_answer);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Joins in every way, most of them of tasks that are just about to end. */
static int spawn_and_join(void *arg)
{
    int64_t end = rt_in(LONG_NS);
    struct rt_task *task;

    (void)arg;
    while (rt_now() < end) {
        CHECK_INT(rt_spawn(&task, nothing, NULL), 0);
        CHECK_INT(rt_wait(&task, 1, RT_WAIT_ALL, NULL, RT_FOREVER), 1);
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
        CHECK_INT(rt_spawn(&task, nothing, NULL), 0);
        CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    }
    return 0;
}

static void who_spawn_and_join_are_alive(void **state)
{
    (void)state;
    run_working(spawn_and_join);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_task_that_sleeps_is_alive),
        TEST(a_wait_with_a_deadline_is_alive),
        TEST(a_task_that_computes_is_alive),
        TEST(a_task_that_blocks_its_thread_is_alive),
        TEST(offloaded_work_is_alive),
        TEST(a_system_call_is_alive),
        TEST(a_stream_is_alive),
        TEST(who_hand_over_to_each_other_are_alive),
        TEST(who_spawn_and_join_are_alive),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
