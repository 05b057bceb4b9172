/* SPDX-License-Identifier: MIT */
/* The file that file workloads read: made once, on a disk, or said why not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/magic.h>

#include "program.h"

/* In the build folder, so that `make clean` takes it away. */
#define CACHE "COBENCH_CACHE=\"$BIN\"/../cache "

static json_t *trial(const char *runtime, const char *arguments)
{
    static struct program program;
    program_run(&program,
                CACHE "timeout 60 \"$BIN\"/trial-%s file_rand %s 2>/dev/null",
                runtime, arguments);
    json_t *record = program_record(&program);
    assert_non_null(record);
    if (program.status == 77) {
        printf("SKIP: %s\n", program_text(record, "skip.reason"));
        json_decref(record);
        skip();
    }
    assert_int_equal(program.status, 0);
    return record;
}

static void every_runtime_reads_the_same(void **state)
{
    static const char *const runtimes[] = { "coro", "pool", "thread", "seq" };
    static const char *const arguments[] = { "tasks=3 rounds=50",
                                             "tasks=30 rounds=100 cold=1" };
    (void)state;
    for (int i = 0; i < 8; i++) {
        json_t *record = trial(runtimes[i % 4], arguments[i / 4]);
        assert_int_equal(program_int(record, "units"), i < 4 ? 3 : 30);
        assert_int_equal(program_int(record, "ops"), i < 4 ? 50 : 100);
        assert_int_equal(program_int(record, "bytes"),
                         4096 * program_int(record, "ops"));
        json_decref(record);
    }
}

/* Four of libuv, which nobody created, beside the one that there is; a
 * sanitizer adds one of its own with the first of them. */
static void the_threads_of_a_loop_are_counted(void **state)
{
    (void)state;
    json_t *record = trial("coro", "tasks=8 rounds=100");
    const char *set = getenv("UV_THREADPOOL_SIZE");
    long long loops = 1 + (set != NULL ? atoi(set) : 4);
    assert_in_range(program_int(record, "threads_mid_run"), loops, loops + 1);
    json_decref(record);
}

static void the_file_is_made_once(void **state)
{
    static struct program first, second;
    static const char look[] = "stat -c '%i %s %Y' \"$BIN\"/../cache/*";
    (void)state;
    json_decref(trial("seq", "rounds=10"));
    program_run(&first, "%s", look);
    json_decref(trial("seq", "rounds=10"));
    program_run(&second, "%s", look);
    assert_int_equal(first.status, 0);
    assert_non_null(strstr(first.output, " 268435456 "));
    assert_string_equal(first.output, second.output);
}

/* Whether most of the file is in the page cache: the kernel may take a few of
 * its pages back at any time. */
static bool is_mostly_cached(void)
{
    static struct program program;
    program_run(&program, "printf %%s \"$BIN\"/../cache/*");
    long page = sysconf(_SC_PAGESIZE);
    int fd = open(program.output, O_RDONLY | O_CLOEXEC);
    struct stat file;
    assert_int_equal(fstat(fd, &file), 0);
    void *map = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    close(fd);
    size_t all = (size_t)file.st_size / (size_t)page, n = 0;
    unsigned char *in = malloc(all);
    assert_int_equal(mincore(map, (size_t)file.st_size, in), 0);
    for (size_t i = 0; i < all; i++)
        n += in[i] & 1;
    free(in);
    munmap(map, (size_t)file.st_size);
    return n > all / 10 * 9;
}

static void what_is_not_cold_is_in_the_page_cache(void **state)
{
    (void)state;
    json_decref(trial("seq", "tasks=1 rounds=10 cold=1"));
    if (is_mostly_cached()) {
        printf("SKIP: the file cannot be dropped here\n");
        skip();
    }
    json_decref(trial("seq", "tasks=1 rounds=10"));
    assert_true(is_mostly_cached());
}

static void check_skipped(const char *folder, const char *reason)
{
    static struct program program;
    program_run(&program,
                "COBENCH_CACHE=%s \"$BIN\"/trial-seq file_rand 2>/dev/null",
                folder);
    json_t *record = program_record(&program);
    assert_int_equal(program.status, 77);
    assert_non_null(record);
    assert_string_equal(program_text(record, "skip.reason"), reason);
    assert_non_null(
        strstr(program_text(record, "skip.remedy"), "COBENCH_CACHE="));
    json_decref(record);
}

static void a_folder_that_cannot_be_made_is_a_reason(void **state)
{
    (void)state;
    check_skipped("/proc/cobench", "no folder for the file to be read");
}

static void memory_is_no_disk(void **state)
{
    struct statfs fs;
    static struct program program;
    (void)state;
    if (statfs("/dev/shm", &fs) != 0 || fs.f_type != TMPFS_MAGIC) {
        printf("SKIP: /dev/shm is not in memory\n");
        skip();
    }
    check_skipped("/dev/shm/cobench-test",
                  "the cache folder is in memory, not on a disk");
    program_run(&program, "rmdir /dev/shm/cobench-test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_runtime_reads_the_same),
        cmocka_unit_test(the_threads_of_a_loop_are_counted),
        cmocka_unit_test(the_file_is_made_once),
        cmocka_unit_test(what_is_not_cold_is_in_the_page_cache),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_a_reason),
        cmocka_unit_test(memory_is_no_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
