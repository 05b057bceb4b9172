/* SPDX-License-Identifier: MIT */

/* Files. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum {
    LARGE = 3 << 20,
    WRITERS = 6,
    BLOCKS = 40,
    BLOCK_BYTES = 512,
    ROUNDS = 60
};

static char folder[] = "/tmp/rt-test-file-XXXXXX";
static char path[64]; /* of a file in it that does not exist yet */

static int make_folder(void **state)
{
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return test_warm_up(state);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_file(void **state)
{
    unlink(path);
    return test_end(state);
}

#define FILE_TEST(function)                                        \
    cmocka_unit_test_prestate_setup_teardown(function, test_begin, \
                                             remove_file, (void *)#function)

static struct rt_file *open_new(void)
{
    struct rt_file *file = NULL;

    CHECK_INT(rt_file_open(&file, path, O_RDWR | O_CREAT | O_EXCL, 0600), 0);
    return file;
}

static int64_t size_of(struct rt_file *file)
{
    struct stat stat;

    return CHECK_INT(rt_file_stat(file, &stat), 0) ? stat.st_size : -1;
}

static int write_and_read(void *arg)
{
    struct rt_file *file = open_new();
    char text[20] = "";

    (void)arg;
    CHECK_INT(size_of(file), 0);
    CHECK_INT(rt_file_pread(file, text, sizeof text, 0), 0);
    CHECK_INT(rt_file_pwrite(file, "world", 5, 6), 5);
    CHECK_INT(rt_file_pwrite(file, "hello ", 6, 0), 6);
    CHECK_INT(rt_file_sync(file), 0);
    CHECK_INT(size_of(file), 11);
    CHECK_INT(rt_file_pread(file, text, sizeof text, 0), 11);
    CHECK(memcmp(text, "hello world", 11) == 0);
    CHECK_INT(rt_file_pread(file, text, 3, 8), 3);
    CHECK(memcmp(text, "rld", 3) == 0);
    CHECK_INT(rt_file_pread(file, text, 3, 11), 0);
    CHECK_INT(rt_file_pread(file, text, 0, 0), 0);
    rt_file_close(file);
    rt_file_close(NULL);
    return 0;
}

static void what_is_written_can_be_read_anywhere(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_and_read, NULL), 0);
}

static int fail_to_open(void *arg)
{
    struct rt_file *file = NULL;

    (void)arg;
    CHECK_INT(rt_file_open(&file, path, O_RDONLY, 0), -ENOENT);
    CHECK_INT(rt_file_open(&file, "", O_RDONLY, 0), -ENOENT);
    CHECK_INT(rt_file_open(&file, folder, O_RDWR, 0), -EISDIR);
    CHECK_INT(rt_file_open(&file, "/dev/null/x", O_RDONLY, 0), -ENOTDIR);
    CHECK(file == NULL);
    rt_file_close(open_new());
    CHECK_INT(rt_file_open(&file, path, O_RDWR | O_CREAT | O_EXCL, 0600),
              -EEXIST);
    CHECK(file == NULL);
    return 0;
}

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, fail_to_open, NULL), 0);
}

static int misuse(void *arg)
{
    struct rt_file *file;
    char byte = 'x';

    (void)arg;
    rt_file_close(open_new());
    CHECK_INT(rt_file_open(&file, path, O_RDONLY, 0), 0);
    CHECK_INT(rt_file_pwrite(file, &byte, 1, 0), -EBADF);
    CHECK_INT(rt_file_pread(file, &byte, 1, -1), -EINVAL);
    rt_file_close(file);
    CHECK_INT(rt_file_open(&file, path, O_WRONLY, 0), 0);
    CHECK_INT(rt_file_pread(file, &byte, 1, 0), -EBADF);
    rt_file_close(file);
    CHECK_INT(rt_file_open(&file, folder, O_RDONLY | O_DIRECTORY, 0), 0);
    CHECK_INT(rt_file_pread(file, &byte, 1, 0), -EISDIR);
    rt_file_close(file);
    CHECK_INT(rt_file_open(&file, "/dev/full", O_WRONLY, 0), 0);
    CHECK_INT(rt_file_pwrite(file, &byte, 1, 0), -ENOSPC);
    rt_file_close(file);
    return 0;
}

static void errors_are_those_of_the_system(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, misuse, NULL), 0);
}

/* The descriptor that stands for the file, -1 if none does. */
static int descriptor_of(const char *name)
{
    for (int fd = 0; fd < 256; fd++) {
        char link[64], target[128];

        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n > 0) {
            target[n] = 0;
            if (strcmp(target, name) == 0)
                return fd;
        }
    }
    return -1;
}

static int look_at_the_mode(void *arg)
{
    struct rt_file *file;
    struct stat stat;

    (void)arg;
    CHECK_INT(rt_file_open(&file, path, O_WRONLY | O_CREAT, 0400), 0);
    CHECK_INT(rt_file_stat(file, &stat), 0);
    CHECK_INT(stat.st_mode & 0777, 0400);
    int fd = descriptor_of(path);
    CHECK(fd >= 0);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    rt_file_close(file);
    CHECK_INT(descriptor_of(path), -1);
    return 0;
}

static void a_file_has_its_mode_and_is_not_inherited(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, look_at_the_mode, NULL), 0);
}

static int copy_much(void *arg)
{
    struct rt_file *file = open_new();
    unsigned char *out = malloc(LARGE), *in = calloc(1, LARGE);
    ssize_t n;

    (void)arg;
    if (!CHECK(out && in))
        return -ENOMEM;
    for (size_t i = 0; i < LARGE; i++)
        out[i] = (unsigned char)(i * 7 + i / 4096);
    for (int64_t at = 0; at < LARGE; at += n) {
        n = rt_file_pwrite(file, out + at, (size_t)(LARGE - at), at);
        if (!CHECK(n > 0))
            break;
    }
    for (int64_t at = 0; at < LARGE; at += n) {
        n = rt_file_pread(file, in + at, (size_t)(LARGE - at), at);
        if (!CHECK(n > 0))
            break;
    }
    CHECK(memcmp(in, out, LARGE) == 0);
    rt_file_close(file);
    free(in);
    free(out);
    return 0;
}

static void much_is_copied_whole(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, copy_much, NULL), 0);
}

struct writer {
    struct rt_file *file;
    int number;
};

static int write_blocks(void *arg)
{
    struct writer *w = arg;
    char block[BLOCK_BYTES];

    memset(block, 'a' + w->number, sizeof block);
    for (int i = 0; i < BLOCKS; i++)
        CHECK_INT(rt_file_pwrite(w->file, block, sizeof block,
                                 (i * WRITERS + w->number) * BLOCK_BYTES),
                  BLOCK_BYTES);
    return 0;
}

static int write_together(void *arg)
{
    struct rt_file *file = open_new();
    struct writer writers[WRITERS];
    struct rt_task *tasks[WRITERS];
    char block[BLOCK_BYTES];

    (void)arg;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ file, i };
        CHECK_INT(rt_spawn(&tasks[i], write_blocks, &writers[i]), 0);
    }
    CHECK_INT(rt_gather(tasks, WRITERS, NULL, test_late()), 0);
    CHECK_INT(size_of(file), WRITERS * BLOCKS * BLOCK_BYTES);
    for (int i = 0; i < WRITERS * BLOCKS; i++) {
        CHECK_INT(rt_file_pread(file, block, sizeof block, i * BLOCK_BYTES),
                  BLOCK_BYTES);
        CHECK_INT(block[0], 'a' + i % WRITERS);
        CHECK(memcmp(block, block + 1, sizeof block - 1) == 0);
    }
    rt_file_close(file);
    return 0;
}

static void tasks_may_use_one_file_together(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, write_together, NULL), 0);
}

static int use_cancelled(void *arg)
{
    struct rt_file *file = NULL;
    struct stat stat;
    char byte = 'x';

    (void)arg;
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_file_open(&file, path, O_RDWR | O_CREAT, 0600), -ECANCELED);
    CHECK(file == NULL);
    CHECK_INT(access(path, F_OK), -1);
    file = open_new();
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_file_pwrite(file, "abc", 3, 0), -ECANCELED);
    CHECK_INT(size_of(file), 0);
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_file_pread(file, &byte, 1, 0), -ECANCELED);
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_file_sync(file), -ECANCELED);
    CHECK_INT(rt_cancel(NULL), 0);
    CHECK_INT(rt_file_stat(file, &stat), -ECANCELED);
    rt_file_close(file);
    return rt_yield();
}

static void a_pending_cancellation_comes_before_any_effect(void **state)
{
    (void)state;
    assert_int_equal(test_run(0, use_cancelled, NULL), 0);
}

struct race {
    struct rt_file *file;
    struct rt_event *cancelled;
    int first; /* the byte to write */
    ssize_t written;
    int cancellations;
};

static int write_one(void *arg)
{
    struct race *r = arg;
    char byte = (char)r->first;

    r->written = rt_file_pwrite(r->file, &byte, 1, 0);
    r->cancellations += r->written == -ECANCELED;
    r->cancellations += rt_event_wait(r->cancelled, test_late()) == -ECANCELED;
    r->cancellations += rt_yield() == -ECANCELED;
    return 0;
}

static int race_writes(void *arg)
{
    struct race r = { .file = open_new() };
    int last = 0;

    (void)arg;
    for (int i = 1; i < ROUNDS; i++) {
        struct rt_task *task;
        char byte = 0;

        r.first = i;
        r.cancellations = 0;
        CHECK_INT(rt_event_new(&r.cancelled), 0);
        CHECK_INT(rt_spawn(&task, write_one, &r), 0);
        for (int j = i % 5; j > 0; j--)
            CHECK_INT(rt_yield(), 0);
        CHECK_INT(rt_cancel(task), 0);
        rt_event_set(r.cancelled);
        CHECK_INT(rt_join(task, NULL, test_late()), 0);
        CHECK_INT(r.cancellations, 1);
        CHECK(r.written == 1 || r.written == -ECANCELED);
        last = r.written == 1 ? i : last;
        CHECK_INT(rt_file_pread(r.file, &byte, 1, 0), last != 0);
        CHECK_INT(byte, last);
        rt_event_free(r.cancelled);
    }
    rt_file_close(r.file);
    return 0;
}

static void a_cancelled_write_is_done_or_is_not(void **state)
{
    (void)state;
    needs_tasks(1);
    assert_int_equal(test_run(1, race_writes, NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FILE_TEST(what_is_written_can_be_read_anywhere),
        FILE_TEST(what_cannot_be_opened_says_why),
        FILE_TEST(errors_are_those_of_the_system),
        FILE_TEST(a_file_has_its_mode_and_is_not_inherited),
        FILE_TEST(much_is_copied_whole),
        FILE_TEST(tasks_may_use_one_file_together),
        FILE_TEST(a_pending_cancellation_comes_before_any_effect),
        FILE_TEST(a_cancelled_write_is_done_or_is_not),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
