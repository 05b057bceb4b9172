/* SPDX-License-Identifier: MIT */

/* The examples print the same on every runtime.  Each is a program of its own
 * beside the others of this build, compared with the output kept beside its
 * source; so this runs from the top folder. */

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "examples/example.h"
#include "test.h"

static const char *self; /* this program's path */

/* Reads all there is as a string. */
static void read_text(FILE *from, char *to, size_t room)
{
    assert_non_null(from);
    size_t n = fread(to, 1, room - 1, from);
    assert_true(n < room - 1);
    to[n] = '\0';
}

static void expect(const char *name, const char *output)
{
    static char expected[4096];
    char path[128];

    snprintf(path, sizeof path, "runtime/examples/%s.out", name);
    FILE *file = fopen(path, "r");
    read_text(file, expected, sizeof expected);
    fclose(file);
    assert_string_equal(output, expected);
}

static void prints_what_it_should(void **state)
{
    const char *name = *state;
    static char output[4096];
    char command[1024];
    struct rt_info info;

    rt_info(&info);
    snprintf(command, sizeof command,
             "timeout 50 \"$(dirname '%s')\"/../../examples/%s/%s", self,
             info.name, name);
    FILE *pipe = popen(command, "r");
    read_text(pipe, output, sizeof output);
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == EXAMPLE_CANNOT &&
        (info.third_party || info.concurrency == 1))
        test_skip("%s cannot run the example %s", info.name, name);
    assert_int_equal(WEXITSTATUS(status), 0);
    expect(name, output);
}

static void every_example_is_among_these(void **state);

#define EXAMPLE(name)                                                     \
    {                                                                     \
        name "_prints_what_it_should", prints_what_it_should, test_begin, \
            test_end, (void *)name                                        \
    }

static const struct CMUnitTest tests[] = {
    EXAMPLE("await"),
    EXAMPLE("loop"),
    EXAMPLE("gather"),
    EXAMPLE("timeout"),
    EXAMPLE("blocking"),
    EXAMPLE("sync"),
    EXAMPLE("generator"),
    EXAMPLE("errors"),
    EXAMPLE("cancel"),
    EXAMPLE("websocket"),
    TEST(every_example_is_among_these),
};

static void every_example_is_among_these(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob("runtime/examples/*.out", 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, sizeof tests / sizeof *tests - 1);
    globfree(&found);
}

int main(int argc, char **argv)
{
    (void)argc;
    self = argv[0];
    return cmocka_run_group_tests(tests, test_warm_up, NULL);
}
