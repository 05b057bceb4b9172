/* SPDX-License-Identifier: MIT */
/* Measuring: memory is this process's own, and pauses do not count. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "listen.h"
#include "measure.h"
#include "program.h"

enum {
    MIB = 1 << 20
};

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    return memory;
}

static void memory_counts_touched_pages_to_the_page(void **state)
{
    (void)state;
    struct memory before, after;
    char *memory = map(MIB);
    assert_non_null(memory);
    measure_memory(&before); /* touches its own buffers */
    measure_memory(&before);
    for (size_t i = 0; i < 16; i++)
        memory[i * 4096] = 1;
    measure_memory(&after);
    assert_int_equal(after.rss_anon - before.rss_anon, 16 * 4096);
    munmap(memory, MIB);
}

static void the_peak_starts_anew_with_a_region(void **state)
{
    (void)state;
    struct measure measure;
    char *memory = map(64 * MIB);
    assert_non_null(memory);
    memset(memory, 1, 64 * MIB);
    assert_true(measure_peak() >= 64u * MIB);
    munmap(memory, 64 * MIB);
    if (measure_reset_peak() != 0) {
        printf("SKIP: /proc/self/clear_refs cannot be written\n");
        skip();
    }
    measure_begin(&measure);
    memory = map(8 * MIB);
    assert_non_null(memory);
    memset(memory, 1, 8 * MIB);
    munmap(memory, 8 * MIB);
    measure_end(&measure);
    assert_true(measure.peak_rss >= measure.before.rss + 8u * MIB - 2u * MIB);
    assert_true(measure.peak_rss < measure.before.rss + 32u * MIB);
}

static void spin(int64_t ns)
{
    int64_t until = measure_clock() + ns;
    while (measure_clock() < until)
        ;
}

static void a_region_holds_what_happened_in_it(void **state)
{
    (void)state;
    struct measure measure;
    spin(5000000);
    measure_begin(&measure);
    int64_t start = measure_clock();
    spin(20000000);
    int64_t inside = measure_clock() - start;
    measure_end(&measure);
    spin(5000000);
    assert_true(measure.wall_ns >= inside);
    assert_true(measure.user_ns + measure.sys_ns > 0);
    assert_true(measure.user_ns + measure.sys_ns <= measure.wall_ns + 10000000);
    assert_int_equal(measure.threads_mid_run, measure.after.threads);
    assert_int_equal(measure.parked_tasks, 0);
}

/* Reading the memory of a big process takes long enough to see. */
static void reading_parked_memory_takes_no_wall_time(void **state)
{
    (void)state;
    struct measure measure;
    char *memory = map(256 * MIB);
    assert_non_null(memory);
    memset(memory, 1, 256 * MIB);
    measure_begin(&measure);
    int64_t start = measure_clock();
    measure_parked(&measure, 7, false);
    int64_t pause = measure_clock() - start;
    measure_end(&measure);
    assert_true(measure.wall_ns < pause);
    assert_int_equal(measure.parked_tasks, 7);
    assert_true(measure.parked.rss >= 256u * MIB);

    measure_begin(&measure);
    start = measure_clock();
    measure_parked(&measure, 7, true);
    pause = measure_clock() - start;
    measure_end(&measure);
    assert_true(measure.wall_ns >= pause);
    munmap(memory, 256 * MIB);
}

static void kernel_stacks_are_counted_by_threads(void **state)
{
    (void)state;
    struct memory memory;
    measure_memory(&memory);
    assert_true(memory.threads >= 1);
    assert_int_equal(memory.kernel_stacks, memory.threads * 16384);
    assert_true(memory.page_tables > 0);
    assert_true(memory.kernel_stacks_system >= memory.kernel_stacks);
}

/* A queue of one place: of many attempts most are dropped, and told apart
 * from what happens to other listeners. */
static void dropped_connections_are_counted_per_listener(void **state)
{
    (void)state;
    enum {
        CLIENTS = 10
    };
    struct sockaddr_in address[2];
    int listeners[2], clients[CLIENTS];
    for (int i = 0; i < 2; i++) {
        socklen_t size = sizeof(address[i]);
        address[i] =
            (struct sockaddr_in){ .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(
            bind(listeners[i], (struct sockaddr *)&address[i], size), 0);
        assert_int_equal(listen(listeners[i], 0), 0);
        assert_int_equal(getsockname(listeners[i],
                                     (struct sockaddr *)&address[i], &size),
                         0);
    }
    unsigned full = ntohs(address[0].sin_port);
    unsigned idle = ntohs(address[1].sin_port);
    if (listen_drops(full) == LISTEN_UNKNOWN) {
        printf("SKIP: the kernel does not tell what listeners drop\n");
        skip();
    }
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(clients[i], (struct sockaddr *)&address[0], sizeof(address[0]));
    }
    assert_true(listen_drops(full) > 0);
    assert_int_equal(listen_drops(idle), 0);
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    close(listeners[0]);
    close(listeners[1]);
    assert_true(listen_drops(full) == LISTEN_UNKNOWN);
}

static const char *const figures[] = {
    "memory.peak_rss",           "memory.before.rss", "memory.before.rss_anon",
    "memory.before.page_tables", "memory.parked.rss", "memory.parked.rss_anon",
    "memory.parked.page_tables", "memory.after.rss",  "memory.after.rss_anon"
};

/*
 * The figure the kernel reports as ru_maxrss is carried over exec: a big
 * parent would show in every small child.  None of ours may do that.
 */
static void a_big_parent_changes_no_figure(void **state)
{
    (void)state;
    enum {
        BALLAST = 500 * MIB,
        TOLERANCE = MIB
    };
    static struct program with, without;
    static const char command[] =
        "exec $BIN/trial-coro sleepers tasks=100 sleep_s=0.1";
    if (!program_exists("trial-coro"))
        skip();
    program_run(&without, command);
    char *ballast = map(BALLAST);
    assert_non_null(ballast);
    memset(ballast, 1, BALLAST);
    assert_true(measure_peak() >= (uint64_t)BALLAST);
    program_run(&with, command);
    munmap(ballast, BALLAST);
    json_t *a = program_record(&without), *b = program_record(&with);
    assert_non_null(a);
    assert_non_null(b);
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
        long long x = program_int(a, figures[i]);
        long long y = program_int(b, figures[i]);
        if (x <= 0 || y <= 0 || llabs(x - y) > TOLERANCE)
            fail_msg("%s is %lld with a small parent, %lld with a big one",
                     figures[i], x, y);
    }
    json_decref(a);
    json_decref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_counts_touched_pages_to_the_page),
        cmocka_unit_test(the_peak_starts_anew_with_a_region),
        cmocka_unit_test(a_region_holds_what_happened_in_it),
        cmocka_unit_test(reading_parked_memory_takes_no_wall_time),
        cmocka_unit_test(kernel_stacks_are_counted_by_threads),
        cmocka_unit_test(dropped_connections_are_counted_per_listener),
        cmocka_unit_test(a_big_parent_changes_no_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
