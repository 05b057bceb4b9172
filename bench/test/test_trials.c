/* SPDX-License-Identifier: MIT */
/* trials.jsonl: what is written is read back, whatever happened to it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "trials.h"

struct fixture {
    char dir[64];
    char path[96];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/cobench-trials-XXXXXX");
    if (!f || !mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/trials.jsonl", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    rmdir(f->dir);
    free(f);
    return 0;
}

static int create(const char *dir)
{
    json_t *run =
        json_pack("{s:i, s:s, s:[]}", "schema", 1, "id", "r1", "cells");
    int fd = trials_create(dir, run);
    json_decref(run);
    return fd;
}

static int append(int fd, const char *text)
{
    json_t *line = json_loads(text, 0, NULL);
    assert_non_null(line);
    int err = trials_append(fd, line);
    json_decref(line);
    return err;
}

static void add_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void reads_back_what_was_written(void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    assert_true(fd >= 0);
    assert_int_equal(append(fd, "{\"cell\": \"a\", \"round\": 1}"), 0);
    assert_int_equal(append(fd, "{\"cell\": \"b\", \"round\": 1}"), 0);
    assert_int_equal(append(fd, "{\"end\": {\"interrupted\": false}}"), 0);
    close(fd);
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), 0);
    assert_string_equal(message, "");
    assert_string_equal(json_string_value(json_object_get(t.run, "id")), "r1");
    assert_int_equal(json_array_size(t.trials), 2);
    assert_non_null(t.end);
    assert_false(t.truncated);
    trials_fini(&t);
}

static void a_run_that_went_on_after_its_end_line_has_no_end(void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    append(fd, "{\"end\": {\"interrupted\": true}}");
    append(fd, "{\"cell\": \"a\", \"round\": 1}");
    close(fd);
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), 0);
    assert_null(t.end);
    trials_fini(&t);
}

static void a_truncated_last_line_is_ignored_and_cut_on_reopening(void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    append(fd, "{\"cell\": \"a\", \"round\": 1}");
    close(fd);
    add_text(f->path, "{\"cell\": \"b\", \"rou");
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), 0);
    assert_true(t.truncated);
    assert_non_null(strstr(message, "cut off"));
    assert_int_equal(json_array_size(t.trials), 1);
    fd = trials_reopen(f->dir, t.bytes);
    trials_fini(&t);
    assert_true(fd >= 0);
    assert_int_equal(append(fd, "{\"cell\": \"c\", \"round\": 2}"), 0);
    close(fd);
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), 0);
    assert_int_equal(json_array_size(t.trials), 2);
    assert_false(t.truncated);
    trials_fini(&t);
}

static void a_broken_line_in_the_middle_is_an_error_with_its_number(
    void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    close(fd);
    add_text(f->path, "rubbish\n{\"cell\": \"a\"}\n");
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message),
                     -EBADMSG);
    assert_non_null(strstr(message, "line 2"));
}

static void files_of_another_kind_are_refused(void **state)
{
    struct fixture *f = *state;
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), -ENOENT);
    static const char *const texts[] = {
        "", "{\"cell\": \"a\"}\n", "[]\n", "{\"run\": {\"schema\": 99}}\n",
        "{\"run\": {\"schema\": 1, \"cells\": []}"
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unlink(f->path);
        add_text(f->path, texts[i]);
        assert_int_equal(trials_read(&t, f->dir, message, sizeof message),
                         -EBADMSG);
        assert_string_not_equal(message, "");
    }
}

static void creating_twice_fails(void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    assert_true(fd >= 0);
    assert_int_equal(create(f->dir), -EEXIST);
    close(fd);
}

static void a_full_disk_leaves_only_whole_lines(void **state)
{
    struct fixture *f = *state;
    int fd = create(f->dir);
    append(fd, "{\"cell\": \"a\", \"round\": 1}");
    struct stat before;
    assert_int_equal(fstat(fd, &before), 0);
    struct rlimit old, tight;
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = (rlim_t)before.st_size + 9;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    int err = append(fd, "{\"cell\": \"b\", \"round\": 1}");
    setrlimit(RLIMIT_FSIZE, &old);
    close(fd);
    assert_int_equal(err, -EFBIG);
    struct stat after;
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(reads_back_what_was_written),
        TEST(a_run_that_went_on_after_its_end_line_has_no_end),
        TEST(a_truncated_last_line_is_ignored_and_cut_on_reopening),
        TEST(a_broken_line_in_the_middle_is_an_error_with_its_number),
        TEST(files_of_another_kind_are_refused),
        TEST(creating_twice_fails),
        TEST(a_full_disk_leaves_only_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
