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

/* A run of the cells a, b and c. */
static int create(const char *dir)
{
    json_t *cells = json_array();
    for (const char *name = "a\0b\0c\0"; *name; name += 2)
        json_array_append_new(cells, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
                                               "name", name, "workload", "w",
                                               "point", name, "group", "w",
                                               "runtime", "coro", "cpus", "1"));
    json_t *run =
        json_pack("{s:i, s:s, s:o}", "schema", 1, "id", "r1", "cells", cells);
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
    assert_non_null(strstr(message, "trials.jsonl:2: "));
}

/* Well-formed, but of no trial there ever was: refused, also as the last line,
 * which can only be cut off. */
static void a_figure_that_cannot_be_is_refused_where_it_stands(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line, *why;
    } cases[] = {
        { "{'cell':'a','round':1,'outcome':'ok','record':{'wall_ns':-5}}",
          ":3: wall_ns is -5" },
        { "{'cell':'a','round':1,'outcome':'ok',"
          "'record':{'memory':{'before':{'rss':-1.5}}}}",
          ":3: rss is -1.5" },
        { "{'cell':'a','round':1,'outcome':'ok','record':{'wall_ns':1e300}}",
          ":3: wall_ns is 1e+300" },
        { "{'cell':'a','round':1,'cell':'b'}", ":3: not what cobench writes" },
        { "{'cell':'a','round':1,'record':{'wall_ns':1e999}}",
          ":3: not what cobench writes" },
        { "{'cell':'a','round':-1}", ":3: its round is not from 0 to" },
        { "{'cell':'a','round':1000001}", ":3: its round is not from 0 to" },
        { "{'cell':'a','round':'1'}", ":3: its round is not from 0 to" },
        { "{'cell':'elsewhere','round':1}",
          ":3: a trial of 'elsewhere', which is not in the plan" },
        { "{'round':1}", ":3: neither a trial nor the end of a run" },
        { "{'run':{}}", ":3: the beginning of a run" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int last = 0; last < 2; last++) {
            char text[256], message[256];
            bool unreadable = strstr(cases[i].why, "not what") != NULL;
            struct trials t;
            unlink(f->path);
            close(create(f->dir));
            add_text(f->path, "{\"cell\": \"a\", \"round\": 1}\n");
            snprintf(text, sizeof text, "%s\n", cases[i].line);
            for (char *c = text; *c; c++)
                if (*c == '\'')
                    *c = '"';
            add_text(f->path, text);
            if (!last)
                add_text(f->path, "{\"cell\": \"a\", \"round\": 2}\n");
            int error = trials_read(&t, f->dir, message, sizeof message);
            if (error == 0)
                trials_fini(&t);
            assert_int_equal(error, last && unreadable ? 0 : -EBADMSG);
            if (!last)
                assert_non_null(strstr(message, cases[i].why));
        }
}

static void a_failed_trial_may_hold_anything(void **state)
{
    struct fixture *f = *state;
    struct trials t;
    char message[256];
    int fd = create(f->dir);
    append(fd, "{\"cell\": \"a\", \"round\": 1, \"outcome\": \"garbage\", "
               "\"record\": {\"wall_ns\": -5}}");
    close(fd);
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), 0);
    trials_fini(&t);
}

static void files_of_another_kind_are_refused(void **state)
{
    struct fixture *f = *state;
    struct trials t;
    char message[256];
    assert_int_equal(trials_read(&t, f->dir, message, sizeof message), -ENOENT);
    static const char *const texts[] = {
        "",
        "{\"cell\": \"a\"}\n",
        "[]\n",
        "{\"run\": {\"schema\": 99}}\n",
        "{\"run\": {\"schema\": 1, \"cells\": []}",
        "{\"run\": {\"schema\": 1}}\n",
        "{\"run\": {\"schema\": 1, \"cells\": [7]}}\n",
        "\177ELF\002\001\001\n\377\n"
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unlink(f->path);
        add_text(f->path, texts[i]);
        assert_int_equal(trials_read(&t, f->dir, message, sizeof message),
                         -EBADMSG);
        assert_string_not_equal(message, "");
        assert_int_equal(strstr(message, "is empty") != NULL, !*texts[i]);
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
        TEST(a_figure_that_cannot_be_is_refused_where_it_stands),
        TEST(a_failed_trial_may_hold_anything),
        TEST(files_of_another_kind_are_refused),
        TEST(creating_twice_fails),
        TEST(a_full_disk_leaves_only_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
