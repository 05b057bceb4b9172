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

/* Has the kernel fill pages in; a sanitizer that watches our own writes would
 * add to what they cost.  Linux 5.14. */
static bool populate(void *memory, size_t bytes)
{
    if (madvise(memory, bytes, MADV_POPULATE_WRITE) == 0)
        return true;
    printf("SKIP: this kernel has no MADV_POPULATE_WRITE\n");
    munmap(memory, bytes);
    return false;
}

/* Counters kept per CPU would miss these few pages, or report 64 at once; a
 * sanitizer's trace may add a few. */
static void memory_counts_a_few_touched_pages(void **state)
{
    (void)state;
    enum {
        BYTES = 16 * 4096
    };
    struct memory before, after;
    void *memory = map(MIB);
    assert_non_null(memory);
    measure_memory(&before); /* touches its own buffers */
    measure_memory(&before);
    if (!populate(memory, BYTES))
        skip();
    measure_memory(&after);
    munmap(memory, MIB);
    assert_in_range(after.rss_anon - before.rss_anon, BYTES, 2 * BYTES);
    assert_in_range(after.rss - before.rss, BYTES, 2 * BYTES);
}

static void the_peak_starts_anew_with_a_region(void **state)
{
    (void)state;
    struct measure measure;
    char *memory = map(64 * MIB);
    assert_non_null(memory);
    if (!populate(memory, 64 * MIB))
        skip();
    assert_true(measure_peak() >= 64u * MIB);
    munmap(memory, 64 * MIB);
    if (measure_reset_peak() != 0) {
        printf("SKIP: /proc/self/clear_refs cannot be written\n");
        skip();
    }
    measure_begin(&measure);
    memory = map(8 * MIB);
    assert_non_null(memory);
    assert_true(populate(memory, 8 * MIB));
    munmap(memory, 8 * MIB);
    measure_end(&measure);
    assert_in_range(measure.peak_rss, measure.before.rss + 6 * MIB,
                    measure.before.rss + 16 * MIB);
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
    uint64_t before = listen_overflows();
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(clients[i], (struct sockaddr *)&address[0],
                      sizeof(address[0]));
    }
    assert_true(listen_drops(full) > 0);
    assert_int_equal(listen_drops(idle), 0);
    assert_true(listen_overflows() > before);
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
        "exec $BIN/trial-coro sleepers tasks=100 sleep_s=2";
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
        cmocka_unit_test(memory_counts_a_few_touched_pages),
        cmocka_unit_test(the_peak_starts_anew_with_a_region),
        cmocka_unit_test(a_region_holds_what_happened_in_it),
        cmocka_unit_test(reading_parked_memory_takes_no_wall_time),
        cmocka_unit_test(kernel_stacks_are_counted_by_threads),
        cmocka_unit_test(dropped_connections_are_counted_per_listener),
        cmocka_unit_test(a_big_parent_changes_no_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
