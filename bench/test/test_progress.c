/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"

#define NAME \
    "echo/conns:100/bytes:64/schedule:closed/rate:0/cpus:1/runtime:coro"
static const char brief[] = "echo coro",
                  figure[] = "31.1 us [22.5 us, 34.4 us]";

#define END 1 /* no terminal changes it */

struct shown {
    char text[4096];
};

static void draw(void)
{
    struct progress progress;
    progress_start(&progress, 1000);
    progress_detail(&progress, brief, figure);
    progress_set(&progress, 123, NAME, INT64_C(3599) * 1000000000);
    progress_say(&progress, "skipped: a cell");
    progress_set(&progress, 124, NAME, INT64_C(3599) * 1000000000);
    progress_stop(&progress);
}

/* What comes out where standard error is `fd`, read at `from`; a terminal
 * passes it on when it likes, so an end is marked. */
static void show_on(struct shown *shown, int fd, int from)
{
    int kept = dup(STDERR_FILENO);
    size_t used = 0;
    fflush(stderr);
    assert_true(kept >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    draw();
    fputc(END, stderr);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    while (used == 0 || shown->text[used - 1] != END) {
        ssize_t n = read(from, shown->text + used, sizeof shown->text - used);
        assert_true(n > 0);
        used += (size_t)n;
    }
    shown->text[used - 1] = 0;
}

/* False where the machine has no pseudo terminals. */
static bool show_on_terminal(struct shown *shown, int columns)
{
    struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)columns };
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return false;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    bool ok = slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0;
    if (ok)
        show_on(shown, slave, master);
    close(slave);
    close(master);
    return ok;
}

static int longest(const char *text)
{
    int most = 0, at = 0;
    for (; *text; text++) {
        if (*text == 27) {
            text += 2; /* ESC [ K */
            continue;
        }
        at = *text == '\r' || *text == '\n' ? 0 : at + 1;
        most = at > most ? at : most;
    }
    return most;
}

static void no_line_reaches_the_last_column(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    for (int columns = 20; columns <= 220; columns++) {
        struct shown shown;
        if (!show_on_terminal(&shown, columns)) {
            printf("SKIP: no pseudo terminals here\n");
            skip();
        }
        assert_true(longest(shown.text) > 0);
        assert_true(longest(shown.text) < columns);
    }
}

static void the_line_is_removed_before_another_and_at_the_end(void **state)
{
    struct shown shown;
    (void)state;
    setenv("TERM", "xterm", 1);
    if (!show_on_terminal(&shown, 80)) {
        printf("SKIP: no pseudo terminals here\n");
        skip();
    }
    assert_non_null(strstr(shown.text, "\r\033[Kskipped: a cell\r\n\r\033[K"));
    size_t n = strlen(shown.text);
    assert_string_equal(shown.text + n - 4, "\r\033[K");
}

static void narrow_terminals_keep_what_matters_most(void **state)
{
    static const struct {
        int columns;
        const char *end;
    } cases[] = {
        { 200, NAME "  31.1 us [22.5 us, 34.4 us]\r" },
        { 80, "gone  echo coro  31.1 us [22.5 us, 34.4 us]\r" },
        { 40, "left  echo coro\r" },
    };
    (void)state;
    setenv("TERM", "xterm", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shown shown;
        if (!show_on_terminal(&shown, cases[i].columns)) {
            printf("SKIP: no pseudo terminals here\n");
            skip();
        }
        assert_non_null(strstr(shown.text, " 12 %  "));
        assert_non_null(strstr(shown.text, cases[i].end));
    }
}

static void a_pipe_gets_plain_lines(void **state)
{
    struct shown shown;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    show_on(&shown, ends[1], ends[0]);
    assert_string_equal(shown.text, "skipped: a cell\n");
    close(ends[0]);
    close(ends[1]);
}

static void colour_is_for_terminals_that_are_not_dumb(void **state)
{
    static const struct {
        const char *term, *no;
        bool pipe, colour;
    } cases[] = {
        { "xterm", NULL, false, true }, { "xterm", "", false, true },
        { "xterm", "1", false, false }, { "dumb", NULL, false, false },
        { "xterm", NULL, true, false }, { "dumb", "1", true, false },
    };
    int master = posix_openpt(O_RDWR | O_NOCTTY), ends[2];
    (void)state;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        printf("SKIP: no pseudo terminals here\n");
        skip();
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("TERM", cases[i].term, 1);
        unsetenv("NO_COLOR");
        if (cases[i].no)
            setenv("NO_COLOR", cases[i].no, 1);
        assert_int_equal(progress_colour(cases[i].pipe ? ends[1] : slave),
                         cases[i].colour);
    }
    unsetenv("NO_COLOR");
    close(ends[0]);
    close(ends[1]);
    close(slave);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_reaches_the_last_column),
        cmocka_unit_test(the_line_is_removed_before_another_and_at_the_end),
        cmocka_unit_test(narrow_terminals_keep_what_matters_most),
        cmocka_unit_test(a_pipe_gets_plain_lines),
        cmocka_unit_test(colour_is_for_terminals_that_are_not_dumb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
