/* SPDX-License-Identifier: MIT */
#ifndef RT_REPORT_H
#define RT_REPORT_H

/*
 * report.h: where a runtime says what nobody asked for: to the sink given to
 * rt_run(), by default standard error.  Reports never mix: one call at a
 * time.  They need a few hundred bytes of stack and no memory.
 */

#include "rt.h"

/* At the beginning of rt_run(); options may be NULL. */
void report_start(const struct rt_options *options);

/* One report: whole lines. */
void report_text(const char *text);

/* A task ended with that status and nobody has joined it: says so if it is a
 * failure, that is negative and not -ECANCELED.  The name may be NULL. */
void report_unjoined(const char *name, int status);

enum {
    REPORT_BYTES = 256
};

/*
 * A report of one line, put together piece by piece without the C library's
 * formatting, so that it can be done in a signal handler.  What is too long
 * for it is cut off.
 */
struct report_line {
    char text[REPORT_BYTES];
    size_t n;
};
void report_begin(struct report_line *line, const char *text);
void report_add(struct report_line *line, const char *text);
void report_add_number(struct report_line *line, uint64_t number);
/* `task 3 "client"`; the name may be NULL. */
void report_add_task(struct report_line *line, uint64_t number,
                     const char *name);
/* Ends the line and reports it. */
void report_end(struct report_line *line);
/* The same in the handler of a signal that ends the program, where nothing can
 * be waited for. */
void report_end_fatal(struct report_line *line);

/* A task that has not ended, as reports list it. */
struct report_task {
    uint64_t number;
    const char *name;   /* may be NULL */
    const char *reason; /* what it waits for, in rt_trace_event's words; NULL
                           when it does not wait */
    int64_t waits_ns;   /* for so long; negative when that is not known */
    bool running;       /* now; else, when it does not wait, it is ready */
    bool stranded;      /* ready, and there is no thread to run it */
};

/* Before a list of so many tasks. */
void report_alive(uint64_t tasks);
/* Before a list of those that can never run again. */
void report_deadlock(void);
/* One line of such a list. */
void report_task(const struct report_task *task);
/* After a list that left so many out; nothing if none. */
void report_more(uint64_t tasks);

#endif
