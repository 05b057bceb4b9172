/* SPDX-License-Identifier: MIT */
/*
 * The rule upon real measurements: data/interleaved.csv, 26 minutes of five
 * programs on a shared virtual machine with two CPUs (see its head).  The rates
 * observed are printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide.h"

enum {
    ROUNDS_MAX = 1000,
    WINDOW = DECIDE_SCREEN_ROUNDS + DECIDE_CONFIRM_ROUNDS,
    STEP = 10, /* between windows that overlap, for the power */
    SLOTS = 4,
    SUSPECTS = 5 /* of fifty metrics, by chance alone */
};
static const char slots[] = "abls";

static const struct program {
    const char *name;
    double floor;
    double injected; /* what is to be found... */
    double power;    /* ...in at least so many of 100 windows */
} programs[] = {
    { "cpu", DECIDE_FLOOR_PINNED, 1.10, 95 },
    { "coro_switch", DECIDE_FLOOR_PINNED, 1.10, 95 },
    { "thread_switch@allcpu", DECIDE_FLOOR_SHARED, 1.20, 80 },
    { "thread_switch@1cpu", DECIDE_FLOOR_PINNED, 1.10, 95 },
    { "sock_echo@allcpu", DECIDE_FLOOR_SHARED, 1.20, 80 },
};
enum {
    PROGRAMS = sizeof programs / sizeof *programs
};

static struct {
    size_t rounds;
    double us[PROGRAMS][SLOTS][ROUNDS_MAX];
} data;

/* One line: the order of the slots, then all slots of each program. */
static bool read_round(const char *line)
{
    const char *at = strchr(line, ',');
    for (int p = 0; p < PROGRAMS; p++)
        for (int s = 0; s < SLOTS; s++) {
            char *end;
            if (!at || *at != ',')
                return false;
            data.us[p][s][data.rounds] = strtod(at + 1, &end);
            at = end;
        }
    return *at == '\n';
}

static int read_data(void **state)
{
    (void)state;
    char line[1024];
    FILE *file = fopen("bench/test/data/interleaved.csv", "r");
    if (!file) {
        fputs("run it in the project's folder\n", stderr);
        return -1;
    }
    while (fgets(line, sizeof line, file) && line[0] == '#')
        ; /* the line behind the comments names the columns */
    while (data.rounds < ROUNDS_MAX && fgets(line, sizeof line, file))
        if (!read_round(line))
            break;
        else
            data.rounds++;
    fclose(file);
    return 0;
}

/* Stage 1 and stage 2 one after the other, as the gate would take them. */
static struct decide_metric window(const double *base, const double *head,
                                   const struct program *program, size_t from)
{
    size_t confirm = from + DECIDE_SCREEN_ROUNDS;
    return (struct decide_metric){
        .name = program->name,
        .floor = program->floor,
        .stages = { { base + from, head + from, DECIDE_SCREEN_ROUNDS },
                    { base + confirm, head + confirm, DECIDE_CONFIRM_ROUNDS } },
    };
}

/* The first of `suspects` metrics that went on to stage 2 together: a p of it
 * is worth that many times as much to Holm.  Of the others nothing else is
 * known. */
static struct decision decide(const struct decide_metric *metric,
                              size_t suspects, bool figures)
{
    struct decide_rule rule = { .no_figures = !figures };
    struct decide_metric all[SUSPECTS];
    struct decision d[SUSPECTS];
    for (size_t i = 0; i < suspects; i++) {
        all[i] = *metric;
        if (i > 0)
            all[i].stages[DECIDE_CONFIRM].n = 0;
    }
    assert_int_equal(decide_all(d, all, suspects, &rule), 0);
    return d[0];
}

static const double *slot(int program, char name)
{
    return data.us[program][strchr(slots, name) - slots];
}

/* ---- tests ---- */

static void all_rounds_are_there(void **state)
{
    (void)state;
    assert_int_equal(data.rounds, 667);
}

/* Each program alone, without the help of Holm's correction. */
static unsigned alarms(char base, char head)
{
    unsigned windows, found, unstable, all = 0;
    printf("%c against %c\n", head, base);
    for (int p = 0; p < PROGRAMS; p++, all += found) {
        double detectable = 0;
        windows = found = unstable = 0;
        for (size_t at = 0; at + WINDOW <= data.rounds; at += WINDOW) {
            struct decide_metric m =
                window(slot(p, base), slot(p, head), &programs[p], at);
            struct decision d = decide(&m, 1, true);
            windows++;
            found += d.verdict == DECIDE_REGRESSED;
            found += d.verdict == DECIDE_IMPROVED;
            unstable += d.verdict == DECIDE_UNSTABLE;
            detectable += d.detectable;
        }
        printf("  %-21s %u alarms, %u unstable, in %u windows; detectable "
               "%.0f %%\n",
               programs[p].name, found, unstable, windows,
               100 * detectable / windows);
    }
    return all;
}

static void the_same_program_never_differs_from_itself(void **state)
{
    (void)state;
    assert_int_equal(alarms('a', 'b'), 0);
}

static void another_layout_is_no_change(void **state)
{
    (void)state;
    assert_int_equal(alarms('a', 'l') + alarms('b', 'l'), 0);
}

struct power {
    unsigned windows, found, found_among;
};

static void add_power(struct power *power, int p, const char sides[2])
{
    double slower[ROUNDS_MAX];
    const double *base = slot(p, sides[0]), *head = slot(p, sides[1]);
    for (size_t i = 0; i < data.rounds; i++)
        slower[i] = programs[p].injected * head[i];
    for (size_t at = 0; at + WINDOW <= data.rounds; at += STEP) {
        struct decide_metric m = window(base, slower, &programs[p], at);
        power->windows++;
        power->found += decide(&m, 1, false).verdict == DECIDE_REGRESSED;
        power->found_among +=
            decide(&m, SUSPECTS, false).verdict == DECIDE_REGRESSED;
    }
}

/* Windows overlap, and each of the three like slots is both base and head. */
static void a_real_slowdown_is_found(void **state)
{
    (void)state;
    static const char sides[][3] = { "ab", "ba", "al", "la", "bl", "lb" };
    int weak = 0;
    puts("injected slowdowns");
    for (int p = 0; p < PROGRAMS; p++) {
        struct power power = { 0 };
        for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
            add_power(&power, p, sides[i]);
        double found = 100.0 * power.found / power.windows;
        printf("  %-21s %+.0f %%: found in %.1f %% of %u windows; in %.1f %% "
               "as one of %d suspects\n",
               programs[p].name, 100 * (programs[p].injected - 1), found,
               power.windows, 100.0 * power.found_among / power.windows,
               SUSPECTS);
        weak += found < programs[p].power;
    }
    assert_int_equal(weak, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rounds_are_there),
        cmocka_unit_test(the_same_program_never_differs_from_itself),
        cmocka_unit_test(another_layout_is_no_change),
        cmocka_unit_test(a_real_slowdown_is_found),
    };
    return cmocka_run_group_tests(tests, read_data, NULL);
}
