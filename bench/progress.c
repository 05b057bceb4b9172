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

int progress_columns(int fd)
{
    struct winsize size = { 0 };
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
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

static void line_text(const struct progress *progress, char *text, size_t size)
{
    int64_t now = proc_now();
    char left[32], gone[32];
    unsigned long total = progress->total ? progress->total : 1;
    snprintf(text, size, "%3lu %%  %lu/%lu  %s left  %s gone  %s",
             100 * progress->done / total, progress->done, progress->total,
             progress_duration(progress->left_ns - (now - progress->set_ns),
                               left, sizeof left),
             progress_duration(now - progress->started_ns, gone, sizeof gone),
             progress->what);
}

static void draw(struct progress *progress)
{
    char text[320];
    line_text(progress, text, sizeof text);
    int columns = progress_columns(STDERR_FILENO);
    /* The last column stays free: some terminals would wrap. */
    fprintf(stderr, "\r\033[K%.*s", columns - 1, text);
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
    const char *term = getenv("TERM");
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO) && (!term || strcmp(term, "dumb")),
        .total = total,
        .started_ns = proc_now(),
    };
    progress->set_ns = progress->plain_ns = progress->started_ns;
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
    line_text(progress, text, sizeof text);
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
