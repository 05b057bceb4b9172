/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

/*
 * How far a run has come, on standard error: one line that is rewritten on a
 * terminal, never wider than it, with less and less in it the narrower that
 * is; else a plain line every ten seconds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool terminal, shown;
    unsigned long done, total;
    int64_t started_ns, left_ns; /* left_ns: as of set_ns */
    int64_t set_ns, plain_ns;
    char what[160], brief[64], figure[64];
};

void progress_start(struct progress *progress, unsigned long total);
/* What the next progress_set() shows beside the name of what comes: a shorter
 * name for narrow terminals, and what is known so far, "31.1 us [22.5 us, 34.4
 * us]"; each may be "". */
void progress_detail(struct progress *progress, const char *brief,
                     const char *figure);
/* So many trials are done, what comes now, and how long the rest will take. */
void progress_set(struct progress *progress, unsigned long done,
                  const char *what, int64_t left_ns);
/* Draws again with the clock as it is; for proc_run()'s tick. */
void progress_tick(void *progress);
/* A line of its own for the user. */
void progress_say(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Removes the line. */
void progress_stop(struct progress *progress);

/* "0:07", "12:30", "2:05:00"; returns text. */
char *progress_duration(int64_t ns, char *text, size_t size);

/* Columns of the terminal behind a descriptor; 80 where it does not say. */
int progress_columns(int fd);

/* Whether what goes there may have colours: on a terminal that is not dumb, and
 * not where NO_COLOR is set and not empty (no-color.org). */
bool progress_colour(int fd);

#endif
