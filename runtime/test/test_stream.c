/* SPDX-License-Identifier: MIT */

/* Reading and writing streams, TCP and pipes alike: deadlines, back-pressure,
 * bulk data, one reader and one writer at a time. */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum {
    BULK = 8 * 1024 * 1024,
    BLOCK = 64 * 1024
};

struct pipe {
    struct rt_sock *reader, *writer;
    atomic_bool flag;
};

static int use_pipe(void *arg)
{
    struct rt_sock *reader, *writer;
    char buffer[16];

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    CHECK_INT(rt_sock_port(reader), 0);
    CHECK_INT(rt_sock_port(writer), 0);
    CHECK_INT(rt_sock_write(writer, "hello", 5, 0), 5);
    CHECK_INT(rt_sock_read(reader, buffer, 2, RT_FOREVER), 2);
    CHECK_INT(rt_sock_read(reader, buffer + 2, sizeof buffer - 2, 0), 3);
    CHECK(memcmp(buffer, "hello", 5) == 0);
    CHECK_INT(rt_sock_write(writer, "end", 3, RT_FOREVER), 3);
    rt_sock_close(writer);
    CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, RT_FOREVER), 3);
    CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, RT_FOREVER), 0);
    CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, 0), 0);
    rt_sock_close(reader);
    return 0;
}

static void a_pipe_carries_bytes_and_ends(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_pipe, NULL), 0);
}

static int write_to_closed_pipe(void *arg)
{
    struct rt_sock *reader, *writer;

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    rt_sock_close(reader);
    CHECK_INT(rt_sock_write(writer, "x", 1, test_late()), -EPIPE);
    CHECK_INT(rt_sock_write(writer, "x", 1, 0), -EPIPE);
    rt_sock_close(writer);
    return 0;
}

static void a_pipe_without_reader_is_broken(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_to_closed_pipe, NULL), 0);
}

static int read_with_deadlines(void *arg)
{
    struct rt_sock *reader, *writer;
    char buffer[16];

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    for (int i = 0; i < 3; i++) {
        int64_t soon = test_soon();

        CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, 0), -ETIMEDOUT);
        CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, soon),
                  -ETIMEDOUT);
        CHECK(rt_now() >= soon);
        CHECK_INT(rt_sock_write(writer, "later", 5, 0), 5);
        CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, 0), 5);
        CHECK(memcmp(buffer, "later", 5) == 0);
    }
    /* What came after a short read is there at once, too. */
    CHECK_INT(rt_sock_write(writer, "one", 3, 0), 3);
    CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, RT_FOREVER), 3);
    CHECK_INT(rt_sock_write(writer, "four", 4, 0), 4);
    CHECK_INT(rt_sock_read(reader, buffer, sizeof buffer, 0), 4);
    rt_sock_close(reader);
    rt_sock_close(writer);
    return 0;
}

static void a_read_times_out_and_later_data_is_intact(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, read_with_deadlines, NULL), 0);
}

static int write_until_full(void *arg)
{
    static char block[BLOCK];
    struct rt_sock *reader, *writer;
    ssize_t n;
    int full = 0;

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    while ((n = rt_sock_write(writer, block, 4096, 0)) == 4096)
        full++;
    CHECK_INT(n, -ETIMEDOUT);
    CHECK(full > 0);
    int64_t soon = test_soon();
    CHECK_INT(rt_sock_write(writer, block, 4096, soon), -ETIMEDOUT);
    CHECK(rt_now() >= soon);
    for (int left = full * 4096; left > 0; left -= (int)n) {
        n = rt_sock_read(reader, block, sizeof block, 0);
        if (!CHECK(n > 0))
            break;
    }
    CHECK_INT(rt_sock_write(writer, "x", 1, 0), 1);
    rt_sock_close(writer);
    rt_sock_close(reader);
    return 0;
}

static void a_write_times_out_when_nobody_reads(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_until_full, NULL), 0);
}

static int read_one(void *arg)
{
    struct pipe *p = arg;
    char byte = 0;

    p->flag = true;
    CHECK_INT(rt_sock_read(p->reader, &byte, 1, test_late()), 1);
    return byte;
}

static int write_to_a_waiting_reader(void *arg)
{
    struct pipe *p = arg;
    struct rt_task *task;
    int status = 0;

    CHECK_INT(rt_sock_pipe(&p->reader, &p->writer), 0);
    for (int i = 0; i < 50; i++) {
        p->flag = false;
        CHECK_INT(rt_spawn(&task, read_one, p), 0);
        for (int64_t late = test_late(); !p->flag && rt_now() < late;)
            rt_yield();
        if (i % 5 == 0)
            CHECK_INT(rt_join(task, NULL, rt_in(500000)), -ETIMEDOUT);
        CHECK_INT(rt_sock_write(p->writer, "A", 1, test_late()), 1);
        CHECK_INT(rt_join(task, &status, test_late()), 0);
        CHECK_INT(status, 'A');
    }
    rt_sock_close(p->reader);
    rt_sock_close(p->writer);
    return 0;
}

static void a_write_wakes_a_waiting_reader(void **state)
{
    struct pipe pipe = { .flag = false };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, write_to_a_waiting_reader, &pipe), 0);
}

static int read_to_end(void *arg)
{
    char byte;

    return (int)rt_sock_read(arg, &byte, 1, test_late());
}

static int close_under_a_reader(void *arg)
{
    struct pipe *p = arg;
    struct rt_task *task;
    int status = 7;

    CHECK_INT(rt_sock_pipe(&p->reader, &p->writer), 0);
    CHECK_INT(rt_spawn(&task, read_to_end, p->reader), 0);
    CHECK_INT(rt_join(task, &status, test_soon()), -ETIMEDOUT);
    rt_sock_close(p->writer);
    CHECK_INT(rt_join(task, &status, test_late()), 0);
    CHECK_INT(status, 0);
    rt_sock_close(p->reader);
    return 0;
}

static void a_waiting_reader_sees_the_end(void **state)
{
    struct pipe pipe = { .flag = false };

    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, close_under_a_reader, &pipe), 0);
}

static int second_reader(void *arg)
{
    struct pipe *p = arg;
    struct rt_task *task;
    char byte;

    CHECK_INT(rt_sock_pipe(&p->reader, &p->writer), 0);
    CHECK_INT(rt_spawn(&task, read_to_end, p->reader), 0);
    rt_yield();
    CHECK_INT(rt_sock_read(p->reader, &byte, 1, test_late()), -EBUSY);
    CHECK_INT(rt_sock_write(p->writer, "x", 1, test_late()), 1);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_sock_close(p->reader);
    rt_sock_close(p->writer);
    return 0;
}

static void a_second_reader_is_refused(void **state)
{
    struct pipe pipe = { .flag = false };

    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises to notice a second reader");
    assert_int_equal(test_run(0, second_reader, &pipe), 0);
}

static int write_past_full(void *arg)
{
    static char block[BLOCK * 4];

    CHECK_INT(rt_sock_write(arg, block, sizeof block, test_late()), -EPIPE);
    return 0;
}

static int accept_nobody(void *arg)
{
    struct rt_sock *server;

    CHECK_INT(rt_sock_accept(&server, arg, test_soon()), -ETIMEDOUT);
    return 0;
}

static int second_writer_and_acceptor(void *arg)
{
    struct rt_sock *listener, *server, *reader, *writer;
    struct rt_task *tasks[2];

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    CHECK_INT(rt_sock_listen(&listener, "127.0.0.1", 0, 1), 0);
    CHECK_INT(rt_spawn(&tasks[0], write_past_full, writer), 0);
    CHECK_INT(rt_spawn(&tasks[1], accept_nobody, listener), 0);
    rt_yield();
    CHECK_INT(rt_sock_write(writer, "x", 1, test_late()), -EBUSY);
    CHECK_INT(rt_sock_accept(&server, listener, test_late()), -EBUSY);
    rt_sock_close(reader);
    CHECK_INT(rt_gather(tasks, 2, NULL, RT_FOREVER), 0);
    rt_sock_close(writer);
    rt_sock_close(listener);
    return 0;
}

static void a_second_writer_or_acceptor_is_refused(void **state)
{
    (void)state;
    if (!runtime_is("coro"))
        test_skip("only coro promises to notice a second writer");
    assert_int_equal(test_run(0, second_writer_and_acceptor, NULL), 0);
}

/* ---- bulk ---- */

struct flow {
    struct rt_sock *sock;
    uint64_t seed;
    bool slow;
};

/* A pattern whose period is no multiple of any buffer's size. */
static void fill(unsigned char *block, size_t at, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        block[i] = (unsigned char)((at + i) % 251 + seed);
}

static int write_bulk(void *arg)
{
    struct flow *f = arg;
    unsigned char *block = malloc(BLOCK);

    CHECK(block != NULL);
    if (!block)
        return -ENOMEM;
    for (size_t at = 0; at < BULK; at += BLOCK) {
        fill(block, at, BLOCK, f->seed);
        if (!CHECK_INT(rt_sock_write(f->sock, block, BLOCK, test_late()),
                       BLOCK))
            break;
    }
    free(block);
    return 0;
}

static int read_bulk(void *arg)
{
    struct flow *f = arg;
    unsigned char *block = malloc(BLOCK), *want = malloc(BLOCK);
    size_t at = 0;
    ssize_t n;

    CHECK(block && want);
    if (!block || !want)
        return -ENOMEM;
    for (int turn = 0; at < BULK; at += (size_t)n, turn++) {
        /* Now and then late, so that the writer has to wait. */
        if (f->slow && turn % 32 == 0)
            rt_sleep(rt_in(1000000));
        n = rt_sock_read(f->sock, block, BLOCK, test_late());
        if (!CHECK(n > 0))
            break;
        fill(want, at, (size_t)n, f->seed);
        if (!CHECK(memcmp(block, want, (size_t)n) == 0))
            break;
    }
    CHECK_INT(at, BULK);
    free(block);
    free(want);
    return 0;
}

static int stream_both_ways(void *arg)
{
    struct rt_sock *a, *b;
    struct rt_task *tasks[4];

    (void)arg;
    if (!test_tcp_pair(&a, &b))
        return -1;
    struct flow there = { a, 3, false }, heard_there = { b, 3, true };
    struct flow back = { b, 5, false }, heard_back = { a, 5, false };
    CHECK_INT(rt_spawn(&tasks[0], write_bulk, &there), 0);
    CHECK_INT(rt_spawn(&tasks[1], write_bulk, &back), 0);
    CHECK_INT(rt_spawn(&tasks[2], read_bulk, &heard_there), 0);
    CHECK_INT(rt_spawn(&tasks[3], read_bulk, &heard_back), 0);
    CHECK_INT(rt_gather(tasks, 4, NULL, RT_FOREVER), 0);
    rt_sock_close(a);
    rt_sock_close(b);
    return 0;
}

static void bulk_flows_both_ways_at_once_past_a_slow_reader(void **state)
{
    (void)state;
    needs_tasks(4);
    assert_int_equal(test_run(4, stream_both_ways, NULL), 0);
}

static int write_it_all(void *arg)
{
    struct flow *f = arg;
    unsigned char *bulk = malloc(BULK);

    CHECK(bulk != NULL);
    if (!bulk)
        return -ENOMEM;
    fill(bulk, 0, BULK, f->seed);
    CHECK_INT(rt_sock_write(f->sock, bulk, BULK, test_late()), BULK);
    free(bulk);
    return 0;
}

static int stream_through_a_pipe(void *arg)
{
    struct rt_sock *reader, *writer;
    struct rt_task *task;

    (void)arg;
    CHECK_INT(rt_sock_pipe(&reader, &writer), 0);
    struct flow in = { writer, 9, false }, out = { reader, 9, true };
    CHECK_INT(rt_spawn(&task, write_it_all, &in), 0);
    read_bulk(&out);
    CHECK_INT(rt_join(task, NULL, RT_FOREVER), 0);
    rt_sock_close(reader);
    rt_sock_close(writer);
    return 0;
}

static void one_write_sends_all_its_bytes(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, stream_through_a_pipe, NULL), 0);
}

static int break_a_blocked_writer(void *arg)
{
    struct flow *f = arg;
    unsigned char *bulk = calloc(1, BULK);

    CHECK(bulk != NULL);
    if (!bulk)
        return -ENOMEM;
    ssize_t n = 1;
    for (int i = 0; i < 8 && n > 0; i++)
        n = rt_sock_write(f->sock, bulk, BULK, test_late());
    CHECK(n == -EPIPE || n == -ECONNRESET);
    free(bulk);
    return 0;
}

static int close_under_a_writer(void *arg)
{
    struct rt_sock *a, *b;
    struct rt_task *task;

    (void)arg;
    if (!test_tcp_pair(&a, &b))
        return -1;
    struct flow f = { a, 0, false };
    CHECK_INT(rt_spawn(&task, break_a_blocked_writer, &f), 0);
    CHECK_INT(rt_join(task, NULL, test_soon()), -ETIMEDOUT);
    rt_sock_close(b);
    CHECK_INT(rt_join(task, NULL, test_late()), 0);
    rt_sock_close(a);
    return 0;
}

static void a_waiting_writer_sees_a_broken_stream(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, close_under_a_writer, NULL), 0);
}

/* Fills the stream as far as it goes and reads it all back. */
static int write_some_and_count(void *arg)
{
    static char data[1 << 20];
    struct rt_sock *a, *b;
    ssize_t n, written = 0, got = 0;

    (void)arg;
    if (!CHECK_INT(rt_sock_pair(&a, &b), 0))
        return 0;
    while ((n = rt_sock_write_some(a, data, sizeof data, 0)) > 0)
        written += n;
    CHECK_INT(n, -ETIMEDOUT);
    CHECK_INT(rt_sock_write_some(a, data, 1, test_soon()), -ETIMEDOUT);
    CHECK_INT(rt_sock_write_some(a, data, 0, test_late()), 0);
    while ((n = rt_sock_read(b, data, sizeof data, 0)) > 0)
        got += n;
    CHECK(written > 0);
    CHECK_INT(got, written);
    rt_sock_close(b);
    CHECK_INT(rt_sock_write_some(a, data, 1, test_late()), -EPIPE);
    rt_sock_close(a);
    return 0;
}

static void writing_some_tells_how_much_went(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_some_and_count, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_pipe_carries_bytes_and_ends),
        TEST(a_pipe_without_reader_is_broken),
        TEST(a_read_times_out_and_later_data_is_intact),
        TEST(a_write_times_out_when_nobody_reads),
        TEST(a_write_wakes_a_waiting_reader),
        TEST(a_waiting_reader_sees_the_end),
        TEST(a_second_reader_is_refused),
        TEST(a_second_writer_or_acceptor_is_refused),
        TEST(bulk_flows_both_ways_at_once_past_a_slow_reader),
        TEST(one_write_sends_all_its_bytes),
        TEST(a_waiting_writer_sees_a_broken_stream),
        TEST(writing_some_tells_how_much_went),
    };

    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
