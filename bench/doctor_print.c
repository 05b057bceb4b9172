/* SPDX-License-Identifier: MIT */
/*
 * What the doctor found, for people: of each finding that is not fine what it
 * is, what that does to the numbers, and what to do about it.
 */
#include "doctor_print.h"

#include <stdarg.h>

#include "human.h"
#include "wrap.h"

enum {
    INDENT = 6,
    NARROW = 60 /* below, what was found gets a line of its own */
};

const char *doctor_grade_name(enum doctor_grade grade)
{
    static const char *const names[] = { [DOCTOR_UNKNOWN] = "?",
                                         [DOCTOR_FINE] = "ok",
                                         [DOCTOR_NOTE] = "note",
                                         [DOCTOR_DISTURBS] = "BAD" };
    return names[grade];
}

static void indented(FILE *file, int columns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void indented(FILE *file, int columns, const char *format, ...)
{
    char text[768];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(file, "%*s", INDENT, "");
    wrap_print(file, text, INDENT, INDENT, columns);
}

void doctor_print(FILE *file, const struct finding *f, int columns)
{
    char text[256];
    int at = INDENT;
    if (columns < NARROW)
        fprintf(file, "%-5s %s\n%*s", doctor_grade_name(f->grade), f->what,
                INDENT, "");
    else
        at = fprintf(file, "%-5s %-18s ", doctor_grade_name(f->grade), f->what);
    snprintf(text, sizeof text, "%s  (%s)", f->found, f->source);
    wrap_print(file, text, at, INDENT, columns);
    if (f->grade == DOCTOR_UNKNOWN)
        indented(file, columns,
                 "perhaps %s: a virtual machine or a container is not told. "
                 "Remedy: on the host, %s; else go by the noise floor below",
                 f->means, f->remedy);
    else if (f->grade != DOCTOR_FINE)
        indented(file, columns, "%s. Remedy: %s", f->means, f->remedy);
}

static void print_head(FILE *file, const char *what, const struct floor *f,
                       int columns)
{
    char median[HUMAN], low[HUMAN], high[HUMAN], text[160];
    snprintf(text, sizeof text, "%s: %s, 80 %% of %zu trials from %s to %s",
             what, human_time(median, f->wall.median * 1e9), f->wall.n,
             human_time(low, f->low * 1e9), human_time(high, f->high * 1e9));
    fputs("  ", file);
    wrap_print(file, text, 2, INDENT, columns);
}

void doctor_print_floors(FILE *file, const struct floor *null,
                         const struct floor *cpu, int columns)
{
    char grain[HUMAN];
    fputc('\n', file);
    wrap_print(file, "noise floor: the same trial again and again, on coro", 0,
               2, columns);
    print_head(file, "a trial of nothing", null, columns);
    indented(file, columns,
             "Two looks at the clock and their grain, the harness's whole "
             "share of a time: where a trial takes under %s it shows. Remedy: "
             "more operations in a trial; calibrated ones take 50 ms or more",
             human_time(grain, 100 * null->high * 1e9));
    print_head(file, "the same computing on one CPU", cpu, columns);
    indented(file, columns,
             "The median of nine rounds is sure to +-%.1f %%: runtimes that "
             "lie closer together come out as the same or unclear; what waits "
             "or uses all CPUs varies more. Remedy: more rounds (run "
             "--precision 1%%), or what is said above",
             100 * cpu->nine);
}
