/* SPDX-License-Identifier: MIT */
/*
 * The progress line.
 */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proc.h"

static const int64_t PLAIN_NS = INT64_C(10) * 1000 * 1000 * 1000;

/* A terminal that obeys escape sequences. */
static bool obeys(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && (!term || strcmp(term, "dumb") != 0);
}

int progress_columns(int fd)
{
    struct winsize size = { 0 };
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool progress_colour(int fd)
{
    const char *no = getenv("NO_COLOR");
    return obeys(fd) && (!no || !*no);
}

char *progress_duration(int64_t ns, char *text, size_t size)
{
    long s = ns > 0 ? (long)((ns + 500000000) / 1000000000) : 0;
    if (s < 3600)
        snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
    else
        snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    return text;
}

/* What a line consists of, in this order. */
enum part {
    PERCENT,
    TRIALS,
    LEFT,
    GONE,
    NAME,
    BRIEF,
    FIGURE,
    PARTS
};

static void part_text(const struct progress *p, enum part part, char *text,
                      size_t size)
{
    int64_t now = proc_now();
    char time[32];
    switch (part) {
    case PERCENT:
        snprintf(text, size, "%3lu %%",
                 100 * p->done / (p->total ? p->total : 1));
        break;
    case TRIALS:
        snprintf(text, size, "%lu/%lu", p->done, p->total);
        break;
    case LEFT:
        snprintf(text, size, "%s left",
                 progress_duration(p->left_ns - (now - p->set_ns), time,
                                   sizeof time));
        break;
    case GONE:
        snprintf(text, size, "%s gone",
                 progress_duration(now - p->started_ns, time, sizeof time));
        break;
    default:
        snprintf(text, size, "%s",
                 part == NAME    ? p->what
                 : part == BRIEF ? p->brief
                                 : p->figure);
    }
}

static size_t join(const struct progress *p, const enum part *parts, char *text,
                   size_t size)
{
    size_t used = 0;
    char part[192];
    text[0] = 0;
    for (size_t i = 0; parts[i] != PARTS && used < size; i++) {
        part_text(p, parts[i], part, sizeof part);
        if (part[0])
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     i ? "  " : "", part);
    }
    return used;
}

/* The fullest line that fits; the last one is cut. */
static void line_text(const struct progress *p, char *text, size_t size,
                      size_t columns)
{
    static const enum part lines[][PARTS] = {
        { PERCENT, TRIALS, LEFT, GONE, NAME, FIGURE, PARTS },
        { PERCENT, TRIALS, LEFT, GONE, BRIEF, FIGURE, PARTS },
        { PERCENT, LEFT, BRIEF, FIGURE, PARTS },
        { PERCENT, LEFT, BRIEF, PARTS },
    };
    static const enum part nameless[] = { PERCENT, LEFT, NAME, PARTS };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (join(p, lines[i], text, size) <= columns && (p->brief[0] || i == 0))
            return;
    if (!p->brief[0])
        join(p, nameless, text, size);
    if (columns < size)
        text[columns] = 0;
}

static void draw(struct progress *progress)
{
    char text[320];
    /* The last column stays free: some terminals would wrap. */
    size_t columns = (size_t)progress_columns(STDERR_FILENO) - 1;
    line_text(progress, text, sizeof text, columns);
    fprintf(stderr, "\r\033[K%s", text);
    progress->shown = true;
}

static void clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

void progress_start(struct progress *progress, unsigned long total)
{
    *progress = (struct progress){
        .terminal = obeys(STDERR_FILENO),
        .total = total,
        .started_ns = proc_now(),
    };
    progress->set_ns = progress->plain_ns = progress->started_ns;
}

void progress_detail(struct progress *progress, const char *brief,
                     const char *figure)
{
    snprintf(progress->brief, sizeof progress->brief, "%s", brief);
    snprintf(progress->figure, sizeof progress->figure, "%s", figure);
}

void progress_set(struct progress *progress, unsigned long done,
                  const char *what, int64_t left_ns)
{
    progress->done = done;
    progress->left_ns = left_ns;
    progress->set_ns = proc_now();
    snprintf(progress->what, sizeof progress->what, "%s", what);
    progress_tick(progress);
}

void progress_tick(void *arg)
{
    struct progress *progress = arg;
    if (progress->terminal) {
        draw(progress);
        return;
    }
    if (proc_now() - progress->plain_ns < PLAIN_NS)
        return;
    progress->plain_ns = proc_now();
    char text[320];
    line_text(progress, text, sizeof text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

void progress_say(struct progress *progress, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    clear(progress);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void progress_stop(struct progress *progress)
{
    clear(progress);
}
