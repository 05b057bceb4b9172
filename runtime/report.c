/* SPDX-License-Identifier: MIT */
/* report.c: the sink for reports, and the texts all runtimes share. */

#include "report.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_BYTES = 256
};

static struct {
    void (*report)(void *arg, const char *text);
    void *arg;
} sink;

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void write_text(void *arg, const char *text)
{
    (void)arg;
    size_t bytes = strlen(text);
    while (bytes > 0) {
        ssize_t sent = write(STDERR_FILENO, text, bytes);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return; /* nowhere else to say it */
        text += sent;
        bytes -= (size_t)sent;
    }
}

void report_start(const struct rt_options *options)
{
    sink.report = options && options->report ? options->report : write_text;
    sink.arg = options ? options->report_arg : NULL;
}

void report_text(const char *text)
{
    pthread_mutex_lock(&one_at_a_time);
    sink.report(sink.arg, text);
    pthread_mutex_unlock(&one_at_a_time);
}

void report_unjoined(const char *name, int status)
{
    if (status >= 0 || status == -ECANCELED)
        return;
    const char *error = strerrordesc_np(-status);
    char text[TEXT_BYTES];
    snprintf(text, sizeof text,
             "task \"%.100s\" failed and nobody joined it: %d (%s)\n",
             name ? name : "unnamed", status, error ? error : "unknown error");
    report_text(text);
}
